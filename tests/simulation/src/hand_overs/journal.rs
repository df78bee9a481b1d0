//! The journal of the table: everything about hand-overs that was written, in the order in which the
//! table took it, and the rules that hold at each write.

use std::collections::{BTreeMap, BTreeSet};

use domain::{channel::Channel, suppression::Channels};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    office,
    run_item::{RunItem, State, weight},
};
use crate::{answer::text, call::Caller};

/// Difference of a planned distance that is allowed: a contact counts as in time for a minute, and a
/// write takes its time.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(90);

/// Time between the write of what forbids a contact and a request that it must prevent: a request begins at
/// most a second after its checks.
const SEEN: SignedDuration = SignedDuration::from_secs(2);

/// A contact that is under way.
pub struct Contacted<'a> {
    pub run: &'a str,
    pub lead: &'a str,
    pub workflow: &'a str,
    /// End of the part of an address's key that is the person's.
    pub address: &'a str,
    pub channel: Channel,
    pub at: Timestamp,
}

/// Everything that was written.
#[derive(Debug, Default)]
pub struct Journal {
    /// Claims, by their run and their owner.
    pub claims: BTreeMap<(String, String), Claim>,
    /// Suppressed channels, by the partition of the address.
    suppressed: BTreeMap<String, Channels>,
    /// Keys of the holds and pauses that are in force.
    holds: BTreeSet<String>,
    erased: BTreeSet<String>,
    /// Time of the write of each hold, suppression and erasure, and of the end or stop of each run.
    since: BTreeMap<String, Timestamp>,
    /// Time of the first claim of each touchpoint, by run and index. A claim that went back counts not.
    contacts: BTreeMap<String, BTreeMap<usize, Timestamp>>,
}

/// A claim, and everything that was written before it.
#[derive(Clone, Debug)]
pub struct Claim {
    pub index: usize,
    pub workflow: String,
    suppressed: BTreeMap<String, Channels>,
    pub is_held: bool,
    pub is_erased: bool,
}

/// One write of an item, with the item before.
#[derive(Debug)]
pub struct Written {
    key: Value,
    before: Value,
    /// The item after. Null after a deletion.
    after: Value,
}

impl Claim {
    /// Returns whether an address was suppressed on a channel before the claim.
    pub fn is_suppressed(&self, address: &str, channel: Channel) -> bool {
        covers(&self.suppressed, address, channel)
    }
}

fn covers(suppressed: &BTreeMap<String, Channels>, address: &str, channel: Channel) -> bool {
    let mut all = suppressed.iter().filter(|(pk, _)| pk.ends_with(address));
    all.any(|(_, channels)| channels.contains(channel))
}

/// Returns the writes of a call. `stored` returns the item of a table with a key.
pub fn writes_of(
    operation: &str,
    request: &Value,
    stored: impl Fn(&Value, Value) -> Value,
) -> Vec<Written> {
    let written = |part: &Value, is_deleted: bool| {
        let item = &part["Item"];
        let key = match is_deleted {
            true => part["Key"].clone(),
            false => json!({"pk": item["pk"], "sk": item["sk"]}),
        };
        Written {
            before: stored(&part["TableName"], key.clone()),
            key,
            after: item.clone(),
        }
    };
    match operation {
        "PutItem" => vec![written(request, false)],
        "DeleteItem" => vec![written(request, true)],
        _ => {
            let parts = request["TransactItems"].as_array().into_iter().flatten();
            let parts = parts.flat_map(|part| [(&part["Put"], false), (&part["Delete"], true)]);
            let parts = parts.filter(|(part, _)| part.is_object());
            parts
                .map(|(part, is_deleted)| written(part, is_deleted))
                .collect()
        }
    }
}

impl Journal {
    /// Takes in the writes of a call that the table has done. Returns the breaches.
    pub fn take(&mut self, at: Timestamp, caller: Caller, writes: &[Written]) -> Vec<String> {
        let mut breaches = Vec::new();
        for Written { key, before, after } in writes {
            let (pk, sk) = (text(&key["pk"]["S"]), text(&key["sk"]["S"]));
            if sk == "HOLD" || sk.starts_with("PAUSE#") {
                let hold = format!("{pk}/{sk}");
                match after.is_null() {
                    true => self.holds.remove(&hold),
                    false => {
                        self.since.insert(hold.clone(), at);
                        self.holds.insert(hold)
                    }
                };
            }
            match text(&after["et"]["S"]) {
                "address" => {
                    self.since.insert(pk.to_owned(), at);
                    self.note_address(pk, after);
                }
                "erased" if sk == "SELF" => {
                    let lead = pk.rsplit('#').next().unwrap_or_default();
                    self.since.insert(lead.to_owned(), at);
                    self.erased.insert(lead.to_owned());
                }
                "run" => {
                    let after = RunItem::read(after).expect("a run");
                    match after.is_live {
                        true => self.since.remove(&after.id),
                        false => Some(*self.since.entry(after.id.clone()).or_insert(at)),
                    };
                    let before = RunItem::read(before);
                    breaches.extend(self.take_run(at, caller, before.as_ref(), &after));
                }
                _ => {}
            }
        }
        breaches
    }

    /// Returns whether an address is suppressed on a channel.
    pub fn is_suppressed(&self, address: &str, channel: Channel) -> bool {
        covers(&self.suppressed, address, channel)
    }

