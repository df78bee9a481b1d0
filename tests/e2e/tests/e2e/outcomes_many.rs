//! Several outcomes in one request ([contract](../../../../docs/contract.md#outcomes)).

use lambda_http::http::StatusCode;
use serde_json::{Value, json};

use crate::fixtures::{Live, Reply};

async fn send(live: &Live, body: &Value) -> Reply {
    live.call("POST", "/touchpoints/outcomes", Some(body)).await
}

#[tokio::test]
async fn outcomes_that_are_all_taken_in_get_200_with_the_replies_in_order() {
    let live = Live::start().await;
    let (one, other) = (live.enrolled().await, live.enrolled().await);
    let (first, second) = (live.pulled(&one).await, live.pulled(&other).await);
    let body = json!([
        {"id": first, "outcome": "busy"},
        {"id": second, "outcome": "answered"},
        {"id": first, "outcome": "busy"},
    ]);
    let reply = send(&live, &body).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let body = &reply.body;
    assert_eq!(
        (
            &body["success"],
            &body["total"],
            &body["accepted"],
            &body["failed"]
        ),
        (&json!(true), &json!(3), &json!(3), &json!(0))
    );
    for (index, id, changed) in [(0, &first, true), (1, &second, true), (2, &first, false)] {
        let result = &body["results"][index];
        assert_eq!(
            (
                &result["index"],
                &result["success"],
                &result["changed"],
                &result["touchpoint"]["id"]
            ),
            (&json!(index), &json!(true), &json!(changed), &json!(id))
        );
    }
    assert_eq!(
        body["results"][1]["workflow_run"]["cadence_state"],
        "completed"
    );
    live.stop().await;
}

#[tokio::test]
async fn a_wrong_outcome_does_not_stop_the_others_and_names_its_problem() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let id = live.pulled(&lead).await;
    let unclaimed = live.run(&lead).await["touchpoints"][1]["id"].take();
    let unknown = "tp_".to_owned() + &"0".repeat(81);
    let body = json!([
        {"outcome": "busy"},
        {"id": unknown, "outcome": "busy"},
        {"id": id, "outcome": "busy"},
        {"id": unclaimed, "outcome": "busy"},
        {"id": id, "outcome": "delivered"},
        "busy",
        {"id": id, "outcome": "sold", "colour": "red"},
    ]);
    let reply = send(&live, &body).await;
    assert_eq!(reply.status, StatusCode::MULTI_STATUS, "{}", reply.text);
    let body = &reply.body;
    assert_eq!(
        (&body["success"], &body["accepted"], &body["failed"]),
        (&json!(true), &json!(1), &json!(6))
    );
    assert_eq!(body["code"], Value::Null);
    for (index, code, message) in [
        (0, "validation_error", "id is required"),
        (
            1,
            "not_found",
            "Touchpoint not found or does not belong to your account",
        ),
        (3, "not_dispatched", ""),
        (4, "validation_error", "is not for the channel call"),
        (
            5,
            "malformed_json",
            "The element must be a JSON object: one outcome",
        ),
        (6, "validation_error", "must be one of answered"),
    ] {
        let result = &body["results"][index];
        assert_eq!(
            (&result["index"], &result["success"], &result["code"]),
            (&json!(index), &json!(false), &json!(code)),
            "{result}"
        );
        let text = result["message"].as_str().unwrap();
        assert!(text.contains(message), "{text}");
        let page = result["doc_url"].as_str().unwrap();
        assert!(page.ends_with(&format!("/docs/errors#{code}")), "{page}");
    }
    assert_eq!(body["results"][6]["details"].as_array().unwrap().len(), 2);
    live.stop().await;
}

#[tokio::test]
async fn outcomes_of_which_none_is_taken_in_get_400_with_every_problem() {
    let live = Live::start().await;
    let body = json!([{"id": "x", "outcome": "busy"}, {"outcome": "busy"}]);
    let reply = send(&live, &body).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let body = &reply.body;
    assert_eq!(
        (
            &body["success"],
            &body["accepted"],
            &body["failed"],
            &body["code"]
        ),
        (
            &json!(false),
            &json!(0),
            &json!(2),
            &json!("validation_error")
        )
    );
    let message = body["message"].as_str().unwrap();
    assert!(message.contains("results[0]"), "{message}");
    assert_eq!(body["results"][0]["code"], "not_found");
    assert_eq!(body["results"][1]["code"], "validation_error");
    assert!(body["request_id"].is_string() && body["doc_url"].is_string());
    live.stop().await;
}

#[tokio::test]
async fn a_body_that_is_no_array_of_1_to_100_outcomes_is_refused_whole() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let id = live.pulled(&lead).await;
    let one = json!({"id": id, "outcome": "busy"});
    let many = json!(vec![one.clone(); 101]);
    for (body, code, message) in [
        (
            json!([]),
            "validation_error",
            "must hold 1 to 100 outcomes; it holds 0",
        ),
        (
            many,
            "validation_error",
            "must hold 1 to 100 outcomes; it holds 101",
        ),
        (
            one.clone(),
            "malformed_json",
            "The body must be a JSON array of outcomes",
        ),
        (
            json!("busy"),
            "malformed_json",
            "The body must be a JSON array of outcomes",
        ),
    ] {
        let reply = send(&live, &body).await;
        assert_eq!(
            (reply.status, &reply.body["code"]),
            (StatusCode::BAD_REQUEST, &json!(code)),
            "{}",
            reply.text
        );
        assert!(reply.text.contains(message), "{}", reply.text);
        assert_eq!(reply.body["results"], Value::Null);
    }
    assert_eq!(live.touchpoint(&id).await["outcomes"], json!([]));
    let reply = send(&live, &json!(vec![one; 100])).await;
    assert_eq!(
        (reply.status, &reply.body["accepted"]),
        (StatusCode::OK, &json!(100))
    );
    live.stop().await;
}
