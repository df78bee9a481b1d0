//! Tests of `leadgate queue`, on a running stack.

use std::{
    collections::BTreeSet,
    process::Output,
    time::{Duration, Instant},
};

use aws::{
    clock::Clock,
    queue::{QueueMessage, WorkflowStart},
    randomness::Randomness,
};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use domain::{
    ids::{AccountId, LeadId},
    lead::Lead,
};
use jiff::SignedDuration;
use local::{Ports, Services, Stack, Storage, demo};
use reqwest::Client;
use serde_json::{Value, json};

use crate::program::{self, nowhere, run, stderr};

const DEADLINE: Duration = Duration::from_secs(20);
/// Values that no command may print.
const PERSONAL: [&str; 3] = ["John", "Doe", "1234567890"];

fn queue(services: &Services, args: &[&str]) -> Output {
    let urls = [
        "--dynamodb-url",
        &services.dynamodb_url,
        "--sqs-url",
        &services.sqs_url,
    ];
    leadgate_queue(&[args, &urls].concat())
}

fn leadgate_queue(args: &[&str]) -> Output {
    run(&[&["queue"], args].concat())
}

fn stdout(output: &Output) -> &str {
    let text = program::stdout(output);
    for personal in PERSONAL {
        assert!(!text.contains(personal), "{text}");
    }
    text
}

fn dead_letters(services: &Services) -> Vec<Value> {
    let output = queue(services, &["dlq", "list", "--output", "json"]);
    let listed: Value = serde_json::from_str(stdout(&output)).unwrap();
    assert_eq!(listed["more"], false);
    listed["dead_letters"].as_array().unwrap().clone()
}

fn status(services: &Services) -> Value {
    let output = queue(services, &["status", "--output", "json"]);
    serde_json::from_str(stdout(&output)).unwrap()
}

