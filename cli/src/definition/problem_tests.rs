use super::*;

/// The example, with an effect that has every field.
const EXAMPLE: &str = concat!(
    include_str!("../../tests/fixtures/workflow.yaml"),
    "outcomes:\n  busy: {cadence: complete, human_takeover: true}\n"
);

/// Returns the problems of the example after a change.
fn problems(from: &str, to: &str) -> Vec<String> {
    assert!(EXAMPLE.contains(from), "{from}");
    let problems = WorkflowDefinition::read(&EXAMPLE.replace(from, to)).err();
    let problems = problems.unwrap_or_default().into_iter();
    problems.map(|problem| problem.message).collect()
}

/// Returns a text without its last character.
fn shorter(text: &str) -> &str {
    text.split_at(text.len() - 1).0
}

#[test]
fn the_nearest_right_value_is_offered_for_every_enum_field_and_zone() {
    let channels = ["call", "whatsapp", "email", "sms"];
    let channels = channels.map(|it| ("channel: call", "channel: ", it));
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let days = days.map(|it| ("days: [mon, tue, wed, thu, fri]", "days: [", it));
    let goals = [
        "appointment",
        "sale",
        "qualification",
        "information",
        "payment_link",
        "support",
        "custom",
        "quote",
        "document_collection",
    ];
    let goals = goals.map(|it| ("goal_type: appointment", "goal_type: ", it));
    let zones = ["Europe/Berlin", "America/New_York", "Asia/Kolkata"];
    let zones = zones.map(|it| ("timezone: America/Santiago", "timezone: ", it));
    let values = [&channels[..], &days, &goals, &zones].concat();
    for (from, name, value) in values {
        let end = if name.ends_with('[') { "]" } else { "" };
        let wrong = shorter(value);
        let found = problems(from, &format!("{name}{wrong}{end}")).join("\n");
        let expected = format!("(did you mean {value}?)");
        assert!(found.contains(&expected), "{wrong}: {found}");
    }
    for name in [
        "name",
        "goal_type",
        "timezone",
        "is_paused",
        "statuses",
        "cadence",
        "outcomes",
        "human_takeover",
        "windows",
        "gate_all_channels",
        "steps",
        "days",
        "start",
        "end",
        "channel",
        "max_attempts",
        "attempt_interval",
        "delay",
        "message",
        "content",
        "key",
        "label",
        "category",
        "is_initial",
        "is_terminal",
    ] {
        let wrong = shorter(name);
        let found = problems(&format!("{name}:"), &format!("{wrong}:")).join("\n");
        let expected = format!("{wrong} is not a known field (did you mean {name}?)");
        assert!(found.contains(&expected), "{wrong}: {found}");
    }
    for (wrong, right) in [("ture", "true"), ("flase", "false")] {
        let found = problems("is_paused: false", &format!("is_paused: {wrong}")).join("\n");
        let expected = format!("(did you mean {right}?)");
        assert!(found.contains(&expected), "{wrong}: {found}");
    }
}

#[test]
fn a_problem_stands_at_its_line_and_column() {
    let yaml = "\
name: Sales
goal_typ: sale
timezone:
statuses:
  - {key: new, label: 12}
cadence:
  steps:
    - channel: fax
      message: {content: [Hi]}
";
    let problems = WorkflowDefinition::read(yaml).unwrap_err();
    let places = problems.iter().map(|problem| {
        let path = problem.message.split(' ').next().unwrap_or_default();
        (problem.place.line, problem.place.column, path)
    });
    assert_eq!(
        places.collect::<Vec<_>>(),
        [
            (1, 1, "goal_type"),
            // The name of an unknown field, and the value of an empty one.
            (2, 1, "goal_typ"),
            (3, 9, "timezone"),
            (5, 5, "statuses[0].category"),
            (5, 23, "statuses[0].label"),
            (8, 16, "cadence.steps[0].channel"),
            (9, 26, "cadence.steps[0].message.content"),
        ]
    );
    let [.., channel, _] = problems.as_slice() else {
        panic!("{problems:?}");
    };
    assert_eq!(
        channel.text("a.yaml", yaml),
        "\
a.yaml:8:16: cadence.steps[0].channel is \"fax\", but must be call, whatsapp, email or sms
 8 |     - channel: fax
   |                ^"
    );
}

