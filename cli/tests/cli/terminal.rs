//! Tests of every command on a terminal of 80 columns: colours, widths, questions and Ctrl-C.

pub(crate) mod pty;

use aws::clock::Clock;
use local::{Ports, Stack, Storage, demo};
use reqwest::Client;
use serde_json::json;

use self::pty::{Terminal, assert_fits, shown};
use crate::program::{self, services};

const ESCAPE: char = '\u{1b}';
const CTRL_C: &[u8] = b"\x03";

const EXAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../examples/sales-outreach.yaml"
);

#[test]
fn every_help_fits_the_terminal() {
    let commands = [
        "",
        "dev",
        "account",
        "account create",
        "account list",
        "account show",
        "account set",
        "key",
        "key create",
        "key list",
        "key revoke",
        "workflow",
        "workflow list",
        "workflow show",
        "campaign",
        "campaign list",
        "lead",
        "lead list",
        "lead show",
        "lead create",
        "lead import",
        "suppress",
        "suppress add",
        "suppress list",
        "suppress check",
        "suppress remove",
        "run",
        "run show",
        "touchpoint",
        "touchpoint list",
        "touchpoint show",
        "touchpoint claim",
        "touchpoint outcome",
        "destination",
        "destination list",
        "destination show",
        "destination test",
        "destination secret",
        "destination rotate",
        "destination pause",
        "destination resume",
        "listen",
        "dispatch",
        "dispatch status",
        "dispatch attention",
        "dispatch settle",
        "dispatch resend",
        "hold",
        "unhold",
        "init",
        "plan",
        "apply",
        "export",
        "queue",
        "queue status",
        "queue dlq",
        "queue dlq list",
        "queue dlq redrive",
        "clock",
        "clock show",
        "clock advance",
        "clock set",
        "tail",
        "doctor",
        "open",
        "openapi",
        "errors",
        "schema",
        "reference",
        "completions",
        "man",
    ];
    let mut known = 0;
    for command in commands {
        for option in ["-h", "--help"] {
            let args: Vec<_> = command.split_whitespace().chain([option]).collect();
            let text = shown(&args, &[]);
            assert!(text.contains("Usage:"), "{text}");
            if option == "-h" {
                known += usize::from(!text.contains("Commands:"));
            }
        }
    }
    // A new command has a manual page, and must be added to the list above.
    let folder = tempfile::tempdir().unwrap();
    shown(&["man", "--dir", folder.path().to_str().unwrap()], &[]);
    let pages = std::fs::read_dir(folder.path()).unwrap();
    let pages: Vec<_> = pages
        .map(|page| page.unwrap().file_name().into_string().unwrap())
        .filter(|page| !page.contains("-help"))
        .collect();
    assert_eq!(pages.len(), commands.len(), "{pages:?}");
    assert!(known > 10);
}

/// Returns the URL of the API in the text of a stack that is ready.
fn api_url(text: &str) -> String {
    let line = text.lines().find(|line| line.starts_with("  API  "));
    let url = line.and_then(|line| line.split_whitespace().nth(1));
    url.unwrap_or_else(|| panic!("{text}")).to_owned()
}

async fn post(url: &str, lead: &serde_json::Value) {
    let request = Client::new().post(format!("{url}/api/public/leads"));
    let request = request.header("x-api-key", demo::API_KEY).json(lead);
    request.send().await.unwrap();
}

