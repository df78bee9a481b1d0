//! Every key of the table and its indexes, one function each. Keys are made here and nowhere else.

use std::{collections::HashMap, fmt::Display};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    api_key::ApiKeyHash,
    ids::{AccountId, CampaignId, LeadId, RunId, WorkflowId},
    limited::Limited,
};
use jiff::Timestamp;

/// An account's list of leads is spread over this many index partitions, each good for about 1,000
/// writes a second. Changing it orphans what is listed: it needs a migration.
pub(super) const LEAD_SHARDS: u8 = 8;
/// The index of unsent starts is spread over this many partitions.
pub const PENDING_SHARDS: u8 = 8;

/// The index of lists.
pub(super) const LIST_INDEX: &str = "gsi1";
/// The index of unsent starts.
pub(super) const PENDING_INDEX: &str = "gsi2";

/// A primary key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

impl Key {
    /// The key of an item that has one.
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

/// A key that no item has.
pub(super) fn nothing() -> Key {
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

/// The hash of a key's partition key.
pub(super) fn parse_api_key(pk: &str) -> Option<ApiKeyHash> {
    pk.strip_prefix("KEY#")?.parse().ok()
}

/// The partition of the list index in which all accounts stand.
pub(super) const ACCOUNTS: &str = "ACCOUNTS";

/// Where an account stands in the list of all, and a key among those of its account: by when it was made.
pub(super) fn made(at: Timestamp, id: impl Display) -> String {
    format!("{at}#{id}")
}

/// The bucket of a limit stands beside whom it binds.
pub(super) fn bucket(limited: &Limited) -> Key {
    let beside = match limited {
        Limited::Account(id) => account(*id),
        Limited::Key(hash) => api_key(hash),
    };
    Key {
        sk: "LIMIT".to_owned(),
        ..beside
    }
}

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

pub(super) const WORKFLOWS: &str = "WORKFLOW#";
pub(super) const CAMPAIGNS: &str = "CAMPAIGN#";

pub(super) fn workflow(account: AccountId, id: WorkflowId) -> Key {
    Key {
        pk: account_partition(account),
        sk: format!("{WORKFLOWS}{id}"),
    }
}

/// Where a workflow is kept that was removed: whoever is on it stays on it.
pub(super) fn removed_workflow(account: AccountId, id: WorkflowId) -> Key {
    Key {
        pk: account_partition(account),
        sk: format!("REMOVED#{WORKFLOWS}{id}"),
    }
}

pub(super) fn campaign(account: AccountId, id: CampaignId) -> Key {
    Key {
        pk: account_partition(account),
        sk: format!("{CAMPAIGNS}{id}"),
    }
}

/// What the sort keys of the starts that wait for a workflow begin with.
pub(super) fn waiting_starts(workflow: WorkflowId) -> String {
    format!("WAITING#{workflow}#")
}

pub(super) fn waiting_start(account: AccountId, workflow: WorkflowId, run: RunId) -> Key {
    Key {
        pk: account_partition(account),
        sk: format!("{}{run}", waiting_starts(workflow)),
    }
}

/// The partition of a lead, its runs and its history.
pub(super) fn lead_partition(account: AccountId, id: LeadId) -> String {
    format!("LEAD#{account}#{id}")
}

/// The sort key of the lead itself: behind its runs, so that the newest run is next to it.
pub(super) const LEAD: &str = "SELF";
pub(super) const RUNS: &str = "RUN#";
pub(super) const ACTIVITIES: &str = "ACT#";

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

/// The account and the lead of a lead's partition key.
pub(super) fn parse_lead_partition(pk: &str) -> Option<(AccountId, LeadId)> {
    let (account, lead) = pk.strip_prefix("LEAD#")?.split_once('#')?;
    Some((account.parse().ok()?, lead.parse().ok()?))
}

pub(super) fn lead_list(account: AccountId, shard: u8) -> String {
    format!("ACCOUNT#{account}#LEADS#{shard}")
}

pub(super) fn lead_shard(id: LeadId) -> u8 {
    shard(id, LEAD_SHARDS)
}

/// Where a lead stands in its account's list: by its second, and by id within it.
pub(super) fn lead_list_position(second: Timestamp, id: LeadId) -> String {
    format!("{second}#{id}")
}

/// Before every lead of a list.
pub(super) const LEAD_LIST_START: &str = "!";
/// Behind every lead of a list.
pub(super) const LEAD_LIST_END: &str = "~";

/// Behind the leads of earlier seconds, and before those of this one.
pub(super) fn lead_list_before(second: Timestamp) -> String {
    second.to_string()
}

/// Behind the leads of this second, and before those of later ones.
pub(super) fn lead_list_after(second: Timestamp) -> String {
    format!("{second}~")
}

pub(super) fn unsent(shard: u8) -> String {
    format!("UNSENT#{shard}")
}

pub(super) fn pending_of(id: LeadId) -> String {
    unsent(shard(id, PENDING_SHARDS))
}

/// The partition of the second index in which erasures wait that are not finished.
pub(super) const UNFINISHED_ERASURES: &str = "ERASING";

/// Where an unsent start stands among those of its shard: by when it was marked.
pub(super) fn pending_since(since: Timestamp) -> String {
    format!("{since:.3}")
}

/// The last byte is random in a UUIDv7 and a digest's in a UUIDv5: as good as a hash of the id.
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
