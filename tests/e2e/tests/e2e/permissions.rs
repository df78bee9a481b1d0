//! The roles of the functions in template.yaml allow exactly what the functions do.

use std::collections::BTreeSet;

use aws::{
    clock::Clock,
    queue::{DispatchQueue, Hint, QueueMessage},
    store::{DueRun, EventReceipt, Hold, HoldScope, Store},
};
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use dispatch_touchpoints::{DispatchTouchpoints, Receivers};
use domain::{
    account::{Account, AccountPatch},
    activity::{Activity, ActivityKind},
    api_key::ApiKey,
    channel::Channel,
    destination::{Destination, Destinations, Recipient, WebhookSecrets},
    limit::{Limit, Limits},
    page::PageRequest,
    patch::Change,
    run::{Delivery, Owner, WakeKind},
    timing::{OpenTimes, Timing},
    touchpoint_id::TouchpointRef,
    webhook_secret::WebhookSecret,
};
use e2e::cases::cases;
use jiff::{SignedDuration, Timestamp};
use local::{TABLE, demo};
use serde_json::{Value, json};
use simulation::{
    Access, Caller, Cloud, Fault, FaultAt, Faults, Fleet, Passed, Scenario, Step, run,
};
use tokio::sync::mpsc::unbounded_channel;
use wake_runs::{WakeRuns, wake};

use crate::{limits, policies::Policies};

/// Number of seeds that together take every way through the functions.
const SCHEDULES: u64 = 40;

/// Permissions that no test uses: role, action and reason.
const NOT_CALLED_HERE: [(&str, &str, &str); 7] = [
    (
        "ApiRole",
        "sqs:GetQueueAttributes",
        "opens the connection before the first request",
    ),
    ("StartWorkflowRole", "sqs:DeleteMessage", "Lambda's poller"),
    (
        "StartWorkflowRole",
        "sqs:GetQueueAttributes",
        "Lambda's poller",
    ),
    ("StartWorkflowRole", "sqs:ReceiveMessage", "Lambda's poller"),
    (
        "DispatchTouchpointsRole",
        "sqs:DeleteMessage",
        "Lambda's poller",
    ),
    (
        "DispatchTouchpointsRole",
        "sqs:GetQueueAttributes",
        "Lambda's poller",
    ),
    (
        "DispatchTouchpointsRole",
        "sqs:ReceiveMessage",
        "Lambda's poller",
    ),
];

/// Sends every event of the API, about a lead that exists.
async fn every_request(cloud: &Cloud) -> BTreeSet<Access> {
    let fleet = Fleet::new(cloud, 1);
    let lead =
        json!({ "first_name": "John", "phone": "+12025550100", "workflow_id": demo::WORKFLOW_ID });
    let mut lead_id = String::new();
    for case in cases("api") {
        let event: Value = serde_json::from_str(&case.event).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let path = text(&event["rawPath"]);
        let Some(path) = path.strip_prefix("/api/public") else {
            continue;
        };
        if fleet
            .call(0, demo::API_KEY, "GET", &format!("/leads/{lead_id}"), None)
            .await
            .status
            != 200
        {
            let created = fleet
                .call(0, demo::API_KEY, "POST", "/leads", Some(&lead))
                .await;
            lead_id = text(&created.body["lead"]["id"]);
        }
        // The demo's leads are not in this table.
        let path = path.split('/').map(|part| {
            if part.starts_with("019c0000-0000-7000-8000-0000000011") {
                &lead_id
            } else {
                part
            }
        });
        let query = text(&event["rawQueryString"]);
        let path = format!("{}?{query}", path.collect::<Vec<_>>().join("/"));
        // A request with an unreadable address calls nothing.
        if path.parse::<http::Uri>().is_err() {
            continue;
        }
        let body: Option<Value> = serde_json::from_str(&text(&event["body"])).ok();
        let method = text(&event["requestContext"]["http"]["method"]);
        fleet
            .call(0, demo::API_KEY, &method, &path, body.as_ref())
            .await;
    }
    fleet.needed()
}

