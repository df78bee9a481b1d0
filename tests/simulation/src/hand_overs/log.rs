//! The log of hand-overs: everything that callers have received.

use std::collections::BTreeMap;

use domain::channel::Channel;
use jiff::Timestamp;
use serde_json::Value;

use super::{journal::Journal, office};
use crate::answer::text;

/// A touchpoint that a caller has received.
#[derive(Clone, Debug)]
pub struct HandedOver {
    /// Id of the touchpoint.
    pub id: String,
    pub lead: String,
    pub run: String,
    pub index: usize,
    pub channel: Channel,
    /// Token of the lease.
    pub token: String,
    /// End of the part of an address's key that is the person's.
    pub address: String,
    pub due_at: Timestamp,
    pub not_after: Timestamp,
    pub received_at: Timestamp,
    pub until: Timestamp,
    /// Whether its caller, or another one, has begun to report or to release it.
    pub is_over: bool,
    /// Whether it went back, because it was released or deferred.
    pub is_back: bool,
}

/// The log.
#[derive(Debug, Default)]
pub struct Log {
    pub handed_over: Vec<HandedOver>,
    /// Weight of the heaviest outcome that was confirmed, by run and index.
    pub outcomes: BTreeMap<(String, usize), u8>,
}

impl HandedOver {
    /// Reads a touchpoint of the reply to a claim. `address_of` returns the address of a lead on a
    /// channel, as keys have it.
    pub fn read(
        due: &Value,
        journal: &Journal,
        received_at: Timestamp,
        address_of: impl Fn(&Value, Channel) -> String,
    ) -> Result<Self, String> {
        let time = |value: &Value| {
            text(value)
                .parse()
                .map_err(|_| format!("{value} is no time"))
        };
        let touchpoint = &due["touchpoint"];
        let token = text(&due["lease"]["token"]).to_owned();
        let channel = Channel::of_word(text(&touchpoint["channel"])).ok_or("no channel")?;
        let run = text(&due["workflow_run"]["id"]).to_owned();
        let claim = journal.claims.get(&(run.clone(), token.clone()));
        let claim = claim.ok_or_else(|| format!("{token} is not in the table"))?;
        Ok(Self {
            id: text(&touchpoint["id"]).to_owned(),
            lead: text(&due["lead"]["id"]).to_owned(),
            run,
            index: claim.index,
            channel,
            address: address_of(&due["lead"], channel),
            due_at: time(&touchpoint["due_at"])?,
            not_after: time(&touchpoint["not_after"])?,
            received_at,
            until: time(&due["lease"]["until"])?,
            token,
            is_over: false,
            is_back: false,
        })
    }

    /// Returns the breaches of the first statement, apart from the other callers.
    fn breaches(&self, journal: &Journal) -> Vec<String> {
        let claim = &journal.claims[&(self.run.clone(), self.token.clone())];
        let rules = [
            (self.received_at < self.due_at, "before it was due"),
            (self.received_at >= self.not_after, "after its not_after"),
            (
                self.until > self.not_after,
                "for a lease beyond its not_after",
            ),
            (self.received_at >= self.until, "after the end of its lease"),
            (
                !office::is_open(&claim.workflow, self.received_at),
                "out of hours",
            ),
            (
                claim.is_suppressed(&self.address, self.channel),
                "to a suppressed person",
            ),
            (claim.is_held, "for a held run"),
            (claim.is_erased, "for an erased lead"),
        ];
        let broken = rules.into_iter().filter(|(is_broken, _)| *is_broken);
        broken
            .map(|(_, rule)| format!("{} was handed over {rule}: {self:?}", self.id))
            .collect()
    }
}

impl Log {
    /// Takes in a touchpoint that a caller has received. Returns the breaches.
    pub fn take(&mut self, received: HandedOver, journal: &Journal) -> Vec<String> {
        let mut breaches = received.breaches(journal);
        self.handed_over.push(received);
        breaches.extend(self.shared(self.handed_over.len() - 1));
        breaches
    }

    /// Takes in the new end of a lease. Returns the breaches.
    pub fn extend(&mut self, position: usize, at: Timestamp, until: Timestamp) -> Vec<String> {
        let extended = &mut self.handed_over[position];
        let is_lapsed = at >= until || until > extended.not_after;
        extended.until = until;
        let wrong = is_lapsed.then(|| format!("a lease was extended to {until}: {extended:?}"));
        let received_at = std::mem::replace(&mut extended.received_at, at);
        let shared = self.shared(position);
        self.handed_over[position].received_at = received_at;
        wrong.into_iter().chain(shared).collect()
    }

    /// Returns the breach if another caller has the touchpoint at the same time.
    fn shared(&self, position: usize) -> Option<String> {
        let this = &self.handed_over[position];
        let mut others = self.handed_over.iter().enumerate().filter(|(other, it)| {
            *other != position && it.id == this.id && !it.is_over && !this.is_over
        });
        let shares = |it: &HandedOver| this.received_at < it.until && it.received_at < this.until;
        let other = others.find(|(_, it)| shares(it));
        other.map(|(_, other)| format!("two callers have a touchpoint: {this:?} {other:?}"))
    }
}
