//! The measures of a touchpoint: its calls, units and price, from recorded calls.
//!
//! The calls are recorded on the embedded services, with the functions in this process and a clock that
//! the story moves: a hold lasts a day. The times and the logs are those of the release binaries.

mod counter;
mod load;
mod stack;
mod story;

use std::fmt::Write as _;

use harness::{Report, Result, Setup};
use serde_json::json;

use self::story::{Recorded, Step};
use crate::model::{Model, TouchpointWork};

/// Measures that need no binary.
pub const COUNTS: [&str; 9] = [
    "calls_per_touchpoint",
    "sqs_requests_per_touchpoint",
    "write_units_per_touchpoint",
    "write_units_with_lapsed_lease",
    "write_units_held_for_a_day",
    "write_units_with_rate",
    "calls_per_pushed_touchpoint",
    "write_units_per_pushed_touchpoint",
    "write_units_with_outcome_in_answer",
];

/// Measures of the release binaries.
pub const OF_BINARIES: [&str; 4] = [
    "opening_instructions",
    "claim_instructions",
    "outcome_instructions",
    "cost_per_million_touchpoints",
];

/// Measures the counts and, if the report wants one of them, those of the release binaries.
pub async fn measure(setup: &Setup, report: &mut Report) -> Result<()> {
    let recorded = story::record().await?;
    let sums: Vec<Step> = recorded.stories.iter().map(|story| story.sum()).collect();
    let [pulled, lapsed, held, rated, pushed, answered] = sums.as_slice() else {
        return Err("a story is missing".into());
    };
    let units = |step: &Step| step.table_units + step.index_units;
    report.value("calls_per_touchpoint", pulled.calls.into());
    report.value("sqs_requests_per_touchpoint", pulled.sqs.into());
    report.value("write_units_per_touchpoint", units(pulled));
    report.value("write_units_with_lapsed_lease", units(lapsed));
    report.value("write_units_held_for_a_day", units(held));
    report.value("write_units_with_rate", units(rated));
    report.value("calls_per_pushed_touchpoint", pushed.calls.into());
    report.value("write_units_per_pushed_touchpoint", units(pushed));
    report.value("write_units_with_outcome_in_answer", units(answered));
    report.note(format!(
        "A touchpoint, step by step:\n\n{}",
        table(&recorded)
    ));
    report.detail(
        "touchpoint",
        json!({"stories": recorded.stories, "idle_minute": recorded.idle_minute}),
    );
    if report.wants(&OF_BINARIES) {
        let loads = load::measure(setup).await?;
        let millions = loads.millions;
        report.detail("touchpoint_instructions", json!({"millions": millions}));
        report.value("opening_instructions", millions.opening);
        report.value("claim_instructions", millions.claim);
        report.value("outcome_instructions", millions.outcome);
        let work = TouchpointWork {
            claim: loads.claim,
            outcome: loads.outcome,
            opening: loads.opening,
            write_units: units(pulled),
            read_units: pulled.read_units,
        };
        let model = Model::read()?;
        let cost = model.of_a_million_touchpoints(&work);
        report.note(format!(
            "cost_per_million_touchpoints, in dollars:\n\n{}\nWith hints one by one: {:.2}",
            cost.table("touchpoint"),
            model
                .with_hints_per_batch(1.0)
                .of_a_million_touchpoints(&work)
                .sum()
        ));
        report.detail(
            "cost_per_million_touchpoints",
            json!({"work": work, "parts": cost.parts}),
        );
        report.value("cost_per_million_touchpoints", cost.sum());
    }
    Ok(())
}

fn table(recorded: &Recorded) -> String {
    let mut table = String::from(
        "| touchpoint | step | DynamoDB calls | write units, table | write units, indexes | read units | SQS requests | Lambda calls |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let mut row = |story: &str, name: &str, step: &Step| {
        // Writing to a string does not fail.
        let _ = writeln!(
            table,
            "| {story} | {name} | {} | {} | {} | {} | {} | {} |",
            step.calls, step.table_units, step.index_units, step.read_units, step.sqs, step.lambda
        );
    };
    for story in &recorded.stories {
        for step in &story.steps {
            row(story.name, step.name, step);
        }
        row(story.name, "**together**", &story.sum());
    }
    row("none", recorded.idle_minute.name, &recorded.idle_minute);
    table
}
