//! Differences between two versions of a workflow, or of the destinations. Two versions without a line
//! here are equal for `apply`.

use domain::{
    cadence::Cadence,
    destination::Destination,
    outcome::{Effect, Outcome},
    workflow::{Status, Workflow},
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::definition::DestinationDefinition;

/// Maximum length of a shown value, in characters. The rest is counted only.
const LONGEST_VALUE: usize = 200;

/// Returns a line for each field that differs, with its path as in the file. The name is not
/// compared, because `apply` finds the workflow by it.
pub fn between(before: &Workflow, after: &Workflow) -> Vec<String> {
    let mut changes = Vec::new();
    compare("", &fields(before), &fields(after), &mut changes);
    changes
}

/// A change of a destination: `create`, `change` or `remove`, the name, and a line for each field.
pub type DestinationChange = (&'static str, String, Vec<String>);

/// Returns the changes from the destinations of an account to those of its file.
pub fn between_destinations(
    before: &[Destination],
    after: &[Destination],
) -> Vec<DestinationChange> {
    fn named<'a>(list: &'a [Destination], name: &str) -> Option<&'a Destination> {
        list.iter().find(|it| it.name == name)
    }
    let mut changes = Vec::new();
    for destination in after {
        let mut fields = Vec::new();
        let action = match named(before, &destination.name) {
            None => {
                fields.extend(lines_of(&form(destination)));
                "create"
            }
            Some(before) => {
                compare("", &form(before), &form(destination), &mut fields);
                let is_shown = fields.iter().any(|it| it.starts_with("webhook:"));
                if let Some(url) = destination.webhook()
                    && before.webhook() != Some(url)
                    && !is_shown
                {
                    fields.push(format!("webhook: {url} with another path"));
                }
                "change"
            }
        };
        if !fields.is_empty() {
            changes.push((action, destination.name.clone(), fields));
        }
    }
    let removed = before.iter().filter(|it| named(after, &it.name).is_none());
    changes.extend(removed.map(|it| ("remove", it.name.clone(), Vec::new())));
    changes
}

/// Returns the fields of a destination without the path of its URL, which may be secret.
fn form(destination: &Destination) -> Value {
    let mut form = json!(DestinationDefinition::from(destination));
    if let (Some(url), Some(fields)) = (destination.webhook(), form.as_object_mut()) {
        fields.insert("webhook".to_owned(), url.to_string().into());
    }
    form
}

/// Returns a line for each field of a new destination, except its name.
fn lines_of(form: &Value) -> Vec<String> {
    let fields = form.as_object().into_iter().flatten();
    let fields = fields.filter(|(name, _)| *name != "name");
    fields
        .map(|(name, value)| format!("{name}: {}", shown(value)))
        .collect()
}

/// Returns the line of a field that differs.
pub fn line(path: &str, before: impl Serialize, after: impl Serialize) -> String {
    format!(
        "{path}: {} -> {}",
        shown(&json!(before)),
        shown(&json!(after))
    )
}

/// Returns the fields of a [definition](../../../docs/contract.md#workflow-definition), with the
/// statuses by their keys, and the effect of each outcome.
fn fields(workflow: &Workflow) -> Value {
    let Workflow {
        id: _,
        version: _,
        name: _,
        goal_type,
        is_paused,
        timezone: _,
        statuses,
        cadence:
            Cadence {
                windows,
                gate_all_channels,
                steps,
            },
        outcomes,
        created_at: _,
    } = workflow;
    let statuses = (1..).zip(statuses).map(|(position, status)| {
        let Status {
            id: _,
            key,
            label,
            category,
            is_initial,
            is_terminal,
        } = status;
        let fields = json!({
            "position": position, "label": label, "category": category, "is_initial": is_initial,
            "is_terminal": is_terminal,
        });
        (key.clone(), fields)
    });
    let outcomes = Outcome::CONFIGURABLE.map(|outcome| {
        let Effect {
            cadence,
            status,
            human_takeover,
        } = outcomes.effect(outcome);
        let fields =
            json!({"cadence": cadence, "status": status, "human_takeover": human_takeover});
        (outcome.to_string(), fields)
    });
    json!({
        "goal_type": goal_type,
        "timezone": workflow.timezone_name(),
        "is_paused": is_paused,
        "statuses": statuses.collect::<Map<_, _>>(),
        "cadence": {"windows": windows, "gate_all_channels": gate_all_channels, "steps": steps},
        "outcomes": Map::from_iter(outcomes),
    })
}

