//! Touchpoints that callers pull: claims, leases and lists over HTTP.

use std::collections::BTreeSet;

use aws::store::{Hold, HoldScope};
use futures::future::join_all;
use jiff::SignedDuration;
use lambda_http::http::StatusCode;
use serde_json::{Value, json};

use crate::fixtures::{Live, Reply, account, consume, pusher};

/// An empty list of touchpoints.
const NONE: [Value; 0] = [];

impl Live {
    /// Creates a lead whose first call can be claimed.
    async fn callable(&self) -> String {
        let lead = self.enrolled().await;
        self.tick().await;
        lead
    }

    async fn claim(&self, body: &Value) -> Vec<Value> {
        let reply = self.call("POST", "/touchpoints/claim", Some(body)).await;
        assert_eq!(reply.status, StatusCode::OK, "{body}: {}", reply.text);
        reply.body["touchpoints"].as_array().unwrap().clone()
    }

    /// Claims one call, and returns it.
    async fn claim_one(&self) -> Value {
        let mut claimed = self.claim(&json!({"channels": ["call"]})).await;
        assert_eq!(claimed.len(), 1, "{claimed:?}");
        claimed.remove(0)
    }

    async fn lease(&self, claimed: &Value, what: &str) -> Reply {
        let body = json!({"token": claimed["lease"]["token"]});
        let path = format!("/touchpoints/{}/{what}", id_of(claimed));
        self.call("POST", &path, Some(&body)).await
    }

    async fn listed(&self, query: &str) -> Vec<Value> {
        let path = format!("/touchpoints?{query}");
        let reply = self.call("GET", &path, None).await;
        assert_eq!(reply.status, StatusCode::OK, "{query}: {}", reply.text);
        reply.body["touchpoints"].as_array().unwrap().clone()
    }
}

