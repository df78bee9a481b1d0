//! Texts that others chose, on a terminal: names and fields of files and of the store, and
//! arguments.

use std::{fs, process::Output};

use aws::{clock::Clock, randomness::Randomness};
use domain::{
    account::AccountPatch,
    api_key::ApiKey,
    campaign::Campaign,
    ids::{ApiKeyId, CampaignId, WorkflowId},
    name::Name,
    patch::Change,
    run::Run,
};
use local::{Services, demo};
use serde_json::value::to_raw_value;

use crate::{
    program::{run, services},
    terminal::pty::on_terminal,
};

const HOSTILE: &str = "\u{1b}]0;pwned\u{7}\u{1b}[2J\r\nfake\t\u{9b}31m\u{7f}\u{202e}\u{2066}\u{200b}\u{200e}\u{61c}\u{2028}\u{2029}\u{feff}\u{e0041}";
const KEY: &str = "nxr_live_LeadgateOtherAccountKeyLocalOnly0meheX";
const DEMO_LEAD: &str = "019c0000-0000-7000-8000-000000001101";
/// Id of the lead with the hostile text.
const LEAD: &str = "019c0000-0000-7000-8000-0000000fffff";
const WORKFLOW: &str = include_str!("../fixtures/workflow.yaml");

fn is_harmful(character: char) -> bool {
    character.is_control() && character != '\n'
        || matches!(
            character,
            '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Checks that an output has no harmful character, and no line that begins as a name asked for.
fn assert_safe(args: &[&str], text: &str) {
    let harmful: Vec<_> = text.chars().filter(|it| is_harmful(*it)).collect();
    assert!(harmful.is_empty(), "{args:?} prints {harmful:?}: {text}");
    let is_fake = text.lines().any(|line| line.starts_with("fake"));
    assert!(!is_fake, "{args:?}: {text}");
}

/// Runs a command, and checks its output.
fn safe(services: &Services, args: &[&str]) -> Output {
    let url = ["--dynamodb-url", &services.dynamodb_url];
    let output = match args.first() {
        Some(&"plan") => run(args),
        _ => run(&[args, &url].concat()),
    };
    for bytes in [&output.stdout, &output.stderr] {
        assert_safe(args, str::from_utf8(bytes).unwrap());
    }
    output
}

/// Puts the hostile text into every name and text of the demo account.
async fn hostile_account(services: &Services) {
    let (store, now) = (&services.store, Clock::System.now());
    let id = demo::ACCOUNT_ID.parse().unwrap();
    let account = store.account(id).await.unwrap().unwrap();
    let patch = AccountPatch {
        name: Some(HOSTILE.to_owned()),
        default_country: Change::Keep,
        limit: Change::Keep,
    };
    store.change_account(&account, patch).await.unwrap();
    let key: ApiKey = KEY.parse().unwrap();
    let key_id = ApiKeyId::new(now, Randomness::System.bits());
    let record = key.record(key_id, account.settings(None), HOSTILE, now);
    store.create_api_key(&key.hash(), &record).await.unwrap();
    let demo = store.workflow(id, demo::WORKFLOW_ID.parse().unwrap()).await;
    let demo = demo.unwrap().unwrap();
    for is_paused in [true, false] {
        let mut workflow = demo.clone();
        workflow.id = WorkflowId::new(now, Randomness::System.bits());
        workflow.is_paused = is_paused;
        workflow.name = format!("{HOSTILE}{is_paused}");
        for status in &mut workflow.statuses {
            status.label = HOSTILE.to_owned();
            status.category = HOSTILE.to_owned();
        }
        store.create_workflow(id, &workflow).await.unwrap();
    }
    let campaign = Campaign {
        id: CampaignId::new(now, Randomness::System.bits()),
        name: HOSTILE.to_owned(),
        created_at: now,
    };
    store.create_campaign(id, &campaign).await.unwrap();
    let lead = store.lead(id, DEMO_LEAD.parse().unwrap()).await.unwrap();
    let mut lead = lead.found().unwrap();
    let profile = &mut lead.profile;
    profile.id = LEAD.parse().unwrap();
    profile.first_name = Name::stored(HOSTILE.to_owned());
    profile.company = Some(Name::stored(HOSTILE.to_owned()));
    profile.campaign_id = Some(campaign.id);
    let value = to_raw_value(HOSTILE).unwrap();
    profile.metadata.set_if_absent(HOSTILE.to_owned(), value);
    let mut start = lead.start.clone().unwrap();
    start.reason = Some(HOSTILE.to_owned());
    start.actor = Some(HOSTILE.to_owned());
    start.status.label = HOSTILE.to_owned();
    lead.start = Some(start.clone());
    let mut workflow = demo;
    workflow.name = HOSTILE.to_owned();
    let run = Run::build(&lead, &start, Some(&workflow), now);
    store.create_lead(&lead, None).await.unwrap();
    store.create_run(&run).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_prints_a_character_that_a_terminal_would_execute_hide_or_reorder() {
    let services = services().await;
    hostile_account(&services).await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let yaml = |text: &str| serde_json::to_string(text).unwrap();
    let hostile = yaml(HOSTILE);
    // A name in a file may have invisible characters, and no control characters.
    let invisible = yaml("a\u{202e}b\u{2066}c");
    let renamed = WORKFLOW.replace("name: Sales Outreach", &format!("name: {invisible}"));
    let relabelled = WORKFLOW.replace("label: Won", &format!("label: {invisible}"));
    let control = WORKFLOW.replace("label: Won", &format!("label: {hostile}"));
    let (renamed, relabelled) = (file("a.yaml", &renamed), file("b.yaml", &relabelled));
    let unknown = file("c.yaml", &format!("{WORKFLOW}\n{hostile}: 1\n"));
    let control = file("d.yaml", &control);
    let value = file("e.yaml", &WORKFLOW.replace("appointment", &hostile));
    let syntax = file("f.yaml", &format!("a: *{}\n", HOSTILE.replace('\r', "")));
    let removal = file(
        "g.yaml",
        &format!("name: {invisible}\nworkflows: []\ncampaigns: []\n"),
    );
    let twice = file(
        "h.yaml",
        &format!("campaigns: [{{name: {invisible}}}, {{name: {invisible}}}]\n"),
    );
    let here = ["--sqs-url", &services.sqs_url];
    let missing = folder.path().join(HOSTILE);
    let missing = missing.to_str().unwrap();
    let hostile_name = ["account", "create", "--name", HOSTILE];
    for (args, code) in [
        (&["account", "list"][..], 0),
        (&["account", "show", demo::ACCOUNT_ID], 0),
        (
            &[
                "account",
                "set",
                demo::ACCOUNT_ID,
                "--rate",
                "9",
                "--burst",
                "9",
            ],
            0,
        ),
        (&["account", "create", "--name", "a\u{202e}b"], 0),
        (&["key", "list"], 0),
        (&["key", "create", "--name", "a\u{202e}b"], 0),
        (&["plan", &renamed], 0),
        (&["export"], 0),
        (&["queue", "status", here[0], here[1]], 0),
        (&["queue", "dlq", "list", here[0], here[1]], 0),
        // Wrong files, and files that cannot be applied.
        (&["apply", "-f", &unknown, here[0], here[1]], 1),
        (&["apply", "-f", &control, here[0], here[1]], 1),
        (&["apply", "-f", &value, here[0], here[1]], 1),
        (&["apply", "-f", &syntax, here[0], here[1]], 1),
        (&["apply", "-f", &twice, here[0], here[1]], 1),
        (&["apply", "-f", missing, here[0], here[1]], 1),
        (&["apply", "-f", &removal, here[0], here[1]], 1),
        (&["plan", &unknown], 1),
        (&["plan", missing], 1),
        // Arguments.
        (&hostile_name, 2),
        (&["account", "create", &format!("--name={HOSTILE}")], 2),
        (&["account", "show", HOSTILE], 0),
        (&["account", "show", &format!("{HOSTILE}x")], 1),
        (&["workflow", "list"], 0),
        (&["workflow", "show", &format!("{HOSTILE}true")], 0),
        (&["workflow", "show", HOSTILE], 1),
        (&["campaign", "list"], 0),
        (&["lead", "list"], 0),
        (&["lead", "list", "--campaign", HOSTILE], 0),
        (&["lead", "list", "--workflow", HOSTILE], 1),
        (&["lead", "list", "--created-after", HOSTILE], 2),
        (&["lead", "show", LEAD], 0),
        (&["lead", "show", HOSTILE], 1),
        (&["run", "show", LEAD], 0),
        (&["run", "show", LEAD, "--run", HOSTILE], 1),
        (
            &[
                "suppress",
                "add",
                "--phone",
                "+12025550123",
                "--note",
                HOSTILE,
            ],
            0,
        ),
        (&["suppress", "check", "--phone", "+12025550123"], 0),
        (&["suppress", "list"], 0),
        (&["suppress", "check", "--email", HOSTILE], 1),
        (&["suppress", "remove", HOSTILE, "--reason", "r"], 1),
        (
            &[
                "suppress",
                "remove",
                "--phone",
                "+12025550123",
                "--reason",
                HOSTILE,
            ],
            0,
        ),
        (&["key", "revoke", HOSTILE], 1),
        (
            &["queue", "dlq", "redrive", "--id", HOSTILE, here[0], here[1]],
            1,
        ),
        (&["account", "list", "--data-dir", HOSTILE], 2),
        (&["plan", &renamed, "--timezone", HOSTILE], 2),
        (
            &[
                "account",
                "create",
                "--name",
                "X",
                "--default-country",
                HOSTILE,
            ],
            2,
        ),
        (&[HOSTILE], 2),
        (&["account", "list", &format!("--{HOSTILE}")], 2),
        // These write, so they come last.
        (&["apply", "-f", &relabelled, "--yes", here[0], here[1]], 0),
        (&["apply", "-f", &renamed, "--yes", here[0], here[1]], 0),
    ] {
        let output = safe(&services, args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {output:?}");
        if code == 0 {
            safe(&services, &[args, &["--output", "json"]].concat());
        }
    }
    let url = ["--dynamodb-url", &services.dynamodb_url];
    for args in [
        &["account", "list"][..],
        &["key", "list"],
        &["export"],
        &["lead", "list"],
        &["lead", "show", LEAD],
        &["run", "show", LEAD],
    ] {
        let text = on_terminal(&[args, &url].concat());
        let styles = ["\u{1b}[1m", "\u{1b}[0m", "\r\n"];
        let text = styles.iter().fold(text, |text, it| text.replace(it, "\n"));
        assert_safe(args, &text);
        assert!(text.contains(r"]0;pwne"), "the name is there: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_with_control_characters_is_refused_in_a_file_as_it_is_on_the_command_line() {
    let services = services().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.yaml");
    let path = path.to_str().unwrap();
    for (text, field) in [
        ("campaigns: [{name: \"a\\tb\"}]", "campaigns[0].name"),
        ("name: \"a\\eb\"\ncampaigns: []", "name"),
    ] {
        fs::write(path, text).unwrap();
        let args = ["apply", "-f", path, "--sqs-url", &services.sqs_url];
        let output = safe(&services, &args);
        let expected =
            format!("{field} must not contain control characters, such as tabs or line breaks\n");
        let message = str::from_utf8(&output.stderr).unwrap();
        assert!(message.contains(&expected), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_is_never_stored_as_a_name() {
    let services = services().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.yaml");
    let path = path.to_str().unwrap();
    let name = format!("the key {KEY}");
    let workflow = WORKFLOW.replace("name: Sales Outreach", &format!("name: {name}"));
    let campaign = format!("campaigns: [{{name: {name}}}]");
    let account = format!("name: {name}\nworkflows: []");
    for yaml in [&workflow, &campaign, &account] {
        fs::write(path, yaml).unwrap();
        let args = ["apply", path, "--yes", "--sqs-url", &services.sqs_url];
        refused_without_key(&safe(&services, &args));
    }
    for args in [
        &["account", "create", "--name", &name][..],
        &["account", "set", demo::ACCOUNT_ID, "--name", &name],
        &["key", "create", "--name", &name],
    ] {
        refused_without_key(&safe(&services, args));
    }
}

fn refused_without_key(output: &Output) {
    let message = str::from_utf8(&output.stderr).unwrap();
    assert!(message.contains("must not contain an API key"), "{message}");
    assert!(!message.contains("LeadgateOther"), "{message}");
    assert_ne!(output.status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_passed_where_something_else_belongs_is_not_printed() {
    let services = services().await;
    let nowhere = crate::program::nowhere();
    let quoted = format!("x={KEY}");
    for args in [
        &["account", "show", KEY][..],
        &["account", "set", KEY, "--name", "X"],
        &["account", "show", &quoted],
        &["account", KEY],
        &["account", "list", KEY],
        &["account", "create", "--name", "X", "--default-country", KEY],
        &["account", "create", "--name", "X", "--rate", KEY],
        &["account", "list", "--output", KEY],
        &["account", "list", "--data-dir", KEY],
        &["account", "list", "--stack", KEY],
        &["account", "list", "--stack", "x", "--table", KEY],
        &["key", "list", "--account", KEY],
        &["key", "revoke", KEY],
        &["key", "create", "--name", "X", "--expires-at", KEY],
        &["export", "--account", KEY],
        &["workflow", "show", KEY],
        &["workflow", "list", "--account", &quoted],
        &["campaign", "list", "--account", KEY],
        &["lead", "list", "--workflow", KEY],
        &["lead", "list", "--campaign", KEY],
        &["lead", "list", "--limit", KEY],
        &["lead", "list", "--created-after", KEY],
        &["lead", "show", KEY],
        &["run", "show", KEY],
        &["run", "show", DEMO_LEAD, "--run", KEY],
        &["suppress", "check", "--phone", KEY],
        &["suppress", "check", "--email", KEY],
        &["suppress", "remove", KEY, "--reason", "r"],
        &["suppress", "add", "--phone", "1", "--reason", KEY],
        &["plan", KEY],
        &["plan", "a.yaml", "--timezone", KEY],
        &["plan", "a.yaml", "--at", KEY],
        &["apply", "-f", KEY],
        &["apply", KEY],
        &["queue", "status", "--sqs-url", KEY],
        &["queue", "dlq", "list", "--limit", KEY],
        &[
            "queue",
            "dlq",
            "redrive",
            "--id",
            KEY,
            "--sqs-url",
            &services.sqs_url,
        ],
        &["openapi", "--to", "/nowhere/nxr_live_Secret"],
        &["destination", "list", "--account", KEY],
        &["destination", "secret", KEY],
        &["listen", "--outcome", KEY],
        &["dev", "--port", KEY],
        &["dev", "--forward-to", KEY],
        &["dev", "--cors-origin", KEY],
        &["completions", KEY],
        &["man", "--dir", "/proc/nxr_live_Secret"],
        &[KEY],
    ] {
        for url in [&services.dynamodb_url, &nowhere] {
            let url = ["--dynamodb-url", url];
            let with_url = [args, &url].concat();
            let without = [
                "plan",
                "openapi",
                "dev",
                "listen",
                "completions",
                "man",
                KEY,
            ];
            let takes_url = !without.contains(&args[0]);
            let args = if takes_url && !args.contains(&"--stack") {
                &with_url
            } else {
                args
            };
            let output = run(args);
            assert_ne!(output.status.code(), Some(0), "{args:?}");
            let printed = [output.stdout, output.stderr].concat();
            let printed = String::from_utf8(printed).unwrap();
            assert!(!printed.is_empty(), "{args:?}");
            let is_there = printed.contains("LeadgateOther") || printed.contains("Secret");
            assert!(!is_there, "{args:?}: {printed}");
        }
    }
}