fn compare(path: &str, before: &Value, after: &Value, changes: &mut Vec<String>) {
    match (before, after) {
        _ if before == after => {}
        (Value::Object(old), Value::Object(new)) => {
            let added = new.keys().filter(|name| !old.contains_key(*name));
            for name in old.keys().chain(added) {
                let dot = if path.is_empty() { "" } else { "." };
                let path = format!("{path}{dot}{name}");
                compare(&path, of(old.get(name)), of(new.get(name)), changes);
            }
        }
        (Value::Array(old), Value::Array(new)) if old.iter().chain(new).all(Value::is_object) => {
            for index in 0..old.len().max(new.len()) {
                let path = format!("{path}[{index}]");
                compare(&path, of(old.get(index)), of(new.get(index)), changes);
            }
        }
        _ => changes.push(line(path, before, after)),
    }
}

fn of(value: Option<&Value>) -> &Value {
    value.unwrap_or(&Value::Null)
}

/// Returns a value as people read it: a word without quotes, and other texts in quotes.
fn shown(value: &Value) -> String {
    let text = plain(value);
    let cut = text.char_indices().nth(LONGEST_VALUE);
    match cut.and_then(|(end, _)| text.split_at_checked(end)) {
        None => text,
        Some((kept, rest)) => format!("{kept}… ({} more bytes)", rest.len()),
    }
}

