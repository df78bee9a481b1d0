use domain::{cadence::Channel, workflow::GoalType};

use super::*;

const EXAMPLE: &str = include_str!("../../tests/fixtures/workflow.yaml");

/// Returns the problems of the example after a change.
fn problems(from: &str, to: &str) -> Vec<String> {
    assert!(EXAMPLE.contains(from), "{from}");
    let problems = WorkflowDefinition::read(&EXAMPLE.replace(from, to)).err();
    let problems = problems.unwrap_or_default();
    problems
        .into_iter()
        .map(|problem| problem.message)
        .collect()
}

#[test]
fn the_contracts_example_is_read_as_it_stands() {
    let definition = WorkflowDefinition::read(EXAMPLE).unwrap();
    assert_eq!(definition.name, "Sales Outreach");
    assert_eq!(definition.goal_type, GoalType::Appointment);
    assert_eq!(definition.timezone.iana_name(), Some("America/Santiago"));
    assert!(!definition.is_paused);
    let keys: Vec<_> = definition
        .statuses
        .iter()
        .map(|status| (status.key.as_str(), status.is_initial, status.is_terminal))
        .collect();
    assert_eq!(keys, [("new", true, false), ("won", false, true)]);
    let [window] = definition.cadence.windows.as_slice() else {
        panic!("{:?}", definition.cadence.windows);
    };
    assert_eq!(window.days().len(), 5);
    let [call, whatsapp] = definition.cadence.steps.as_slice() else {
        panic!("{:?}", definition.cadence.steps);
    };
    assert_eq!((call.channel, call.max_attempts), (Channel::Call, 3));
    assert_eq!(String::from(call.attempt_interval), "PT2H");
    assert_eq!(
        (whatsapp.channel, whatsapp.max_attempts),
        (Channel::Whatsapp, 1)
    );
    assert_eq!(String::from(whatsapp.attempt_interval), "PT0S");
    let message = whatsapp.message.as_ref().unwrap();
    assert!(message.content.as_ref().unwrap().starts_with("Hello"));
}

#[test]
fn a_problem_has_the_path_and_the_wrong_value() {
    for (from, to, problem) in [
        (
            "name: Sales Outreach",
            "name: 12",
            "name is 12, but must be text: put it in quotes",
        ),
        (
            "name: Sales Outreach",
            "name: ' '",
            "name must not be empty",
        ),
        ("name: Sales Outreach", "name:", "name is required"),
        (
            "goal_type: appointment",
            "goal_type: sales",
            "goal_type is \"sales\", but must be appointment, sale, qualification, information, payment_link, \
             support, custom, quote or document_collection (did you mean sale?)",
        ),
        (
            "America/Santiago #",
            "Chile #",
            "timezone is \"Chile\", but must be an IANA time zone such as America/Santiago (did you mean Chile/Continental?)",
        ),
        (
            "America/Santiago #",
            "Etc/Unknown #",
            "timezone is \"Etc/Unknown\", but must be an IANA time zone such as America/Santiago (did you mean Etc/UTC?)",
        ),
        (
            "America/Santiago #",
            "posix/America/Santiago #",
            "timezone is \"posix/America/Santiago\", but must be an IANA time zone such as America/Santiago (did you mean \
             America/Santiago?)",
        ),
        (
            "name: Sales Outreach",
            "name: \"\\u200b \\u3164\"",
            "name must not be empty",
        ),
        (
            "is_paused: false",
            "is_paused: never",
            "is_paused is \"never\", but must be true or false",
        ),
        (
            "is_paused: false",
            "paused: false",
            "paused is not a known field (did you mean is_paused?): use name, goal_type, timezone, is_paused, statuses, \
             cadence or outcomes",
        ),
        (
            ", is_initial: true",
            "",
            "statuses has 0 entries with is_initial: true, but must have exactly one",
        ),
        (
            "is_terminal: true}",
            "is_terminal: true}\n  - {key: b, label: B, category: b, is_initial: true}",
            "statuses has 2 entries with is_initial: true, but must have exactly one",
        ),
        (
            "is_initial: true",
            "is_initial: true, is_terminal: true",
            "statuses[0] has both is_initial and is_terminal: remove one",
        ),
        (
            ", is_terminal: true",
            "",
            "statuses has no entry with is_terminal: true, but must have at least one",
        ),
        (
            "key: won",
            "key: new",
            "statuses[1].key is \"new\", which an earlier status has: choose another key",
        ),
        ("label: Won, ", "", "statuses[1].label is required"),
        (
            "[mon, tue,",
            "[monday, tue,",
            "cadence.windows[0].days[0] is \"monday\", but must be mon, tue, wed, thu, fri, sat or sun (did you mean mon?)",
        ),
        (
            "[mon, tue, wed, thu, fri]",
            "[]",
            "cadence.windows[0].days must name at least one day",
        ),
        (
            "end: \"18:00\"",
            "end: \"9am\"",
            "cadence.windows[0].end is \"9am\", but must be a time from 00:00 to 24:00 such as 09:00 (did you mean 09:00?)",
        ),
        (
            "    - {channel: call, max_attempts: 3, attempt_interval: PT2H, delay: PT0S}",
            "    - call",
            "cadence.steps[0] is \"call\", but must be an object",
        ),
        (
            "channel: call",
            "channel: fax",
            "cadence.steps[0].channel is \"fax\", but must be call, whatsapp, email or sms",
        ),
        (
            "max_attempts: 3",
            "max_attempts: 11",
            "cadence.steps[0].max_attempts is 11, but must be a number from 1 to 10",
        ),
        (
            "attempt_interval: PT2H, ",
            "",
            "cadence.steps[0].attempt_interval is required",
        ),
        (
            "delay: P1D",
            "delay: 1d",
            "cadence.steps[1].delay is \"1d\", but must be an ISO 8601 duration of whole seconds from PT0S to P366D, \
             such as PT2H or P1D (did you mean P1D?)",
        ),
        (
            "message: {content:",
            "message: {subject: Hi, content:",
            "cadence.steps[1].message.subject is not for the channel whatsapp",
        ),
        (
            "message: {content:",
            "message: {components: [], content:",
            "cadence.steps[1].message.components needs template_id",
        ),
    ] {
        assert_eq!(problems(from, to), [problem], "{to}");
    }
}

