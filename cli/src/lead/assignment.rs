//! The workflow and the campaign of new leads, as options name them.

use aws::store::Store;
use clap::Args;
use domain::ids::{AccountId, CampaignId, WorkflowId};
use serde_json::{Map, Value};

use crate::{stored, target::TargetError};

/// Options that name the workflow and the campaign of new leads.
#[derive(Args, Clone, Debug)]
pub struct AssignmentArgs {
    /// Workflow that plans the contacts
    #[arg(long, value_name = "NAME|ID")]
    workflow: Option<String>,
    /// Campaign of the lead
    #[arg(long, value_name = "NAME|ID")]
    campaign: Option<String>,
}

/// The workflow and the campaign of new leads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Assignment {
    pub workflow: Option<WorkflowId>,
    pub campaign: Option<CampaignId>,
}

impl AssignmentArgs {
    /// Finds the workflow and the campaign.
    pub async fn find(&self, store: &Store, account: AccountId) -> Result<Assignment, TargetError> {
        let mut assignment = Assignment::default();
        if let Some(text) = &self.workflow {
            assignment.workflow = Some(stored::workflow(store, account, text).await?.id);
        }
        if let Some(text) = &self.campaign {
            assignment.campaign = Some(stored::campaign(store, account, text).await?.id);
        }
        Ok(assignment)
    }
}

impl Assignment {
    /// Sets the fields in the body of a request.
    pub fn set(self, body: &mut Map<String, Value>) {
        let workflow = self.workflow.map(|id| id.to_string());
        let campaign = self.campaign.map(|id| id.to_string());
        for (name, id) in [("workflow_id", workflow), ("campaign_id", campaign)] {
            if let Some(id) = id {
                body.insert(name.to_owned(), id.into());
            }
        }
    }
}
