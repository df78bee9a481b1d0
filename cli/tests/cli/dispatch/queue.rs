//! Tests of `leadgate queue` about the dispatch queue.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    manual_stack::{ACCOUNT, ManualStack},
    program::{run, stdout},
};

const ABSENT: &str = "019c0000-0000-7000-8000-0000000fffff";
const LIST: [&str; 5] = ["queue", "dlq", "list", "--queue", "dispatch"];
const DEADLINE: Duration = Duration::from_secs(20);

impl ManualStack {
    /// Puts a message into the dead-letter queue of the dispatch queue, and returns its id.
    async fn kill(&self, body: &str) -> String {
        let services = &self.stack.services;
        let sent = services.clients.sqs.send_message();
        let sent = sent
            .queue_url(&services.dispatch_dlq_url)
            .message_body(body);
        sent.send().await.unwrap().message_id.unwrap()
    }

    fn dead_hints(&self) -> Vec<Value> {
        self.json(&LIST)["dead_letters"].as_array().unwrap().clone()
    }
}

fn hint(lead: &str, run: &str) -> String {
    json!({
        "type": "run_due.v1", "account_id": ACCOUNT, "lead_id": lead, "run_id": run,
        "channel": "call", "due_at": "2026-02-10T12:00:00Z",
    })
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_hint_is_explained_from_the_run_and_moved_back() {
    let stack = ManualStack::quiet().await;
    let lead = stack.create_john();
    stack.wait_for_due();
    let run = stack.json(&["lead", "show", &lead])["runs"][0]["id"].clone();
    let run = run.as_str().unwrap();
    let over = stack.json(&["lead", "show", "+15550100101"]);
    let over = (&over["lead"]["id"], &over["runs"][0]["id"]);
    let over = hint(over.0.as_str().unwrap(), over.1.as_str().unwrap());
    for (body, reason) in [
        ("secret", "unreadable"),
        (&hint(ABSENT, run), "lead_absent"),
        (&hint(&lead, ABSENT), "run_is_missing"),
        // An open touchpoint wakes its run at the end of its time.
        (&hint(&lead, run), "run_is_due_later"),
        (&over, "run_is_over"),
    ] {
        let id = stack.kill(body).await;
        let [letter] = stack.dead_hints().try_into().unwrap();
        assert_eq!(letter["reason"], reason, "{letter}");
        assert_eq!(letter.get("workflow_id"), None);
        let text = stack.text(&LIST);
        assert!(text.starts_with(&id) && !text.contains("secret"), "{text}");
        let redrive = [
            "queue", "dlq", "redrive", "--queue", "dispatch", "--id", &id,
        ];
        assert_eq!(
            stack.text(&redrive),
            format!("Moved to the dispatch queue: {id}.\n")
        );
        assert!(stack.dead_hints().is_empty());
    }
    stack.text(&["hold", "--all"]);
    stack.text(&["touchpoint", "claim"]);
    stack.until(&["lead", "show", &lead], "an operator holds all accounts");
    stack.kill(&hint(&lead, run)).await;
    assert_eq!(stack.dead_hints()[0]["reason"], "run_is_held");
    stack.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_dead_hints_are_moved_and_those_of_the_start_queue_stay() {
    let stack = ManualStack::quiet().await;
    for _ in 0..3 {
        stack.kill(&hint(ABSENT, ABSENT)).await;
    }
    let status = stack.json(&["queue", "status"]);
    assert_eq!(status["dispatch_dead_letter"]["visible"], 3);
    assert_eq!(status["dead_letter"]["visible"], 0);
    let text = stack.text(&["queue", "status", "--queue", "dispatch"]);
    assert!(
        text.contains("\ndispatch, dead letters  3        0          0\n"),
        "{text}"
    );
    assert!(!text.contains("start"), "{text}");

    // The start queue is the default of a redrive.
    let moved = stack.json(&["queue", "dlq", "redrive"]);
    assert_eq!(moved, json!({"moved": 0}));
    let moved = stack.text(&["queue", "dlq", "redrive", "--queue", "dispatch"]);
    assert_eq!(moved, "Moved to the dispatch queue: 3.\n");
    let started = Instant::now();
    loop {
        let status = stack.json(&["queue", "status", "--queue", "dispatch"]);
        let (queue, dead) = (&status["dispatch"], &status["dispatch_dead_letter"]);
        if [&queue["visible"], &queue["in_flight"], &dead["visible"]]
            .iter()
            .all(|it| **it == 0)
        {
            assert_eq!(status["start"], Value::Null);
            break;
        }
        assert!(started.elapsed() < DEADLINE, "{status}");
    }
    stack.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_of_a_stack_in_memory_needs_the_url_of_sqs() {
    let stack = ManualStack::start().await;
    let services = &stack.stack.services;
    let urls = [
        "--dynamodb-url",
        &services.dynamodb_url,
        "--sqs-url",
        &services.sqs_url,
    ];
    let args = [&["queue", "status", "--queue", "dispatch"], &urls[..]].concat();
    let output = run(&args);
    assert!(stdout(&output).contains("dispatch, dead letters"));
    let output = run(&["queue", "status", "--queue", "strat"]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("'start'"), "{text}");
    stack.stack.stop().await;
}
