//! One account can never see another: a foreign id is answered like one that does not exist.

use jiff::Timestamp;
use lambda_http::http::{HeaderMap, StatusCode, header};
use leadgate::local::demo;
use serde_json::{Value, json};
use shared::domain::{
    account::Account,
    api_key::ApiKey,
    campaign::Campaign,
    ids::{AccountId, CampaignId, WorkflowId},
    lead::LeadFilter,
    page::{List, seal_cursor},
    workflow::Workflow,
};

use crate::{
    proxied::{Proxied, Reply},
    support::{account, items_of},
};

/// The key of the account that tries.
const KEY: &str = "nxr_live_LeadgateOtherAccountKeyLocalOnly0meheX";
/// The routes of the public API, each with the bodies that are tried on it. `{}` is an id.
const ATTEMPTS: [(&str, &str, Option<&str>); 31] = [
    ("GET", "/leads/{}", None),
    ("PATCH", "/leads/{}", Some(r#"{"first_name":"X"}"#)),
    ("PATCH", "/leads/{}", Some(r#"{"campaign_id":"{}"}"#)),
    ("PATCH", "/leads/{own}", Some(r#"{"campaign_id":"{}"}"#)),
    ("PUT", "/leads/{}", Some(r#"{"metadata":{"x":1}}"#)),
    ("DELETE", "/leads/{}", None),
    ("GET", "/leads?campaign_id={}", None),
    ("GET", "/leads?workflow_id={}", None),
    ("GET", "/leads?cursor={}", None),
    (
        "POST",
        "/leads",
        Some(r#"{"first_name":"X","campaign_id":"{}"}"#),
    ),
    (
        "POST",
        "/leads",
        Some(r#"{"first_name":"X","phone":"+1234567890","workflow_id":"{}"}"#),
    ),
    (
        "POST",
        "/leads",
        Some(r#"[{"first_name":"X","workflow_id":"{}","campaign_id":"{}"}]"#),
    ),
    (
        "POST",
        "/leads/{}/assign-workflow",
        Some(r#"{"workflowId":"{}"}"#),
    ),
    (
        "POST",
        "/leads/{own}/assign-workflow",
        Some(r#"{"workflowId":"{}"}"#),
    ),
    ("POST", "/leads/{}/status", Some(r#"{"status_key":"won"}"#)),
    (
        "POST",
        "/leads/{own}/status",
        Some(r#"{"status_key":"won","workflow_id":"{}"}"#),
    ),
    ("GET", "/leads/{}/is_paused", None),
    ("GET", "/leads/{own}/is_paused?workflow_id={}", None),
    (
        "POST",
        "/leads/{}/automation/stop",
        Some(r#"{"workflow_id":"{}"}"#),
    ),
    (
        "POST",
        "/leads/{own}/automation/stop",
        Some(r#"{"workflow_id":"{}"}"#),
    ),
    (
        "POST",
        "/leads/{}/automation/resume",
        Some(r#"{"workflow_id":"{}"}"#),
    ),
    (
        "POST",
        "/leads/{own}/automation/resume",
        Some(r#"{"workflow_id":"{}","resume_cadence":true}"#),
    ),
    ("GET", "/leads/{}/history", None),
    ("GET", "/leads/{own}/history?cursor={}", None),
    ("GET", "/leads/{}/runs/{}", None),
    ("GET", "/leads/{own}/runs/{}", None),
    ("POST", "/workflows/{}/preview", Some("{ }")),
    ("GET", "/workflows/{}", None),
    ("GET", "/workflows?cursor={}", None),
    ("GET", "/campaigns?cursor={}", None),
    ("GET", "/workflows?limit={}", None),
];

/// An account with a workflow, a campaign and a lead of its own, whose id it gives.
async fn other_account(proxied: &Proxied) -> String {
    let store = &proxied.store;
    let now: Timestamp = "2026-02-10T12:00:00Z".parse().unwrap();
    let other = Account {
        id: AccountId::new(now),
        default_country: None,
    };
    store.create_account(&other, "Other", now).await.unwrap();
    let key: ApiKey = KEY.parse().unwrap();
    store.create_key(&key.hash(), &other, now).await.unwrap();
    let demo = store
        .workflow(account(), demo::WORKFLOW_ID.parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let workflow = Workflow {
        id: WorkflowId::new(now),
        ..demo
    };
    store.create_workflow(other.id, &workflow).await.unwrap();
    let campaign = Campaign {
        id: CampaignId::new(now),
        name: "Other".to_owned(),
        created_at: now,
    };
    store.create_campaign(other.id, &campaign).await.unwrap();
    let lead = json!({"first_name": "Own", "phone": "+1234567890", "workflow_id": workflow.id,
                      "campaign_id": campaign.id});
    let created = proxied.call_as(KEY, "POST", "/leads", Some(&lead)).await;
    created.body["lead"]["id"].as_str().unwrap().to_owned()
}

/// A reply without what differs from call to call: the ids that are new, and the times.
fn comparable(mut reply: Reply) -> (StatusCode, HeaderMap, String) {
    let mut text = reply.text;
    let body = &reply.body;
    let fresh = [
        &body["request_id"],
        &body["lead"]["id"],
        &body["results"][0]["lead"]["id"],
    ];
    for id in fresh.into_iter().filter_map(Value::as_str) {
        text = text.replace(id, "ID");
    }
    for time in [
        &body["lead"]["created_at"],
        &body["lead"]["updated_at"],
        &body["results"][0]["lead"]["created_at"],
    ] {
        text = text.replace(time.as_str().unwrap_or("no time"), "TIME");
    }
    for name in [header::LOCATION.as_str(), "x-request-id"] {
        reply.headers.remove(name);
    }
    (reply.status, reply.headers, text)
}

#[tokio::test]
async fn foreign_ids_of_every_kind_are_answered_on_every_route_like_unknown_ones() {
    let proxied = Proxied::start().await;
    let own = other_account(&proxied).await;
    let demo_lead = "019c0000-0000-7000-8000-000000001101";
    let before = items_of(&proxied.services, demo_lead).await;
    // Unknown, then the demo account's.
    let ids = [
        "019c0000-0000-7000-8000-00000000dead",
        demo_lead,
        demo::WORKFLOW_ID,
        demo::CAMPAIGN_ID,
        "019c0000-0000-7000-8000-000000001201",
        "019c0000-0000-7000-8000-000000000051",
        demo::ACCOUNT_ID,
    ]
    .map(str::to_owned);
    let cursors = [
        "x".to_owned(),
        seal_cursor(account(), List::Workflows, "position"),
        seal_cursor(account(), List::Campaigns, "position"),
        seal_cursor(account(), List::Leads(&LeadFilter::default()), "position"),
        seal_cursor(
            account(),
            List::History(demo_lead.parse().unwrap()),
            "position",
        ),
    ];
    let mut tried = 0;
    for (method, path, body) in ATTEMPTS {
        let values = if path.contains("cursor") {
            &cursors[..]
        } else {
            &ids
        };
        let mut answers = Vec::new();
        for id in values {
            let path = path.replace("{own}", &own).replace("{}", id);
            let body = body.map(|body| body.replace("{}", id));
            let body: Option<Value> = body.map(|body| serde_json::from_str(&body).unwrap());
            let reply = proxied.call_as(KEY, method, &path, body.as_ref()).await;
            answers.push((path, comparable(reply)));
            tried += 1;
        }
        let (_, unknown) = &answers[0];
        let is_plain = unknown.0 == StatusCode::NOT_FOUND
            || unknown.0 == StatusCode::BAD_REQUEST
            || unknown.2.contains("unknown to this account")
            || unknown.2.contains(r#""leads":[],"#)
            || unknown.2.contains(r#""paused":false"#);
        assert!(is_plain, "{method} {path}: {unknown:?}");
        for (path, answer) in &answers {
            assert_eq!(answer, unknown, "{method} {path} {body:?}");
        }
    }
    assert!(tried > 190, "{tried}");
    assert_eq!(items_of(&proxied.services, demo_lead).await, before);
    // The account sees its own leads, and none of the demo account's.
    let list = proxied.call_as(KEY, "GET", "/leads?limit=200", None).await;
    assert!(list.text.contains(&own) && !list.text.contains("Okafor"));
    proxied.stop().await;
}

#[tokio::test]
async fn a_key_of_the_same_name_in_another_account_is_another_request() {
    let proxied = Proxied::start().await;
    other_account(&proxied).await;
    let lead = json!({"first_name": "X"});
    let mine = proxied.post(&lead, Some("key")).await;
    let theirs = proxied
        .send(
            KEY,
            "POST",
            "/leads",
            Some(&lead),
            Some(("idempotency-key", "key")),
        )
        .await;
    assert_eq!(theirs.status, StatusCode::CREATED);
    assert!(!theirs.headers.contains_key("idempotency-replayed"));
    assert_ne!(mine.body["lead"]["id"], theirs.body["lead"]["id"]);
    proxied.stop().await;
}

/// What this file tries is every method of every route.
#[test]
fn every_route_of_the_public_api_is_tried() {
    let source = include_str!("../../../functions/api/src/lib.rs");
    let (router, _tests) = source.split_once("#[cfg(test)]").unwrap();
    let mut checked = 0;
    for rest in router.split(".route(").skip(1) {
        let route = rest.split('"').nth(1).unwrap();
        let path = route.replace("{id}", "{}").replace("{run_id}", "{}");
        for method in ["get", "post", "patch", "put", "delete"] {
            if route == "/health" || !rest.contains(&format!("{method}(")) {
                continue;
            }
            let is_tried = ATTEMPTS.iter().any(|(tried, attempt, _)| {
                let attempt = attempt.replace("{own}", "{}");
                tried.eq_ignore_ascii_case(method) && attempt.split('?').next() == Some(&path)
            });
            assert!(is_tried, "{method} {route}");
            checked += 1;
        }
    }
    assert!(checked >= 17, "{checked}");
}
