//! Entries of a lead's history ([contract](../../../docs/contract.md#get-leadsidhistory)).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{cadence::Touchpoint, channel::Channel, ids::RunId, lead::Start, outcome::Outcome};

/// One entry of a lead's history. `Debug` leaves out the texts of clients.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    pub kind: ActivityKind,
    /// Name of the workflow or of the status, or the contact in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Reason, in the client's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Actor that the client names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The contact that the entry is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    pub at: Timestamp,
}

/// A contact in the history. `Debug` leaves out the texts of clients.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub channel: Channel,
    /// Run of the touchpoint. `None` for a contact outside of a touchpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// Index of the touchpoint in its run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u16>,
    /// Number of the try. Only the entry of a claim has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub try_number: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The request to a webhook. Only the entry of its answer has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
    #[serde(flatten)]
    pub details: ContactDetails,
}

/// A request to a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Name of the destination.
    pub destination: String,
    /// The answer, in a few words: a status such as `200`, or the reason for which there is none.
    pub answer: String,
    /// Time until the answer, in milliseconds.
    pub took_ms: u32,
    /// Whether the receiver has taken the touchpoint, or may have.
    pub may_be_out: bool,
}

/// Details of a contact, as the client gives them.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactDetails {
    /// Time of the contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contacted_at: Option<Timestamp>,
    /// Id of the contact at the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// The provider's own word for the outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_code: Option<String>,
    /// Number or address from which the contact was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Length of the call in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Time at which the person wants a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_at: Option<Timestamp>,
}

impl Contact {
    /// Returns the contact of a touchpoint of a run.
    pub fn of(run: RunId, index: u16, touchpoint: &Touchpoint) -> Self {
        Self {
            run_id: Some(run),
            index: Some(index),
            ..Self::new(touchpoint.channel)
        }
    }

    /// Returns a contact on a channel, without anything else.
    pub fn new(channel: Channel) -> Self {
        Self {
            channel,
            run_id: None,
            index: None,
            try_number: None,
            outcome: None,
            sent: None,
            details: ContactDetails::default(),
        }
    }
}

impl ContactDetails {
    /// Fills in the details that are missing. Returns whether it has added any.
    pub fn fill_in(&mut self, other: Self) -> bool {
        let before = self.clone();
        self.contacted_at = self.contacted_at.or(other.contacted_at);
        self.duration_s = self.duration_s.or(other.duration_s);
        self.callback_at = self.callback_at.or(other.callback_at);
        for (mine, other) in [
            (&mut self.provider_id, other.provider_id),
            (&mut self.provider_code, other.provider_code),
            (&mut self.from, other.from),
            (&mut self.note, other.note),
        ] {
            *mine = mine.take().or(other);
        }
        *self != before
    }
}

impl std::fmt::Debug for Contact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { run_id, index, .. } = self;
        write!(f, "Contact({run_id:?}, {index:?}, redacted)")
    }
}

impl std::fmt::Debug for ContactDetails {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ContactDetails(redacted)")
    }
}

/// Kind of an activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivityKind {
    /// The API created the lead.
    LeadCreated,
    /// The lead was enrolled in a workflow.
    WorkflowAssigned,
    /// The lead moved to another status.
    StatusChanged,
    /// A person took the lead over.
    AutomationStopped,
    /// The person handed the lead back.
    AutomationResumed,
    /// A worker or a client claimed a touchpoint.
    TouchpointClaimed,
    /// Leadgate has sent a touchpoint to a webhook.
    TouchpointSent,
    /// The lease of a claim ended without an outcome.
    TouchpointLapsed,
    /// A caller gave a touchpoint back, or an operator scheduled one again.
    TouchpointReleased,
    /// A touchpoint ended without an outcome, or an operator settled one that needed a person.
    TouchpointEnded,
    /// A client reported the outcome of a touchpoint.
    TouchpointOutcome,
    /// A client reported a contact outside of a touchpoint.
    ContactReported,
}

impl Activity {
    /// Returns an activity of a client that names no actor.
    pub fn new(kind: ActivityKind, subject: &str, at: Timestamp) -> Self {
        Self {
            kind,
            subject: Some(subject.to_owned()),
            reason: None,
            actor: None,
            contact: None,
            at,
        }
    }

    /// Returns whether the receiver has put the touchpoint back: such a report has no outcome.
    pub fn is_deferral(&self) -> bool {
        let has_outcome = |it: &Contact| it.outcome.is_some();
        self.kind == ActivityKind::TouchpointOutcome
            && !self.contact.as_ref().is_some_and(has_outcome)
    }

    /// Returns the enrolment that `start` orders.
    pub fn of_start(start: &Start) -> Self {
        Self {
            kind: ActivityKind::WorkflowAssigned,
            subject: Some(start.workflow.name.clone()),
            reason: start.reason.clone(),
            actor: start.actor.clone(),
            contact: None,
            at: start.enrolled_at,
        }
    }
}

