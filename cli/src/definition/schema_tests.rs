use std::{fs, path::Path};

use boon::{Compiler, Schemas};
use domain::outcome::Outcome;
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};

use super::{node::Node, *};

const EXAMPLE: &str = include_str!("../../tests/fixtures/workflow.yaml");
const COMMITTED: &str = include_str!("../../../docs/workflow.schema.json");

/// The compiled schema.
struct Checker(Schemas, boon::SchemaIndex);

impl Checker {
    fn new() -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("file:///s.json", schema()).unwrap();
        let index = compiler.compile("file:///s.json", &mut schemas).unwrap();
        Self(schemas, index)
    }

    fn accepts(&self, yaml: &str) -> bool {
        let value = serde_json::to_value(Node::read(yaml).unwrap()).unwrap();
        self.0.validate(&value, self.1).is_ok()
    }

    /// Checks that schema and reader agree on a file. Returns whether they accept it.
    fn agree(&self, yaml: &str) -> bool {
        let problems = File::read(yaml).err().unwrap_or_default();
        let is_accepted = self.accepts(yaml);
        assert_eq!(is_accepted, problems.is_empty(), "{problems:?} in\n{yaml}");
        is_accepted
    }
}

fn changed(from: &str, to: &str) -> String {
    assert!(EXAMPLE.contains(from), "{from}");
    EXAMPLE.replace(from, to)
}

#[test]
fn the_committed_schema_is_the_one_of_the_program() {
    let committed: Value = serde_json::from_str(COMMITTED).unwrap();
    let hint = "write it anew: cargo leadgate schema --to docs/workflow.schema.json";
    assert_eq!(committed, schema(), "{hint}");
}

#[test]
fn every_example_file_passes_the_schema() {
    let checker = Checker::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for folder in [
        "../examples",
        "../examples/cadences",
        "src/init",
        "tests/fixtures",
    ] {
        let Ok(files) = fs::read_dir(root.join(folder)) else {
            continue;
        };
        for file in files {
            let path = file.unwrap().path();
            let text = fs::read_to_string(&path).unwrap_or_default();
            if path.extension().is_some_and(|it| it == "yaml") && text.contains("\ncadence:") {
                assert!(checker.agree(&text), "{}", path.display());
                count += 1;
            }
        }
    }
    assert!(count >= 3, "{count}");
}

