//! `leadgate touchpoint show`: a touchpoint with its attempts and its outcomes.

use clap::Args;
use jiff::Timestamp;
use serde_json::Value;

use super::{
    error::TouchpointError,
    id::whole,
    reply::{at, list_at, text_at},
    words::{message, name, state, time},
};
use crate::{
    fields::fields,
    output::{FullArg, OutputArg, exact, or_dash},
    target::api::{Api, ApiArgs},
};

/// Options of `leadgate touchpoint show`.
#[derive(Args, Clone, Debug)]
pub struct ShowArgs {
    /// Id of the touchpoint, or its last characters
    // Not parsed by clap: it would print a wrong value, which may be a key.
    id: String,
    #[command(flatten)]
    full: FullArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    api: ApiArgs,
}

pub async fn show(args: &ShowArgs) -> Result<(), TouchpointError> {
    let api = Api::of(&args.api).await?;
    let id = whole(&api, &args.id).await?;
    let reply = api.get(&format!("/touchpoints/{id}")).await?;
    let now = api.clock().now();
    args.output.print(&reply.text, |_| {
        text(at(&reply.body, "/touchpoint"), args.full, now)
    })?;
    Ok(())
}

fn text(touchpoint: &Value, full: FullArg, now: Timestamp) -> String {
    let run = at(touchpoint, "/workflow_run");
    let due_at = time(touchpoint, "/due_at").map(|it| exact(it, now));
    let cadence = format!(
        "{}, run {}",
        text_at(run, "/cadence_state"),
        text_at(run, "/run_status")
    );
    let mut rows = vec![
        ("Touchpoint", text_at(touchpoint, "/id").to_owned()),
        ("Contact", name(touchpoint)),
        ("State", state(touchpoint)),
        ("Due", or_dash(due_at)),
        ("Lead", text_at(touchpoint, "/lead_id").to_owned()),
        ("Run", text_at(run, "/id").to_owned()),
        ("Workflow", text_at(run, "/workflow/name").to_owned()),
        ("Status", text_at(run, "/current_status/label").to_owned()),
        ("Cadence", cadence),
    ];
    rows.extend(message(at(touchpoint, "/message")));
    let parts = [
        fields(&rows, full.is_full()),
        attempts(touchpoint, full, now),
        outcomes(touchpoint, full, now),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|it| !it.is_empty()).collect();
    parts.join("\n")
}

fn attempts(touchpoint: &Value, full: FullArg, now: Timestamp) -> String {
    let attempts = list_at(touchpoint, "/attempts").iter();
    let row = |it: &Value| {
        let claimed = time(it, "/at").map(|at| full.time(at, now));
        [at(it, "/try").to_string(), or_dash(claimed)]
    };
    let rows: Vec<_> = attempts.map(row).collect();
    match rows.is_empty() {
        true => String::new(),
        false => full.table(["TRY", "CLAIMED"], &rows, &[]),
    }
}

fn outcomes(touchpoint: &Value, full: FullArg, now: Timestamp) -> String {
    let outcomes = list_at(touchpoint, "/outcomes").iter();
    let row = |it: &Value| {
        let reported = time(it, "/reported_at").map(|at| full.time(at, now));
        let callback = time(it, "/callback_at").map(|at| exact(at, now));
        [
            text_at(it, "/outcome").to_owned(),
            or_dash(reported),
            or_dash(callback),
            or_dash(at(it, "/note").as_str()),
        ]
    };
    let rows: Vec<_> = outcomes.map(row).collect();
    let headings = ["OUTCOME", "REPORTED", "CALL BACK", "NOTE"];
    match rows.is_empty() {
        true => String::new(),
        false => full.table(headings, &rows, &["CALL BACK", "NOTE"]),
    }
}