/// Sends an array of an account and a key with limits.
async fn a_limited_request(cloud: &Cloud) -> BTreeSet<Access> {
    let clock = Clock::manual("2026-02-10T12:00:00Z".parse().unwrap());
    let transport = cloud.transport(&clock, &Scenario::of_steps(&[]));
    let client = cloud.clients(&transport, Caller::Api).dynamodb;
    let limit = Limit::new(1, 1).ok();
    let limits = Limits {
        account: limit,
        key: limit,
    };
    limits::create_key(&Store::new(client, TABLE), &clock, limits).await;
    let fleet = Fleet::new(cloud, 1);
    let leads = json!([{"first_name": "John"}, {"first_name": "Jane"}]);
    let reply = fleet.call(0, limits::KEY, "POST", "/leads", Some(&leads));
    assert_eq!(reply.await.status, 201);
    fleet.needed()
}

/// Sends every kind of report about a touchpoint that was claimed, and about its lead.
async fn reports(cloud: &Cloud) -> BTreeSet<Access> {
    let fleet = Fleet::new(cloud, 1);
    let call = async |method: &str, path: &str, body: &Value| {
        let reply = fleet.call(0, demo::API_KEY, method, path, Some(body)).await;
        assert!((200..300).contains(&reply.status), "{path}: {reply:?}");
        reply.body
    };
    let lead =
        json!({ "first_name": "John", "phone": "+12025550100", "workflow_id": demo::WORKFLOW_ID });
    let created = call("POST", "/leads", &lead).await;
    let lead = created["lead"]["id"].as_str().unwrap();
    // It builds the run.
    let status = json!({"status_key": "engaged"});
    call("POST", &format!("/leads/{lead}/status"), &status).await;
    let account = demo::ACCOUNT_ID.parse().unwrap();
    let runs = fleet.store.runs(account, lead.parse().unwrap(), 1).await;
    let mut run = runs.unwrap().pop().unwrap();
    let workflow = fleet.store.workflow(account, run.workflow.id).await;
    let (workflow, now) = (workflow.unwrap().unwrap(), fleet.clock.now());
    let lease = SignedDuration::from_mins(5);
    let before = run.clone();
    let (owner, times) = (Owner([0; 10]), OpenTimes::default());
    run.claim(owner, lease, Delivery::Pull, times, &workflow, now)
        .unwrap();
    let written = fleet.store.write_run(&before, &run, &[], now);
    written.await.unwrap();
    let secret = fleet.store.account_secret(account).await.unwrap();
    let id = secret.touchpoint_id(TouchpointRef {
        account_id: account,
        lead_id: run.lead_id,
        run_id: run.id,
        index: 0,
    });
    let outcome = format!("/touchpoints/{id}/outcome");
    for body in [
        json!({"outcome": "busy"}),
        // It fills in a detail.
        json!({"outcome": "busy", "note": "again"}),
        // It is recorded only.
        json!({"outcome": "no_answer"}),
    ] {
        call("POST", &outcome, &body).await;
    }
    let many = json!([{"id": id, "outcome": "answered"}]);
    call("POST", "/touchpoints/outcomes", &many).await;
    // The call is due soon, so a hint is sent.
    let callback_at = now + SignedDuration::from_mins(5);
    let callback = json!({"outcome": "callback", "callback_at": callback_at});
    call("POST", &outcome, &callback).await;
    call("GET", &format!("/touchpoints/{id}"), &json!(null)).await;
    let again = json!({"workflowId": demo::WORKFLOW_ID});
    call("POST", &format!("/leads/{lead}/assign-workflow"), &again).await;
    // It is about an ended run, and steers the new one.
    call("POST", &outcome, &json!({"outcome": "replied"})).await;
    let event = json!({"type": "no_answer", "channel": "call"});
    call("POST", &format!("/leads/{lead}/events"), &event).await;
    let entry = Activity::new(ActivityKind::ContactReported, "call: busy", now);
    let key = "key".parse().unwrap();
    let receipt = EventReceipt::new(String::new(), String::new(), now);
    let place = (account, run.lead_id);
    let recorded = fleet
        .store
        .record_event(place, &entry, None, Some((&key, &receipt)));
    recorded.await.unwrap();
    let found = fleet.store.event_receipt(account, run.lead_id, &key).await;
    assert!(found.unwrap().is_some());
    fleet.needed()
}

