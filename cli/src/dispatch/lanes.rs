//! Lanes: one account's touchpoints of a channel that callers pull.

use aws::store::{ListedRun, OpenRun, Store, StoreError};
use domain::{channel::Channel, ids::AccountId};
use jiff::Timestamp;
use serde::Serialize;

/// Maximum number of touchpoints of a lane that are counted.
const MOST: usize = 1_000;
/// Number of runs that are read together.
const TOGETHER: usize = 50;
/// Entries of one read of the index, from each of its shards.
const PAGE: u8 = 100;

/// The touchpoints of a lane, counted.
#[derive(Debug, Serialize)]
pub struct Lane {
    pub account_id: AccountId,
    pub channel: Channel,
    /// Number of touchpoints that no caller has.
    pub due: usize,
    /// Number of touchpoints that callers have.
    pub claimed: usize,
    /// Whether there are more than were counted.
    pub more: bool,
    /// Due time of the oldest touchpoint that no caller has. `None` if there is none.
    pub oldest_due_at: Option<Timestamp>,
    /// Hour of the last pull. `None` if no caller has pulled.
    pub pulled_at: Option<Timestamp>,
}

/// Counts the touchpoints of a lane. `None` if it has none and no caller has pulled from it.
///
/// # Errors
/// The errors of a read of the store.
pub async fn count(
    store: &Store,
    account: AccountId,
    channel: Channel,
    now: Timestamp,
) -> Result<Option<Lane>, StoreError> {
    let mut lane = Lane {
        account_id: account,
        channel,
        due: 0,
        claimed: 0,
        more: false,
        oldest_due_at: None,
        pulled_at: store.last_pull(account, channel).await?,
    };
    let mut listing = store.open_runs(account, channel, Timestamp::UNIX_EPOCH..now, PAGE);
    let mut open: Vec<OpenRun> = Vec::new();
    while open.len() <= MOST
        && let Some(next) = listing.next().await?
    {
        open.push(next);
    }
    lane.more = open.len() > MOST;
    open.truncate(MOST);
    for chunk in open.chunks(TOGETHER) {
        let listed: Vec<ListedRun> = chunk.iter().map(|it| it.run).collect();
        // A run that is damaged is not counted, and `leadgate doctor` names it.
        for found in store.runs_of_leads(&listed).await?.into_iter().flatten() {
            // The index lags behind the table.
            let Some((_, due_at)) = found.run.opened() else {
                continue;
            };
            if found.run.is_claimed(now) {
                lane.claimed += 1;
            } else {
                lane.due += 1;
                lane.oldest_due_at.get_or_insert(due_at);
            }
        }
    }
    let is_used = lane.due > 0 || lane.claimed > 0 || lane.pulled_at.is_some();
    Ok(is_used.then_some(lane))
}
