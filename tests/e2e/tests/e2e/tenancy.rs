//! No account can see another account: a foreign id gets the same answer as an unknown one.

use aws::randomness::Randomness;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws::clock::Clock;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    account::Account,
    api_key::ApiKey,
    campaign::Campaign,
    ids::{AccountId, ApiKeyId, CampaignId, LeadId, WorkflowId},
    lead::LeadFilter,
    page::{List, encode_cursor},
    workflow::Workflow,
};
use jiff::Timestamp;
use lambda_http::http::{HeaderMap, StatusCode, header};
use local::{Services, demo};
use serde_json::{Value, json};

use crate::fixtures::{Container, Live, Reply, account, consume, raw_table};

/// Key of the account that tries foreign ids.
const KEY: &str = "nxr_live_LeadgateOtherAccountKeyLocalOnly0meheX";
/// Id of no item.
const UNKNOWN: &str = "019c0000-0000-7000-8000-00000000dead";
/// Requests to every route of the public API. `{}` stands for an id, `{2}` for a second id, and
/// `{own}` for a lead of the account that tries.
const ATTEMPTS: [(&str, &str, Option<&str>); 47] = [
    ("GET", "/leads/{}", None),
    ("GET", "/leads/{}?account_id={2}", None),
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
        Some(r#"{"workflowId":"{2}"}"#),
    ),
    (
        "POST",
        "/leads/{own}/assign-workflow",
        Some(r#"{"workflowId":"{}"}"#),
    ),
    ("POST", "/leads/{}/status", Some(r#"{"status_key":"won"}"#)),
    (
        "POST",
        "/leads/{}/status",
        Some(r#"{"status_key":"won","workflow_id":"{2}"}"#),
    ),
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
        Some(r#"{"workflow_id":"{2}"}"#),
    ),
    (
        "POST",
        "/leads/{own}/automation/stop",
        Some(r#"{"workflow_id":"{}"}"#),
    ),
    (
        "POST",
        "/leads/{}/automation/resume",
        Some(r#"{"workflow_id":"{2}"}"#),
    ),
    (
        "POST",
        "/leads/{own}/automation/resume",
        Some(r#"{"workflow_id":"{}","resume_cadence":true}"#),
    ),
    ("GET", "/leads/{}/history", None),
    ("GET", "/leads/{own}/history?cursor={}", None),
    ("GET", "/leads/{}/runs/{2}", None),
    ("GET", "/leads/{own}/runs/{}", None),
    (
        "POST",
        "/leads/{}/events",
        Some(r#"{"type":"replied","channel":"sms"}"#),
    ),
    ("GET", "/touchpoints?lead_id={}", None),
    ("GET", "/touchpoints?state=due&cursor={}", None),
    ("POST", "/touchpoints/claim", Some(r#"{"lead_id":"{}"}"#)),
    (
        "POST",
        "/touchpoints/{}/extend",
        Some(r#"{"token":"AAAAAAAAAAAAAA"}"#),
    ),
    (
        "POST",
        "/touchpoints/{}/release",
        Some(r#"{"token":"AAAAAAAAAAAAAA"}"#),
    ),
    ("GET", "/touchpoints/{}", None),
    (
        "POST",
        "/touchpoints/{}/outcome",
        Some(r#"{"outcome":"opted_out"}"#),
    ),
    (
        "POST",
        "/touchpoints/outcomes",
        Some(r#"[{"id":"{}","outcome":"opted_out"}]"#),
    ),
    (
        "POST",
        "/suppressions",
        Some(r#"{"email":"{}","reason":"manual"}"#),
    ),
    ("GET", "/suppressions?cursor={}", None),
    ("GET", "/suppressions/check?email={}", None),
    ("DELETE", "/suppressions/{}", Some(r#"{"reason":"x"}"#)),
    (
        "DELETE",
        "/suppressions/{}",
        Some(r#"{"reason":"{}","consent":{"at":"2026-02-10T12:00:00Z","source":"{}"}}"#),
    ),
    ("POST", "/workflows/{}/preview", Some("{ }")),
    ("GET", "/workflows/{}", None),
    ("GET", "/workflows?cursor={}", None),
    ("GET", "/campaigns?cursor={}", None),
    ("GET", "/workflows?limit={}", None),
];

/// Creates an account with a workflow, a campaign and a lead. Returns the lead's id.
async fn other_account(container: &Container) -> String {
    let store = &container.store;
    let now: Timestamp = "2026-02-10T12:00:00Z".parse().unwrap();
    let other = Account {
        id: AccountId::new(now, Randomness::System.bits()),
        name: "Other".to_owned(),
        default_country: None,
        limit: None,
        created_at: now,
    };
    let key: ApiKey = KEY.parse().unwrap();
    let record = key.record(
        ApiKeyId::new(now, Randomness::System.bits()),
        other.settings(None),
        "Other",
        now,
    );
    store.create_api_key(&key.hash(), &record).await.unwrap();
    store.create_account(&other).await.unwrap();
    let demo = store
        .workflow(account(), demo::WORKFLOW_ID.parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let workflow = Workflow {
        id: WorkflowId::new(now, Randomness::System.bits()),
        ..demo
    };
    store.create_workflow(other.id, &workflow).await.unwrap();
    let campaign = Campaign {
        id: CampaignId::new(now, Randomness::System.bits()),
        name: "Other".to_owned(),
        created_at: now,
    };
    store.create_campaign(other.id, &campaign).await.unwrap();
    let lead = json!({"first_name": "Own", "phone": "+1234567890", "workflow_id": workflow.id,
                      "campaign_id": campaign.id});
    let created = container.call_as(KEY, "POST", "/leads", Some(&lead)).await;
    created.body["lead"]["id"].as_str().unwrap().to_owned()
}

/// Returns a reply without new ids and times, which differ from call to call.
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

/// Creates leads of the demo account in every state of a lead.
async fn fill(container: &Container) {
    let lead = json!({
        "first_name": "Victimname", "email": "victim@example.com", "phone": "+15550109999",
        "workflow_id": demo::WORKFLOW_ID, "campaign_id": demo::CAMPAIGN_ID, "metadata": {"note": "Victimnote"},
    });
    let workflow = json!({"workflow_id": demo::WORKFLOW_ID});
    let mut leads = Vec::new();
    for number in 0..5 {
        let key = (number % 2 == 0).then(|| format!("request-{number}"));
        let created = container.post(&lead, key.as_deref()).await;
        let id = created.body["lead"]["id"].as_str().unwrap();
        leads.push(format!("/leads/{id}"));
    }
    assert_eq!(consume(&container.services, &Clock::System).await, (5, 0));
    let changes = [
        ("automation/stop", workflow),
        ("status", json!({"status_key": "won"})),
        ("assign-workflow", json!({"workflowId": demo::WORKFLOW_ID})),
    ];
    for (lead, (path, body)) in leads.iter().zip(changes) {
        let path = format!("{lead}/{path}");
        let reply = container.call("POST", &path, Some(&body)).await;
        assert!(reply.status.is_success(), "{path}: {}", reply.text);
    }
    let suppression = json!({"phone": "+15550109999", "reason": "manual", "note": "Victimnote"});
    let suppressed = container
        .call("POST", "/suppressions", Some(&suppression))
        .await;
    assert_eq!(suppressed.status, StatusCode::CREATED);
    let erased = container.call("DELETE", &leads[4], None).await;
    assert_eq!(erased.status, StatusCode::OK);
}

/// Returns the items that belong to the demo account.
async fn belongings(services: &Services) -> BTreeMap<String, HashMap<String, AttributeValue>> {
    let mut table = raw_table(services).await;
    table.retain(|key, item| format!("{key} {item:?}").contains(demo::ACCOUNT_ID));
    table
}

/// Returns every id in the items.
fn ids_in(items: &BTreeMap<String, HashMap<String, AttributeValue>>) -> Vec<String> {
    let text = format!("{items:?}");
    let words = text.split(|letter: char| !letter.is_ascii_hexdigit() && letter != '-');
    let ids: BTreeSet<_> = words.filter(|it| it.parse::<LeadId>().is_ok()).collect();
    ids.into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn ids_of_every_kind_are_answered_on_every_route_like_unknown_ones() {
    let container = Container::start().await;
    fill(&container).await;
    let before = belongings(&container.services).await;
    let ids = ids_in(&before);
    let own = other_account(&container).await;
    let lead = ids[0].parse().unwrap();
    let cursors = [
        encode_cursor(account(), List::Workflows, "position"),
        encode_cursor(account(), List::Campaigns, "position"),
        encode_cursor(account(), List::Leads(&LeadFilter::default()), "position"),
        encode_cursor(account(), List::History(lead), "position"),
        encode_cursor(account(), List::Suppressions, "position"),
    ];
    let mut tried = 0;
    for (method, path, body) in ATTEMPTS {
        let attempt = async |one: &str, two: &str| {
            let fill = |text: &str| {
                let text = text.replace("{own}", &own).replace("{}", one);
                text.replace("{2}", two)
            };
            let body: Option<Value> = body.map(|body| serde_json::from_str(&fill(body)).unwrap());
            // A header cannot name the account either.
            let header = Some(("x-account-id", demo::ACCOUNT_ID));
            let path = fill(path);
            let reply = container
                .send(KEY, method, &path, body.as_ref(), header)
                .await;
            let mut answer = comparable(reply);
            // The message about a wrong value shows it.
            if answer.0 == StatusCode::BAD_REQUEST && one.len() == UNKNOWN.len() {
                answer.2 = answer.2.replace(one, "GIVEN");
            }
            answer
        };
        let is_cursor = path.contains("cursor");
        let unknown = attempt(if is_cursor { "x" } else { UNKNOWN }, UNKNOWN).await;
        let is_plain = unknown.0 == StatusCode::NOT_FOUND
            || unknown.0 == StatusCode::BAD_REQUEST
            || unknown.2.contains("unknown to this account")
            || unknown.2.contains(r#""leads":[],"#)
            || unknown.2.contains(r#""paused":false"#);
        assert!(is_plain, "{method} {path}: {unknown:?}");
        let has_two = format!("{path}{body:?}").contains("{2}");
        let firsts = if is_cursor { &cursors[..] } else { &ids };
        // Half of the ids are enough for pairs, because there are several of each kind.
        let seconds = if has_two { ids.len() } else { 1 };
        let seconds = ids[..seconds].iter().step_by(2);
        for (one, two) in firsts
            .iter()
            .flat_map(|one| seconds.clone().map(move |two| (one, two)))
        {
            let answer = attempt(one, two).await;
            assert_eq!(answer, unknown, "{method} {path} {body:?} {one} {two}");
            tried += 1;
        }
    }
    println!("{tried} attempts with {} ids", ids.len());
    assert!(tried >= 10_000, "{tried}");
    let after = belongings(&container.services).await;
    assert!(after == before, "something of the demo account has changed");
    // The account sees its own leads, and no lead of the demo account.
    let list = container
        .call_as(KEY, "GET", "/leads?limit=200", None)
        .await;
    assert!(list.text.contains(r#""first_name":"X""#) && !list.text.contains("Victim"));
    container.stop().await;
}

#[tokio::test]
async fn a_key_of_the_same_name_in_another_account_is_another_request() {
    let container = Container::start().await;
    other_account(&container).await;
    let lead = json!({"first_name": "X"});
    let mine = container.post(&lead, Some("key")).await;
    let theirs = container
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
    container.stop().await;
}

#[tokio::test]
async fn a_touchpoint_of_another_account_is_answered_like_an_unknown_one() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let id = live.pulled(&lead).await;
    other_account(&live.container).await;
    live.report(&id, json!({"outcome": "busy", "note": "Victimnote"}))
        .await;
    let before = belongings(&live.container.services).await;
    let unknown = "tp_".to_owned() + &"0".repeat(81);
    for (method, path, body) in [
        ("GET", "/touchpoints/{}", None),
        (
            "POST",
            "/touchpoints/{}/outcome",
            Some(json!({"outcome": "opted_out"})),
        ),
        // A wrong body makes no difference either.
        ("POST", "/touchpoints/{}/outcome", Some(json!({"x": 1}))),
        (
            "POST",
            "/touchpoints/outcomes",
            Some(json!([{"id": "{}", "outcome": "opted_out"}])),
        ),
    ] {
        let attempt = async |id: &str| {
            let body = body.as_ref().map(|it| it.to_string().replace("{}", id));
            let body = body.map(|it| serde_json::from_str(&it).unwrap());
            let path = path.replace("{}", id);
            let call = live.container.call_as(KEY, method, &path, body.as_ref());
            comparable(call.await)
        };
        let answer = attempt(&id).await;
        assert_eq!(answer, attempt(&unknown).await, "{method} {path}");
        let is_not_found = answer.2.contains("Touchpoint not found");
        assert!(is_not_found, "{method} {path}: {answer:?}");
    }
    let after = belongings(&live.container.services).await;
    assert!(after == before, "something of the demo account has changed");
    live.stop().await;
}

#[tokio::test]
async fn a_suppression_of_another_account_is_answered_like_an_unknown_one() {
    let container = Container::start().await;
    other_account(&container).await;
    let address = json!({"phone": "+12025550123", "reason": "manual", "note": "Victimnote"});
    let added = container
        .call("POST", "/suppressions", Some(&address))
        .await;
    let id = added.body["suppression"]["id"].as_str().unwrap();
    let before = belongings(&container.services).await;
    let unknown = "sup_0B96l7gA770SM0WzBBmANR5";
    for body in [json!({"reason": "x"}), json!({"x": 1})] {
        let attempt = async |id: &str| {
            let path = format!("/suppressions/{id}");
            comparable(container.call_as(KEY, "DELETE", &path, Some(&body)).await)
        };
        assert_eq!(attempt(id).await, attempt(unknown).await, "{body}");
    }
    // The same address has another hash in each account, and is not suppressed there.
    let path = "/suppressions/check?phone=%2B12025550123";
    let check = container.call_as(KEY, "GET", path, None).await;
    assert_eq!(check.body["suppressed"], false);
    let list = container.call_as(KEY, "GET", "/suppressions", None).await;
    assert_eq!(list.body["suppressions"], json!([]));
    let theirs = container
        .call_as(KEY, "POST", "/suppressions", Some(&address))
        .await;
    assert_ne!(theirs.body["suppression"]["id"], id);
    let after = belongings(&container.services).await;
    assert!(after == before, "something of the demo account has changed");
    container.stop().await;
}

#[test]
fn every_route_of_the_public_api_is_tried() {
    let source = include_str!("../../../../functions/api/src/lib.rs");
    let (router, _tests) = source.split_once("#[cfg(test)]").unwrap();
    let mut checked = 0;
    for rest in router.split(".route(").skip(1) {
        let route = rest.split('"').nth(1).unwrap();
        let path = route.replace("{id}", "{}").replace("{run_id}", "{2}");
        for method in ["get", "post", "patch", "put", "delete"] {
            if matches!(route, "/health" | "/openapi.json" | "/docs/errors")
                || !rest.contains(&format!("{method}("))
            {
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
    assert!(checked >= 21, "{checked}");
}
