//! The outcome in the body of an answer. It counts as if the receiver had reported it at once.

use domain::{
    activity::ContactDetails,
    channel::Channel,
    outcome::Outcome,
    report_limits::{CLOCK_DIFFERENCE, DEFERRED, LONGEST_CALLBACK, NOTE, SHORT},
    run,
    time::read_time,
};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// Outcome in the body of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum InAnswer {
    /// No outcome: it comes later.
    Nothing,
    Outcome(run::Report, ContactDetails),
    /// The receiver could not make the contact yet: the touchpoint goes back.
    Deferred,
    /// An outcome that the channel does not have, or whose fields are wrong. It does not count.
    Invalid,
}

/// Reads the body of an answer. A body that is no JSON object has no outcome.
pub fn in_answer(body: &[u8], channel: Channel, now: Timestamp) -> InAnswer {
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
        return InAnswer::Nothing;
    };
    match fields.get("outcome") {
        None | Some(Value::Null) => InAnswer::Nothing,
        Some(Value::String(word)) if word.is_empty() => InAnswer::Nothing,
        Some(Value::String(word)) if word.trim() == DEFERRED => InAnswer::Deferred,
        Some(Value::String(word)) => {
            outcome(word.trim(), &fields, channel, now).unwrap_or(InAnswer::Invalid)
        }
        Some(_) => InAnswer::Invalid,
    }
}

fn outcome(
    word: &str,
    fields: &Map<String, Value>,
    channel: Channel,
    now: Timestamp,
) -> Option<InAnswer> {
    let outcome: Outcome = word.parse().ok()?;
    if !outcome.channels().contains(&channel) {
        return None;
    }
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let short = |name, most: usize| {
        let text: Option<&str> = text(name);
        let text = text.filter(|it| !it.is_empty() && it.chars().count() <= most);
        text.map(str::to_owned)
    };
    let time = |name| text(name).and_then(|it| read_time(it).ok());
    let first = now
        .saturating_sub(CLOCK_DIFFERENCE)
        .unwrap_or(Timestamp::MIN);
    let last = |by| now.saturating_add(by).unwrap_or(Timestamp::MAX);
    let callback_at = match outcome {
        Outcome::Callback => {
            let at = time("callback_at");
            Some(at.filter(|at| (first..=last(LONGEST_CALLBACK)).contains(at))?)
        }
        _ => None,
    };
    let duration_s = fields.get("duration_s").and_then(Value::as_u64);
    let details = ContactDetails {
        contacted_at: time("at").filter(|at| *at <= last(CLOCK_DIFFERENCE)),
        provider_id: short("provider_id", SHORT),
        provider_code: short("provider_code", SHORT),
        from: short("from", SHORT),
        duration_s: duration_s.and_then(|it| u32::try_from(it).ok()),
        note: short("note", NOTE),
        callback_at,
    };
    let report = run::Report {
        outcome,
        callback_at,
    };
    Some(InAnswer::Outcome(report, details))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> InAnswer {
        let now = "2026-02-10T12:00:00Z".parse().unwrap();
        in_answer(body.as_bytes(), Channel::Call, now)
    }

    fn outcome_in(body: &str) -> Option<Outcome> {
        match read(body) {
            InAnswer::Outcome(report, _) => Some(report.outcome),
            _ => None,
        }
    }

    #[test]
    fn a_body_without_an_outcome_says_nothing() {
        for body in ["", "ok", "[]", "{}", r#"{"outcome":null}"#, r#"{"id":1}"#] {
            assert_eq!(read(body), InAnswer::Nothing, "{body}");
        }
    }

    #[test]
    fn an_outcome_counts_with_its_details() {
        assert_eq!(
            outcome_in(r#"{"outcome":"no_answer"}"#),
            Some(Outcome::NoAnswer)
        );
        assert_eq!(read(r#"{"outcome":"deferred"}"#), InAnswer::Deferred);
        let body = r#"{"outcome":"answered","provider_id":"CA1","duration_s":42,"note":7}"#;
        let InAnswer::Outcome(_, details) = read(body) else {
            panic!();
        };
        assert_eq!(details.provider_id.as_deref(), Some("CA1"));
        assert_eq!((details.duration_s, details.note), (Some(42), None));
    }

    #[test]
    fn a_callback_needs_its_time() {
        let at = |at: &str| read(&format!(r#"{{"outcome":"callback","callback_at":"{at}"}}"#));
        let right = at("2026-02-11T09:00:00Z");
        assert!(matches!(right, InAnswer::Outcome(report, _) if report.callback_at.is_some()));
        for wrong in ["2027-02-11T09:00:00Z", "2026-01-01T09:00:00Z", "tomorrow"] {
            assert_eq!(at(wrong), InAnswer::Invalid, "{wrong}");
        }
        assert_eq!(read(r#"{"outcome":"callback"}"#), InAnswer::Invalid);
    }

    #[test]
    fn a_wrong_outcome_does_not_count() {
        for body in [
            r#"{"outcome":"delivered"}"#,
            r#"{"outcome":"no_outcome"}"#,
            r#"{"outcome":"great"}"#,
            r#"{"outcome":7}"#,
        ] {
            assert_eq!(read(body), InAnswer::Invalid, "{body}");
        }
    }
}
