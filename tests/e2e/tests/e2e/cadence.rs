//! The demo's whole cadence in seconds, on a whole stack with a clock that is moved.

use aws::clock::Clock;
use jiff::Timestamp;
use local::{Ports, Stack, Storage, demo};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::fixtures::{Api, Door, START, body, due_of, eventually, john};

/// A stack whose clock is moved over HTTP, as a person moves it.
struct Manual {
    stack: Stack,
    api: Api,
    door: Door,
}

impl Manual {
    async fn start() -> Self {
        let clock = Clock::manual(START.parse().unwrap());
        let stack = Stack::start(&Storage::Memory, Ports::ANY, clock.clone()).await;
        let stack = stack.unwrap();
        Self {
            api: Api::of(&stack),
            door: Door::new(&stack.services.store, &clock),
            stack,
        }
    }

    async fn post(&self, path: &str, request: Value) -> Value {
        let response = self.api.post(path).json(&request).send().await.unwrap();
        body(response, StatusCode::OK).await
    }

    async fn advance(&self, by: &str) {
        self.post("/dev/clock", json!({ "advance": by })).await;
    }

    async fn now(&self) -> Timestamp {
        let response = self.api.get("/dev/clock").send().await.unwrap();
        let clock = body(response, StatusCode::OK).await;
        clock["now"].as_str().unwrap().parse().unwrap()
    }

    /// Claims the touchpoint that is due.
    async fn claim(&self, lead: &str, way: &str) -> Value {
        let mut reply = self.door.ask(lead, way).await;
        assert!(reply["touchpoint"].is_object(), "{reply}");
        reply["touchpoint"].take()
    }

    async fn outcome(&self, touchpoint: &Value, outcome: &str) -> Value {
        let id = touchpoint["id"].as_str().unwrap();
        let path = format!("/api/public/touchpoints/{id}/outcome");
        self.post(&path, json!({ "outcome": outcome })).await
    }

    async fn history(&self, lead: &str) -> Vec<(String, String)> {
        let path = format!("/api/public/leads/{lead}/history?limit=200");
        let response = self.api.get(&path).send().await.unwrap();
        let reply = body(response, StatusCode::OK).await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let entries = reply["history"].as_array().unwrap().iter();
        entries
            .map(|it| (text(&it["activity_type"]), text(&it["description"])))
            .collect()
    }

    async fn run(&self, lead: &str, run: &str) -> Value {
        let path = format!("/api/public/leads/{lead}/runs/{run}");
        let response = self.api.get(&path).send().await.unwrap();
        body(response, StatusCode::OK).await["workflow_run"].take()
    }
}

/// Creates a lead in the demo workflow. Returns its id and its run's id.
async fn enrol(manual: &Manual) -> (String, String) {
    let created = manual.api.create(&john()).await;
    let lead = created["lead"]["id"].as_str().unwrap().to_owned();
    manual.api.lead_with_run(&lead).await;
    let run = created["workflow_run"]["id"].as_str().unwrap().to_owned();
    (lead, run)
}

#[tokio::test]
async fn a_lead_lives_through_the_whole_cadence_of_the_demo_in_seconds() {
    let manual = Manual::start().await;
    for (way, reports) in [("pull", true), ("push", true), ("push", false)] {
        let (lead, run) = enrol(&manual).await;
        let began = manual.now().await;
        for number in 0..9 {
            let shown = manual.api.lead(&lead).await;
            let next = &shown["active_workflow_run"]["next_touchpoint"];
            let due_at = due_of(next);
            let time = json!({"set": due_at.max(manual.now().await)});
            manual.post("/dev/clock", time).await;
            let claimed = manual.claim(&lead, way).await;
            assert_eq!(claimed["id"], next["id"], "{way} {number}");
            if reports {
                let is_call = claimed["channel"] == "call";
                let outcome = if is_call { "no_answer" } else { "delivered" };
                let reply = manual.outcome(&claimed, outcome).await;
                assert_eq!(reply["changed"], true);
            }
        }
        // 4 hours of calls, a day, a day, two days, two days of calls and three days.
        let lived = manual.now().await.duration_since(began);
        assert_eq!(lived.as_hours(), 4 + 24 * 9, "{way}");
        // The outcome of the last message counts as missing after two hours.
        manual.advance("PT2H").await;
        let completed = eventually("the run is completed", || async {
            let run = manual.run(&lead, &run).await;
            (run["run_status"] == "completed").then_some(run)
        })
        .await;
        assert_eq!(completed["cadence_state"], "completed");
        assert_eq!(completed["current_status"]["key"], "contacted");
        let touchpoints = completed["touchpoints"].as_array().unwrap();
        let channels: Vec<_> = touchpoints
            .iter()
            .map(|it| it["channel"].as_str().unwrap())
            .collect();
        assert_eq!(
            channels,
            [
                "call", "call", "call", "whatsapp", "email", "call", "call", "call", "sms"
            ]
        );
        for touchpoint in touchpoints {
            let outcome = match (reports, touchpoint["channel"] == "call") {
                (false, _) => "no_outcome",
                (true, true) => "no_answer",
                (true, false) => "delivered",
            };
            assert_eq!(
                (&touchpoint["state"], &touchpoint["outcome"]),
                (&json!("done"), &json!(outcome)),
                "{way}: {touchpoint}"
            );
        }
        let lead_now = manual.api.lead(&lead).await;
        assert_eq!(lead_now["active_workflow_run"], Value::Null);
        let history = manual.history(&lead).await;
        let of = |kind: &str| history.iter().filter(|it| it.0 == kind).count();
        assert_eq!(of("touchpoint_claimed"), 9, "{way}: {history:?}");
        assert_eq!(of("touchpoint_outcome"), 9, "{way} {reports}: {history:#?}");
        let last = &history.last().unwrap().1;
        assert!(last.contains("cadence completed"), "{way}: {last}");
    }
    manual.stack.stop().await;
}

