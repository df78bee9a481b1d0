//! Outcomes by the token of a `reply_url`.

use domain::channel::Channel;
use jiff::SignedDuration;
use lambda_http::http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::fixtures::{Live, WebhookServer, pusher, webhook};

impl Live {
    /// Sends an outcome to a `reply_url`, without an API key.
    async fn reply(&self, url: &str, body: &Value) -> (StatusCode, Value) {
        let path = url.strip_prefix("http://api.test").unwrap();
        let request = Request::post(path).body(body.to_string()).unwrap();
        let reply = self.container.api.clone().oneshot(request).await.unwrap();
        let status = reply.status();
        let body = axum::body::to_bytes(reply.into_body(), usize::MAX).await;
        (status, serde_json::from_slice(&body.unwrap()).unwrap())
    }
}

/// Sends the calls of two leads to a webhook, and returns their `reply_url`.
async fn two_urls() -> (Live, [String; 2], [String; 2]) {
    let (live, server) = (Live::start().await, WebhookServer::start().await);
    live.set_webhooks(vec![webhook("dialer", &[Channel::Call], &server.url, None)])
        .await;
    let leads = [live.enrolled().await, live.enrolled().await];
    live.push(&pusher(&live)).await;
    let mut received = server.take();
    received.sort_by_key(|it| it.data()["lead"]["id"] != json!(leads[0]));
    let urls = received
        .iter()
        .map(|it| it.data()["reply_url"].as_str().unwrap().to_owned());
    (live, leads, urls.collect::<Vec<_>>().try_into().unwrap())
}

#[tokio::test]
async fn a_token_takes_an_outcome_without_a_key() {
    let (live, _, [url, _]) = two_urls().await;
    let (status, reply) = live.reply(&url, &json!({"outcome": "no_answer"})).await;
    assert_eq!(status, StatusCode::OK, "{reply}");
    assert_eq!(
        (&reply["changed"], &reply["touchpoint"]["outcome"]),
        (&json!(true), &json!("no_answer"))
    );
    let (status, reply) = live.reply(&url, &json!({"outcome": "no_answer"})).await;
    assert_eq!((status, &reply["changed"]), (StatusCode::OK, &json!(false)));
    let (status, reply) = live.reply(&url, &json!({"outcome": "great"})).await;
    assert_eq!(
        (status, &reply["code"]),
        (StatusCode::BAD_REQUEST, &json!("validation_error"))
    );
    live.forward(SignedDuration::from_hours(30 * 24 - 1));
    let (status, _) = live.reply(&url, &json!({"outcome": "answered"})).await;
    assert_eq!(status, StatusCode::OK);
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn a_wrong_an_old_and_another_token_get_one_answer_which_shows_nothing() {
    let (live, leads, [url, other]) = two_urls().await;
    let (path, token) = url.split_once("?token=").unwrap();
    let (_, of_other) = other.split_once("?token=").unwrap();
    let id = path.split('/').nth_back(1).unwrap();
    let unknown = path.replace(id, &format!("tp_{}", "0".repeat(81)));
    let changed = path.replace(
        id,
        &format!("{}{}", &id[..83], if id.ends_with('0') { '1' } else { '0' }),
    );
    let body = json!({"outcome": "no_answer"});
    let mut answers = Vec::new();
    for wrong in [
        format!("{path}?token="),
        format!("{path}?token=x"),
        format!("{path}?token={}", &token[1..]),
        format!("{path}?token={of_other}"),
        format!("{unknown}?token={token}"),
        format!("{changed}?token={token}"),
        format!("{}?token={token}", path.replace(id, "tp_x")),
    ] {
        let (status, mut reply) = live.reply(&wrong, &body).await;
        reply["request_id"].take();
        answers.push((status, reply));
    }
    live.call("DELETE", &format!("/leads/{}", leads[1]), None)
        .await;
    let (status, mut erased) = live.reply(&other, &body).await;
    erased["request_id"].take();
    answers.push((status, erased));
    live.forward(SignedDuration::from_hours(30 * 24));
    let (status, mut old) = live.reply(&url, &body).await;
    old["request_id"].take();
    answers.push((status, old));
    for (status, reply) in &answers {
        assert_eq!(*status, StatusCode::UNAUTHORIZED);
        assert_eq!(reply["code"], "invalid_token");
        assert_eq!(*reply, answers[0].1);
    }
    // Without a token, it is a request without a key.
    let (status, reply) = live.reply(path, &body).await;
    assert_eq!(
        (status, &reply["code"]),
        (StatusCode::UNAUTHORIZED, &json!("missing_api_key"))
    );
    live.stop().await;
}

#[tokio::test]
async fn a_token_opens_nothing_but_the_outcome() {
    let (live, _, [url, _]) = two_urls().await;
    let (path, token) = url.split_once("?token=").unwrap();
    let show = path.strip_suffix("/outcome").unwrap();
    for other in [
        format!("{show}/extend?token={token}"),
        format!("{show}/release?token={token}"),
    ] {
        let (status, reply) = live.reply(&other, &json!({})).await;
        assert_eq!(
            (status, &reply["code"]),
            (StatusCode::UNAUTHORIZED, &json!("missing_api_key"))
        );
    }
    live.stop().await;
}
