//! From a start to its run, whatever is delivered how often.

use aws::clock::Clock;
use domain::{
    ids::LeadId,
    run::{Run, RunStatus},
};
use e2e::{cases::cases, proxy::Fault};
use jiff::{SignedDuration, Timestamp};
use local::{Services, demo};
use requeue_starts::{Requeued, requeue};
use serde_json::{Value, json};
use start_workflow::{StartWorkflow, handle};

use crate::{
    proxied::Proxied,
    support::{account, items_of, services},
};

fn demo_lead(number: u8) -> LeadId {
    format!("019c0000-0000-7000-8000-0000000011{number:02}")
        .parse()
        .unwrap()
}

async fn run(services: &Services, number: u8) -> Option<Run> {
    services
        .store
        .lead_with_newest_run(account(), demo_lead(number))
        .await
        .unwrap()
        .unwrap()
        .1
}

async fn deliver(services: &Services, case: &str) {
    let function = StartWorkflow::new(services.store.clone(), Clock::System);
    let case = cases("start-workflow")
        .into_iter()
        .find(|found| found.name == case)
        .unwrap();
    handle(&function, serde_json::from_str(&case.event).unwrap()).await;
}

#[tokio::test]
async fn a_run_has_every_attempt_of_every_step_in_order() {
    let services = services().await;
    deliver(&services, "one-record").await;
    let run = run(&services, 1).await.unwrap();
    assert_eq!(run.status, RunStatus::Running);
    assert_eq!(run.touchpoints.len(), 3 + 1 + 1 + 3 + 1);
    assert!(
        run.touchpoints
            .is_sorted_by_key(|touchpoint| touchpoint.due_at)
    );
    services.stop().await;
}

#[tokio::test]
async fn a_start_that_is_delivered_again_builds_its_run_once() {
    let services = services().await;
    for _ in 0..3 {
        deliver(&services, "ten-records").await;
    }
    for number in 1..=10 {
        let lead_and_run = items_of(&services, &demo_lead(number).to_string())
            .await
            .len();
        assert_eq!(lead_and_run, 2, "lead {number}");
    }
    services.stop().await;
}

#[tokio::test]
async fn a_bad_record_holds_up_no_good_one() {
    let services = services().await;
    deliver(&services, "bad-record-among-good").await;
    let built = [
        run(&services, 1).await.is_some(),
        run(&services, 2).await.is_some(),
        run(&services, 3).await.is_some(),
    ];
    assert_eq!(built, [true, false, true]);
    services.stop().await;
}

#[tokio::test]
async fn a_start_of_another_run_or_lead_builds_nothing() {
    let services = services().await;
    deliver(&services, "stale").await;
    assert_eq!(
        items_of(&services, &demo_lead(1).to_string()).await.len(),
        1
    );
    deliver(&services, "orphan").await;
    let nobody = "019c0000-0000-7000-8000-00000000dead";
    assert_eq!(items_of(&services, nobody).await.len(), 0);
    services.stop().await;
}

#[tokio::test]
async fn a_start_without_a_lead_comes_again_until_it_is_a_minute_old() {
    let services = services().await;
    let event = cases("start-workflow")
        .into_iter()
        .find(|case| case.name == "orphan")
        .unwrap();
    // The message was made at noon.
    for (now, failures) in [("2026-02-10T12:00:59Z", 1), ("2026-02-10T12:01:01Z", 0)] {
        let clock = Clock::manual(now.parse().unwrap());
        let function = StartWorkflow::new(services.store.clone(), clock);
        let reply = handle(&function, serde_json::from_str(&event.event).unwrap()).await;
        assert_eq!(reply.batch_item_failures.len(), failures, "{now}");
    }
    services.stop().await;
}

#[tokio::test]
async fn starts_that_could_not_be_sent_are_sent_once_by_requeue_starts() {
    let services = services().await;
    let (store, queue) = (&services.store, &services.queue);
    let now: Timestamp = "2026-02-10T12:00:00Z".parse().unwrap();
    for (number, minutes) in (1..=10).zip(0..) {
        let since = now - SignedDuration::from_mins(minutes);
        let lead = demo_lead(number);
        store
            .set_pending(account(), lead, since, None)
            .await
            .unwrap();
    }
    let clock = Clock::manual(now);
    let done = requeue(store, queue, &clock).await.unwrap();
    let expected = Requeued {
        sent: 10,
        unsent: 0,
        oldest_s: 9 * 60,
        erased: 0,
    };
    assert_eq!(done, expected);
    let done = requeue(store, queue, &clock).await.unwrap();
    assert_eq!(done, Requeued::default());
    services.stop().await;
}

#[tokio::test]
async fn a_flood_of_unsent_starts_is_sent_in_one_go_and_what_fails_waits() {
    let proxied = Proxied::start().await;
    let lead = json!({"first_name": "J", "phone": "+1234567890", "workflow_id": demo::WORKFLOW_ID});
    let leads: Value = std::iter::repeat_n(lead, 1_000).collect();
    let reply = proxied.post(&leads, None).await;
    let (queue, clock) = (&proxied.queue, Clock::System);
    for result in reply.body["results"].as_array().unwrap() {
        let id = result["lead"]["id"].as_str().unwrap().parse().unwrap();
        let store = &proxied.services.store;
        let marked = store.set_pending(account(), id, clock.now(), None).await;
        marked.unwrap();
    }
    proxied.sqs.set("SendMessageBatch", Fault::Refuse);
    let error = requeue(&proxied.store, queue, &clock).await.unwrap_err();
    assert_eq!((error.requeued.sent, error.requeued.unsent), (0, 1_000));
    // Over a hundred a shard: more than one page.
    proxied.sqs.set("SendMessageBatch", Fault::None);
    proxied.sqs.take_calls();
    let done = requeue(&proxied.store, queue, &clock).await.unwrap();
    assert_eq!((done.sent, done.unsent), (1_000, 0));
    let calls = proxied.sqs.take_calls();
    assert!(calls.iter().all(|call| call == "SendMessageBatch"));
    assert!((100..=116).contains(&calls.len()), "{} calls", calls.len());
    let done = requeue(&proxied.store, queue, &clock).await.unwrap();
    assert_eq!(done, Requeued::default());
    proxied.stop().await;
}
