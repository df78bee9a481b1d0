//! Summary of a workflow for people.

use std::fmt::Write as _;

use domain::{
    cadence::{Day, Interval, Step, Window},
    first_message::MessageParts,
    outcome::{Effect, Outcome},
    workflow::{Status, Workflow},
};
use jiff::Span;
use local::text::{cut, printable, width};
use serde_json::json;

/// Number of columns of a line.
const COLUMNS: usize = 76;
/// Number of columns of the names of the lines.
const NAMES: usize = 10;

/// Returns the content of a workflow, without its name and its id: a line for each step, and a line
/// or more for everything else. No line is wider than 76 columns.
pub fn of(workflow: &Workflow) -> String {
    let cadence = &workflow.cadence;
    let mut text = String::new();
    let goal = word(&workflow.goal_type);
    list(&mut text, "Goal", &[goal.replace('_', " ")]);
    list(&mut text, "Zone", &[workflow.timezone_name().to_owned()]);
    if workflow.is_paused {
        let paused = "yes: it accepts leads but schedules no contacts";
        list(&mut text, "Paused", &[paused.to_owned()]);
    }
    let statuses: Vec<_> = workflow.statuses.iter().map(status).collect();
    list(&mut text, "Statuses", &statuses);
    let mut windows: Vec<_> = cadence.windows.iter().map(window).collect();
    match windows.last_mut() {
        None => windows.push("contacts at any time".to_owned()),
        Some(last) if cadence.gate_all_channels => *last += " (for all channels)",
        Some(last) => *last += " (for calls)",
    }
    list(&mut text, "Windows", &windows);
    for (index, step) in cadence.steps.iter().enumerate() {
        let name = if index == 0 { "Steps" } else { "" };
        let line = format!(
            "{name:NAMES$}{:2}  {}",
            index + 1,
            step_line(step, index == 0)
        );
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", cut(&printable(&line), COLUMNS));
    }
    for (index, (outcome, effect)) in workflow.outcomes.set().iter().enumerate() {
        let name = if index == 0 { "Outcomes" } else { "" };
        let line = format!("{name:NAMES$}{}", outcome_line(*outcome, effect));
        let _ = writeln!(text, "{}", cut(&printable(&line), COLUMNS));
    }
    text
}

/// Adds values after a name, with as many lines as they need.
fn list(text: &mut String, name: &str, values: &[String]) {
    let mut line = format!("{name:NAMES$}");
    for (index, value) in values.iter().enumerate() {
        let comma = if index + 1 < values.len() { "," } else { "" };
        let value = format!("{}{comma}", cut(&printable(value), COLUMNS - NAMES - 1));
        if index > 0 && width(&line) + 1 + width(&value) > COLUMNS {
            *text += &line;
            *text += "\n";
            line = " ".repeat(NAMES);
        } else if index > 0 {
            line += " ";
        }
        line += &value;
    }
    *text += &line;
    *text += "\n";
}

fn status(status: &Status) -> String {
    let key = &status.key;
    match (status.is_initial, status.is_terminal) {
        (true, _) => format!("{key} (first)"),
        (false, true) => format!("{key} (ends)"),
        (false, false) => key.clone(),
    }
}

fn window(window: &Window) -> String {
    let (start, end) = (String::from(window.start()), String::from(window.end()));
    format!("{} {start}-{end}", days(window.days()))
}

/// Returns days such as `mon-fri, sun`.
fn days(days: &[Day]) -> String {
    let number = |day: &Day| *day as u8;
    let mut days = days.to_vec();
    days.sort_by_key(number);
    let ranges = days.chunk_by(|a, b| number(a) + 1 == number(b));
    let ranges = ranges.map(|range| match range {
        [] => String::new(),
        [one] => word(one),
        [first, last] => format!("{} {}", word(first), word(last)),
        [first, .., last] => format!("{}-{}", word(first), word(last)),
    });
    ranges.collect::<Vec<_>>().join(" ")
}

fn step_line(step: &Step, is_first: bool) -> String {
    let delay = distance(step.delay);
    let when = match (delay, is_first) {
        (None, true) => "at once".to_owned(),
        (None, false) => "right after the step before".to_owned(),
        (Some(delay), true) => format!("after {delay}"),
        (Some(delay), false) => format!("{delay} later"),
    };
    let attempts = match (step.max_attempts, distance(step.attempt_interval)) {
        (1, _) => String::new(),
        (count, Some(interval)) => format!(", {count} attempts {interval} apart"),
        (count, None) => format!(", {count} attempts"),
    };
    let message = step.message.as_ref().and_then(message);
    let message = message.map_or_else(String::new, |text| format!(": \"{text}\""));
    format!("{}, {when}{attempts}{message}", step.channel)
}

/// Returns the effect of an outcome, such as `answered: complete, status engaged`.
fn outcome_line(outcome: Outcome, effect: &Effect) -> String {
    let status = effect.status.as_ref();
    let status = status.map_or_else(String::new, |key| format!(", status {key}"));
    let takeover = if effect.human_takeover {
        ", a person takes over"
    } else {
        ""
    };
    format!("{outcome}: {}{status}{takeover}", word(&effect.cadence))
}

/// Returns the text of a message that says most about it.
fn message(message: &MessageParts) -> Option<&str> {
    let MessageParts {
        content,
        begin_message,
        subject,
        html,
        template_id,
        components: _,
    } = message;
    let texts = [subject, begin_message, content, template_id, html];
    texts.into_iter().find_map(|text| text.as_deref())
}

/// Returns an interval such as `1d 2h`. `None` if it is zero.
fn distance(interval: Interval) -> Option<String> {
    let span: Span = String::from(interval).parse().ok()?;
    (!span.is_zero()).then(|| format!("{span:#}"))
}

/// Returns the name of an enum's variant, as it is in a file.
fn word(value: &impl serde::Serialize) -> String {
    json!(value).as_str().unwrap_or_default().to_owned()
}
