//! Tests of `leadgate listen` and of `leadgate dev --forward-to`.

use serde_json::{Value, json};

use super::{Program, WEBHOOK_SECRET, line};
use crate::program::{leadgate, nowhere, stderr};

/// A lead of the demo account whose first call gets the outcome of the rules.
fn first_of<'a>(deliveries: &'a [Value], lead: &str) -> Option<&'a Value> {
    deliveries
        .iter()
        .find(|it| it["body"]["data"]["lead"]["id"] == lead)
}

#[tokio::test(flavor = "multi_thread")]
async fn touchpoints_are_forwarded_to_a_receiver_which_answers_by_its_rules() {
    let mut receiver = Program::start(&[
        "listen",
        "--port",
        "0",
        "--output",
        "json",
        "--outcome",
        "call/1=no_answer",
        "--outcome",
        "answered",
    ]);
    let url = receiver.ready["url"].as_str().unwrap().to_owned();
    let dev = Program::dev(&["--forward-to", &url]);
    assert_eq!(dev.ready["webhook_secret"], WEBHOOK_SECRET);
    let lead = dev.create_john().await;
    let mut deliveries = Vec::new();
    let delivery = loop {
        deliveries.push(receiver.line());
        if let Some(delivery) = first_of(&deliveries, &lead) {
            break delivery;
        }
    };
    assert_eq!(
        (
            &delivery["problem"],
            &delivery["status"],
            &delivery["outcome"]
        ),
        (&Value::Null, &json!(200), &json!("no_answer")),
        "{delivery}"
    );
    let id = delivery["id"].as_str().unwrap();
    assert_eq!(delivery["body"]["data"]["touchpoint"]["id"], id);
    let path = format!("/api/public/touchpoints/{id}");
    let request = reqwest::Client::new().get(dev.url(&path));
    let started = std::time::Instant::now();
    loop {
        let request = request.try_clone().unwrap();
        let reply = request
            .header("x-api-key", local::demo::API_KEY)
            .send()
            .await
            .unwrap();
        let reply: Value = reply.json().await.unwrap();
        if reply["touchpoint"]["outcome"] == "no_answer" {
            break;
        }
        assert!(started.elapsed() < super::DEADLINE, "{reply}");
        tokio::time::sleep(super::PAUSE).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_refuses_what_another_secret_has_signed() {
    let mut command = leadgate(&["listen", "--port", "0", "--output", "json"]);
    command.stdout(std::process::Stdio::piped());
    command.env(
        "LEADGATE_WEBHOOK_SECRET",
        "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    );
    let mut receiver = Program::of(command);
    let url = receiver.ready["url"].as_str().unwrap().to_owned();
    let dev = Program::dev(&["--forward-to", &url]);
    let refused = line(&mut receiver.lines);
    assert_eq!(refused["status"], 401);
    let problem = refused["problem"].as_str().unwrap();
    assert!(problem.contains("fits the secret"), "{problem}");
    drop(dev);
}

#[test]
fn a_wrong_option_of_the_receivers_says_what_to_write() {
    let mut command = leadgate(&["listen", "--port", "0"]);
    command.env("LEADGATE_WEBHOOK_SECRET", "abc");
    let output = command.output().unwrap();
    let refused = stderr(&output).replace("\n    ", " ");
    assert_eq!(
        refused,
        "leadgate listen: LEADGATE_WEBHOOK_SECRET must be whsec_ and the base64 of 24 to 64 bytes: `leadgate \
         destination secret` shows the secret of a destination\n"
    );
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = leadgate(&["listen", "--port", &port]).output().unwrap();
    assert!(stderr(&output).contains(&format!("port {port} is taken")));
    for args in [
        &["dev", "--forward-to", "http://example.com/"][..],
        &["dev", "--forward-to", "dialer"],
        &["dev", "--no-dialer", "--forward-to", &nowhere()],
        &["listen", "--outcome", "anwered"],
        &["listen", "--status", "100"],
    ] {
        let output = leadgate(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
}
