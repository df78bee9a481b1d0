//! The log of a receiver of webhooks: everything that it has received, and the rules of requests.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{
    office,
    run_item::{RunItem, State},
};
use crate::answer::text;

/// Seconds in which the lane gets a token. Its bucket holds one.
const TOKEN_S: i64 = 10;
/// Time in which the lane gets a token.
pub const TOKEN: SignedDuration = SignedDuration::from_secs(TOKEN_S);
/// Maximum seconds from the draw of a token to its request, and from the clock to the receiver.
const LATE_S: i64 = 12;

/// A request, as the receiver got it.
#[derive(Clone, Debug)]
struct Received {
    id: String,
    run: String,
    step: u64,
    attempt: u64,
    at: Timestamp,
    /// Whether its answer was sent, or its worker has died.
    is_over: bool,
    /// Whether the receiver has not said that it did not take the touchpoint.
    may_be_out: bool,
    /// Whether it counts as a try.
    is_counted: bool,
}

/// The log of the receiver.
#[derive(Debug, Default)]
pub struct Pushes {
    /// Whether the account has a webhook.
    pub is_on: bool,
    /// Whether the receiver takes everything from now on.
    pub is_healthy: bool,
    /// Whether no worker dies and no call fails, so that the number of a try is known.
    pub is_exact: bool,
    received: Vec<Received>,
}

impl Pushes {
    pub fn count(&self) -> usize {
        self.received.len()
    }

    /// Takes in a request. Returns its position and the breaches.
    /// `has_resumed`: a client has resumed a run, whose tries then count anew.
    pub fn take(
        &mut self,
        id: &str,
        body: &Value,
        at: Timestamp,
        has_resumed: bool,
    ) -> (usize, Vec<String>) {
        let data = &body["data"];
        let touchpoint = &data["touchpoint"];
        let time = |value: &Value| text(value).parse::<Timestamp>().expect("a time");
        let number = |name: &str| touchpoint[name].as_u64().expect("a number");
        let new = Received {
            id: id.to_owned(),
            run: text(&data["workflow_run"]["id"]).to_owned(),
            step: number("stepIndex"),
            attempt: number("attemptNumber"),
            at,
            is_over: false,
            may_be_out: true,
            is_counted: true,
        };
        let is_same =
            |it: &&Received| (&it.run, it.step, it.attempt) == (&new.run, new.step, new.attempt);
        let earlier: Vec<_> = self.received.iter().filter(is_same).collect();
        let counted = earlier.iter().filter(|it| it.is_counted).count() as u64;
        let (tries, least) = (number("try"), counted + 1);
        let workflow = text(&data["workflow_run"]["workflow"]["id"]);
        let rules = [
            (at < time(&touchpoint["due_at"]), "before it was due"),
            (at >= time(&touchpoint["not_after"]), "after its not_after"),
            (!office::is_open(workflow, at), "out of hours"),
            (earlier.iter().any(|it| it.id != new.id), "under another id"),
            (
                earlier.iter().any(|it| !it.is_over),
                "while another request is open",
            ),
            (
                !has_resumed && tries < least,
                "with the number of an earlier try",
            ),
            (
                !has_resumed && self.is_exact && tries > least,
                "with a number that skips a try",
            ),
            (self.is_too_fast(at), "faster than the rate of its lane"),
        ];
        let broken = rules.into_iter().filter(|(is_broken, _)| *is_broken);
        let breaches = broken.map(|(_, rule)| format!("a request came {rule}: {new:?} {tries}"));
        let breaches = breaches.collect();
        self.received.push(new);
        (self.received.len() - 1, breaches)
    }

    /// Returns whether more requests came in some time until `at` than the lane has tokens.
    fn is_too_fast(&self, at: Timestamp) -> bool {
        let since = self.received.iter().rev().zip(2_i64..);
        let mut since = since.map(|(it, count)| (at.duration_since(it.at).as_secs(), count));
        since.any(|(seconds, count)| count > 1 + (seconds + LATE_S) / TOKEN_S)
    }

    /// Notes the answer to a request. Its worker may have died before.
    pub fn end(&mut self, position: usize, has_died: bool, may_be_out: bool, is_counted: bool) {
        let received = &mut self.received[position];
        received.is_over = true;
        if !has_died {
            received.may_be_out = may_be_out;
            received.is_counted = is_counted;
        }
    }

    /// Returns the breaches when every run has ended: a touchpoint that the receiver may have taken was
    /// dropped.
    pub fn breaches(&self, items: &[Value]) -> Vec<String> {
        let runs: Vec<_> = items.iter().filter_map(RunItem::read).collect();
        let mut breaches = BTreeSet::new();
        for received in self.received.iter().filter(|it| it.may_be_out) {
            let Some(run) = runs.iter().find(|it| it.id == received.run) else {
                // The lead was erased.
                continue;
            };
            let is_meant = |step: usize, attempt: u8| {
                (step as u64, u64::from(attempt)) == (received.step, received.attempt)
            };
            let lines = run.touchpoints.iter();
            let mut lines = lines.filter(|it| is_meant(it.step, it.attempt));
            if let Some(line) = lines.find(|it| matches!(it.state, State::NotOut(_))) {
                breaches.insert(format!("{received:?} was dropped: {line:?}"));
            }
        }
        breaches.into_iter().collect()
    }
}