fn lead() -> serde_json::Value {
    json!({"first_name": "John", "last_name": "Doe", "phone": "+1234567890", "workflow_id": demo::WORKFLOW_ID})
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_has_a_line_for_each_request_and_run_and_ends_with_ctrl_c() {
    let mut dev = Terminal::run(&["dev", "--in-memory", "--port", "0"], &[]);
    dev.wait_for("Stop with Ctrl-C.");
    let url = api_url(&dev.seen);
    assert!(
        dev.seen
            .contains(&format!("curl -i {url}/api/public/leads \\\r\n")),
        "{}",
        dev.seen
    );
    post(&url, &lead()).await;
    dev.wait_for("first call due now");
    post(&url, &json!({"last_name": "Doe"})).await;
    dev.wait_for("first_name is required");
    dev.type_in(CTRL_C);
    let (status, text) = dev.end();
    assert_eq!(status.code(), Some(0), "{text}");
    assert_fits(&text);
    for colour in ["\u{1b}[32m201", "\u{1b}[1m\u{1b}[33m400"] {
        assert!(text.contains(colour), "{text:?}");
    }
    let plain = anstream::adapter::strip_str(&text).to_string();
    for part in [
        "POST   …/leads    201 ",
        "  John Doe ",
        " → Sales Outreach: call",
        " planned: 8 contacts for John Doe, first call due now",
        "POST   …/leads    400 ",
    ] {
        assert!(plain.contains(part), "{part:?} in {plain}");
    }
    // It shows no fields for programs.
    for noise in ["outcome=", "duration_ms", "starts_requeued", "INFO"] {
        assert!(!plain.contains(noise), "{plain}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_shows_every_field_when_asked_to() {
    for (option, field) in [
        ("-v", "duration_ms"),
        ("--log-format=json", "\"duration_ms\":"),
    ] {
        let mut dev = Terminal::run(&["dev", option, "--in-memory", "--port", "0"], &[]);
        dev.wait_for("Stop with Ctrl-C.");
        post(&api_url(&dev.seen), &lead()).await;
        dev.wait_for("leads_created");
        dev.type_in(CTRL_C);
        let (status, text) = dev.end();
        assert_eq!(status.code(), Some(0), "{text}");
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert!(plain.contains(field), "{text}");
        assert!(
            !plain.contains("John Doe"),
            "a function's line has a name: {text}"
        );
    }
}

#[test]
fn errors_and_plans_fit_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.yaml");
    let file = path.to_str().unwrap();
    let yaml = std::fs::read_to_string(EXAMPLE).unwrap();
    let wrong = yaml.replace("appointment", "sales").replace("PT2H", "2h");
    std::fs::write(&path, wrong).unwrap();
    for command in ["plan", "apply"] {
        let (status, text) = Terminal::run(&[command, file], &[]).end();
        assert_eq!(status.code(), Some(1), "{text}");
        assert_fits(&text);
    }
    let named = yaml.replace(
        "name: Sales Outreach",
        "name: A name of forty characters, more or less",
    );
    std::fs::write(&path, named).unwrap();
    let plan = shown(&["plan", file, "--at", "2026-02-10"], &[]);
    assert!(
        plan.contains("more or less,\r\nfor a lead enrolled"),
        "{plan}"
    );
}

#[test]
fn colours_are_where_they_are_wanted() {
    let plan = ["plan", EXAMPLE, "--at", "2026-02-10T12:00:00Z"];
    let no_colour: [&[(&str, &str)]; 3] = [
        &[("NO_COLOR", "1")],
        &[("TERM", "dumb")],
        &[("CLICOLOR", "0")],
    ];
    assert!(shown(&plan, &[]).contains(ESCAPE));
    assert!(shown(&plan, &[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")]).contains(ESCAPE));
    for env in no_colour {
        assert!(!shown(&plan, env).contains(ESCAPE), "{env:?}");
        for log in ["--log-format=text", "-v"] {
            let mut dev = Terminal::run(&["dev", log, "--in-memory", "--port", "0"], env);
            dev.wait_for("Stop with Ctrl-C.");
            dev.type_in(CTRL_C);
            let (status, text) = dev.end();
            assert_eq!(status.code(), Some(0), "{text}");
            assert!(!text.contains(ESCAPE), "{env:?}: {text:?}");
        }
    }
    let piped = |env: &[(&str, &str)]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_leadgate"));
        command
            .args(plan)
            .env_remove("NO_COLOR")
            .envs(env.iter().copied());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert!(!piped(&[]).contains(ESCAPE));
    assert!(piped(&[("CLICOLOR_FORCE", "1")]).contains(ESCAPE));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_that_prints_fits_the_terminal() {
    let services = services().await;
    let long = "A name that is so long that no terminal has the columns for it";
    let here = ["--dynamodb-url", &services.dynamodb_url];
    let queues = ["--sqs-url", &services.sqs_url];
    let on = |args: &[&str]| shown(&[args, &here[..]].concat(), &[]);
    let at = "2026-02-10T12:00:00Z";
    for options in [
        &[][..],
        &["--no-phone"],
        &["--no-email", "--timezone", "Europe/Berlin"],
    ] {
        let plan = shown(&[&["plan", EXAMPLE, "--at", at][..], options].concat(), &[]);
        assert!(plan.contains("for a lead enrolled"), "{plan}");
    }
    let limit = ["--rate", "100000", "--burst", "1000000"];
    on(&[
        &[
            "account",
            "create",
            "--name",
            long,
            "--default-country",
            "GB",
        ][..],
        &limit,
    ]
    .concat());
    let accounts = on(&["account", "list"]);
    assert!(
        accounts.contains("just now") && accounts.contains('…'),
        "{accounts}"
    );
    on(&["account", "show", demo::ACCOUNT_ID]);
    on(&["account", "set", demo::ACCOUNT_ID, "--name", long]);
    on(&[
        "key",
        "create",
        "--name",
        long,
        "--expires-at",
        "2099-01-31T00:00:00Z",
    ]);
    let keys = on(&["key", "list"]);
    assert!(keys.contains("2099-01-31"), "{keys}");
    on(&["key", "revoke", "00000061"]);
    let status = on(&[&["queue", "status"][..], &queues].concat());
    assert!(status.contains("dead letters"), "{status}");
    on(&[&["queue", "dlq", "list"][..], &queues].concat());
    on(&[&["queue", "dlq", "redrive"][..], &queues].concat());
    let apply = [&["apply", EXAMPLE][..], &here, &queues].concat();
    for (answer, expected, code) in [("n\r", "nothing was changed", 1), ("y\r", "Applied.", 0)] {
        let mut apply = Terminal::run(&apply, &[]);
        apply.wait_for("Apply? [y/N] ");
        apply.type_in(answer.as_bytes());
        let (status, text) = apply.end();
        assert_eq!(status.code(), Some(code), "{text}");
        assert_fits(&text);
        assert!(text.contains(expected), "{text}");
        assert!(
            text.contains("cadence.steps[4].delay: P3D -> P2D"),
            "{text}"
        );
    }
    // A removal is asked for by its name.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("account.yaml");
    std::fs::write(&file, "workflows: []\ncampaigns: []\n").unwrap();
    let apply = [&["apply", file.to_str().unwrap()][..], &here, &queues].concat();
    let mut apply = Terminal::run(&apply, &[]);
    apply.wait_for("Apply? [y/N] ");
    let question = "This removes 1 workflow (Sales Outreach) and 1 campaign (Spring Launch).";
    assert!(apply.seen.contains(question), "{}", apply.seen);
    apply.type_in(b"n\r");
    let (_, text) = apply.end();
    assert_fits(&text);
}

/// Names and texts of leads that are long, wide, or made of several characters for each sign.
fn wide_leads() -> serde_json::Value {
    let long = "Maximilian Bartholomew Christopher Alexander Ferdinand".repeat(3);
    let names = [
        long.as_str(),
        "山本太郎山本太郎山本太郎山本太郎山本太郎山本太郎山本太郎",
        "👩\u{200d}🔧👨\u{200d}👩\u{200d}👧❤\u{fe0f}🏴"
            .repeat(9)
            .leak(),
        "김철수",
        "רוני \u{5d0}\u{5b8}",
        "J",
    ];
    let lead = |number: usize| {
        let name = names[number % names.len()];
        json!({
            "first_name": name, "last_name": name, "phone": "+14155550123",
            "email": format!("{}@{}.example.com", "a".repeat(60), "b".repeat(60)),
            "campaign_id": demo::CAMPAIGN_ID, "workflow_id": demo::WORKFLOW_ID,
            "metadata": {name: name, "note": "word ".repeat(500), "deep": [{"a": [1, 2, {"b": name}]}]},
        })
    };
    (0..30).map(lead).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_line_about_a_lead_is_wider_than_the_terminal() {
    let stack = Stack::start(&Storage::Memory, Ports::ANY, Clock::System);
    let stack = stack.await.unwrap();
    let here = ["--dynamodb-url", &stack.services.dynamodb_url];
    let on = |args: &[&str]| shown(&[args, &here[..]].concat(), &[]);
    on(&["account", "create", "--name", "Empty"]);
    for command in [
        &["lead", "list"][..],
        &["workflow", "list"],
        &["campaign", "list"],
        &["suppress", "list"],
    ] {
        on(&[command, &["--account", "Empty"]].concat());
    }
    post(&stack.api_url, &wide_leads()).await;
    let json = [
        &["lead", "list", "--limit", "30", "--output", "json"][..],
        &here,
    ];
    let listed = program::json(&program::run(&json.concat()));
    let leads = listed["leads"].as_array().unwrap();
    assert_eq!(leads.len(), 30);
    let list = on(&["lead", "list"]);
    assert_eq!(list.matches("just now").count(), 20, "{list}");
    assert!(list.contains("pass a --limit above 20"), "{list}");
    on(&["lead", "list", "--limit", "30"]);
    for lead in leads.iter().take(6) {
        let id = lead["id"].as_str().unwrap();
        let text = on(&["lead", "show", id]);
        assert!(text.contains("assigned to Sales Outreach"), "{text}");
        on(&["run", "show", id]);
        let path = format!("{}/api/public/leads/{id}/automation/stop", stack.api_url);
        let request = Client::new().post(path).header("x-api-key", demo::API_KEY);
        let request = request.json(&json!({"workflow_id": demo::WORKFLOW_ID}));
        assert!(request.send().await.unwrap().status().is_success());
        on(&["lead", "show", id]);
        on(&["run", "show", id]);
    }
    on(&["lead", "list"]);
    on(&["workflow", "list"]);
    on(&["workflow", "show", "Sales Outreach"]);
    stack.stop().await;
}
