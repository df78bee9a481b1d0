//! The keys of the table and of its indexes, one function for each. No other module makes keys.

use std::{collections::HashMap, fmt::Display};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    api_key::ApiKeyHash,
    ids::{AccountId, CampaignId, LeadId, RunId, WorkflowId},
    limited::Limited,
    run::{HeldBy, Run, Wake},
};
use jiff::Timestamp;

/// Number of index partitions for the list of an account's leads. Each takes about 1,000 writes a
/// second. A change needs a migration, because the leads that are listed already stay in their
/// shards.
pub(super) const LEAD_SHARDS: u8 = 8;
/// Number of index partitions for the pending starts.
pub const PENDING_SHARDS: u8 = 8;

/// Index with the lists.
pub(super) const LIST_INDEX: &str = "gsi1";
/// Number of index partitions for the wakes of runs.
pub const WAKE_SHARDS: u8 = 16;
/// Index with the pending starts, the unfinished erasures and the wakes of runs.
pub(super) const PENDING_INDEX: &str = "gsi2";

/// A primary key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

impl Key {
    /// Returns the key of an item. `None` if it has no key.
    pub(super) fn of(item: HashMap<String, AttributeValue>) -> Option<Self> {
        let text = |name| item.get(name)?.as_s().ok().cloned();
        Some(Self {
            pk: text("pk")?,
            sk: text("sk")?,
        })
    }

    pub(super) fn into_item(self) -> HashMap<String, AttributeValue> {
        HashMap::from([
            ("pk".to_owned(), AttributeValue::S(self.pk)),
            ("sk".to_owned(), AttributeValue::S(self.sk)),
        ])
    }
}

/// Returns a key that no item has.
pub(super) fn absent() -> Key {
    Key {
        pk: "NOTHING".to_owned(),
        sk: "NOTHING".to_owned(),
    }
}

pub(super) fn api_key(hash: &ApiKeyHash) -> Key {
    Key {
        pk: format!("KEY#{}", hash.as_str()),
        sk: "KEY".to_owned(),
    }
}

/// Returns the hash in the partition key of an API key. `None` if it is another partition key.
pub(super) fn parse_api_key(pk: &str) -> Option<ApiKeyHash> {
    pk.strip_prefix("KEY#")?.parse().ok()
}

/// Partition of the list index with all accounts.
pub(super) const ACCOUNTS: &str = "ACCOUNTS";

/// Returns the position of an account in the list of all accounts, or of an API key in the list of
/// its account. These lists are in the order of creation.
pub(super) fn created_position(at: Timestamp, id: impl Display) -> String {
    format!("{at}#{id}")
}

pub(super) const LIMIT: &str = "LIMIT";

/// Returns the key of a limit's bucket. It shares its partition with the account or the API key.
pub(super) fn bucket(limited: &Limited) -> Key {
    let owner = match limited {
        Limited::Account(id) => account(*id),
        Limited::Key(hash) => api_key(hash),
    };
    Key {
        sk: LIMIT.to_owned(),
        ..owner
    }
}

/// Returns the partition of the list index with the API keys of an account.
pub(super) fn account_keys(account: AccountId) -> String {
    format!("ACCOUNT#{account}#KEYS")
}

pub(super) fn account(account: AccountId) -> Key {
    Key {
        pk: account_partition(account),
        sk: "ACCOUNT".to_owned(),
    }
}

pub(super) fn account_partition(account: AccountId) -> String {
    format!("ACCOUNT#{account}")
}

/// Returns the account of an account's partition key. `None` if it is another partition key.
pub(super) fn parse_account_partition(pk: &str) -> Option<AccountId> {
    pk.strip_prefix("ACCOUNT#")?.parse().ok()
}

pub(super) const WORKFLOWS: &str = "WORKFLOW#";
pub(super) const REMOVED_WORKFLOWS: &str = "REMOVED#WORKFLOW#";
const VERSIONS: &str = "VERSION#";
const PAUSES: &str = "PAUSE#";
pub(super) const CAMPAIGNS: &str = "CAMPAIGN#";

pub(super) fn workflow(account: AccountId, id: WorkflowId) -> Key {
    Key {
        pk: account_partition(account),
        sk: format!("{WORKFLOWS}{id}"),
    }
}

