//! The examples in docs/openapi.json are replies of the API to the requests of examples.http.
//!
//! `LEADGATE_UPDATE_EXAMPLES=1` lets the test write the replies instead of comparing them.

use std::{env, fs};

use api::AppState;
use aws::{account_secret::AccountSecret, clock::Clock};
use axum::body::{Body, to_bytes};
use domain::touchpoint_id::TouchpointRef;
use jiff::SignedDuration;
use lambda_http::http::Request;
use local::demo;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::fixtures::{Container, account, consume, dispatch, wake_once};

/// Requests in the order of a story. A request is recorded if its first line names an operation, an
/// example and its summary.
const REQUESTS: &str = include_str!("examples.http");
const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../functions/api/src/openapi/examples.json"
);
/// First part of the ids in REQUESTS and in the demo account.
const FIXED: &str = "019c0000-0000-7000-8000-";
/// Last parts of the first ids that the story creates: a lead, its run and its start. The
/// description of the API has the same ids in its schemas.
const FIRST_IDS: [&str; 3] = ["000000001101", "000000001201", "000000001301"];

/// Token of the lease in REQUESTS.
const TOKEN: &str = "q83vEjRWeJCrzw";

struct Story {
    container: Container,
    clock: Clock,
    /// Ids that this run has created, with the ids that replace them.
    ids: Vec<(String, String)>,
    /// Same as `ids`, for touchpoints and for the token of the lease.
    touchpoints: Vec<(String, String)>,
    secret: AccountSecret,
}

impl Story {
    /// Sends a request a minute after the one before. Returns the status and the reply.
    async fn send(&mut self, request: &str, body: &str) -> (String, Value) {
        let later = self.clock.now() + SignedDuration::from_mins(1);
        self.clock.set(later);
        let replaced = |text: String, (real, fixed): &(String, String)| text.replace(fixed, real);
        let ids = || self.ids.iter().chain(&self.touchpoints);
        let request = ids().fold(request.to_owned(), replaced);
        let body = ids().fold(body.to_owned(), replaced);
        let (method, target) = request.split_once(' ').unwrap();
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header("x-api-key", demo::API_KEY)
            .body(Body::from(body))
            .unwrap();
        let reply = self.container.api.clone().oneshot(request).await.unwrap();
        let status = reply.status().as_u16().to_string();
        let text = to_bytes(reply.into_body(), usize::MAX).await.unwrap();
        let reply = self.fixed(std::str::from_utf8(&text).unwrap());
        (status, reply)
    }

    /// Reads a reply, and replaces the parts that differ from run to run.
    fn fixed(&mut self, text: &str) -> Value {
        for id in text.split('"').filter(|text| is_id(text)) {
            if !id.starts_with(FIXED) && !self.ids.iter().any(|(real, _)| real == id) {
                let number = format!("{:012}", 2101 + self.ids.len());
                let end = FIRST_IDS.get(self.ids.len()).copied().unwrap_or(&number);
                self.ids.push((id.to_owned(), format!("{FIXED}{end}")));
            }
        }
        for id in text.split('"').filter(|text| text.starts_with("tp_")) {
            self.keep_touchpoint(id);
        }
        if let Some((_, rest)) = text.split_once("\"token\":\"") {
            let token = rest.split('"').next().unwrap_or_default();
            self.touchpoints.push((token.to_owned(), TOKEN.to_owned()));
        }
        let replaced = |text: String, (real, fixed): &(String, String)| text.replace(real, fixed);
        let ids = self.ids.iter().chain(&self.touchpoints);
        let text = ids.fold(text.to_owned(), replaced);
        let mut reply: Value = serde_json::from_str(&text).unwrap();
        for (place, fixed) in [
            ("/request_id", "JKJaXmPLvHcESHA="),
            (
                "/pagination/next_cursor",
                "AAAAAZxLr4hAAZxAAABwAIAAAAAAABEB",
            ),
        ] {
            if let Some(value) = reply.pointer_mut(place).filter(|it| it.is_string()) {
                *value = json!(fixed);
            }
        }
        reply
    }
}

impl Story {
    /// Keeps the id of a touchpoint, with the id that it has in the lead and the run of the examples.
    fn keep_touchpoint(&mut self, id: &str) {
        let Some(real) = self.secret.touchpoint(id, account()) else {
            return;
        };
        let fixed = |id: String| {
            let known = self.ids.iter().find(|(real, _)| *real == id);
            known.map_or(id, |(_, fixed)| fixed.clone())
        };
        let place = TouchpointRef {
            lead_id: fixed(real.lead_id.to_string()).parse().unwrap(),
            run_id: fixed(real.run_id.to_string()).parse().unwrap(),
            ..real
        };
        let pair = (id.to_owned(), self.secret.touchpoint_id(place));
        if !self.touchpoints.contains(&pair) {
            self.touchpoints.push(pair);
        }
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(index, c)| match index {
            8 | 13 | 18 | 23 => c == '-',
            _ => matches!(c, '0'..='9' | 'a'..='f'),
        })
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "the variable is for this test, and not for a function"
)]
async fn the_examples_of_the_description_are_replies_of_the_api() {
    let (mut container, clock) = Container::with_clock().await;
    let state = AppState::new(
        container.store.clone(),
        container.queue.clone(),
        clock.clone(),
    );
    container.api = api::router(state.with_api_url("https://leads.example.com"));
    let secret = container.store.account_secret(account()).await;
    let mut story = Story {
        secret: secret.unwrap(),
        container,
        clock,
        ids: Vec::new(),
        touchpoints: Vec::new(),
    };
    let mut examples = json!({});
    for part in REQUESTS.split("\n\n") {
        let mut lines = part.trim_end().splitn(3, '\n');
        let title = lines.next().unwrap().strip_prefix("# ").unwrap();
        let Some(request) = lines.next() else {
            match title {
                "Build the runs" => {
                    consume(&story.container.services, &story.clock).await;
                }
                "Open the touchpoints" => {
                    let (services, clock) = (&story.container.services, &story.clock);
                    wake_once(services, clock).await;
                    dispatch(services, clock).await;
                }
                unknown => panic!("{unknown}"),
            }
            continue;
        };
        let body = lines.next().unwrap_or_default();
        let (status, reply) = story.send(request, body).await;
        let Some((names, summary)) = title.split_once(": ") else {
            continue;
        };
        let (operation, name) = names.split_once(' ').unwrap();
        let operation = &mut examples[operation];
        let example = &mut operation[&status][name];
        assert!(example.is_null(), "{title}: a second example of this name");
        *example = json!({"summary": summary, "value": reply});
        let is_right = matches!(status.as_str(), "200" | "201");
        if !body.is_empty() && is_right {
            let body: Value = serde_json::from_str(body).unwrap();
            let requests = operation["request"].as_object().into_iter().flatten();
            if !requests.into_iter().any(|(_, it)| it["value"] == body) {
                operation["request"][name] = json!({"summary": summary, "value": body});
            }
        }
    }
    story.container.stop().await;
    let recorded = serde_json::to_string_pretty(&examples).unwrap() + "\n";
    if env::var_os("LEADGATE_UPDATE_EXAMPLES").is_some() {
        fs::write(FILE, recorded).unwrap();
    } else if fs::read_to_string(FILE).unwrap() != recorded {
        panic!(
            "functions/api/src/openapi/examples.json is stale: run this test with LEADGATE_UPDATE_EXAMPLES=1"
        );
    }
}
