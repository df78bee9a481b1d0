//! The workflows and campaigns that requests refer to.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::Arc,
};

use aws::{store::StoreError, telemetry::ErrorChain};
use domain::{
    account::AccountSettings,
    campaign::Campaign,
    ids::{CampaignId, WorkflowId},
    workflow::Workflow,
};
use futures::{StreamExt, TryFutureExt, stream};

use super::lead_request::LeadRequest;
use crate::state::AppState;

/// The workflows and campaigns of some requests. Those that the account does not have are absent.
#[derive(Debug, Default)]
pub struct References {
    pub workflows: HashMap<WorkflowId, Arc<Workflow>>,
    pub campaigns: HashMap<CampaignId, Arc<Campaign>>,
}

impl References {
    /// Looks up the workflows and campaigns of `requests`, each once and all at the same time.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::NoAnswer`] and [`StoreError::Unexpected`].
    pub async fn load(
        state: &AppState,
        account: &AccountSettings,
        requests: &[&LeadRequest],
    ) -> Result<Self, StoreError> {
        let id = account.id;
        let workflows = look_up_all(
            requests.iter().filter_map(|request| request.workflow_id),
            |workflow| {
                let catalogue = state.catalogue.clone();
                async move { catalogue.workflow(id, workflow).await }
            },
        );
        let campaigns = look_up_all(
            requests.iter().filter_map(|request| request.campaign_id),
            |campaign| {
                let catalogue = state.catalogue.clone();
                async move { catalogue.campaign(id, campaign).await }
            },
        );
        let (workflows, campaigns) = tokio::try_join!(workflows, campaigns)?;
        Ok(Self {
            workflows,
            campaigns,
        })
    }
}

/// Looks up each id once, at most 16 at the same time. An item that cannot be decoded counts as unknown: a
/// lead is not lost over its workflow.
async fn look_up_all<Id, T, F>(
    ids: impl Iterator<Item = Id>,
    look_up: impl Fn(Id) -> F,
) -> Result<HashMap<Id, T>, StoreError>
where
    Id: Copy + Eq + Hash,
    F: Future<Output = Result<Option<T>, StoreError>>,
{
    let ids: HashSet<Id> = ids.collect();
    let lookups: Vec<_> = ids
        .into_iter()
        .map(|id| look_up(id).map_ok(move |value| (id, value)))
        .collect();
    let mut lookups = stream::iter(lookups).buffer_unordered(16);
    let mut found = HashMap::new();
    while let Some(looked_up) = lookups.next().await {
        match looked_up {
            Ok((id, Some(value))) => {
                found.insert(id, value);
            }
            Ok((_, None)) => {}
            Err(error @ StoreError::Damaged { .. }) => {
                tracing::error!(error = %ErrorChain(&error), "a catalogue item cannot be read");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}
