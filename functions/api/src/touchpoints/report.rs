//! Reports of contacts, as clients send them: the fields of an outcome and of an event.

use domain::{
    activity::ContactDetails,
    channel::Channel,
    outcome::Outcome,
    report_limits::{CLOCK_DIFFERENCE, DEFERRED, LONGEST_CALLBACK},
    run,
};
use jiff::Timestamp;

use crate::http::{error::ApiError, reader::Reader};

/// Fields of the body of an outcome.
pub const FIELDS: [&str; 8] = [
    "outcome",
    "at",
    "provider_id",
    "provider_code",
    "from",
    "duration_s",
    "note",
    "callback_at",
];

/// The kind of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Outcome(Outcome),
    /// The touchpoint goes back.
    Deferred,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Outcome(outcome) => outcome.as_str(),
            Self::Deferred => DEFERRED,
        }
    }
}

/// A report of a contact.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub kind: Kind,
    pub details: ContactDetails,
}

impl Report {
    /// Takes the fields of an outcome. Problems are in the reader.
    pub fn read(reader: &mut Reader, now: Timestamp) -> Option<Self> {
        let kind = read_kind(reader, "outcome", |word| match word {
            DEFERRED => Some(Kind::Deferred),
            word => word.parse().ok().map(Kind::Outcome),
        });
        let details = ContactDetails {
            contacted_at: read_at(reader, now),
            provider_id: reader.short_text("provider_id"),
            provider_code: reader.short_text("provider_code"),
            from: reader.short_text("from"),
            duration_s: reader.count("duration_s"),
            note: reader.note("note"),
            callback_at: read_callback(reader, kind, now),
        };
        Some(Self {
            kind: kind?,
            details,
        })
    }

    /// Takes the fields of an event. Problems are in the reader.
    pub fn read_event(reader: &mut Reader, now: Timestamp) -> Option<Self> {
        let kind = read_kind(reader, "type", |word| {
            let outcome = word.parse().ok().filter(|it| *it != Outcome::Delivered)?;
            Some(Kind::Outcome(outcome))
        });
        let details = ContactDetails {
            contacted_at: read_at(reader, now),
            note: reader.note("note"),
            callback_at: read_callback(reader, kind, now),
            ..ContactDetails::default()
        };
        Some(Self {
            kind: kind?,
            details,
        })
    }

    /// Returns the outcome for the run. `None` for a report that is no outcome.
    pub fn for_run(&self) -> Option<run::Report> {
        match self.kind {
            Kind::Deferred => None,
            Kind::Outcome(outcome) => Some(run::Report {
                outcome,
                callback_at: self.details.callback_at,
            }),
        }
    }
}

/// Takes the word of an outcome, which is required.
fn read_kind(
    reader: &mut Reader,
    field: &str,
    parse: impl Fn(&str) -> Option<Kind>,
) -> Option<Kind> {
    let Some(text) = reader.text(field) else {
        if !reader.has_problem_with(field) {
            reader.problem(field, "is required");
        }
        return None;
    };
    let kind = parse(text.trim());
    if kind.is_none() {
        let words = Outcome::REPORTED.iter().map(|it| it.as_str());
        let words: Vec<_> = words
            .chain([DEFERRED])
            .filter(|word| parse(word).is_some())
            .collect();
        let what = format!("must be one of {}", words.join(", "));
        reader.refuse(field, &text, what);
    }
    kind
}

/// Takes the time of the contact.
fn read_at(reader: &mut Reader, now: Timestamp) -> Option<Timestamp> {
    let at = reader.time("at")?;
    let last = now
        .saturating_add(CLOCK_DIFFERENCE)
        .unwrap_or(Timestamp::MAX);
    if at > last {
        reader.refuse("at", &at.to_string(), "must not be in the future");
    }
    Some(at)
}

/// Takes the time of a callback, which only the outcome `callback` has.
fn read_callback(reader: &mut Reader, kind: Option<Kind>, now: Timestamp) -> Option<Timestamp> {
    let at = reader.time("callback_at");
    let is_callback = kind == Some(Kind::Outcome(Outcome::Callback));
    let first = now
        .saturating_sub(CLOCK_DIFFERENCE)
        .unwrap_or(Timestamp::MIN);
    let last = now
        .saturating_add(LONGEST_CALLBACK)
        .unwrap_or(Timestamp::MAX);
    match at {
        None if is_callback && !reader.has_problem_with("callback_at") => {
            reader.problem("callback_at", "is required for a callback");
        }
        Some(_) if kind.is_some() && !is_callback => {
            reader.problem("callback_at", "is only for a callback");
        }
        Some(at) if at < first => {
            reader.refuse("callback_at", &at.to_string(), "must not be over a day ago");
        }
        Some(at) if at > last => {
            reader.refuse(
                "callback_at",
                &at.to_string(),
                "must be at most 90 days ahead",
            );
        }
        _ => {}
    }
    at
}

/// Checks that the outcome can happen on the channel. `field` has the outcome.
///
/// # Errors
/// [`ApiError::Validation`] with the channels of the outcome.
pub fn check_channel(field: &str, outcome: Outcome, channel: Channel) -> Result<(), ApiError> {
    let channels = outcome.channels();
    if channels.contains(&channel) {
        return Ok(());
    }
    let channels: Vec<_> = channels.iter().map(|it| it.as_str()).collect();
    let what = format!(
        "{outcome} is not for the channel {channel}; it is for {}",
        channels.join(", ")
    );
    Err(ApiError::invalid(field, what))
}
