//! The keys of the table and of its indexes, one function for each. No other module makes keys.

use std::{collections::HashMap, fmt::Display};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    address::AddressHash,
    api_key::ApiKeyHash,
    channel::Channel,
    ids::{AccountId, CampaignId, LeadId, RunId, WorkflowId},
    limited::Limited,
    run::{HeldBy, Run, Wake, WakeKind},
};
use jiff::Timestamp;

use super::hold_scope::HoldScope;

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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
/// Sort key of the bucket of an account's claims and outcomes.
pub(super) const TOUCHPOINT_LIMIT: &str = "TOUCHPOINT_LIMIT";

/// Returns the key of a limit's bucket. It shares its partition with the account or the API key.
pub(super) fn bucket(limited: &Limited) -> Key {
    let owner = match limited {
        Limited::Account(id) => account(*id),
        Limited::Touchpoints(id) => {
            return Key {
                sk: TOUCHPOINT_LIMIT.to_owned(),
                ..account(*id)
            };
        }
        Limited::Key(hash) => api_key(hash),
    };
    Key {
        sk: LIMIT.to_owned(),
        ..owner
    }
}

/// Beginning of the sort keys of the buckets of destinations.
pub(super) const DESTINATION_LIMITS: &str = "LIMIT#";

/// Returns the key of the bucket of a destination.
pub(super) fn destination_bucket(account: AccountId, destination: &str) -> Key {
    Key {
        pk: account_partition(account),
        sk: format!("{DESTINATION_LIMITS}{destination}"),
    }
}

/// Sort key of the destinations of an account.
pub(super) const DESTINATIONS: &str = "DESTINATIONS";