fn id_of(claimed: &Value) -> String {
    claimed["touchpoint"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_claim_has_everything_that_the_contact_needs() {
    let live = Live::start().await;
    let lead = live.callable().await;
    let due = live.listed("state=due").await;
    let claimed = live.claim_one().await;
    assert_eq!(due[0]["id"], claimed["touchpoint"]["id"]);
    assert_eq!(claimed["lead"]["id"], json!(lead));
    assert_eq!(claimed["touchpoint"]["attemptNumber"], 1);
    assert_eq!(claimed["touchpoint"]["try"], 1);
    assert_eq!(
        claimed["touchpoint"]["not_after"], "2026-02-10T13:00:00Z",
        "{claimed}"
    );
    assert_eq!(claimed["lease"]["until"], "2026-02-10T12:05:00Z");
    assert_eq!(
        claimed["workflow_run"]["workflow"]["name"],
        "Sales Outreach"
    );
    assert_eq!(claimed["workflow_run"]["current_status"]["key"], "new");
    // No caller else gets it.
    assert_eq!(live.claim(&json!({})).await, NONE);
    assert_eq!(live.listed("state=due").await, NONE);
    let listed = live.listed("state=claimed&channel=call").await;
    assert_eq!(listed[0]["id"], claimed["touchpoint"]["id"]);
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn of_32_callers_at_once_each_of_10_touchpoints_goes_to_one() {
    let live = Live::start().await;
    for _ in 0..10 {
        live.enrolled().await;
    }
    live.tick().await;
    let request = json!({"channels": ["call"]});
    let claims = join_all((0..32).map(|_| live.claim(&request))).await;
    let ids: Vec<_> = claims.iter().flatten().map(id_of).collect();
    let different: BTreeSet<_> = ids.iter().collect();
    assert_eq!((ids.len(), different.len()), (10, 10));
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn a_claim_of_many_gets_the_newest_of_the_last_minutes_then_the_oldest() {
    let live = Live::start().await;
    let mut leads = Vec::new();
    for _ in 0..3 {
        leads.push(live.callable().await);
        live.forward(SignedDuration::from_mins(3));
    }
    leads.push(live.callable().await);
    live.forward(SignedDuration::from_secs(30));
    leads.push(live.callable().await);
    let claimed = live.claim(&json!({"limit": 25})).await;
    let order: Vec<_> = claimed.iter().map(|it| it["lead"]["id"].clone()).collect();
    let expected = [4, 3, 0, 1, 2].map(|index: usize| json!(leads[index]));
    assert_eq!(order, expected);
    live.stop().await;
}

#[tokio::test]
async fn a_lease_without_an_outcome_puts_the_touchpoint_back_three_times() {
    let live = Live::start().await;
    let lead = live.callable().await;
    let mut ids = BTreeSet::new();
    for number in 1..=4 {
        let claimed = live.claim_one().await;
        assert_eq!(claimed["touchpoint"]["try"], number);
        ids.insert(id_of(&claimed));
        live.forward(SignedDuration::from_mins(5));
        let reply = live.lease(&claimed, "extend").await;
        assert_eq!(reply.status, StatusCode::CONFLICT);
        assert_eq!(reply.body["code"], "lease_lapsed");
    }
    assert_eq!(ids.len(), 1);
    assert_eq!(live.claim(&json!({})).await, NONE);
    let needing = live.listed("state=unconfirmed").await;
    assert_eq!(needing.len(), 1);
    assert_eq!(needing[0]["id"], json!(ids.first()));
    assert_eq!(live.history(&lead, "touchpoint_lapsed").await.len(), 3);
    assert_eq!(
        live.history(&lead, "touchpoint_ended").await,
        ["call 1/3: unconfirmed"]
    );
    live.check_table().await;
    // An outcome settles it.
    live.outcome(ids.first().unwrap(), "answered").await;
    assert_eq!(live.listed("state=unconfirmed").await, NONE);
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn a_caller_who_extends_keeps_the_touchpoint_until_its_own_end() {
    let live = Live::start().await;
    live.callable().await;
    let claimed = live.claim_one().await;
    for _ in 0..14 {
        live.forward(SignedDuration::from_mins(4));
        let reply = live.lease(&claimed, "extend").await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        assert_eq!(live.claim(&json!({})).await, NONE);
    }
    let reply = live.lease(&claimed, "extend").await;
    assert_eq!(
        reply.body["lease"]["until"],
        claimed["touchpoint"]["not_after"]
    );
    live.forward(SignedDuration::from_mins(4));
    assert_eq!(
        live.lease(&claimed, "extend").await.status,
        StatusCode::CONFLICT
    );
    // The contact may have been made all the same.
    live.outcome(&id_of(&claimed), "answered").await;
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn a_touchpoint_that_is_given_back_can_be_claimed_at_once_and_its_try_does_not_count() {
    let live = Live::start().await;
    let lead = live.callable().await;
    let claimed = live.claim_one().await;
    let body = json!({"token": claimed["lease"]["token"], "reason": "Shift ends"});
    let path = format!("/touchpoints/{}/release", id_of(&claimed));
    let reply = live.call("POST", &path, Some(&body)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let again = live.call("POST", &path, Some(&body)).await;
    assert_eq!(again.body["code"], "lease_lapsed");
    let next = live.claim_one().await;
    assert_eq!(next["touchpoint"]["id"], claimed["touchpoint"]["id"]);
    assert_eq!(next["touchpoint"]["try"], 1);
    assert_ne!(next["lease"]["token"], claimed["lease"]["token"]);
    // The lease of the first caller is over, and stays over.
    assert_eq!(
        live.lease(&claimed, "release").await.status,
        StatusCode::CONFLICT
    );
    assert_eq!(
        live.history(&lead, "touchpoint_released").await,
        ["call 1/3: Shift ends"]
    );
    live.stop().await;
}

#[tokio::test]
async fn after_a_stop_or_an_erasure_a_lease_is_over_and_an_outcome_is_taken_only_after_a_stop() {
    let live = Live::start().await;
    let lead = live.callable().await;
    let claimed = live.claim_one().await;
    let stop = json!({"workflow_id": local::demo::WORKFLOW_ID});
    let path = format!("/leads/{lead}/automation/stop");
    live.call("POST", &path, Some(&stop)).await;
    let reply = live.lease(&claimed, "extend").await;
    assert_eq!(reply.body["code"], "lease_lapsed", "{}", reply.text);
    live.outcome(&id_of(&claimed), "no_answer").await;
    live.check_table().await;

    let lead = live.callable().await;
    let claimed = live.claim_one().await;
    assert_eq!(claimed["lead"]["id"], json!(lead));
    live.call("DELETE", &format!("/leads/{lead}"), None).await;
    let reply = live.lease(&claimed, "extend").await;
    assert_eq!(reply.body["code"], "lease_lapsed", "{}", reply.text);
    let outcome = json!({"outcome": "answered"});
    let reply = live.send(&id_of(&claimed), &outcome).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert_eq!(live.claim(&json!({})).await, NONE);
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn nothing_is_handed_out_of_a_run_that_is_held() {
    let live = Live::start().await;
    let lead = live.callable().await;
    let store = &live.container.services.store;
    let scope = HoldScope::Account(account());
    let hold = Hold {
        since: live.clock.now(),
        reason: None,
    };
    store.hold(scope, &hold).await.unwrap();
    assert_eq!(live.claim(&json!({})).await, NONE);
    let run = live.stored_run(&lead).await;
    assert!(run.held.is_some() && run.wake().is_some(), "{run:?}");
    assert_eq!(live.listed("state=due").await, NONE);
    live.check_table().await;
    live.forward(SignedDuration::from_hours(3));
    store.unhold(scope).await.unwrap();
    live.tick().await;
    live.tick().await;
    let claimed = live.claim_one().await;
    assert_eq!(claimed["lead"]["id"], json!(lead));
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn a_person_who_is_suppressed_is_not_handed_out_and_a_lease_is_not_extended() {
    let live = Live::start().await;
    let lead = live.callable().await;
    let claimed = live.claim_one().await;
    let body = json!({"phone": "+1234567890", "channels": ["call"], "reason": "manual"});
    let reply = live.call("POST", "/suppressions", Some(&body)).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    let reply = live.lease(&claimed, "extend").await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    assert_eq!(reply.body["code"], "suppressed");
    let reply = live.lease(&claimed, "release").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(live.claim(&json!({})).await, NONE);
    assert_eq!(
        live.history(&lead, "touchpoint_ended").await,
        ["call 1/3: skipped (suppressed)"]
    );
    // Only calls are suppressed.
    for _ in 0..2 {
        live.wait_for_next(&lead).await;
        live.tick().await;
        assert_eq!(live.claim(&json!({})).await, NONE);
    }
    live.wait_for_next(&lead).await;
    live.tick().await;
    let claimed = live.claim(&json!({})).await;
    assert_eq!(claimed[0]["touchpoint"]["channel"], "whatsapp");
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn a_person_who_opts_out_is_not_contacted_for_another_lead_with_the_same_number() {
    let live = Live::start().await;
    live.callable().await;
    let claimed = live.claim_one().await;
    live.outcome(&id_of(&claimed), "opted_out").await;
    let again = live.callable().await;
    assert_eq!(live.claim(&json!({})).await, NONE);
    assert_eq!(
        live.history(&again, "touchpoint_ended").await,
        ["call 1/3: skipped (suppressed)"]
    );
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn a_message_is_filled_in_when_its_touchpoint_goes_out() {
    let live = Live::start().await;
    let lead = live.callable().await;
    for _ in 0..3 {
        live.wait_for_next(&lead).await;
        live.tick().await;
        let claimed = live.claim_one().await;
        live.outcome(&id_of(&claimed), "no_answer").await;
    }
    live.wait_for_next(&lead).await;
    live.tick().await;
    let change = json!({"first_name": "Ana"});
    live.call("PATCH", &format!("/leads/{lead}"), Some(&change))
        .await;
    let claimed = live.claim(&json!({"channels": ["whatsapp"]})).await;
    let content = claimed[0]["message"]["content"].as_str().unwrap();
    assert!(content.contains("Ana"), "{content}");
    // The list shows the template.
    let listed = live.listed("state=claimed").await;
    let shown = listed[0]["message"]["content"].as_str().unwrap();
    assert!(shown.contains("{{ first_name }}"), "{shown}");
    live.stop().await;
}

#[tokio::test]
async fn a_touchpoint_without_the_address_of_its_channel_is_skipped_at_its_hand_over() {
    let live = Live::start().await;
    let lead = live.callable().await;
    let change = json!({"phone": null, "email": "ana@example.com"});
    live.call("PATCH", &format!("/leads/{lead}"), Some(&change))
        .await;
    assert_eq!(live.claim(&json!({})).await, NONE);
    assert_eq!(
        live.history(&lead, "touchpoint_ended").await,
        ["call 1/3: skipped (no_phone)"]
    );
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn a_list_goes_on_behind_its_cursor_and_lists_each_touchpoint_once() {
    let live = Live::start().await;
    for number in 0..7 {
        live.enrolled().await;
        if number % 3 == 2 {
            live.forward(SignedDuration::from_mins(1));
        }
    }
    live.tick().await;
    for query in ["state=due", "state=due&channel=call"] {
        let (mut ids, mut cursor) = (Vec::new(), String::new());
        for _ in 0..4 {
            let path = format!("/touchpoints?{query}&limit=2&cursor={cursor}");
            let reply = live.call("GET", &path, None).await;
            let page = reply.body["touchpoints"].as_array().unwrap();
            ids.extend(page.iter().map(|it| it["id"].to_string()));
            let next = reply.body["pagination"]["next_cursor"].as_str();
            cursor = next.unwrap_or_default().to_owned();
        }
        assert_eq!(cursor, "", "{query}");
        let different: BTreeSet<_> = ids.iter().collect();
        assert_eq!((ids.len(), different.len()), (7, 7), "{query}");
    }
    live.stop().await;
}

#[tokio::test]
async fn the_touchpoints_of_a_lead_are_listed_in_any_state() {
    let live = Live::start().await;
    let lead = live.callable().await;
    live.callable().await;
    let all = live.listed(&format!("lead_id={lead}")).await;
    assert_eq!(all.len(), 9);
    let scheduled = live
        .listed(&format!("lead_id={lead}&state=scheduled&channel=sms"))
        .await;
    assert_eq!(scheduled.len(), 1);
    let due = live.listed(&format!("lead_id={lead}&state=due")).await;
    assert_eq!(due.len(), 1);
    let claim = json!({"lead_id": lead, "channels": ["call"]});
    assert_eq!(id_of(&live.claim(&claim).await[0]), due[0]["id"]);
    assert_eq!(live.claim(&claim).await, NONE);
    live.stop().await;
}

#[tokio::test]
async fn a_wrong_request_is_told_what_to_change() {
    let live = Live::start().await;
    for (method, path, body, message) in [
        (
            "POST",
            "/touchpoints/claim",
            json!({"channels": ["phone"]}),
            "channels \"phone\" must be call, whatsapp, email or sms",
        ),
        (
            "POST",
            "/touchpoints/claim",
            json!({"limit": 26}),
            "limit must be a whole number from 1 to 25",
        ),
        (
            "POST",
            "/touchpoints/claim",
            json!({"lease": "5m"}),
            "lease \"5m\" must be an ISO 8601 duration from PT30S to PT1H",
        ),
        (
            "POST",
            "/touchpoints/claim",
            json!({"channel": "call"}),
            "channel is not a field of this request; did you mean channels?",
        ),
        (
            "GET",
            "/touchpoints",
            Value::Null,
            "state must be due, claimed, unconfirmed or failed; to list all touchpoints of a lead, send lead_id",
        ),
        (
            "GET",
            "/touchpoints?state=done",
            Value::Null,
            "state must be due, claimed, unconfirmed or failed without lead_id",
        ),
        (
            "GET",
            "/touchpoints?state=open",
            Value::Null,
            "state \"open\" must be due, scheduled, claimed, dispatched, unconfirmed, done, failed, skipped, \
             cancelled or expired",
        ),
    ] {
        let body = (!body.is_null()).then_some(body);
        let reply = live.call(method, path, body.as_ref()).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(reply.body["message"], message, "{path}");
    }
    live.stop().await;
}

#[tokio::test]
async fn a_callback_that_is_due_soon_does_not_wait_for_wake_runs() {
    let live = Live::start().await;
    live.callable().await;
    let claimed = live.claim_one().await;
    let at = live.clock.now() + SignedDuration::from_mins(5);
    let report = json!({"outcome": "callback", "callback_at": at});
    live.report(&id_of(&claimed), report).await;
    live.forward(SignedDuration::from_mins(5));
    assert_eq!(live.push(&pusher(&live)).await, 1);
    assert_ne!(id_of(&live.claim_one().await), id_of(&claimed));
    live.stop().await;
}

#[tokio::test]
async fn a_call_for_another_run_waits_until_an_hour_after_the_last_call() {
    for (end, due_at, reasons) in [
        ("outcome", "2026-02-10T13:00:00Z", json!(["min_gap"])),
        ("lease", "2026-02-10T13:00:00Z", json!(["min_gap"])),
        ("release", "2026-02-10T12:10:00Z", json!([])),
        ("defer", "2026-02-10T12:10:00Z", json!([])),
    ] {
        let live = Live::start().await;
        let lead = live.callable().await;
        let claimed = live.claim_one().await;
        let outcome = match end {
            "outcome" => Some(json!({"outcome": "no_answer"})),
            "defer" => Some(json!({"outcome": "deferred"})),
            _ => None,
        };
        if let Some(outcome) = outcome {
            live.report(&id_of(&claimed), outcome).await;
        }
        if end == "release" {
            live.lease(&claimed, "release").await;
        }
        live.forward(SignedDuration::from_mins(5));
        // The run in between makes no call.
        for _ in 0..2 {
            let body = json!({"workflowId": local::demo::WORKFLOW_ID});
            let path = format!("/leads/{lead}/assign-workflow");
            let reply = live.call("POST", &path, Some(&body)).await;
            assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
            live.forward(SignedDuration::from_mins(5));
        }
        consume(&live.container.services, &live.clock).await;
        let run = live.run(&lead).await;
        let call = &run["touchpoints"][0];
        assert_eq!(
            (&call["due_at"], &call["reasons"]),
            (&json!(due_at), &reasons),
            "{end}"
        );
        live.check_table().await;
        live.stop().await;
    }
}