/// Sends touchpoints to a webhook that fails, that answers with an outcome, and whose outcome is faster than
/// its answer.
async fn pushes(cloud: &Cloud) -> BTreeSet<Access> {
    let fleet = Fleet::new(cloud, 1);
    let account = demo::ACCOUNT_ID.parse().unwrap();
    let transport = cloud.transport(&fleet.clock, &Scenario::of_steps(&[]));
    let clients = |caller| cloud.clients(&transport, caller);
    let operator = Store::new(clients(Caller::Operator).dynamodb, TABLE);
    let secrets = WebhookSecrets {
        current: WebhookSecret::new([7; 32]),
        previous: None,
        is_shown: false,
    };
    let put = operator.put_webhook_secrets(account, "dialer", &secrets);
    put.await.unwrap();
    let dialer = Destination {
        name: "dialer".to_owned(),
        channels: vec![Channel::Call],
        to: Recipient::Webhook("https://dialer.example.com".parse().unwrap()),
        rate: None,
        timing: Timing::default(),
    };
    let revision = operator.destinations(account).await.unwrap().revision;
    let destinations = Destinations::new(vec![dialer], revision).unwrap();
    let replaced = operator.replace_destinations(account, &destinations);
    replaced.await.unwrap();
    let caller = Caller::DispatchTouchpoints;
    let queue = DispatchQueue::new(clients(caller).sqs, simulation::DISPATCH_QUEUE_URL);
    let store = Store::new(clients(caller).dynamodb, TABLE);
    let (requests, mut received) = unbounded_channel();
    let dispatch = DispatchTouchpoints {
        receivers: Some(Receivers::Simulated(requests)),
        ..DispatchTouchpoints::new(store, queue, fleet.clock.clone())
    };
    let accepted = |body: &str| webhook::Answer::Accepted {
        status: 200,
        body: webhook::Body {
            bytes: body.as_bytes().to_vec(),
            is_whole: true,
        },
    };
    let timeout = webhook::Answer::Unknown(webhook::Unknown::Timeout);
    for (phone, answer, is_fast) in [
        ("+12025550197", timeout, false),
        (
            "+12025550198",
            accepted(r#"{"outcome":"opted_out"}"#),
            false,
        ),
        ("+12025550199", accepted(""), true),
    ] {
        let lead =
            json!({ "first_name": "John", "phone": phone, "workflow_id": demo::WORKFLOW_ID });
        let created = fleet.call(0, demo::API_KEY, "POST", "/leads", Some(&lead));
        let lead = created.await.body["lead"]["id"].take();
        let lead = lead.as_str().unwrap();
        // It builds the run.
        let status = json!({"status_key": "engaged"});
        let path = format!("/leads/{lead}/status");
        let changed = fleet.call(0, demo::API_KEY, "POST", &path, Some(&status));
        changed.await;
        let runs = operator.runs(account, lead.parse().unwrap(), 1).await;
        let run = runs.unwrap().pop().unwrap();
        let due = DueRun::of(&run, fleet.clock.now(), WakeKind::HandOver, Channel::Call);
        let mut message = SqsMessage::default();
        message.body = Some(Hint::new(&due, fleet.clock.now()).to_body());
        let mut event = SqsEvent::default();
        event.records = vec![message];
        let answering = async {
            let Some(request) = received.recv().await else {
                return;
            };
            if is_fast {
                let path = format!("/touchpoints/{}/outcome", request.id);
                let body = json!({"outcome": "no_answer"});
                let reported = fleet.call(0, demo::API_KEY, "POST", &path, Some(&body));
                assert_eq!(reported.await.status, 200);
            }
            let sent = webhook::Sent {
                answer,
                took: std::time::Duration::from_secs(3),
            };
            request.answer.send(sent).unwrap();
        };
        let (reply, ()) = tokio::join!(dispatch_touchpoints::handle(&dispatch, event), answering);
        assert_eq!(reply.batch_item_failures.len(), 0);
    }
    operator.delete_webhook(account, "dialer").await.unwrap();
    let revision = operator.destinations(account).await.unwrap().revision;
    let none = Destinations::new(Vec::new(), revision).unwrap();
    operator.replace_destinations(account, &none).await.unwrap();
    transport
        .needed()
        .into_iter()
        .chain(fleet.needed())
        .collect()
}

/// Calls wake-runs and dispatch-touchpoints about a run that is due, open, held and released, and whose
/// touchpoint needs a person.
async fn touchpoints(cloud: &Cloud) -> BTreeSet<Access> {
    let fleet = Fleet::new(cloud, 1);
    let lead =
        json!({ "first_name": "John", "phone": "+12025550100", "workflow_id": demo::WORKFLOW_ID });
    let created = fleet.call(0, demo::API_KEY, "POST", "/leads", Some(&lead));
    let lead = created.await.body["lead"]["id"].take();
    let path = format!("/leads/{}/status", lead.as_str().unwrap());
    // It builds the run.
    let status = json!({"status_key": "engaged"});
    fleet
        .call(0, demo::API_KEY, "POST", &path, Some(&status))
        .await;
    let account = demo::ACCOUNT_ID.parse().unwrap();
    let runs = fleet
        .store
        .runs(account, lead.as_str().unwrap().parse().unwrap(), 1);
    let run = runs.await.unwrap().pop().unwrap();
    let mut needed = BTreeSet::new();
    // Each claim ends without an outcome, and then the next call is held and released.
    for (minutes, is_claimed) in [
        (0, true),
        (6, true),
        (12, true),
        (18, false),
        (110, false),
        (120, false),
        (130, false),
        (150, false),
    ] {
        let clock = Clock::manual(fleet.clock.now() + SignedDuration::from_mins(minutes));
        let transport = cloud.transport(&clock, &Scenario::of_steps(&[]));
        let clients = |caller| cloud.clients(&transport, caller);
        let store_of = |caller| Store::new(clients(caller).dynamodb, TABLE);
        let queue_of =
            |caller| DispatchQueue::new(clients(caller).sqs, simulation::DISPATCH_QUEUE_URL);
        let operator = store_of(Caller::Operator);
        let scope = HoldScope::Account(account);
        let hold = Hold {
            since: clock.now(),
            reason: None,
        };
        match minutes {
            120 => operator.hold(scope, &hold).await.unwrap(),
            130 => operator.unhold(scope).await.unwrap(),
            _ => {}
        }
        let caller = Caller::WakeRuns;
        let wake_runs = WakeRuns::new(store_of(caller), queue_of(caller), clock.clone());
        // The first call notes that no run is left, and the last one drops the order.
        for _ in 0..2 {
            wake(&wake_runs).await.unwrap();
        }
        let caller = Caller::DispatchTouchpoints;
        let dispatch = DispatchTouchpoints::new(store_of(caller), queue_of(caller), clock.clone());
        let due = DueRun::of(&run, clock.now(), WakeKind::HandOver, Channel::Call);
        let mut message = SqsMessage::default();
        message.body = Some(Hint::new(&due, clock.now()).to_body());
        let mut event = SqsEvent::default();
        event.records = vec![message];
        let reply = dispatch_touchpoints::handle(&dispatch, event).await;
        assert_eq!(reply.batch_item_failures.len(), 0);
        if minutes == 0 {
            let body = json!({});
            let claim = fleet.call(0, demo::API_KEY, "POST", "/touchpoints/claim", Some(&body));
            let claim = claim.await.body;
            assert_eq!(claim["touchpoints"].as_array().unwrap().len(), 1, "{claim}");
            needed.extend(fleet.needed());
        } else if is_claimed {
            let workflow = fleet.store.workflow(account, run.workflow.id).await;
            let (workflow, now) = (workflow.unwrap().unwrap(), clock.now());
            let before = operator.run(account, run.lead_id, run.id).await;
            let before = before.unwrap().unwrap();
            let mut claimed = before.clone();
            let lease = SignedDuration::from_mins(5);
            let (owner, times) = (Owner([0; 10]), OpenTimes::default());
            claimed
                .claim(owner, lease, Delivery::Pull, times, &workflow, now)
                .unwrap();
            let written = operator.write_run(&before, &claimed, &[], now);
            written.await.unwrap();
        }
        needed.extend(transport.needed());
    }
    needed.extend(pushes(cloud).await);
    let listed = fleet.store.attentions(
        account,
        &PageRequest {
            limit: 1,
            after: None,
        },
    );
    assert_eq!(listed.await.unwrap().items.len(), 1);
    assert_eq!(fleet.store.release_orders().await.unwrap().len(), 0);
    needed
}

async fn play(cloud: &Cloud, scenario: &Scenario) -> Passed {
    let played = run(cloud, scenario).await;
    played.unwrap_or_else(|failure| panic!("{failure}"))
}

/// Erases a lead, and leaves its history to requeue-starts.
async fn an_erasure_that_is_cut_short(cloud: &Cloud) -> BTreeSet<Access> {
    let scenario = Scenario::of_steps(&[
        Step::CreateOne {
            is_idempotent: false,
        },
        Step::Stop,
        Step::Erase,
    ]);
    let calls = play(cloud, &scenario).await.calls;
    let fault = FaultAt {
        call: calls.iter().position(|call| call == "DeleteItem").unwrap(),
        fault: Fault::Refused,
        hits_retries: true,
    };
    let faults = Faults::At(vec![fault]);
    play(cloud, &Scenario { faults, ..scenario }).await.needed
}

#[tokio::test(start_paused = true)]
async fn each_function_may_do_what_it_does_and_nothing_else() {
    let cloud = Cloud::new().await;
    let mut needed = every_request(&cloud).await;
    needed.extend(a_limited_request(&cloud).await);
    needed.extend(reports(&Cloud::new().await).await);
    needed.extend(touchpoints(&Cloud::new().await).await);
    for seed in 0..SCHEDULES {
        needed.extend(play(&cloud, &Scenario::of_seed(seed)).await.needed);
    }
    needed.extend(an_erasure_that_is_cut_short(&cloud).await);
    let policies = Policies::read();
    let refused: Vec<_> = needed.iter().filter(|it| !policies.permits(it)).collect();
    assert!(refused.is_empty(), "called and not allowed: {refused:#?}");
    let mut allowed = policies.allowed;
    let needed: BTreeSet<_> = needed.into_iter().map(|it| it.permission).collect();
    for (role, action, _) in NOT_CALLED_HERE {
        let before = allowed.len();
        allowed.retain(|it| (it.role, it.action.as_str()) != (role, action));
        assert!(
            allowed.len() < before,
            "{role} does not allow {action} any more"
        );
    }
    let idle: Vec<_> = allowed.difference(&needed).collect();
    assert!(idle.is_empty(), "allowed and never called: {idle:#?}");
}

#[tokio::test(start_paused = true)]
async fn no_function_may_make_or_change_a_key_or_the_settings_of_an_account() {
    let policies = Policies::read();
    let cloud = Cloud::new().await;
    let now: Timestamp = "2026-02-10T12:00:00Z".parse().unwrap();
    let text = |text: &str| AttributeValue::S(text.to_owned());
    for caller in [
        Caller::Api,
        Caller::StartWorkflow,
        Caller::RequeueStarts,
        Caller::DispatchTouchpoints,
        Caller::WakeRuns,
    ] {
        let transport = cloud.transport(&Clock::manual(now), &Scenario::of_steps(&[]));
        let client = cloud.clients(&transport, caller).dynamodb;
        let store = Store::new(client.clone(), TABLE);
        let account = store.account(demo::ACCOUNT_ID.parse().unwrap()).await;
        let account = account.unwrap().unwrap();
        let key: ApiKey = "nxr_live_LeadgateOtherAccountKeyLocalOnly0meheX"
            .parse()
            .unwrap();
        let id = "019c0000-0000-7000-8000-0000000000aa".parse().unwrap();
        let settings = account.settings(Limits::default().key);
        let record = key.record(id, settings, "Minted", now);
        // Whether the table accepts a call does not matter here.
        let _ = store.create_api_key(&key.hash(), &record).await;
        let _ = store.revoke_api_key(&key.hash(), now).await;
        let other = Account {
            id: "019c0000-0000-7000-8000-0000000000ab".parse().unwrap(),
            ..account.clone()
        };
        let _ = store.create_account(&other).await;
        let patch = AccountPatch {
            name: None,
            default_country: Change::Remove,
            limit: Change::Remove,
        };
        let _ = store.change_account(&account, patch).await;
        let _ = client
            .delete_item()
            .table_name(TABLE)
            .key("pk", text("KEY#0"))
            .key("sk", text("KEY"))
            .send()
            .await;
        for kind in ["ACCOUNT#", "KEY#"] {
            let put = PutRequest::builder()
                .item("pk", text(&format!("{kind}0")))
                .item("sk", text("0"));
            let write = WriteRequest::builder().put_request(put.build().unwrap());
            let batch = client.batch_write_item();
            let _ = batch.request_items(TABLE, vec![write.build()]).send().await;
        }
        let writes = transport.needed().into_iter();
        let writes: Vec<_> = writes.filter(|it| !it.leading_keys.is_empty()).collect();
        let kinds: BTreeSet<_> = writes
            .iter()
            .map(|it| (&it.permission.action, &it.leading_keys))
            .collect();
        assert!(kinds.len() >= 7, "{kinds:#?}");
        let permitted: Vec<_> = writes.iter().filter(|it| policies.permits(it)).collect();
        assert!(permitted.is_empty(), "{permitted:#?}");
    }
}
