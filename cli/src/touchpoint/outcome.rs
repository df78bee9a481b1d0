//! `leadgate touchpoint outcome`: reports the outcome of a touchpoint.

use clap::Args;
use domain::outcome::Outcome;
use jiff::{Timestamp, tz::TimeZone};
use local::text::printable;
use serde_json::{Value, json};

use super::{
    error::TouchpointError,
    id::whole,
    reply::{at, text_at},
    words::{name, time},
};
use crate::{
    moment::Moment,
    nearest::{nearest, question},
    output::{OutputArg, exact},
    target::api::{Api, ApiArgs},
};

/// The word with which a caller gives a touchpoint back.
const DEFERRED: &str = "deferred";
const CALLBACK: &str = "callback";

/// Options of `leadgate touchpoint outcome`.
#[derive(Args, Clone, Debug)]
pub struct OutcomeArgs {
    /// Id of the touchpoint, or its last characters
    // Not parsed by clap: it would print a wrong value, which may be a key.
    id: String,
    /// Outcome: answered, replied, voicemail, no_answer, busy, failed, delivered, bounced, invalid,
    /// opted_out, complained, callback or deferred
    #[arg(value_parser = outcome)]
    outcome: String,
    /// Time at which the person wants a call, with the outcome callback: tomorrow, 2h, 2026-02-10,
    /// 2026-02-10T09:00 (in UTC) or 2026-02-10T09:00+01:00
    #[arg(long, value_name = "TIME")]
    callback_at: Option<Moment>,
    /// Text about the contact, for people
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    api: ApiArgs,
}

/// Reads the word of an outcome. A blank or a hyphen stands for `_`.
fn outcome(text: &str) -> Result<String, String> {
    let word = text.trim().to_ascii_lowercase().replace([' ', '-'], "_");
    let words = Outcome::REPORTED.iter().map(|it| it.as_str());
    let words: Vec<_> = words.chain([DEFERRED]).collect();
    if words.contains(&word.as_str()) {
        return Ok(word);
    }
    let question = question(nearest(&word, &words));
    Err(format!(
        "no outcome has this name{question}: write one of {}",
        words.join(", ")
    ))
}

pub async fn report(args: &OutcomeArgs) -> Result<(), TouchpointError> {
    let is_callback = args.outcome == CALLBACK;
    match (is_callback, args.callback_at) {
        (true, None) => return Err(TouchpointError::NoCallbackTime),
        (false, Some(_)) => return Err(TouchpointError::NoCallback),
        _ => {}
    }
    let api = Api::of(&args.api).await?;
    let id = whole(&api, &args.id).await?;
    let now = api.clock().now();
    let callback_at = args.callback_at.map(|at| at.after(now, &TimeZone::UTC));
    // An empty field means "not given".
    let body = json!({
        "outcome": args.outcome,
        "callback_at": callback_at,
        "note": args.note,
    });
    let reply = api
        .post(&format!("/touchpoints/{id}/outcome"), body)
        .await?;
    args.output
        .print(&reply.text, |_| text(&reply.body, &args.outcome, now))?;
    Ok(())
}

fn text(reply: &Value, outcome: &str, now: Timestamp) -> String {
    let touchpoint = at(reply, "/touchpoint");
    let recorded = match at(touchpoint, "/outcome").as_str() {
        _ if outcome == DEFERRED => "given back".to_owned(),
        Some(heavier) if heavier != outcome => {
            format!(
                "{outcome}, recorded beside the heavier outcome {}",
                printable(heavier)
            )
        }
        _ => outcome.to_owned(),
    };
    let mut text = format!("{}: {recorded}\n", name(touchpoint));
    if at(reply, "/changed") == false {
        text += "Nothing changed: the touchpoint had this outcome, or a heavier one.\n";
    }
    text + &next(reply, now)
}

/// Returns the touchpoint that comes next, or why none does.
fn next(reply: &Value, now: Timestamp) -> String {
    let (next, run) = (at(reply, "/next"), at(reply, "/workflow_run"));
    if let Some(due_at) = time(next, "/due_at") {
        let held = match at(next, "/held_by").as_str() {
            Some(_) => ", but it is held",
            None => "",
        };
        let channel = printable(text_at(next, "/channel"));
        return format!("Next: {channel} at {}{held}\n", exact(due_at, now));
    }
    let status = printable(text_at(run, "/current_status/label"));
    let why = match text_at(run, "/cadence_state") {
        _ if at(run, "/human_takeover") == true => "a person has the lead",
        "completed" => "the cadence is completed",
        "cancelled" => "the cadence is cancelled",
        "paused" => "the cadence is paused",
        _ => "no touchpoint is left",
    };
    format!("Nothing more goes out: {why} (status {status}).\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_read_as_people_write_it() {
        for text in ["no_answer", "no-answer", "No Answer", " NO_ANSWER "] {
            assert_eq!(outcome(text).unwrap(), "no_answer");
        }
        assert_eq!(outcome("deferred").unwrap(), "deferred");
        let error = outcome("anwsered").unwrap_err();
        assert!(
            error.starts_with("no outcome has this name (did you mean answered?): write one of "),
            "{error}"
        );
        assert!(outcome("no_outcome").is_err());
    }
}
