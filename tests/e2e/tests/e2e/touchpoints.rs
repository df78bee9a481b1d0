//! Touchpoints by their ids ([contract](../../../../docs/contract.md#touchpoints)).

use lambda_http::http::StatusCode;
use serde_json::{Value, json};

use crate::fixtures::{Live, active_run};

#[tokio::test]
async fn a_touchpoint_shows_its_lead_its_run_its_tries_and_its_outcomes() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let id = live.pulled(&lead).await;
    let run = active_run(&live.container, &lead).await;
    let shown = live.touchpoint(&id).await;
    assert_eq!(shown["lead_id"], json!(lead));
    assert_eq!(shown["workflow_run"]["id"], run["id"]);
    assert_eq!(shown["state"], "claimed");
    let attempts = json!([{
        "try": 1,
        "at": "2026-02-10T12:00:00Z",
        "ended": null,
        "destination": null,
        "checked": ["run", "lead", "address", "suppressions", "holds", "window"],
        "answer": null,
        "duration_ms": null,
    }]);
    assert_eq!(shown["attempts"], attempts);
    assert_eq!(shown["outcomes"], json!([]));
    live.outcome(&id, "busy").await;
    let shown = live.touchpoint(&id).await;
    assert_eq!(shown["attempts"], attempts);
    assert_eq!(shown["outcomes"][0]["outcome"], "busy");
    assert_eq!(shown["state"], "done");
    // The fields of the run's touchpoint are the same.
    let in_run = live.run(&lead).await["touchpoints"][0].take();
    for (field, value) in in_run.as_object().unwrap() {
        assert_eq!(shown[field], *value, "{field}");
    }
    live.stop().await;
}

#[tokio::test]
async fn the_id_of_a_touchpoint_never_changes() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let ids = |run: &Value| -> Vec<Value> {
        let touchpoints = run["touchpoints"].as_array().unwrap().iter();
        touchpoints.map(|it| it["id"].clone()).collect()
    };
    let before = ids(&live.run(&lead).await);
    let id = live.pulled(&lead).await;
    assert_eq!(json!(id), before[0]);
    let callback = json!({"outcome": "callback", "callback_at": "2026-04-01T12:00:00Z"});
    live.report(&id, callback).await;
    assert_eq!(ids(&live.run(&lead).await), before);
    live.stop().await;
}

#[tokio::test]
async fn an_id_that_was_not_given_out_gets_404() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let id = live.pulled(&lead).await;
    let (front, last) = id.split_at(id.len() - 1);
    let changed_tag = format!("{front}{}", if last == "1" { "2" } else { "1" });
    let changed_index = id.replacen("tp_0", "tp_1", 1);
    let other_case: String = id
        .chars()
        .map(|c| {
            if c.is_lowercase() {
                c.to_ascii_uppercase()
            } else {
                c
            }
        })
        .collect();
    let unknown = "tp_".to_owned() + &"0".repeat(81);
    for wrong in [
        changed_tag,
        changed_index,
        other_case,
        unknown,
        "tp_".to_owned(),
        "tp_".to_owned() + &"z".repeat(81),
        format!("{id}0"),
        id[..id.len() - 1].to_owned(),
        lead.clone(),
        "garbage".to_owned(),
        "%C3%A9%00%F0%9F%92%A9".to_owned(),
        "x".repeat(5_000),
    ] {
        if wrong == id {
            continue;
        }
        let body = json!({"outcome": "answered"});
        for (method, path, body) in [
            ("GET", format!("/touchpoints/{wrong}"), None),
            ("POST", format!("/touchpoints/{wrong}/outcome"), Some(&body)),
        ] {
            let reply = live.call(method, &path, body).await;
            assert_eq!(
                (reply.status, &reply.body["message"]),
                (
                    StatusCode::NOT_FOUND,
                    &json!("Touchpoint not found or does not belong to your account")
                ),
                "{path}: {}",
                reply.text
            );
        }
    }
    assert_eq!(live.touchpoint(&id).await["outcomes"], json!([]));
    live.stop().await;
}

#[tokio::test]
async fn a_lead_shows_its_next_touchpoint_while_its_cadence_goes_on() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let next = async || active_run(&live.container, &lead).await["next_touchpoint"].take();
    let first = next().await;
    assert_eq!(first["due_at"], "2026-02-10T12:00:00Z");
    let id = live.pulled(&lead).await;
    // The claimed touchpoint is the one whose turn it is.
    assert_eq!(next().await["id"], json!(id));
    live.outcome(&id, "busy").await;
    assert_eq!(next().await["due_at"], "2026-02-10T14:00:00Z");
    let body = crate::fixtures::demo_workflow();
    let path = format!("/leads/{lead}/automation/stop");
    live.call("POST", &path, Some(&body)).await;
    assert_eq!(next().await, Value::Null);
    live.stop().await;
}