/// Returns the time of the last call among entries of a history, oldest first. A claim counts as a call, and
/// so does a request whose touchpoint may be out, unless the caller or the receiver has put the touchpoint back.
/// An outcome shows a call whose request has no entry yet.
pub fn last_call<'a>(entries: impl IntoIterator<Item = &'a Activity>) -> Option<Timestamp> {
    // The calls, and whether each can still be put back.
    let mut calls: Vec<(&Contact, Timestamp, bool)> = Vec::new();
    for entry in entries {
        let Some(contact) = &entry.contact else {
            continue;
        };
        if contact.channel != Channel::Call {
            continue;
        }
        let is_same = |of: &Contact| (of.run_id, of.index) == (contact.run_id, contact.index);
        let is_call = match entry.kind {
            ActivityKind::TouchpointClaimed => true,
            ActivityKind::TouchpointSent => contact.sent.as_ref().is_some_and(|it| it.may_be_out),
            // A pushed touchpoint has no entry of its claim.
            ActivityKind::TouchpointLapsed => !calls.iter().any(|(of, ..)| is_same(of)),
            _ => false,
        };
        // Its receiver was faster than the entry of the request.
        let is_reported = entry.kind == ActivityKind::TouchpointOutcome
            && contact.outcome.is_some_and(|it| it != Outcome::NoOutcome)
            && !calls.iter().any(|(of, ..)| is_same(of));
        if is_reported {
            let at = contact.details.contacted_at.unwrap_or(entry.at);
            calls.push((contact, at, false));
            continue;
        }
        if is_call {
            calls.push((contact, entry.at, true));
            continue;
        }
        if entry.kind == ActivityKind::TouchpointSent {
            continue;
        }
        if entry.kind == ActivityKind::TouchpointReleased || entry.is_deferral() {
            calls.retain(|(of, _, can_go_back)| !(*can_go_back && is_same(of)));
        }
        let of_touchpoint = calls.iter_mut().filter(|(of, ..)| is_same(of));
        of_touchpoint.for_each(|(.., can_go_back)| *can_go_back = false);
    }
    calls.into_iter().map(|(_, at, _)| at).max()
}

impl std::fmt::Debug for Activity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Activity({:?}, {}, redacted)", self.kind, self.at)
    }
}

#[cfg(test)]
mod tests {
    use ActivityKind::*;

    use super::*;

    fn entry(kind: ActivityKind, index: u16, minute: i64) -> Activity {
        let contact = Contact {
            index: Some(index),
            ..Contact::new(Channel::Call)
        };
        Activity {
            contact: Some(contact),
            ..Activity::new(kind, "", Timestamp::from_second(60 * minute).unwrap())
        }
    }

    #[test]
    fn a_claim_is_a_call_until_it_is_put_back() {
        let mut outcome = entry(TouchpointOutcome, 0, 1);
        outcome.contact.as_mut().unwrap().outcome = Some(Outcome::NoAnswer);
        let mut sms = entry(TouchpointClaimed, 0, 5);
        sms.contact.as_mut().unwrap().channel = Channel::Sms;
        let claim = || entry(TouchpointClaimed, 0, 0);
        let sent = |may_be_out, minute| {
            let mut sent = entry(TouchpointSent, 0, minute);
            sent.contact.as_mut().unwrap().sent = Some(Sent {
                destination: "dialer".to_owned(),
                answer: String::new(),
                took_ms: 20,
                may_be_out,
            });
            sent
        };
        for (entries, expected) in [
            (vec![], None),
            (vec![sms], None),
            (vec![claim()], Some(0)),
            (vec![claim(), outcome.clone()], Some(0)),
            // A push has the entry of its answer, and none of its claim.
            (vec![sent(true, 0), outcome.clone()], Some(0)),
            (vec![outcome.clone()], Some(1)),
            (vec![outcome, sent(true, 3)], Some(3)),
            (vec![sent(true, 0), sent(false, 4)], Some(0)),
            (vec![sent(false, 0)], None),
            (vec![entry(TouchpointLapsed, 0, 1)], Some(1)),
            (vec![sent(true, 0), entry(TouchpointOutcome, 0, 1)], None),
            (vec![claim(), entry(TouchpointReleased, 0, 1)], None),
            // A deferral has no outcome.
            (vec![claim(), entry(TouchpointOutcome, 0, 1)], None),
            (vec![claim(), entry(TouchpointReleased, 1, 1)], Some(0)),
            (
                vec![
                    claim(),
                    entry(TouchpointClaimed, 1, 3),
                    entry(TouchpointReleased, 1, 4),
                ],
                Some(0),
            ),
            // The caller of a lease that has lapsed may have called.
            (
                vec![
                    claim(),
                    entry(TouchpointLapsed, 0, 1),
                    entry(TouchpointClaimed, 0, 2),
                    entry(TouchpointReleased, 0, 3),
                ],
                Some(0),
            ),
            // An operator schedules a touchpoint again that may have gone out.
            (
                vec![
                    claim(),
                    entry(TouchpointEnded, 0, 1),
                    entry(TouchpointReleased, 0, 2),
                ],
                Some(0),
            ),
        ] {
            let last = last_call(&entries).map(|at| at.as_second() / 60);
            assert_eq!(last, expected, "{entries:?}");
        }
    }
}