/// Returns the key of the item with all destinations of an account.
pub(super) fn destinations(account: AccountId) -> Key {
    Key {
        pk: account_partition(account),
        sk: DESTINATIONS.to_owned(),
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

/// Sort key of an operator's hold of an account.
pub(super) const HOLD: &str = "HOLD";

/// Partition of an operator's hold of all accounts, and of the release orders.
pub(super) const OPERATOR: &str = "OPERATOR";

/// Returns the key of a hold: an operator's, or the pause of a workflow.
pub(super) fn hold(scope: HoldScope) -> Key {
    let pk = match scope {
        HoldScope::All => OPERATOR.to_owned(),
        HoldScope::Account(account) => account_partition(account),
        HoldScope::Workflow(account, workflow) => return pause(account, workflow),
    };
    Key {
        pk,
        sk: HOLD.to_owned(),
    }
}

pub(super) const RELEASES: &str = "RELEASE#";

/// Returns the key of the order to release the runs that a hold has held.
pub(super) fn release(scope: HoldScope) -> Key {
    Key {
        pk: OPERATOR.to_owned(),
        sk: format!("{RELEASES}{scope}"),
    }
}

const LANES: &str = "LANE#";

/// Partition of the list index with the lanes from which callers have pulled.
pub(super) const PULLED_LANES: &str = "LANES";

/// Returns the key of a lane: one account's touchpoints of a channel.
pub(super) fn lane(account: AccountId, channel: Channel) -> Key {
    Key {
        pk: account_partition(account),
        sk: format!("{LANES}{channel}"),
    }
}

/// Returns the channel of a lane's sort key. `None` if it is another sort key.
pub(super) fn parse_lane(sk: &str) -> Option<Channel> {
    sk.strip_prefix(LANES).and_then(Channel::of_word)
}

/// Beginning of the sort keys of the secrets of webhooks.
pub(super) const WEBHOOKS: &str = "WEBHOOK#";

/// Partition of the list index with the webhooks of all accounts.
pub(super) const WEBHOOK_LIST: &str = "WEBHOOKS";

/// Returns the key of the secrets of a webhook.
pub(super) fn webhook(account: AccountId, destination: &str) -> Key {
    Key {
        pk: account_partition(account),
        sk: format!("{WEBHOOKS}{destination}"),
    }
}

const PUSHED: &str = "PUSHED#";
/// Sort key of the health of a webhook's lane.
pub(super) const HEALTH: &str = "HEALTH";

/// Returns the partition of a webhook's lane: its health and its bucket. It is not the account's, so
/// that the function that hands touchpoints over can write here and not there.
fn pushed_partition(account: AccountId, destination: &str) -> String {
    format!("{PUSHED}{account}#{destination}")
}

/// Returns the account of a lane's partition key. `None` if it is another partition key.
pub(super) fn parse_pushed_partition(pk: &str) -> Option<AccountId> {
    let (account, _) = pk.strip_prefix(PUSHED)?.split_once('#')?;
    account.parse().ok()
}

/// Returns the key of the health of a webhook's lane.
pub(super) fn health(account: AccountId, destination: &str) -> Key {
    Key {
        pk: pushed_partition(account, destination),
        sk: HEALTH.to_owned(),
    }
}

/// Returns the key of the bucket of a webhook's lane.
pub(super) fn pushed_bucket(account: AccountId, destination: &str) -> Key {
    Key {
        pk: pushed_partition(account, destination),
        sk: LIMIT.to_owned(),
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

const ADDRESSES: &str = "ADDRESS#";
/// Sort key of an address itself.
pub(super) const ADDRESS: &str = "SELF";

/// Returns the key of an address. Each address has a partition of its own, so that no partition has
/// the load of an account.
pub(super) fn address(account: AccountId, address: AddressHash) -> Key {
    Key {
        pk: format!("{ADDRESSES}{account}#{address}"),
        sk: ADDRESS.to_owned(),
    }
}

/// Returns the account and the hash of an address's partition key. `None` if it is another partition
/// key.
pub(super) fn parse_address_partition(pk: &str) -> Option<(AccountId, AddressHash)> {
    let (account, address) = pk.strip_prefix(ADDRESSES)?.split_once('#')?;
    Some((account.parse().ok()?, address.parse().ok()?))
}

/// Returns the partition of the list index with the suppressed addresses of an account. It takes about
/// 1,000 writes a second.
pub(super) fn suppressions(account: AccountId) -> String {
    format!("ACCOUNT#{account}#SUPPRESSIONS")
}

/// Position after every suppression of a list.
pub(super) const SUPPRESSIONS_END: &str = "~";

/// Returns the partition of a lead, its runs and its history.
pub(super) fn lead_partition(account: AccountId, id: LeadId) -> String {
    format!("LEAD#{account}#{id}")
}

/// Sort key of the lead itself. It sorts after the runs, so that the newest run is next to it.
pub(super) const LEAD: &str = "SELF";
pub(super) const RUNS: &str = "RUN#";
pub(super) const ACTIVITIES: &str = "ACT#";
/// Sort key after all entries of the history.
pub(super) const ACTIVITIES_END: &str = "ACT#~";
pub(super) const EVENT_RECEIPTS: &str = "EVENT#";
pub(super) const ATTENTIONS: &str = "ATTENTION#";

/// Returns the key of the record that a touchpoint needs a person.
pub(super) fn attention(account: AccountId, lead: LeadId, run: RunId, index: u16) -> Key {
    Key {
        pk: lead_partition(account, lead),
        sk: format!("{ATTENTIONS}{run}#{index}"),
    }
}

/// Returns the run and the index of an attention's sort key. `None` if it is another sort key.
pub(super) fn parse_attention(sk: &str) -> Option<(RunId, u16)> {
    let (run, index) = sk.strip_prefix(ATTENTIONS)?.split_once('#')?;
    Some((run.parse().ok()?, index.parse().ok()?))
}

/// Returns the partition of the list index with the touchpoints of an account that need a person.
pub(super) fn attentions(account: AccountId) -> String {
    format!("ACCOUNT#{account}#ATTENTION")
}

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

/// Returns the partitions of the second index with the runs that something holds.
pub(super) fn held_runs(scope: HoldScope) -> Vec<String> {
    match scope {
        // One hold can hold the runs of a whole table, so they are spread.
        HoldScope::All => (0..WAKE_SHARDS)
            .map(|shard| format!("HELD#{scope}#{shard}"))
            .collect(),
        scope => vec![format!("HELD#{scope}")],
    }
}

fn held_run(run: &Run, by: HeldBy) -> String {
    let partitions = held_runs(HoldScope::new(run.account_id, by));
    let shard = match partitions.len() {
        1 => 0,
        _ => shard(run.lead_id, WAKE_SHARDS),
    };
    let mut partitions = partitions.into_iter().skip(shard.into());
    partitions.next().unwrap_or_default()
}

/// Number of index partitions for the open touchpoints of an account.
pub(super) const OPEN_SHARDS: u8 = 4;

/// Returns the partition of the list index with one shard of an account's open touchpoints.
pub(super) fn open_touchpoints(account: AccountId, shard: u8) -> String {
    format!("OPEN#{account}#{shard}")
}

/// Returns the position of an open touchpoint: by its channel, then by the time since which it is
/// due.
pub(super) fn open_position(channel: Channel, due_at: Timestamp) -> String {
    format!("{channel}#{due_at:.0}")
}

/// Reads the position of an open touchpoint.
pub(super) fn parse_open_position(sk: &str) -> Option<(Channel, Timestamp)> {
    let (channel, due_at) = sk.split_once('#')?;
    Some((Channel::of_word(channel)?, due_at.parse().ok()?))
}

/// Returns the partition and the position of a run in the list of open touchpoints. `None` if
/// callers can pull nothing of it.
pub(super) fn open_entry(run: &Run) -> Option<(String, String)> {
    let (channel, due_at) = run.opened()?;
    let shard = shard(run.lead_id, OPEN_SHARDS);
    Some((
        open_touchpoints(run.account_id, shard),
        open_position(channel, due_at),
    ))
}

/// Returns the partition and the position of a run in the second index.
pub(super) fn run_entry(run: &Run, wake: Wake) -> (String, String) {
    match wake {
        Wake::Due { at, kind, channel } => (
            due_runs(shard(run.lead_id, WAKE_SHARDS)),
            format!("{at:.0}#{}#{channel}", kind.as_str()),
        ),
        Wake::Held(by) => (
            held_run(run, by),
            format!("{:.0}", run.held.map_or(run.created_at, |held| held.since)),
        ),
    }
}

/// Reads the position of a run that is due.
pub(super) fn parse_due_position(sk: &str) -> Option<(Timestamp, WakeKind, Channel)> {
    let mut parts = sk.split('#');
    let (at, kind, channel) = (parts.next()?, parts.next()?, parts.next()?);
    let kind = WakeKind::ALL.into_iter().find(|it| it.as_str() == kind)?;
    Some((at.parse().ok()?, kind, Channel::of_word(channel)?))
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
