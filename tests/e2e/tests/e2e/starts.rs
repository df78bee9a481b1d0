//! From a start to its run, with repeated, stale and bad messages.

use aws::clock::Clock;
use domain::{
    ids::LeadId,
    run::{Run, RunStatus},
};
use e2e::cases::cases;
use jiff::{SignedDuration, Timestamp};
use local::{Services, demo};
use requeue_starts::{Requeued, requeue};
use serde_json::{Value, json};
use simulation::Fault;
use start_workflow::handle;

use crate::fixtures::{Container, account, items_of, services, starts};

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
    let function = starts(services, &Clock::System);
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
    let unknown = "019c0000-0000-7000-8000-00000000dead";
    assert_eq!(items_of(&services, unknown).await.len(), 0);
    services.stop().await;
}

#[tokio::test]
async fn a_start_without_a_lead_comes_again_until_it_is_a_minute_old() {
    let services = services().await;
    let event = cases("start-workflow")
        .into_iter()
        .find(|case| case.name == "orphan")
        .unwrap();
    // The message is of noon.
    for (now, failures) in [("2026-02-10T12:00:59Z", 1), ("2026-02-10T12:01:01Z", 0)] {
        let clock = Clock::manual(now.parse().unwrap());
        let function = starts(&services, &clock);
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
        pending: 0,
        oldest_s: 9 * 60,
        erased: 0,
    };
    assert_eq!(done, expected);
    let done = requeue(store, queue, &clock).await.unwrap();
    assert_eq!(done, Requeued::default());
    services.stop().await;
}

#[tokio::test]
async fn a_flood_of_pending_starts_is_sent_in_one_sweep_and_failures_wait() {
    let container = Container::start().await;
    let lead = json!({"first_name": "J", "phone": "+1234567890", "workflow_id": demo::WORKFLOW_ID});
    let leads: Value = std::iter::repeat_n(lead, 1_000).collect();
    let reply = container.post(&leads, None).await;
    let (queue, clock) = (&container.queue, Clock::System);
    for result in reply.body["results"].as_array().unwrap() {
        let id = result["lead"]["id"].as_str().unwrap().parse().unwrap();
        let store = &container.services.store;
        let marked = store.set_pending(account(), id, clock.now(), None).await;
        marked.unwrap();
    }
    container.sqs.set("SendMessageBatch", Fault::Failed);
    let error = requeue(&container.store, queue, &clock).await.unwrap_err();
    assert_eq!((error.requeued.sent, error.requeued.pending), (0, 1_000));
    // Each shard has more than a hundred starts, and so more than one page.
    container.sqs.end_fault("SendMessageBatch");
    container.sqs.take_calls();
    let done = requeue(&container.store, queue, &clock).await.unwrap();
    assert_eq!((done.sent, done.pending), (1_000, 0));
    let calls = container.sqs.take_calls();
    assert!(calls.iter().all(|call| call == "SendMessageBatch"));
    assert!((100..=116).contains(&calls.len()), "{} calls", calls.len());
    let done = requeue(&container.store, queue, &clock).await.unwrap();
    assert_eq!(done, Requeued::default());
    container.stop().await;
}