#[test]
fn a_line_of_the_file_is_not_shown_if_it_is_hostile_or_may_hold_a_key() {
    let key = "nxr_live_LeadgateDemoKeyForLocalStackOnly0m2QZI";
    for (line, is_shown) in [
        (format!("goal_type: {}", "x".repeat(9_000)), true),
        (format!("goal_type: {key}"), false),
        ("goal_type: 'a\u{202e}b'".to_owned(), false),
        (format!("{{a: '{}', goal_type: x}}", "x".repeat(90)), true),
    ] {
        let problems = WorkflowDefinition::read(&line).unwrap_err();
        for problem in problems {
            let text = problem.text("a.yaml", &line);
            let count = text.lines().count();
            assert!(text.len() < 400, "{text}");
            assert!(!text.contains("DemoKey") || problem.message.contains("DemoKey"));
            assert!(count == 1 || (count == 3 && is_shown), "{text}");
        }
    }
}

#[test]
fn a_problem_of_a_hostile_file_is_short() {
    let long = "k".repeat(9_000);
    for yaml in [
        format!("{long}: 1"),
        format!("? {long}\n: 1"),
        format!("a: *{long}"),
        format!("name: {long}"),
        format!("name: '{long}' x"),
        format!("a: {}", "[".repeat(3_000)),
        EXAMPLE.replace("key: new", &format!("key: {long}")),
        EXAMPLE.replace("channel: call", &format!("{long}: call")),
        EXAMPLE
            .replace("new, label", &format!("{0}, label", &long[..190]))
            .replace("key: won", &format!("key: {}", &long[..190])),
    ] {
        for problem in WorkflowDefinition::read(&yaml).unwrap_err() {
            let text = problem.text("a.yaml", &yaml);
            assert!(text.len() < 500, "{text}");
        }
    }
}

#[test]
fn a_text_that_needs_quotes_has_this_advice() {
    for yaml in ["name: Sales: Outreach", "name: @sales", "name: 'it's'"] {
        let problems = WorkflowDefinition::read(yaml).unwrap_err();
        let [problem] = problems.as_slice() else {
            panic!("{problems:?}");
        };
        let message = &problem.message;
        assert!(message.ends_with(": put the text in quotes"), "{message}");
        assert!(!message.contains("at line"), "{message}");
    }
}

#[test]
fn a_tab_is_reported_on_its_own_line() {
    for (yaml, line, column) in [
        ("name: Sales\nstatuses:\n\t- key: new\n", 3, 1),
        (
            "name: Sales\ncadence:\n  steps:\n  \t- channel: call\n",
            4,
            3,
        ),
        ("a:\n  b: 1\n\tc: 2\n", 3, 1),
    ] {
        let problems = WorkflowDefinition::read(yaml).unwrap_err();
        let [problem] = problems.as_slice() else {
            panic!("{problems:?}");
        };
        assert_eq!(problem.message, "a tab indents this line: use blanks");
        let place = (problem.place.line, problem.place.column);
        assert_eq!(place, (line, column), "{yaml}");
    }
}

#[test]
fn an_api_key_is_no_name_in_a_file() {
    let key = "nxr_live_LeadgateDemoKeyForLocalStackOnly0m2QZI";
    for (from, field) in [
        ("name: Sales Outreach", "name"),
        ("key: won", "statuses[1].key"),
        ("label: Won", "statuses[1].label"),
        ("category: won", "statuses[1].category"),
    ] {
        let (name, _) = from.split_once(':').unwrap();
        let expected = format!("{field} must not contain an API key: choose a name");
        assert_eq!(problems(from, &format!("{name}: my {key}")), [expected]);
    }
    let File::Account(_) = File::read("campaigns: [{name: a}]").unwrap() else {
        panic!("it is the file of an account");
    };
    let problems = File::read(&format!("name: {key}\ncampaigns: [{{name: {key}}}]"));
    let problems = problems.unwrap_err();
    assert_eq!(problems.len(), 2, "{problems:?}");
}

#[test]
fn a_template_without_quotes_is_a_text_that_needs_them() {
    let content = "{content: \"Hello, we tried to call you. When does it suit you?\"}";
    let message = format!("{{channel: whatsapp, delay: P1D, message: {content}}}");
    for wrong in [
        "{channel: sms, message: {content: {{ first_name }}}}",
        "{channel: sms, message: {content: {{first_name}}, hello}}",
        "{channel: sms, message: {content: Hello {{ first_name }}}}",
        "channel: sms\n      message:\n        content: {{ first_name }}",
        "channel: sms\n      message:\n        content: {{ first_name }}, hello",
    ] {
        let found = problems(&message, wrong);
        assert_eq!(found, ["put the text with {{ ... }} in quotes"], "{wrong}");
    }
}