    /// Returns why a request must not have gone out: it was written long enough before.
    pub fn forbids(&self, contact: &Contacted<'_>) -> Option<&'static str> {
        let is_seen = |key: &String| {
            let since = self.since.get(key);
            since.is_some_and(|since| contact.at.duration_since(*since) > SEEN)
        };
        let holds = |hold: &&String| hold.ends_with("/HOLD") || hold.ends_with(contact.workflow);
        let mut holds = self.holds.iter().filter(holds);
        let covers = |(pk, channels): &(&String, &Channels)| {
            pk.ends_with(contact.address) && channels.contains(contact.channel)
        };
        let mut suppressed = self.suppressed.iter().filter(covers);
        let lead = contact.lead.to_owned();
        if suppressed.any(|(pk, _)| is_seen(pk)) {
            Some("to a suppressed person")
        } else if holds.any(is_seen) {
            Some("for a held run")
        } else if self.erased.contains(&lead) && is_seen(&lead) {
            Some("for an erased lead")
        } else if is_seen(&contact.run.to_owned()) {
            Some("for a run that does not go on")
        } else {
            None
        }
    }

    fn note_address(&mut self, pk: &str, item: &Value) {
        let channels = item["suppression"]["M"]["channels"]["L"].as_array();
        let words = channels.map(|it| it.iter().map(|it| text(&it["S"]).to_owned()).collect());
        match words.map(|words: Vec<_>| Channels::try_from(words).expect("channels")) {
            Some(channels) => self.suppressed.insert(pk.to_owned(), channels),
            None => self.suppressed.remove(pk),
        };
    }

    fn take_run(
        &mut self,
        at: Timestamp,
        caller: Caller,
        before: Option<&RunItem>,
        after: &RunItem,
    ) -> Vec<String> {
        let mut breaches = Vec::new();
        let mut breach = |what: String| breaches.push(format!("{what} in {}", after.id));
        if let Some(contacts) = self.contacts.get_mut(&after.id) {
            // A claim whose touchpoint did not go out is no contact.
            let is_out = |index: &usize| {
                let touchpoint = after.touchpoints.get(*index);
                !touchpoint.is_some_and(|it| matches!(it.state, State::NotOut(_)))
            };
            contacts.retain(|index, _| is_out(index));
        }
        if let Some(before) = before {
            for (index, (one, other)) in before
                .touchpoints
                .iter()
                .zip(&after.touchpoints)
                .enumerate()
            {
                match (one.outcome, other.outcome) {
                    (Some(one), None) => breach(format!("{index} has lost the outcome {one}")),
                    (Some(one), Some(other))
                        if one != other
                            && weight(other) <= weight(one)
                            && (one, other) != ('a', 'c') =>
                    {
                        breach(format!("{index} went from the outcome {one} to {other}"));
                    }
                    _ => {}
                }
                if other.due_at < one.due_at && !other.is_callback {
                    breach(format!(
                        "{index} moved from {} to {}",
                        one.due_at, other.due_at
                    ));
                }
                // A claim that is not handed over yet is settled as skipped or failed. One that is given
                // back is cancelled if the run does not go on.
                let turn = before.turn.as_ref();
                let is_first = turn.is_some_and(|it| it.lapses == 0 && !it.is_open);
                let is_claimed = before.claim().is_some_and(|(_, until)| match caller {
                    Caller::Api => true,
                    // After its lease, a request may have gone out.
                    _ => caller == Caller::DispatchTouchpoints && at < *until,
                });
                let is_first = is_first && is_claimed;
                if before.may_be_out(index)
                    && let State::NotOut(state) = other.state
                    && !(is_first && (matches!(state, 'k' | 'f') || !before.is_live))
                {
                    breach(format!(
                        "{index} may have gone out and was dropped as {state}"
                    ));
                }
            }
        }
        let claim_before = before.and_then(RunItem::claim);
        let Some((owner, until)) = after
            .claim()
            .filter(|it| claim_before.is_none_or(|before| before.0 != it.0))
        else {
            return breaches;
        };
        if claim_before.is_some_and(|(_, until)| *until > at) {
            breach(format!(
                "a claim until {until} replaces another one until {claim_before:?}"
            ));
        }
        if !after.is_live {
            breach("a run that does not go on was claimed".to_owned());
        }
        let turn = after.turn.as_ref().expect("a turn");
        let (index, tries) = (turn.index, turn.tries);
        let touchpoint = &after.touchpoints[index];
        if at < touchpoint.due_at {
            breach(format!("{index} was claimed before {}", touchpoint.due_at));
        }
        if tries == 1 {
            let contacts = self.contacts.entry(after.id.clone()).or_default();
            contacts.insert(index, at);
            for (earlier, contacted_at) in contacts.range(..index) {
                let between = &after.touchpoints[*earlier..=index];
                if between[0].is_callback || touchpoint.is_callback {
                    continue;
                }
                let least = office::distance(&after.workflow, &between[1..]);
                let distance = at.duration_since(*contacted_at);
                if distance + TOLERANCE < least {
                    breach(format!(
                        "{index} came {distance:#} after {earlier}, not {least:#}"
                    ));
                }
            }
        }
        let is_of_run = |hold: &String| hold.ends_with("/HOLD") || hold.ends_with(&after.workflow);
        let claim = Claim {
            index,
            workflow: after.workflow.clone(),
            suppressed: self.suppressed.clone(),
            is_held: self.holds.iter().any(is_of_run),
            is_erased: self.erased.contains(&after.lead),
        };
        self.claims.insert((after.id.clone(), owner.clone()), claim);
        breaches
    }
}