#[tokio::test]
async fn a_call_that_is_answered_two_hours_later_engages_the_lead_and_a_won_status_ends_the_run() {
    let manual = Manual::start().await;
    let (lead, run) = enrol(&manual).await;
    let first = manual.claim(&lead, "pull").await;
    let reply = manual.outcome(&first, "no_answer").await;
    assert_eq!(reply["next"]["due_at"], "2026-02-10T14:00:00Z");
    manual.advance("PT2H").await;
    let second = manual.claim(&lead, "pull").await;
    let reply = manual.outcome(&second, "answered").await;
    let answered = &reply["workflow_run"];
    assert_eq!(
        (
            &answered["run_status"],
            &answered["cadence_state"],
            &answered["current_status"]["key"],
            &reply["next"],
        ),
        (
            &json!("running"),
            &json!("completed"),
            &json!("engaged"),
            &Value::Null
        )
    );
    let status = format!("/api/public/leads/{lead}/status");
    let moved = manual.post(&status, json!({"status_key": "won"})).await;
    assert_eq!(
        (&moved["previous_status"], &moved["new_status"]),
        (&json!("engaged"), &json!("won"))
    );
    let ended = manual.run(&lead, &run).await;
    assert_eq!(
        (&ended["run_status"], &ended["cadence_state"]),
        (&json!("completed"), &json!("completed"))
    );
    let history = manual.history(&lead).await;
    let expected = [
        ("lead_created", ""),
        ("workflow_assigned", "Sales Outreach"),
        ("touchpoint_claimed", "call 1/3"),
        (
            "touchpoint_outcome",
            "call 1/3: no_answer, New -> Contacted",
        ),
        ("touchpoint_claimed", "call 2/3"),
        (
            "touchpoint_outcome",
            "call 2/3: answered, Contacted -> Engaged, cadence completed",
        ),
        ("status_changed", "Engaged -> Won"),
    ];
    let expected = expected.map(|(kind, text)| (kind.to_owned(), text.to_owned()));
    assert_eq!(history, expected);
    manual.stack.stop().await;
}

#[tokio::test]
async fn a_status_can_be_set_after_the_cadence_has_run_out_until_it_is_terminal() {
    let manual = Manual::start().await;
    let (lead, run) = enrol(&manual).await;
    for _ in 0..9 {
        let shown = manual.api.lead(&lead).await;
        let next = due_of(&shown["active_workflow_run"]["next_touchpoint"]);
        manual.post("/dev/clock", json!({ "set": next })).await;
        let claimed = manual.claim(&lead, "pull").await;
        manual.outcome(&claimed, "failed").await;
    }
    assert_eq!(manual.run(&lead, &run).await["run_status"], "completed");
    let status = format!("/api/public/leads/{lead}/status");
    for key in ["engaged", "won"] {
        let moved = manual.post(&status, json!({ "status_key": key })).await;
        assert_eq!(
            (&moved["changed"], &moved["new_status"]),
            (&json!(true), &json!(key))
        );
        assert_eq!(
            moved["workflow_run"],
            json!({"id": run, "workflow_id": demo::WORKFLOW_ID})
        );
    }
    let again = manual.post(&status, json!({"status_key": "won"})).await;
    assert_eq!(again["changed"], false);
    let request = json!({"status_key": "lost"});
    let refused = manual
        .api
        .post(&status)
        .json(&request)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), StatusCode::NOT_FOUND);
    manual.stack.stop().await;
}
