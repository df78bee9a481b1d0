//! Tests of `/dev/clock` over HTTP.

use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Fixture, START};

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_is_read_and_moved_over_http() {
    let stack = Fixture::start().await;
    let reply = stack.post_clock(r#"{"advance": "PT2H"}"#).await;
    assert_eq!(reply.status(), StatusCode::OK);
    let now = json!({"now": "2026-02-10T14:00:00Z"});
    assert_eq!(reply.json::<Value>().await.unwrap(), now);
    let reply = stack.post_clock(r#"{"set": "2026-02-11T12:00:00Z"}"#).await;
    let now = json!({"now": "2026-02-11T12:00:00Z"});
    assert_eq!(reply.json::<Value>().await.unwrap(), now);
    let reply = stack.request("GET", "/dev/clock").send().await.unwrap();
    let now = json!({"now": "2026-02-11T12:00:00Z", "clock": "manual"});
    assert_eq!(reply.json::<Value>().await.unwrap(), now);
    stack.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_move_is_an_error_in_the_envelope_that_shows_what_to_change() {
    let stack = Fixture::start().await;
    let form = r#"The body must be {"advance": "PT2H"} or {"set": "2026-02-10T12:00:00Z"}."#;
    let duration = "advance is not a duration. Write one such as PT2H or P1D.";
    let time = "set is not a time. Write one such as 2026-02-10T12:00:00Z.";
    for (body, status, code, message) in [
        ("", 400, "validation_error", form),
        ("{}", 400, "validation_error", form),
        ("[]", 400, "validation_error", form),
        ("nxr_live_", 400, "validation_error", form),
        (r#"{"advance": 7200}"#, 400, "validation_error", form),
        (
            r#"{"advance": "PT2H", "set": "2026-02-11T12:00:00Z"}"#,
            400,
            "validation_error",
            form,
        ),
        (r#"{"move": "PT2H"}"#, 400, "validation_error", form),
        (r#"{"advance": "soon"}"#, 400, "validation_error", duration),
        (r#"{"set": "soon"}"#, 400, "validation_error", time),
        // The zone is not given.
        (
            r#"{"set": "2026-02-11T12:00:00"}"#,
            400,
            "validation_error",
            time,
        ),
        (
            r#"{"advance": "P9000Y"}"#,
            400,
            "validation_error",
            "The clock cannot pass 9999-12-30T22:00:00Z. Move it less far.",
        ),
        (
            r#"{"advance": "-PT1S"}"#,
            409,
            "conflict",
            "The clock shows 2026-02-10T12:00:00Z and moves only forwards. Give a later time, or begin anew with \
             another data folder.",
        ),
    ] {
        let reply = stack.post_clock(body).await;
        assert_eq!(reply.status().as_u16(), status, "{body}");
        let id = reply.headers()["x-request-id"].to_str().unwrap().to_owned();
        let reply: Value = reply.json().await.unwrap();
        assert_eq!(reply["code"], code, "{body}");
        assert_eq!(reply["message"], message, "{body}");
        assert_eq!(reply["request_id"], id);
    }
    let large = stack
        .request("POST", "/dev/clock")
        .body(" ".repeat(4 << 20));
    // The stack answers before it has read everything, so the connection can break first.
    if let Ok(reply) = large.send().await {
        let reply: Value = reply.json().await.unwrap();
        assert_eq!(reply["message"], form);
    }
    assert_eq!(stack.clock.now().to_string(), START);
    stack.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_method_and_another_path_are_errors_in_the_envelope() {
    let stack = Fixture::start().await;
    for method in ["PUT", "DELETE", "PATCH"] {
        let reply = stack.request(method, "/dev/clock").send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(reply.headers()["allow"], "GET, HEAD, POST");
        let reply: Value = reply.json().await.unwrap();
        assert_eq!(reply["code"], "method_not_allowed");
    }
    let reply = stack.request("GET", "/dev/watch").send().await.unwrap();
    assert_eq!(reply.status(), StatusCode::NOT_FOUND);
    assert!(reply.json::<Value>().await.unwrap()["code"].is_string());
    stack.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_host_cannot_move_the_clock() {
    let stack = Fixture::start().await;
    let request = stack.request("POST", "/dev/clock");
    let request = request.header("origin", "https://evil.example");
    let reply = request.body(r#"{"advance": "PT2H"}"#).send().await.unwrap();
    assert_eq!(reply.status(), StatusCode::FORBIDDEN);
    assert_eq!(stack.clock.now().to_string(), START);
    stack.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn moves_at_the_same_time_add_up() {
    let stack = Fixture::start().await;
    let moves = (0..20).map(|_| stack.post_clock(r#"{"advance": "PT1M"}"#));
    for reply in join_all(moves).await {
        assert_eq!(reply.status(), StatusCode::OK);
    }
    assert_eq!(stack.clock.now().to_string(), "2026-02-10T12:20:00Z");
    stack.stack.stop().await;
}
