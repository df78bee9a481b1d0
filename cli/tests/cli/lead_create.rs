//! Tests of `leadgate lead create`.

use std::{fs, io::Write, process::Stdio};

use aws::clock::Clock;
use local::{Ports, Services, Stack, Storage, demo};
use reqwest::Client;
use serde_json::{Value, json};

use crate::program::{self, leadgate, services, stderr, stdout};

fn on(services: &Services, args: &[&str]) -> std::process::Output {
    let urls = [
        "--dynamodb-url",
        &services.dynamodb_url,
        "--sqs-url",
        &services.sqs_url,
    ];
    program::run(&[&["lead", "create"][..], args, &urls].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_is_created_as_the_api_does_and_gets_its_run() {
    let stack = Stack::start(&Storage::Memory, Ports::ANY, Clock::System);
    let stack = stack.await.unwrap();
    let output = on(
        &stack.services,
        &[
            "--first-name",
            "Ada",
            "--last-name",
            "Lovelace",
            "--email",
            "ADA@example.com",
            "--phone",
            "+44 20 7946 0958",
            "--workflow",
            "Sales Outreach",
            "--campaign",
            demo::CAMPAIGN_ID,
            "--metadata",
            "company=Example Ltd",
            "--metadata",
            "equation=a=b",
            "--output",
            "json",
        ],
    );
    let reply = program::json(&output);
    let lead = &reply["lead"];
    assert_eq!(lead["phone"], "+442079460958", "{reply}");
    let metadata = json!({"company": "Example Ltd", "equation": "a=b"});
    assert_eq!(lead["metadata"], metadata);
    assert_eq!(reply["workflow_run"]["workflow"]["id"], demo::WORKFLOW_ID);
    let url = format!(
        "{}/api/public/leads/{}",
        stack.api_url,
        lead["id"].as_str().unwrap()
    );
    let read = Client::new().get(url).header("x-api-key", demo::API_KEY);
    let read: Value = read.send().await.unwrap().json().await.unwrap();
    assert_eq!(read["lead"]["first_name"], "Ada");
    assert_eq!(
        read["lead"]["active_workflow_run"]["id"],
        reply["workflow_run"]["id"]
    );
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_read_from_the_command_line_a_file_or_standard_input() {
    let services = services().await;
    let body = r#"{"first_name": "Ada", "company": "Example Ltd"}"#;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lead.json");
    fs::write(&file, body).unwrap();
    let at_file = format!("@{}", file.display());
    for argument in [body, &at_file] {
        let output = on(&services, &["--body", argument]);
        assert!(
            stdout(&output).starts_with("Created the lead: "),
            "{argument}"
        );
    }
    let mut child = leadgate(&["lead", "create", "--body", "-", "--output", "json"])
        .args(["--dynamodb-url", &services.dynamodb_url])
        .args(["--sqs-url", &services.sqs_url])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(body.as_bytes()).unwrap();
    drop(input);
    let reply = program::json(&child.wait_with_output().unwrap());
    assert_eq!(reply["lead"]["metadata"]["company"], "Example Ltd");

    let output = on(&services, &["--body", "[]"]);
    let expected =
        "leadgate lead: --body has many leads: `leadgate lead import FILE.csv` takes many\n";
    assert_eq!(stderr(&output), expected);
    let output = on(&services, &["--body", "@nowhere.json"]);
    assert!(stderr(&output).starts_with("leadgate lead: cannot read nowhere.json: "));
    let output = on(&services, &["--body", "{"]);
    let expected = "leadgate lead: The body ends before its JSON does (line 1, column 1)\n";
    assert_eq!(stderr(&output), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_problem_of_a_lead_is_one_line() {
    let services = services().await;
    let output = on(
        &services,
        &["--first-name", " ", "--email", "ada.example.com"],
    );
    assert_eq!(
        stderr(&output),
        "leadgate lead: first_name is required\n\
         leadgate lead: email \"ada.example.com\" is not a valid email address\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_lead_shows_the_hints_about_its_keys() {
    let services = services().await;
    let output = on(&services, &["--body", r#"{"firstname": "Ada"}"#]);
    assert_eq!(
        stderr(&output),
        "leadgate lead: first_name is required\n\
         leadgate lead: Hint: Did you mean first_name? The key \"firstname\" counts as metadata.\n"
    );
}

#[test]
fn without_a_lead_the_error_names_the_first_name() {
    let output = program::run(&["lead", "create"]);
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("--first-name <NAME>"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_stores_the_lead_once() {
    let services = services().await;
    let create = |name: &str| {
        let args = ["--first-name", name, "--idempotency-key", "form-17"];
        on(&services, &args)
    };
    let (first, second) = (create("Ada"), create("Ada"));
    let (_, id) = stdout(&first).split_once(": ").unwrap();
    assert_eq!(stdout(&second), format!("The lead is there already: {id}"));
    let message =
        "leadgate lead: This Idempotency-Key was used for a different request; use a new key\n";
    assert_eq!(stderr(&create("Bob")), message);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warning_and_a_hint_are_shown_and_the_lead_is_stored() {
    let services = services().await;
    let body = json!({"first_name": "Ada", "workflow_id": "019c0000-0000-7000-8000-0000000000ff"});
    let output = on(&services, &["--body", &body.to_string()]);
    let text = stdout(&output);
    let warning = "Warning: the workflow is unknown to this account: the lead is in no workflow\n";
    assert!(text.starts_with("Created the lead: "), "{text}");
    assert!(text.contains(warning), "{text}");
    let hint = "Hint: The lead has no phone and no email, so no step of a workflow can reach it.\n";
    assert!(text.ends_with(hint), "{text}");
}
