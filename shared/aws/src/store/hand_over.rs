//! Reads of a hand-over: the runs and leads before the claim, and everything that forbids a contact
//! after it.

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_dynamodb::types::KeysAndAttributes;
use domain::{
    address::AddressHash,
    lead::Lead,
    run::{HeldBy, Run},
    suppression::Suppressions,
};

use tokio::time::sleep;

use super::{
    Store, StoreError,
    address::suppressed_channels,
    due::ListedRun,
    hold::{hold_in, hold_keys},
    item::{Items, decode, is_erased},
    keys::{self, Key},
    lead::LeadItem,
    run::run_of,
    transaction::incomplete,
};

/// Maximum number of items that one call reads. DynamoDB sets it.
const BATCH: usize = 100;

/// Pause before keys are read that DynamoDB has left out.
const PAUSE: Duration = Duration::from_millis(50);

/// A run, and its lead.
#[derive(Clone, Debug, PartialEq)]
pub struct RunOfLead {
    pub run: Run,
    pub lead: Lead,
}

/// A claim that is written, with the hashes of the lead's phone number and e-mail address.
pub type Place = (RunOfLead, [Option<AddressHash>; 2]);

/// State of the table for a hand-over, right before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Allowed {
    /// The lead as it is now. `None` if it was erased.
    pub lead: Option<Lead>,
    /// The hold that is in force. `None` if there is none.
    pub held_by: Option<HeldBy>,
    /// The channels on which the addresses must not be contacted.
    pub suppressions: Suppressions,
}

impl Store {
    /// Reads runs with their leads, in the order of `listed`. A run that is erased is left out. An
    /// error stands for a run or a lead that is damaged.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn runs_of_leads(
        &self,
        listed: &[ListedRun],
    ) -> Result<Vec<Result<RunOfLead, StoreError>>, StoreError> {
        let keys = |it: &ListedRun| {
            (
                keys::run(it.account_id, it.lead_id, it.run_id),
                keys::lead(it.account_id, it.lead_id),
            )
        };
        let wanted = listed.iter().map(keys).flat_map(|(run, lead)| [run, lead]);
        let items = self.read_together(wanted).await?;
        let found = listed.iter().filter_map(|it| {
            let (run, lead) = keys(it);
            let run = items.get(&run).filter(|item| !is_erased(item))?.clone();
            let lead = items.get(&lead).filter(|item| !is_erased(item))?.clone();
            Some(run_of(run, it.account_id, it.lead_id).and_then(|run| {
                let lead = Lead::try_from(decode::<LeadItem>(lead)?)?;
                Ok(RunOfLead { run, lead })
            }))
        });
        Ok(found.collect())
    }

    /// Reads everything that can forbid the hand-over of claimed touchpoints, in their order. The
    /// claims come first, so that nothing that is written before a claim is missed.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn allowed(&self, claimed: &[Place]) -> Result<Vec<Allowed>, StoreError> {
        let mut wanted = Vec::new();
        for (RunOfLead { run, .. }, hashes) in claimed {
            let account = run.account_id;
            wanted.extend(hold_keys(account, run.workflow.id));
            wanted.push(keys::lead(account, run.lead_id));
            let hashes = hashes.iter().flatten();
            wanted.extend(hashes.map(|hash| keys::address(account, *hash)));
        }
        let items = self.read_together(wanted).await?;
        let allowed = claimed.iter().map(|(RunOfLead { run, .. }, hashes)| {
            let channels = |hash: Option<AddressHash>| {
                let item = hash.and_then(|hash| items.get(&keys::address(run.account_id, hash)));
                let channels = item.cloned().map(suppressed_channels).transpose();
                channels.map(Option::flatten)
            };
            let [phone, email] = hashes.map(channels);
            let lead = items.get(&keys::lead(run.account_id, run.lead_id));
            let lead = lead.filter(|item| !is_erased(item)).cloned();
            let lead = lead.map(|item| Lead::try_from(decode::<LeadItem>(item)?));
            Ok(Allowed {
                lead: lead.transpose()?,
                held_by: hold_in(&items, run.account_id, run.workflow.id),
                suppressions: Suppressions {
                    phone: phone?,
                    email: email?,
                },
            })
        });
        allowed.collect()
    }

    /// Reads items consistently, a hundred in a call. An item that is missing is left out.
    pub(super) async fn read_together(
        &self,
        wanted: impl IntoIterator<Item = Key>,
    ) -> Result<Items, StoreError> {
        // A request must not have a key twice.
        let wanted: BTreeSet<_> = wanted.into_iter().collect();
        let wanted: Vec<_> = wanted.into_iter().collect();
        let mut items = Items::new();
        for keys in wanted.chunks(BATCH) {
            let keys = keys.iter().cloned().map(Key::into_item).collect();
            let request = KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .consistent_read(true);
            let mut next = Some(request.build().map_err(incomplete)?);
            // DynamoDB leaves keys out if the items are too large for one reply, or if it is busy.
            while let Some(request) = next {
                let get = self.client.batch_get_item();
                let reply = get.request_items(&*self.table, request).send().await?;
                let found = reply.responses.unwrap_or_default().into_values();
                for item in found.flatten() {
                    if let Some(key) = Key::of(item.clone()) {
                        items.insert(key, item);
                    }
                }
                let left = reply.unprocessed_keys.unwrap_or_default();
                next = left.into_values().next();
                if next.is_some() {
                    sleep(PAUSE).await;
                }
            }
        }
        Ok(items)
    }
}