fn plain(value: &Value) -> String {
    let is_plain = |it: char| it.is_alphanumeric() || "_-+/:.".contains(it);
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if !text.is_empty() && text.chars().all(is_plain) => text.clone(),
        Value::String(text) => format!("\"{text}\""),
        Value::Array(values) => {
            let values: Vec<_> = values.iter().map(plain).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Object(fields) => {
            let field = |(name, value)| format!("{name}: {}", plain(value));
            let fields: Vec<_> = fields.iter().map(field).collect();
            format!("{{{}}}", fields.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{
        apply::stored_workflow,
        definition::{File, WorkflowDefinition},
    };

    const EXAMPLE: &str = include_str!("../../tests/fixtures/workflow.yaml");

    fn changes(from: &str, to: &str) -> Vec<String> {
        assert!(EXAMPLE.contains(from), "{from}");
        let read = |yaml: &str, before| {
            stored_workflow(
                WorkflowDefinition::read(yaml).unwrap(),
                before,
                Timestamp::UNIX_EPOCH,
            )
        };
        let before = read(EXAMPLE, None);
        let after = read(&EXAMPLE.replace(from, to), Some(&before));
        between(&before, &after)
    }

    #[test]
    fn each_field_that_differs_has_a_line_with_its_path() {
        let won = "  - {key: won, label: Won, category: won, is_terminal: true}\n";
        let as_lost = |won: &str| won.replace("won", "lost").replace("Won", "Lost");
        let message =
            ", message: {content: \"Hello, we tried to call you. When does it suit you?\"}}";
        for (from, to, expected) in [
            ("# IANA", "# the same", &[][..]),
            (
                "timezone: America/Santiago",
                "timezone: Europe/Madrid",
                &["timezone: America/Santiago -> Europe/Madrid"],
            ),
            (
                "label: Won",
                "label: Sold",
                &["statuses.won.label: Won -> Sold"],
            ),
            (
                won,
                &as_lost(won),
                &[
                    "statuses.won: {category: won, is_initial: false, is_terminal: true, label: Won, position: 2} -> none",
                    "statuses.lost: none -> {category: lost, is_initial: false, is_terminal: true, label: Lost, position: 2}",
                ],
            ),
            (
                "[mon, tue, wed, thu, fri], start: \"09:00\"",
                "[mon, tue], start: \"08:30\"",
                &[
                    "cadence.windows[0].days: [mon, tue, wed, thu, fri] -> [mon, tue]",
                    "cadence.windows[0].start: 09:00 -> 08:30",
                ],
            ),
            (
                message,
                "}\n    - {channel: sms, delay: PT1H}",
                &[
                    r#"cadence.steps[1].message: {content: "Hello, we tried to call you. When does it suit you?"} -> none"#,
                    "cadence.steps[2]: none -> {attempt_interval: PT0S, channel: sms, delay: PT1H, max_attempts: 1}",
                ],
            ),
            (
                "cadence:\n",
                "outcomes: {replied: {cadence: continue, status: won}, busy: {cadence: next_step}}\ncadence:\n",
                &[
                    "outcomes.busy.cadence: continue -> next_step",
                    "outcomes.replied.cadence: complete -> continue",
                    "outcomes.replied.human_takeover: true -> false",
                    "outcomes.replied.status: engaged -> won",
                ],
            ),
            (
                "cadence:\n",
                "outcomes: {voicemail: {cadence: continue}}\ncadence:\n",
                &[],
            ),
        ] {
            assert_eq!(changes(from, to), expected, "{to}");
        }
    }

    #[test]
    fn a_destination_is_created_changed_or_removed_by_its_name() {
        let read = |yaml: &str| match File::read(&format!("destinations: [{yaml}]")) {
            Ok(File::Account(account)) => account.destinations.unwrap(),
            file => panic!("{file:?}"),
        };
        let before = read(
            "{name: dialer, channels: [call], pull: true, rate: 0.5}, {name: desk, channels: [sms], pull: true}",
        );
        let after = read(
            "{name: post, channels: [email], pull: true, rate: 2}, {name: dialer, channels: [call, sms], pull: true}",
        );
        let change = |action, name: &str, fields: &[&str]| {
            let fields = fields.iter().map(|it| (*it).to_owned()).collect();
            (action, name.to_owned(), fields)
        };
        let fields = ["burst: 2", "channels: [email]", "pull: true", "rate: 2"];
        let changed = [
            "burst: 1 -> none",
            "channels: [call] -> [call, sms]",
            "rate: 0.5 -> none",
        ];
        let expected = [
            change("create", "post", &fields),
            change("change", "dialer", &changed),
            change("remove", "desk", &[]),
        ];
        assert_eq!(between_destinations(&before, &after), expected);
        let webhook = |path: &str| {
            let url = format!("https://dialer.example.com/{path}");
            read(&format!(
                "{{name: dialer, channels: [call], webhook: '{url}'}}"
            ))
        };
        let shown = "https://dialer.example.com/...";
        let fields = ["channels: [call]".to_owned(), format!("webhook: {shown}")];
        let created = ("create", "dialer".to_owned(), fields.to_vec());
        assert_eq!(between_destinations(&[], &webhook("secret")), [created]);
        for (from, to, line) in [
            (
                webhook("one"),
                webhook("two"),
                format!("webhook: {shown} with another path"),
            ),
            (
                webhook("one"),
                read("{name: dialer, channels: [call], pull: true}"),
                format!("webhook: {shown} -> none"),
            ),
        ] {
            let changes = between_destinations(&from, &to);
            let [("change", _, fields)] = changes.as_slice() else {
                panic!("{changes:?}");
            };
            assert!(fields.contains(&line), "{fields:?}");
        }
        assert_eq!(between_destinations(&webhook("one"), &webhook("one")), []);
        let mut other_order = before.clone();
        other_order.reverse();
        assert_eq!(between_destinations(&before, &other_order), []);
    }

    #[test]
    fn statuses_in_another_order_are_a_change() {
        let new = "  - {key: new, label: New, category: active, is_initial: true}\n";
        let won = "  - {key: won, label: Won, category: won, is_terminal: true}\n";
        assert_eq!(
            changes(&format!("{new}{won}"), &format!("{won}{new}")),
            [
                "statuses.new.position: 1 -> 2",
                "statuses.won.position: 2 -> 1"
            ]
        );
    }

    #[test]
    fn a_text_that_is_long_is_compared_as_a_whole_and_shown_in_part() {
        let changes = changes("suit you?", &format!("suit you{}", "é".repeat(300)));
        let [line] = changes.as_slice() else {
            panic!("{changes:?}");
        };
        assert!(line.contains(r#"suit you?" -> "Hello"#), "{line}");
        assert!(line.ends_with("é… (303 more bytes)"), "{line}");
    }
}