/// Returns the key of a version of a workflow, which never changes.
pub(super) fn workflow_version(account: AccountId, id: WorkflowId, version: u32) -> Key {
    Key {
        pk: account_partition(account),
        sk: format!("{VERSIONS}{id}#{version}"),
    }
}

/// Returns the workflow and the version of a version's sort key. `None` if it is another sort key.
pub(super) fn parse_workflow_version(sk: &str) -> Option<(WorkflowId, u32)> {
    let (id, version) = sk.strip_prefix(VERSIONS)?.split_once('#')?;
    Some((id.parse().ok()?, version.parse().ok()?))
}

/// Returns the key of the pause of a workflow.
pub(super) fn pause(account: AccountId, id: WorkflowId) -> Key {
    Key {
        pk: account_partition(account),
        sk: format!("{PAUSES}{id}"),
    }
}

/// Returns the workflow of a pause's sort key. `None` if it is another sort key.
pub(super) fn parse_pause(sk: &str) -> Option<WorkflowId> {
    sk.strip_prefix(PAUSES)?.parse().ok()
}

/// Returns the key of a removed workflow. Leads that are in it stay in it.
pub(super) fn removed_workflow(account: AccountId, id: WorkflowId) -> Key {
    Key {
        pk: account_partition(account),
        sk: format!("{REMOVED_WORKFLOWS}{id}"),
    }
}

pub(super) fn campaign(account: AccountId, id: CampaignId) -> Key {
    Key {
        pk: account_partition(account),
        sk: format!("{CAMPAIGNS}{id}"),
    }
}

const WAITING: &str = "WAITING#";
pub(super) const MANIFESTS: &str = "MANIFEST#";

/// Returns the beginning of the sort keys of a workflow's waiting notes.
pub(super) fn waiting_notes(workflow: WorkflowId) -> String {
    format!("{WAITING}{workflow}#")
}

pub(super) fn waiting_note(account: AccountId, workflow: WorkflowId, run: RunId) -> Key {
    Key {
        pk: account_partition(account),
        sk: format!("{}{run}", waiting_notes(workflow)),
    }
}

/// Returns the workflow and the run of a waiting note's sort key. `None` if it is another sort key.
pub(super) fn parse_waiting_note(sk: &str) -> Option<(WorkflowId, RunId)> {
    let (workflow, run) = sk.strip_prefix(WAITING)?.split_once('#')?;
    Some((workflow.parse().ok()?, run.parse().ok()?))
}

/// Returns the key of the manifest of an idempotent array. The id of the array's first lead stands
/// for the idempotency key.
pub(super) fn manifest(account: AccountId, first: LeadId) -> Key {
    Key {
        pk: account_partition(account),
        sk: format!("{MANIFESTS}{first}"),
    }
}

/// Returns the partition of a lead, its runs and its history.
pub(super) fn lead_partition(account: AccountId, id: LeadId) -> String {
    format!("LEAD#{account}#{id}")
}

/// Sort key of the lead itself. It sorts after the runs, so that the newest run is next to it.
pub(super) const LEAD: &str = "SELF";
pub(super) const RUNS: &str = "RUN#";
pub(super) const ACTIVITIES: &str = "ACT#";
pub(super) const EVENT_RECEIPTS: &str = "EVENT#";

pub(super) fn lead(account: AccountId, id: LeadId) -> Key {
    Key {
        pk: lead_partition(account, id),
        sk: LEAD.to_owned(),
    }
}

pub(super) fn run(account: AccountId, lead: LeadId, id: RunId) -> Key {
    Key {
        pk: lead_partition(account, lead),
        sk: format!("{RUNS}{id}"),
    }
}

pub(super) fn event_receipt(account: AccountId, lead: LeadId, sk: &str) -> Key {
    Key {
        pk: lead_partition(account, lead),
        sk: sk.to_owned(),
    }
}

/// Returns the account and the lead of a lead's partition key. `None` if it is another partition
/// key.
pub(super) fn parse_lead_partition(pk: &str) -> Option<(AccountId, LeadId)> {
    let (account, lead) = pk.strip_prefix("LEAD#")?.split_once('#')?;
    Some((account.parse().ok()?, lead.parse().ok()?))
}