#[test]
fn a_wrong_value_of_every_field_fails_the_schema_and_the_reader() {
    let checker = Checker::new();
    assert!(checker.agree(EXAMPLE));
    let components = "{template_id: t, components: {}, content:";
    for (from, to) in [
        ("name: Sales Outreach", "name: 12"),
        ("name: Sales Outreach", "name: ' '"),
        ("name: Sales Outreach", "nam: x"),
        ("name: Sales Outreach", "name: nxr_live_x"),
        ("goal_type: appointment", "goal_type: sales"),
        ("goal_type: appointment", "goal_type: [sale]"),
        ("timezone: America/Santiago", "timezone: Chile"),
        ("is_paused: false", "is_paused: never"),
        (", is_initial: true", ""),
        (", is_terminal: true", ""),
        ("is_initial: true", "is_initial: 1"),
        ("is_terminal: true", "is_terminal: 'x'"),
        ("is_initial: true", "is_initial: true, is_terminal: true"),
        ("label: Won, ", ""),
        ("label: Won", "label: 1"),
        ("key: won, ", ""),
        ("key: won", "key: {}"),
        ("category: won, ", ""),
        ("category: won", "category: true"),
        ("[mon, tue,", "[monday, tue,"),
        ("[mon, tue,", "[mon, mon,"),
        ("[mon, tue, wed, thu, fri]", "[]"),
        ("[mon, tue, wed, thu, fri]", "mon"),
        ("start: \"09:00\"", "start: 9am"),
        ("start: \"09:00\", ", ""),
        ("end: \"18:00\"", "end: \"24:30\""),
        (", end: \"18:00\"", ""),
        ("gate_all_channels: false", "gate_all_channels: some"),
        ("channel: call", "channel: fax"),
        ("channel: call, ", ""),
        ("max_attempts: 3", "max_attempts: 11"),
        ("max_attempts: 3", "max_attempts: 0"),
        ("max_attempts: 3", "max_attempts: '3'"),
        ("attempt_interval: PT2H, ", ""),
        ("attempt_interval: PT2H", "attempt_interval: 2h"),
        ("delay: P1D", "delay: 1d"),
        ("delay: P1D", "delay: P"),
        ("delay: P1D", "delay: PT"),
        ("delay: P1D", "wait: P1D"),
        ("message: {content:", "message: {content: 1, html:"),
        ("message: {content:", "message: {components: [], content:"),
        ("message: {content:", &format!("message: {components}")),
        ("message: {content:", "message: {text:"),
        ("cadence:", "cadences:"),
        ("  steps:\n", "  step:\n"),
        ("cadence:", "outcomes: [busy]\ncadence:"),
        ("cadence:", "outcomes: {buzy: {cadence: cancel}}\ncadence:"),
        (
            "cadence:",
            "outcomes: {opted_out: {cadence: cancel}}\ncadence:",
        ),
        ("cadence:", "outcomes: {busy: }\ncadence:"),
        ("cadence:", "outcomes: {busy: {}}\ncadence:"),
        ("cadence:", "outcomes: {busy: {cadence: stop}}\ncadence:"),
        (
            "cadence:",
            "outcomes: {busy: {cadence: cancel, human_takeover: 0}}\ncadence:",
        ),
        (
            "cadence:",
            "outcomes: {busy: {cadence: cancel, status: 1}}\ncadence:",
        ),
    ] {
        assert!(!checker.agree(&changed(from, to)), "{to}");
    }
    for account in [
        "workflows: 1",
        "campaigns: [{title: x}]",
        "campaigns: [{}]",
        "campaigns: []\ndefault_country: USA",
        "campaigns: []\nname: ''",
        "campaigns: []\nlimit: 1",
        "destinations: 1",
        "destinations: [{channels: [call], pull: true}]",
        "destinations: [{name: a, pull: true}]",
        "destinations: [{name: a, channels: [call]}]",
        "destinations: [{name: a, channels: [call], pull: false}]",
        "destinations: [{name: a, channels: [call], webhook: x}]",
        "destinations: [{name: a, channels: [call], webhook: 'http://example.com'}]",
        "destinations: [{name: a, channels: [call], webhook: 'https://example.com/#a'}]",
        "destinations: [{name: a, channels: [call], webhook: 'https://example.com', pull: true}]",
        "destinations: [{name: a, channels: [fax], pull: true}]",
        "destinations: [{name: a, channels: [], pull: true}]",
        "destinations: [{name: a, channels: [sms, sms], pull: true}]",
        "destinations: [{name: a, channels: [call], pull: true, rate: 0}]",
        "destinations: [{name: a, channels: [call], pull: true, rate: 100.5}]",
        "destinations: [{name: a, channels: [call], pull: true, rate: x}]",
        "destinations: [{name: a, channels: [call], pull: true, burst: 1}]",
        "destinations: [{name: a, channels: [call], pull: true, rate: 1, burst: 0}]",
        "destinations: [{name: a, channels: [call], pull: true, rate: 1, burst: 1001}]",
        "destinations: [{name: a, channels: [call], pull: true, expires_after: 5m}]",
        "destinations: [{name: a, channels: [call], pull: true, expires_after: 300}]",
        "destinations: [{name: a, channels: [call], pull: true, outcome_timeout: PT1H}]",
        "destinations: [{name: a, channels: [sms], pull: true, min_gap: PT1H}]",
        "destinations: [{name: a, channels: [call], pull: true, min_gap: soon}]",
    ] {
        assert!(!checker.agree(account), "{account}");
    }
    for account in [
        "workflows: []\ncampaigns: []\n",
        "name: Acme\ndefault_country: GB\ncampaigns: [{name: Spring}]",
        "destinations: []",
        "destinations: [{name: a, channels: [call], webhook: 'https://example.com/hook?key=1', rate: 5, burst: 10}]",
        "destinations: [{name: a, channels: [call], webhook: 'http://localhost:4000'}]",
        "destinations: [{name: a, channels: [call], webhook: 'https://example.com', outcome_timeout: P7D, min_gap: PT0S}]",
        "destinations: [{name: a, channels: [sms, call], pull: true, min_gap: P1D, expires_after: PT1M}]",
        "destinations: [{name: a, channels: [call], pull: true}, {name: b, channels: [sms], pull: true, rate: 0.1}]",
        "destinations: [{name: a, channels: [call, sms, email, whatsapp], pull: true, rate: 100, burst: 1000}]",
    ] {
        assert!(checker.agree(account), "{account}");
    }
}

#[test]
fn the_schema_has_the_fields_that_the_reader_knows() {
    let schema = schema();
    let workflow = &schema["definitions"]["workflow"];
    let fields = |schema: &Value| {
        let fields = schema["properties"].as_object().unwrap();
        let mut fields: Vec<_> = fields.keys().cloned().collect();
        fields.sort();
        fields
    };
    for (object, from, to) in [
        (workflow, "name: Sales Outreach", "name: A\nunknown: 1"),
        (
            &schema["definitions"]["status"],
            "label: Won",
            "label: Won, unknown: 1",
        ),
        (
            &workflow["properties"]["cadence"],
            "  steps:",
            "  unknown: 1\n  steps:",
        ),
        (
            &schema["definitions"]["window"],
            "days: [",
            "unknown: 1, days: [",
        ),
        (
            &schema["definitions"]["step"],
            "channel: call",
            "channel: call, unknown: 1",
        ),
        (
            &schema["definitions"]["message"],
            "{content:",
            "{unknown: 1, content:",
        ),
        (
            &schema["definitions"]["effect"],
            "cadence:",
            "outcomes: {busy: {cadence: cancel, unknown: 1}}\ncadence:",
        ),
        (
            &workflow["properties"]["outcomes"],
            "cadence:",
            "outcomes: {unknown: {cadence: cancel}}\ncadence:",
        ),
    ] {
        assert_eq!(fields(object), known(&changed(from, to)));
    }
    let account = &schema["definitions"]["account"];
    assert_eq!(fields(account), known("campaigns: []\nunknown: 1"));
    let campaign = &account["properties"]["campaigns"]["items"];
    assert_eq!(
        fields(campaign),
        known("campaigns: [{name: a, unknown: 1}]")
    );
    let destination = &account["properties"]["destinations"]["items"];
    assert_eq!(
        fields(destination),
        known("destinations: [{name: a, channels: [sms], pull: true, unknown: 1}]")
    );
}