#[test]
fn all_problems_are_reported_at_once_in_the_files_order() {
    let yaml = "\
name: Sales
goal_type: sale
statuses: []
cadence:
  steps:
    - paused: true
      channel: call
      max_attempts: 0
    - channel: sms
      max_attempts: 2
      delay: soon
      message: {subjct: Hi, content: [Hi]}
";
    let problems: Vec<_> = WorkflowDefinition::read(yaml)
        .unwrap_err()
        .iter()
        .map(Problem::to_string)
        .collect();
    assert_eq!(
        problems,
        [
            "line 1: timezone is required",
            "line 3: statuses has 0 entries with is_initial: true, but must have exactly one",
            "line 3: statuses has no entry with is_terminal: true, but must have at least one",
            "line 6: cadence.steps[0].paused is not a known field: use channel, max_attempts, attempt_interval, delay \
             or message",
            "line 8: cadence.steps[0].max_attempts is 0, but must be a number from 1 to 10",
            "line 9: cadence.steps[1].attempt_interval is required",
            "line 11: cadence.steps[1].delay is \"soon\", but must be an ISO 8601 duration of whole seconds from PT0S to \
             P366D, such as PT2H or P1D",
            "line 12: cadence.steps[1].message.subjct is not a known field (did you mean subject?): use content, \
             begin_message, subject, html, template_id or components",
            "line 12: cadence.steps[1].message.content is a list, but must be text",
        ]
    );
}

#[test]
fn a_text_that_is_not_yaml_is_one_problem_with_its_line() {
    for (yaml, line) in [
        ("a: 1\nb: [", 2),
        ("a: 1\nb: 2\na: 3\n", 3),
        ("", 1),
        ("- a", 1),
    ] {
        let problems = WorkflowDefinition::read(yaml).unwrap_err();
        let [problem] = problems.as_slice() else {
            panic!("{problems:?}");
        };
        assert_eq!(problem.place.line, line, "{problem}");
    }
}

#[test]
fn a_cadence_has_1_to_50_steps_and_no_more_messages_than_a_run_can_keep() {
    let with_steps = |steps: &str| {
        let (head, _) = EXAMPLE.split_once("    - {channel: call").unwrap();
        let read = WorkflowDefinition::read(&format!("{head}{steps}"));
        read.map_or_else(
            |problems| problems[0].message.clone(),
            |_| "read".to_owned(),
        )
    };
    let none = "cadence.steps must have 1 to 50 entries";
    assert_eq!(with_steps("    []\n"), none);
    let step = "    - {channel: email}\n";
    assert_eq!(with_steps(&step.repeat(50)), "read");
    let too_many = "cadence.steps has 51 entries, but at most 50 are allowed";
    assert_eq!(with_steps(&step.repeat(51)), too_many);
    let html = |length| {
        format!(
            "    - {{channel: email, message: {{html: {}}}}}\n",
            "x".repeat(length)
        )
    };
    assert_eq!(with_steps(&html(65_534)), "read");
    let too_long = "cadence.steps[0].message.html must not be longer than 65534 bytes";
    assert_eq!(with_steps(&html(65_535)), too_long);
    let most = html(65_534).repeat(4) + "    - {channel: sms, message: {content: 8 bytes.}}\n";
    assert_eq!(with_steps(&most), "read");
    let too_long = "cadence.steps has messages of 262145 bytes in all, but at most 262144 (256 KiB) are allowed";
    assert_eq!(with_steps(&most.replace("8 bytes.", "9 bytes..")), too_long);
}

#[test]
fn components_are_kept_as_the_json_text_of_a_list() {
    let yaml = EXAMPLE.replace(
        "message: {content:",
        "message: {template_id: t, components: [{type: body, n: [1, 2.5, true, ~]}], content:",
    );
    let definition = WorkflowDefinition::read(&yaml).unwrap();
    let message = definition.cadence.steps[1].message.clone().unwrap();
    assert_eq!(
        message.components.as_deref(),
        Some(r#"[{"type":"body","n":[1,2.5,true,null]}]"#)
    );
}
