//! Tests of `/dev/clock` over HTTP.

use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

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

impl Fixture {
    /// Returns the message for a move of more than 2 MiB, where the stack stops reading. Not a byte more
    /// is sent: the reply could be lost on a connection that breaks under unread bytes.
    async fn message_for_large_move(&self) -> Value {
        let address = self.stack.api_url.strip_prefix("http://").unwrap();
        let mut connection = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST /dev/clock HTTP/1.1\r\nhost: {address}\r\ncontent-length: 4194304\r\n\r\n"
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        let body = vec![b' '; (2 << 20) + 1];
        connection.write_all(&body).await.unwrap();
        let mut reply = Vec::new();
        let mut body = None;
        while body.is_none() {
            assert_ne!(connection.read_buf(&mut reply).await.unwrap(), 0);
            let text = str::from_utf8(&reply).unwrap();
            let (_, rest) = text.split_once("\r\n\r\n").unwrap_or_default();
            body = serde_json::from_str::<Value>(rest).ok();
        }
        body.unwrap()["message"].take()
    }
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
    assert_eq!(stack.message_for_large_move().await, form);
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