/// Returns the names that the message about an unknown field of a file lists.
fn known(yaml: &str) -> Vec<String> {
    let problems = File::read(yaml).unwrap_err();
    let [problem] = problems.as_slice() else {
        panic!("{problems:?}");
    };
    let (_, names) = problem.message.split_once(": use ").unwrap();
    let names = names.replace(" or ", ", ");
    let mut names: Vec<_> = names.split(", ").map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn the_schema_takes_the_fields_of_a_message_that_its_channel_takes() {
    let checker = Checker::new();
    let step = "{channel: whatsapp, delay: P1D, message: {content: \"Hello, we tried to call you. When does it suit \
                you?\"}}";
    let fields = [
        "content: x",
        "begin_message: x",
        "subject: x",
        "html: x",
        "template_id: x",
        "components: []",
    ];
    let mut accepted = 0;
    for channel in ["call", "whatsapp", "email", "sms"] {
        for first in fields {
            for second in fields.iter().filter(|second| **second != first) {
                for message in [first.to_owned(), format!("{first}, {second}")] {
                    let step_with = format!("{{channel: {channel}, message: {{{message}}}}}");
                    accepted += usize::from(checker.agree(&changed(step, &step_with)));
                }
            }
        }
    }
    assert!(accepted > 10, "{accepted}");
}

/// Returns any definition, as JSON. JSON is YAML.
fn definition() -> impl Strategy<Value = Value> {
    let name = "[A-Za-zé][A-Za-z0-9é _-]{0,20}";
    let day =
        prop::sample::subsequence(vec!["mon", "tue", "wed", "thu", "fri", "sat", "sun"], 1..=7);
    let window = (day, 0..24_u8, 0..60_u8).prop_map(|(days, hour, minute)| {
        json!({"days": days, "start": format!("{hour:02}:{minute:02}"), "end": "24:00"})
    });
    let duration = prop::sample::select(vec![
        "PT0S", "PT90M", "PT2H30M", "P1D", "P2W", "P1M", "P1DT12H",
    ]);
    let step = (
        prop::sample::select(vec!["call", "whatsapp", "email", "sms"]),
        1..=10_u8,
        duration.clone(),
        duration,
        prop::option::of("[a-zA-Z!?]{1,30}"),
    );
    let step = step.prop_map(|(channel, attempts, interval, delay, content)| {
        let mut step = json!({
            "channel": channel, "max_attempts": attempts, "attempt_interval": interval, "delay": delay,
        });
        if let Some(content) = content {
            step["message"] = json!({"content": content});
        }
        step
    });
    let effect = (
        prop::sample::select(vec!["continue", "next_step", "complete", "cancel"]),
        prop::option::of(prop::sample::select(vec!["a", "b"])),
        any::<bool>(),
    );
    let effect = effect.prop_map(|(cadence, status, takeover)| {
        let mut effect = json!({"cadence": cadence, "human_takeover": takeover});
        if let Some(status) = status {
            effect["status"] = json!(status);
        }
        effect
    });
    let outcome = prop::sample::select(Outcome::CONFIGURABLE.map(Outcome::as_str).to_vec());
    let outcomes = prop::collection::btree_map(outcome, effect, 0..5);
    let goal = prop::sample::select(vec!["appointment", "payment_link", "quote", "custom"]);
    let zone = prop::sample::select(vec!["Europe/Berlin", "UTC", "America/New_York"]);
    (
        name,
        goal,
        zone,
        any::<bool>(),
        prop::collection::vec(window, 0..4),
        prop::collection::vec(step, 1..6),
        outcomes,
    )
        .prop_map(|(name, goal, zone, flag, windows, steps, outcomes)| {
            json!({
                "name": name, "goal_type": goal, "timezone": zone, "is_paused": flag,
                "statuses": [
                    {"key": "a", "label": "A", "category": "x", "is_initial": true},
                    {"key": "b", "label": "B", "category": "y", "is_initial": false, "is_terminal": true},
                ],
                "cadence": {"windows": windows, "gate_all_channels": !flag, "steps": steps},
                "outcomes": outcomes,
            })
        })
}

#[test]
fn every_definition_that_the_reader_takes_passes_the_schema() {
    let checker = Checker::new();
    let checked = TestRunner::default().run(&definition(), |definition| {
        prop_assert!(checker.agree(&definition.to_string()));
        Ok(())
    });
    checked.unwrap();
}