/// Returns the partition of the list index with one shard of an account's leads.
pub(super) fn lead_list(account: AccountId, shard: u8) -> String {
    format!("ACCOUNT#{account}#LEADS#{shard}")
}

/// Returns the shard of the list index with a lead.
pub(super) fn lead_shard(id: LeadId) -> u8 {
    shard(id, LEAD_SHARDS)
}

/// Returns the position of a lead in the list of its account: by its second, then by its id.
pub(super) fn lead_list_position(second: Timestamp, id: LeadId) -> String {
    format!("{second}#{id}")
}

/// Position before every lead of a list.
pub(super) const LEAD_LIST_START: &str = "!";
/// Position after every lead of a list.
pub(super) const LEAD_LIST_END: &str = "~";

/// Returns the position before the leads of a second, and after those of earlier seconds.
pub(super) fn lead_list_bound(second: Timestamp) -> String {
    second.to_string()
}

/// Returns the partition of the second index with one shard of the pending starts.
pub(super) fn pending_starts(shard: u8) -> String {
    format!("UNSENT#{shard}")
}

/// Returns the partition of the second index with the pending start of a lead.
pub(super) fn pending_starts_of(id: LeadId) -> String {
    pending_starts(shard(id, PENDING_SHARDS))
}

/// Returns the partition of the second index with one shard of the runs that are due.
pub(super) fn due_runs(shard: u8) -> String {
    format!("DUE#{shard}")
}

/// Returns the partition of the second index with the runs that something holds.
pub(super) fn held_runs(account: AccountId, by: HeldBy) -> String {
    match by {
        HeldBy::Workflow(workflow) => format!("HELD#{account}#WORKFLOW#{workflow}"),
    }
}

/// Returns the partition and the position of a run in the second index.
pub(super) fn run_entry(run: &Run, wake: Wake) -> (String, String) {
    match wake {
        Wake::Due { at, kind, channel } => (
            due_runs(shard(run.lead_id, WAKE_SHARDS)),
            format!("{at:.0}#{}#{channel}", kind.as_str()),
        ),
        Wake::Held(by) => (
            held_runs(run.account_id, by),
            format!("{:.0}", run.held.map_or(run.created_at, |held| held.since)),
        ),
    }
}

/// Returns the position in a shard of the runs that are due behind those of a second.
pub(super) fn due_bound(at: Timestamp) -> String {
    format!("{at:.0}~")
}

/// Partition of the second index with the erasures that are not finished.
pub(super) const UNFINISHED_ERASURES: &str = "ERASING";

/// Returns the position of a pending start or of an unfinished erasure in its partition: by the
/// time since which it waits.
pub(super) fn pending_since(since: Timestamp) -> String {
    format!("{since:.3}")
}

/// Returns the shard of a lead, by the last byte of its id. This byte is random in a UUIDv7, and
/// part of a hash in a UUIDv5.
fn shard(id: LeadId, shards: u8) -> u8 {
    let [.., last] = id.as_bytes();
    last % shards
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c6d";
    const LEAD_ID: &str = "0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c0a";

    #[test]
    fn a_lead_partition_is_read_back() {
        let (account, lead) = (ACCOUNT.parse().unwrap(), LEAD_ID.parse().unwrap());
        let pk = lead_partition(account, lead);
        assert_eq!(pk, format!("LEAD#{ACCOUNT}#{LEAD_ID}"));
        assert_eq!(parse_lead_partition(&pk), Some((account, lead)));
        assert_eq!(parse_lead_partition("LEAD#x#y"), None);
    }

    #[test]
    fn a_lead_stands_behind_its_runs_and_those_behind_its_history() {
        assert!(ACTIVITIES < RUNS && format!("{RUNS}~").as_str() < LEAD);
    }

    #[test]
    fn a_lead_lists_in_the_shard_of_its_last_byte() {
        let list = lead_list(
            ACCOUNT.parse().unwrap(),
            lead_shard(LEAD_ID.parse().unwrap()),
        );
        assert_eq!(list, format!("ACCOUNT#{ACCOUNT}#LEADS#2"));
    }
}
