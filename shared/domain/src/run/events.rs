//! Everything that happened to a run without a client: the entries of the history, and the
//! touchpoints that need a person.

use jiff::Timestamp;

use super::Run;
use crate::{
    activity::{Activity, ActivityKind, Contact},
    cadence::{Touchpoint, TouchpointState},
    channel::Channel,
    outcome::Outcome,
};

impl Run {
    /// Returns the entries of the history about what has happened to the touchpoints since `before`,
    /// the same run: missing outcomes, lapsed leases, and touchpoints that did not go out.
    pub fn entries_since(&self, before: &Self, now: Timestamp) -> Vec<Activity> {
        let pairs = (0..).zip(before.touchpoints.iter().zip(&self.touchpoints));
        let mut entries: Vec<_> = pairs
            .filter_map(|(index, (old, new))| self.entry(before, index, (old, new), now))
            .collect();
        if let Some(subject) = entries.last_mut().and_then(|last| last.subject.as_mut())
            && before.cadence_state != self.cadence_state
        {
            *subject += &format!(", cadence {}", self.cadence_state);
        }
        entries
    }

    fn entry(
        &self,
        before: &Self,
        index: u16,
        (old, new): (&Touchpoint, &Touchpoint),
        now: Timestamp,
    ) -> Option<Activity> {
        let name = new.name();
        let has_ended = old.state != new.state && new.state.ends_without_outcome();
        let (kind, what) = match new.outcome {
            Some(outcome) if old.outcome.is_none() => (
                ActivityKind::TouchpointOutcome,
                format!("{name}: {outcome}"),
            ),
            _ if has_ended && before.claim_is_over(index, now) => {
                // A pushed touchpoint whose request may be out, and which no other request may follow.
                (
                    ActivityKind::TouchpointLapsed,
                    format!("{name}: {}", new.state),
                )
            }
            _ if has_ended => {
                let reason = new.reasons.last().filter(|it| !old.reasons.contains(it));
                let reason = reason.map(|it| format!(" ({it})")).unwrap_or_default();
                let what = format!("{name}: {}{reason}", new.state);
                (ActivityKind::TouchpointEnded, what)
            }
            _ if self.lapses(index) > before.lapses(index)
                || self.has_lapsed_since(before, index) =>
            {
                let what = format!("{name}: no outcome within the lease");
                (ActivityKind::TouchpointLapsed, what)
            }
            _ => return None,
        };
        let contact = Contact {
            outcome: new.outcome.filter(|_| old.outcome.is_none()),
            ..Contact::of(self.id, index, new)
        };
        Some(Activity {
            contact: Some(contact),
            ..Activity::new(kind, &what, now)
        })
    }

    /// Returns the entry of a contact: what it was, its outcome, and what it has changed since `before`.
    pub fn contact_entry(
        &self,
        before: &Self,
        outcome: Outcome,
        what: String,
        now: Timestamp,
    ) -> Activity {
        let mut parts = vec![format!("{what}: {outcome}")];
        if before.current_status.key != self.current_status.key {
            let (old, new) = (&before.current_status.label, &self.current_status.label);
            parts.push(format!("{old} -> {new}"));
        }
        if before.cadence_state != self.cadence_state {
            parts.push(format!("cadence {}", self.cadence_state));
        }
        if self.human_takeover && !before.human_takeover {
            parts.push("a person takes over".to_owned());
        }
        Activity::new(ActivityKind::ContactReported, &parts.join(", "), now)
    }

    /// Returns the entry of a contact that belongs to no touchpoint of the run.
    pub fn outside_contact(
        &self,
        before: &Self,
        outcome: Outcome,
        channel: Channel,
        now: Timestamp,
    ) -> Activity {
        let contact = Contact {
            outcome: Some(outcome),
            ..Contact::new(channel)
        };
        Activity {
            contact: Some(contact),
            ..self.contact_entry(before, outcome, channel.to_string(), now)
        }
    }

    /// Returns whether the claim of a pushed touchpoint has ended since `before` without a settlement. The
    /// settlement of an unknown result looks the same.
    fn has_lapsed_since(&self, before: &Self, index: u16) -> bool {
        let of = |run: &Self| run.hand_over.clone().filter(|it| it.index == index);
        let (Some(before), Some(after)) = (of(before), of(self)) else {
            return false;
        };
        let owner = |it: &super::HandOver| it.claim.map(|claim| claim.owner);
        let was_claimed = before.delivery.is_push() && before.claim.is_some();
        was_claimed && after.is_open && owner(&before) != owner(&after)
    }

    /// Returns whether the lease of a pushed touchpoint is over at `now`, and nothing has settled its claim.
    fn claim_is_over(&self, index: u16, now: Timestamp) -> bool {
        let of_touchpoint = self.hand_over.as_ref().filter(|it| it.index == index);
        let pushed = of_touchpoint.filter(|it| it.delivery.is_push());
        let claim = pushed.and_then(|it| it.claim);
        claim.is_some_and(|claim| claim.until <= now)
    }

    /// Returns the number of leases of a touchpoint that ended without an outcome.
    pub fn lapses(&self, index: u16) -> u8 {
        let hand_over = self.hand_over.as_ref().filter(|it| it.index == index);
        hand_over.map_or(0, |it| it.lapses)
    }

    /// Returns the indexes of the touchpoints that need a person now, and did not need one before.
    pub fn needing_a_person_since(&self, before: &Self) -> Vec<u16> {
        changed(before, self, TouchpointState::needs_a_person)
    }

    /// Returns the indexes of the touchpoints that needed a person before, and do not need one now.
    pub fn settled_since(&self, before: &Self) -> Vec<u16> {
        changed(self, before, TouchpointState::needs_a_person)
    }
}

/// Returns the indexes of the touchpoints whose state fits in `after`, and not in `before`.
fn changed(before: &Run, after: &Run, fits: fn(TouchpointState) -> bool) -> Vec<u16> {
    let state = |run: &Run, index| run.touchpoint(index).map(|it| it.state);
    let is_new = |index: &u16| {
        let fits = |state: Option<TouchpointState>| state.is_some_and(fits);
        fits(state(after, *index)) && !fits(state(before, *index))
    };
    (0..).take(after.touchpoints.len()).filter(is_new).collect()
}