/// Waits for a number of dead letters.
async fn wait_for_dead_letters(services: &Services, many: usize) -> Vec<Value> {
    let started = Instant::now();
    loop {
        let found = dead_letters(services);
        if found.len() == many {
            return found;
        }
        assert!(started.elapsed() < DEADLINE, "{found:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Starts a stack that delivers failed starts again at once, instead of after three minutes.
async fn impatient_stack() -> Stack {
    let stack = Stack::start(&Storage::Memory, Ports::ANY, Clock::System);
    let stack = stack.await.unwrap();
    let sqs = &stack.services.clients.sqs;
    sqs.set_queue_attributes()
        .queue_url(&stack.services.queue_url)
        .attributes(QueueAttributeName::VisibilityTimeout, "0")
        .send()
        .await
        .unwrap();
    stack
}

async fn send(services: &Services, url: &str, body: &str) -> String {
    let sqs = &services.clients.sqs;
    let sent = sqs.send_message().queue_url(url).message_body(body).send();
    sent.await.unwrap().message_id.unwrap()
}

fn account() -> AccountId {
    demo::ACCOUNT_ID.parse().unwrap()
}

/// Creates a lead, and waits for its run.
async fn enrolled_lead(stack: &Stack) -> Lead {
    let lead = json!({
        "first_name": "John", "last_name": "Doe", "phone": "+1234567890",
        "workflow_id": demo::WORKFLOW_ID,
    });
    let request = Client::new().post(format!("{}/api/public/leads", stack.api_url));
    let request = request.header("x-api-key", demo::API_KEY).json(&lead);
    let created: Value = request.send().await.unwrap().json().await.unwrap();
    let id: LeadId = created["lead"]["id"].as_str().unwrap().parse().unwrap();
    let lead = stack.services.store.lead(account(), id).await.unwrap();
    let lead = lead.found().unwrap();
    wait_for_run(&stack.services, &lead).await;
    lead
}

async fn wait_for_run(services: &Services, lead: &Lead) {
    let run = lead.start.as_ref().unwrap().run_id;
    let started = Instant::now();
    loop {
        let there = services.store.run(account(), lead.profile.id, run);
        if there.await.unwrap().is_some() {
            return;
        }
        assert!(started.elapsed() < DEADLINE);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Removes the run of a lead, as if start-workflow had not built it.
async fn lose_run(services: &Services, lead: &Lead) {
    let run = lead.start.as_ref().unwrap().run_id;
    let key = |text: String| AttributeValue::S(text);
    let delete = services.clients.dynamodb.delete_item();
    let delete = delete
        .table_name(services.table())
        .key("pk", key(format!("LEAD#{}#{}", account(), lead.profile.id)))
        .key("sk", key(format!("RUN#{run}")))
        .condition_expression("attribute_exists(pk)");
    delete.send().await.unwrap();
}

async fn set_phone(services: &Services, lead: &Lead, phone: &str) {
    let key = |text: String| AttributeValue::S(text);
    let update = services.clients.dynamodb.update_item();
    let update = update
        .table_name(services.table())
        .key("pk", key(format!("LEAD#{}#{}", account(), lead.profile.id)))
        .key("sk", key("SELF".to_owned()))
        .condition_expression("attribute_exists(pk)")
        .update_expression("SET phone = :phone")
        .expression_attribute_values(":phone", key(phone.to_owned()));
    update.send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cannot_be_read_becomes_a_dead_letter_that_shows_nothing_of_it() {
    let stack = impatient_stack().await;
    let services = &stack.services;
    let body = r#"{"first_name":"John","last_name":"Doe","phone":"+1234567890"}"#;
    let id = send(services, &services.queue_url, body).await;

    let [letter] = wait_for_dead_letters(services, 1).await.try_into().unwrap();
    assert_eq!(letter["message_id"], id.as_str());
    assert_eq!(letter["reason"], "unreadable");
    assert!(letter["age_seconds"].as_i64().unwrap() < 20, "{letter}");
    assert!(letter.get("lead_id").is_none(), "{letter}");
    let output = queue(services, &["dlq", "list"]);
    let text = stdout(&output);
    assert!(text.starts_with(&format!("{id}  sent ")), "{text}");
    assert!(
        text.contains("cannot be read: the message is not a workflow_start.v1"),
        "{text}"
    );
    assert_eq!(status(services)["dead_letter"]["visible"], 1);

    // The cause is still there, so it fails again.
    let output = queue(services, &["dlq", "redrive"]);
    assert_eq!(stdout(&output), "Moved to the start queue: 1.\n");
    let again = wait_for_dead_letters(services, 1).await;
    assert_eq!(again[0]["reason"], "unreadable");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_builds_its_run_when_its_cause_is_repaired_and_it_is_redriven() {
    let stack = impatient_stack().await;
    let services = &stack.services;
    let lead = enrolled_lead(&stack).await;
    lose_run(services, &lead).await;
    set_phone(services, &lead, "damaged").await;
    let start = WorkflowStart::of(&lead, Clock::System.now()).unwrap();
    services.queue.send(&start).await.unwrap();

    let [letter] = wait_for_dead_letters(services, 1).await.try_into().unwrap();
    assert_eq!(letter["reason"], "damaged");
    let explanation = letter["explanation"].as_str().unwrap();
    assert!(explanation.contains("the attribute phone"), "{explanation}");
    assert_eq!(letter["account_id"], demo::ACCOUNT_ID);
    assert_eq!(letter["lead_id"], start.lead_id.to_string());
    assert_eq!(letter["run_id"], start.run_id.to_string());
    assert_eq!(letter["workflow_id"], demo::WORKFLOW_ID);

    set_phone(services, &lead, "+1234567890").await;
    let [letter] = wait_for_dead_letters(services, 1).await.try_into().unwrap();
    assert_eq!(letter["reason"], "run_is_missing");

    let id = letter["message_id"].as_str().unwrap();
    let output = queue(services, &["dlq", "redrive", "--id", id, "--id", "another"]);
    assert_eq!(
        stderr(&output),
        "leadgate queue: no dead letter has the id another: `leadgate queue dlq list` shows the ids\n"
    );
    wait_for_run(services, &lead).await;
    let output = queue(services, &["dlq", "list"]);
    assert_eq!(stdout(&output), "There are no dead letters.\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_dead_letter_has_the_reason_that_the_table_shows() {
    let stack = impatient_stack().await;
    let services = &stack.services;
    let now = Clock::System.now();
    let lead = enrolled_lead(&stack).await;
    let built = WorkflowStart::of(&lead, now).unwrap();
    let mut superseded = built.clone();
    superseded.run_id = domain::ids::RunId::new(now, Randomness::System.bits());
    // A younger start comes again, because its lead may be stored later.
    let old = now - SignedDuration::from_mins(2);
    let mut unknown = WorkflowStart::of(&lead, old).unwrap();
    unknown.lead_id = LeadId::new(now, Randomness::System.bits());
    let erased = enrolled_lead(&stack).await;
    let erased_start = WorkflowStart::of(&erased, now).unwrap();
    let erase = services.store.erase_lead(account(), erased.profile.id, now);
    assert!(erase.await.unwrap());

    for (start, reason) in [
        (built, "run_is_there"),
        (superseded, "superseded"),
        (unknown, "lead_absent"),
        (erased_start, "lead_erased"),
    ] {
        let id = send(services, &services.dlq_url, &start.to_body()).await;
        let [letter] = wait_for_dead_letters(services, 1).await.try_into().unwrap();
        assert_eq!(letter["reason"], reason, "{letter}");
        let output = queue(services, &["dlq", "redrive", "--id", &id]);
        assert_eq!(
            stdout(&output),
            format!("Moved to the start queue: {id}.\n")
        );
    }
    // Each redriven message is acknowledged.
    let started = Instant::now();
    while status(services)["start"] != json!({"visible": 0, "in_flight": 0, "delayed": 0}) {
        assert!(started.elapsed() < DEADLINE);
    }
    assert_eq!(dead_letters(services), [] as [Value; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redrive_moves_all_dead_letters_or_those_that_are_named() {
    let services = Services::start(&Storage::Memory, Ports::ANY, &Clock::System);
    let services = services.await.unwrap();
    let mut ids = Vec::new();
    for number in 0..25 {
        let body = format!("letter {number}");
        ids.push(send(&services, &services.dlq_url, &body).await);
    }
    let listed = dead_letters(&services);
    let listed: BTreeSet<_> = listed
        .iter()
        .map(|letter| letter["message_id"].as_str().unwrap())
        .collect();
    assert_eq!(listed, ids.iter().map(String::as_str).collect());
    let output = queue(&services, &["dlq", "list", "--limit", "3"]);
    let text = stdout(&output);
    assert_eq!(text.matches("cannot be read").count(), 3, "{text}");
    assert!(text.ends_with("There may be more: pass a --limit above 3 to list them.\n"));

    let output = queue(&services, &["dlq", "redrive", "--id", &ids[20]]);
    let moved = format!("Moved to the start queue: {}.\n", ids[20]);
    assert_eq!(stdout(&output), moved);
    let counts = status(&services);
    assert_eq!(counts["start"]["visible"], 1, "{counts}");
    // Received letters are put back at once.
    assert_eq!(counts["dead_letter"]["visible"], 24, "{counts}");
    assert_eq!(counts["dead_letter"]["in_flight"], 0, "{counts}");
    assert_eq!(counts["unsent"], json!({"starts": 0, "more": false}));

    let output = queue(&services, &["dlq", "redrive"]);
    assert_eq!(stdout(&output), "Moved to the start queue: 24.\n");
    let output = queue(&services, &["status"]);
    assert_eq!(
        stdout(&output),
        "QUEUE                   VISIBLE  IN FLIGHT  DELAYED\n\
         start                   25       0          0\n\
         start, dead letters     0        0          0\n\
         dispatch                0        0          0\n\
         dispatch, dead letters  0        0          0\n\
         \n\
         Pending starts: 0\n"
    );
    assert_eq!(
        bodies(&services).await,
        (0..25).map(|number| format!("letter {number}")).collect()
    );
    let output = queue(&services, &["dlq", "redrive"]);
    assert_eq!(stdout(&output), "Moved to the start queue: 0.\n");
}

async fn bodies(services: &Services) -> BTreeSet<String> {
    let mut bodies = BTreeSet::new();
    loop {
        let receive = services.clients.sqs.receive_message();
        let receive = receive
            .queue_url(&services.queue_url)
            .max_number_of_messages(10)
            .message_system_attribute_names(MessageSystemAttributeName::All);
        let messages = receive.send().await.unwrap().messages.unwrap_or_default();
        if messages.is_empty() {
            return bodies;
        }
        bodies.extend(messages.into_iter().map(|message| message.body.unwrap()));
    }
}

#[test]
fn without_a_stack_each_command_shows_how_to_start_one() {
    let nowhere = nowhere();
    for command in [&["status"][..], &["dlq", "list"], &["dlq", "redrive"]] {
        let urls = ["--dynamodb-url", &nowhere, "--sqs-url", &nowhere];
        let output = leadgate_queue(&[command, &urls].concat());
        assert_eq!(
            stderr(&output),
            format!(
                "leadgate queue: the local stack on {nowhere} does not answer: start it again with \
                 `cargo dev`, or pass --stack NAME for one on AWS\n"
            ),
            "{command:?}"
        );
    }
}

#[test]
fn a_deployment_is_named_by_both_of_its_queues() {
    for (args, missing) in [
        (
            ["--queue-url", "https://q"],
            "dead-letter queue given: pass --stack NAME, or --dlq-url URL",
        ),
        (
            ["--table", "t"],
            "queue given: pass --stack NAME, or --queue-url URL",
        ),
    ] {
        let output = leadgate_queue(&[&["status"], &args[..]].concat());
        assert_eq!(stderr(&output), format!("leadgate queue: no {missing}\n"));
    }
    let both = ["--queue-url", "https://q", "--dlq-url", "https://d"];
    for args in [
        &["--dlq-url", "https://q"][..],
        &[&both[..], &["--sqs-url", "http://s"]].concat(),
        &[&both[..], &["--stack", "s"]].concat(),
    ] {
        let output = leadgate_queue(&[&["status"], args].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
}
