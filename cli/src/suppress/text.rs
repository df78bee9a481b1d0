//! Output of the commands on suppressions.

use domain::{
    address::{AddressHash, AddressKind},
    suppression::{Consent, Ended, Removal, Suppression, SuppressionReason},
};
use jiff::Timestamp;
use local::text::printable;
use serde::Serialize;

use crate::output::{FullArg, or_dash};

/// Output of `leadgate suppress add`.
#[derive(Serialize)]
pub struct OneOut<'a> {
    pub suppression: SuppressionOut<'a>,
    /// Whether the address was not suppressed before.
    pub new: bool,
}

/// Output of `leadgate suppress list`.
#[derive(Serialize)]
pub struct ListOut<'a> {
    pub suppressions: Vec<SuppressionOut<'a>>,
    /// Whether there are more suppressions.
    pub more: bool,
}

/// Output of `leadgate suppress check`.
#[derive(Serialize)]
pub struct CheckOut<'a> {
    pub suppressed: bool,
    pub suppression: Option<SuppressionOut<'a>>,
    pub ended: Vec<EndedOut<'a>>,
}

#[derive(Serialize)]
pub struct SuppressionOut<'a> {
    id: String,
    kind: &'static str,
    channels: Vec<&'static str>,
    reason: SuppressionReason,
    note: Option<&'a str>,
    created_at: Timestamp,
}

/// A suppression that was removed.
#[derive(Serialize)]
pub struct EndedOut<'a> {
    suppression: SuppressionOut<'a>,
    removal: RemovalOut<'a>,
}

#[derive(Serialize)]
struct RemovalOut<'a> {
    at: Timestamp,
    reason: &'a str,
    actor: Option<&'a str>,
    consent: Option<&'a Consent>,
}

impl<'a> SuppressionOut<'a> {
    pub fn new(address: AddressHash, suppression: &'a Suppression) -> Self {
        let Suppression {
            channels,
            reason,
            note,
            created_at,
        } = suppression;
        Self {
            id: address.suppression_id(),
            kind: address.kind.as_str(),
            channels: channels.words(),
            reason: *reason,
            note: note.as_deref(),
            created_at: *created_at,
        }
    }

    fn text(&self) -> String {
        let note = printable(&or_dash(self.note));
        format!(
            "Id        {}\nAddress   {}\nChannels  {}\nReason    {}\nNote      {note}\nSince     {}\n",
            self.id,
            self.kind,
            self.channels.join(", "),
            self.reason,
            self.created_at
        )
    }
}

impl<'a> EndedOut<'a> {
    pub fn new(address: AddressHash, ended: &'a Ended) -> Self {
        let Removal {
            at,
            reason,
            actor,
            consent,
        } = &ended.removal;
        Self {
            suppression: SuppressionOut::new(address, &ended.suppression),
            removal: RemovalOut {
                at: *at,
                reason,
                actor: actor.as_deref(),
                consent: consent.as_ref(),
            },
        }
    }

    pub fn text(&self) -> String {
        let RemovalOut {
            at,
            reason,
            actor,
            consent,
        } = &self.removal;
        let actor = actor.map_or(String::new(), |actor| {
            format!("  by {}\n", printable(actor))
        });
        let consent = consent.map_or(String::new(), |Consent { at, source }| {
            format!("  consent of {at}: {}\n", printable(source))
        });
        format!(
            "{}Removed   {at}: {}\n{actor}{consent}",
            self.suppression.text(),
            printable(reason)
        )
    }
}

impl OneOut<'_> {
    pub fn text(&self) -> String {
        let head = match self.new {
            true => "Suppressed the address: Leadgate contacts it no more on these channels.",
            false => "The address was suppressed before. This is its suppression now.",
        };
        format!("{head}\n\n{}", self.suppression.text())
    }
}

impl ListOut<'_> {
    pub fn text(&self, full: FullArg, limit: u16, now: Timestamp) -> String {
        if self.suppressions.is_empty() {
            return "The account has no suppressions. `leadgate suppress add` adds them.\n"
                .to_owned();
        }
        let row = |it: &SuppressionOut<'_>| {
            [
                it.id.clone(),
                it.kind.to_owned(),
                it.channels.join(", "),
                it.reason.to_string(),
                full.time(it.created_at, now),
                or_dash(it.note),
            ]
        };
        let rows: Vec<_> = self.suppressions.iter().map(row).collect();
        let headings = ["ID", "ADDRESS", "CHANNELS", "REASON", "SINCE", "NOTE"];
        let mut text = full.table(headings, &rows, &["CHANNELS", "NOTE"]);
        if self.more {
            text += &format!(
                "\nThere are more suppressions: pass a --limit above {limit} to list them.\n"
            );
        }
        text
    }
}

impl CheckOut<'_> {
    pub fn text(&self, kind: AddressKind) -> String {
        let mut text = match &self.suppression {
            Some(suppression) => format!("The {kind} is suppressed.\n\n{}", suppression.text()),
            None => format!("The {kind} is not suppressed.\n"),
        };
        if !self.ended.is_empty() {
            text += "\nEnded suppressions, oldest first:\n";
        }
        for ended in &self.ended {
            text += &format!("\n{}", ended.text());
        }
        text
    }
}
