//! Claims, answers and open tries.

use jiff::Timestamp;

use super::fixtures::*;
use crate::{
    cadence::{Reason, TouchpointState as State},
    outcome::Outcome,
    run::{
        Answer, CadenceState, ClaimOver, HeldBy, NotClaimed, Owner, Run, RunStatus, Wake, WakeKind,
        pause_after_unknown,
    },
    workflow::Workflow,
};

const OTHER: Owner = Owner([2; 10]);

fn unknown(retry_at: Timestamp) -> Answer {
    Answer::Unknown { retry_at }
}

/// Returns a run whose first touchpoint has an open try, with the next try at 12:05.
fn open_try(workflow: &Workflow) -> Run {
    let mut run = run(workflow);
    let answer = unknown(at("10T12:05"));
    assert_eq!(push(&mut run, answer, workflow, at("10T12:00")), 0);
    assert_eq!(states(&run)[0], State::Claimed);
    run
}

#[test]
fn a_touchpoint_goes_from_scheduled_over_claimed_and_dispatched_to_done() {
    let workflow = workflow();
    let mut run = run(&workflow);
    assert_eq!(claim(&mut run, &workflow, at("10T12:00")), Ok(0));
    assert_eq!(states(&run)[0], State::Claimed);
    run.settle(OWNER, Answer::TAKEN, &workflow, at("10T12:00"))
        .unwrap();
    assert_eq!(states(&run)[0], State::Dispatched);
    assert_eq!(run.current_status.key, "contacted");
    report(&mut run, 0, Outcome::NoAnswer, &workflow, at("10T12:10"));
    assert_eq!(states(&run)[0], State::Done);
    assert_eq!(run.next_index(), Some(1));
}

#[test]
fn a_touchpoint_is_not_claimed_before_it_is_due() {
    let workflow = workflow();
    let mut run = run(&workflow);
    let early = at("10T11:59");
    let not_due = NotClaimed::NotDue(at("10T12:00"));
    assert_eq!(claim(&mut run, &workflow, early), Err(not_due));
    assert_eq!(run.open(OpenTimes::default(), &workflow, early), None);
}

#[test]
fn one_worker_at_a_time_has_the_claim_and_only_its_owner_settles_it() {
    let workflow = workflow();
    let mut run = run(&workflow);
    claim(&mut run, &workflow, at("10T12:00")).unwrap();
    let claimed = NotClaimed::Claimed(at("10T12:01"));
    let other = run.claim(
        OTHER,
        LEASE,
        PUSH,
        OpenTimes::default(),
        &workflow,
        at("10T12:00"),
    );
    assert_eq!(other, Err(claimed));
    let before = run.clone();
    let settled = run.settle(OTHER, Answer::TAKEN, &workflow, at("10T12:00"));
    assert_eq!((settled, &run), (Err(ClaimOver), &before));
    run.settle(OWNER, Answer::TAKEN, &workflow, at("10T12:00"))
        .unwrap();
    let again = run.settle(OWNER, Answer::TAKEN, &workflow, at("10T12:00"));
    assert_eq!(again, Err(ClaimOver));
}

#[test]
fn a_claim_leaves_the_wake_where_it_is() {
    let workflow = workflow();
    let mut run = run(&workflow);
    let before = run.wake();
    claim(&mut run, &workflow, at("10T12:00")).unwrap();
    assert_eq!(run.wake(), before);
}

#[test]
fn a_stopped_held_or_ended_run_is_not_claimed() {
    let workflow = workflow();
    let changes: [fn(&mut Run); 3] = [
        |run| {
            run.stop(at("10T12:00"));
        },
        |run| run.hold(HeldBy::Workflow(ID.parse().unwrap()), at("10T12:00")),
        |run| run.end(RunStatus::Stopped),
    ];
    for change in changes {
        let mut run = run(&workflow);
        change(&mut run);
        let claimed = claim(&mut run, &workflow, at("10T12:00"));
        assert_eq!(claimed, Err(NotClaimed::NotLive));
    }
}

#[test]
fn a_refused_touchpoint_is_tried_once_more_after_a_minute_and_then_failed() {
    let workflow = workflow();
    let mut run = run(&workflow);
    push(&mut run, Answer::Refused, &workflow, at("10T12:00"));
    assert_eq!(states(&run)[0], State::Scheduled);
    let not_due = NotClaimed::NotDue(at("10T12:01"));
    assert_eq!(claim(&mut run, &workflow, at("10T12:00")), Err(not_due));
    push(&mut run, Answer::Refused, &workflow, at("10T12:01"));
    assert_eq!(states(&run)[0], State::Failed);
    assert_eq!(run.next_index(), Some(1));
}

#[test]
fn a_touchpoint_that_comes_back_waits_without_a_counted_try() {
    let workflow = workflow();
    let mut run = run(&workflow);
    let retry_at = at("10T12:30");
    push(
        &mut run,
        Answer::Back { retry_at },
        &workflow,
        at("10T12:00"),
    );
    let hand_over = run.hand_over.clone().unwrap();
    assert_eq!((hand_over.tries, hand_over.wake), (0, WakeKind::Retry));
    assert_eq!(states(&run)[0], State::Scheduled);
    let due = run.wake().unwrap();
    assert!(matches!(due, Wake::Due { at, .. } if at == retry_at));
}

#[test]
fn a_touchpoint_that_only_went_back_uses_up_no_time() {
    let workflow = workflow();
    let mut run = run(&workflow);
    let retry_at = at("10T15:00");
    push(
        &mut run,
        Answer::Back { retry_at },
        &workflow,
        at("10T12:00"),
    );
    assert!(!run.advance(&workflow, at("10T20:00")));
    assert_eq!(claim(&mut run, &workflow, at("10T20:00")), Ok(0));
    assert_eq!(run.hand_over.as_ref().unwrap().expires_at, at("10T21:00"));
    // A refusal is a try, so the time runs from then on.
    run.settle(OWNER, Answer::Refused, &workflow, at("10T20:00"))
        .unwrap();
    assert!(run.advance(&workflow, at("10T21:00")));
    assert_eq!(states(&run)[0], State::Expired);
}

#[test]
fn a_template_error_fails_and_a_reason_skips() {
    let workflow = workflow();
    let mut run = run(&workflow);
    push(&mut run, Answer::Template, &workflow, at("10T12:00"));
    let skipped = Answer::Skipped(Reason::Suppressed);
    push(&mut run, skipped, &workflow, at("10T14:00"));
    assert_eq!(states(&run)[..2], [State::Failed, State::Skipped]);
    assert_eq!(reasons(&run, 0), [Reason::Template]);
    assert_eq!(reasons(&run, 1), [Reason::Suppressed]);
}

#[test]
fn an_open_try_stays_claimed_and_is_repeated_under_its_index() {
    let workflow = workflow();
    let mut run = open_try(&workflow);
    let retry_at = at("10T12:10");
    let back = Answer::Back { retry_at };
    assert_eq!(push(&mut run, back, &workflow, at("10T12:05")), 0);
    assert_eq!(states(&run)[0], State::Claimed);
    assert_eq!(push(&mut run, Answer::TAKEN, &workflow, retry_at), 0);
    assert_eq!(states(&run)[0], State::Dispatched);
}

#[test]
fn an_open_try_that_is_then_refused_skipped_or_not_filled_in_is_unconfirmed() {
    let workflow = workflow();
    let skipped = Answer::Skipped(Reason::Suppressed);
    for answer in [Answer::Refused, skipped, Answer::Template] {
        let mut run = open_try(&workflow);
        push(&mut run, answer, &workflow, at("10T12:05"));
        assert_eq!(states(&run)[0], State::Unconfirmed);
        assert_eq!(run.next_index(), Some(1), "it does not hold the cadence");
    }
}

#[test]
fn an_open_try_of_a_run_that_may_not_go_on_is_unconfirmed_at_its_wake() {
    let workflow = workflow();
    let changes: [fn(&mut Run); 3] = [
        |run| {
            run.stop(at("10T12:01"));
        },
        |run| run.hold(HeldBy::Workflow(ID.parse().unwrap()), at("10T12:01")),
        |run| run.end(RunStatus::Stopped),
    ];
    for change in changes {
        let mut run = open_try(&workflow);
        change(&mut run);
        assert!(matches!(run.wake(), Some(Wake::Due { .. })));
        assert!(run.advance(&workflow, at("10T12:05")));
        assert_eq!(states(&run)[0], State::Unconfirmed);
        let is_held = run.held.is_some();
        assert_eq!(run.wake().is_some(), is_held);
        assert_eq!(is_held, run.cadence_state == CadenceState::Active);
    }
}

#[test]
fn an_open_try_is_unconfirmed_once_its_time_is_used_up() {
    let workflow = workflow();
    let mut run = open_try(&workflow);
    assert!(!run.advance(&workflow, at("10T12:59")));
    assert!(run.advance(&workflow, at("10T13:00")));
    assert_eq!(states(&run)[0], State::Unconfirmed);
}

#[test]
fn an_open_try_is_unconfirmed_once_its_window_closes() {
    let workflow = workflow_with_windows();
    let mut run = run_from(&workflow, at("10T17:50"));
    let retry_at = at("10T18:05");
    push(&mut run, unknown(retry_at), &workflow, at("10T17:50"));
    assert!(run.advance(&workflow, at("10T18:00")));
    assert_eq!(states(&run)[0], State::Unconfirmed);
}

#[test]
fn an_open_try_is_not_repeated_to_another_receiver() {
    let workflow = workflow();
    let mut run = open_try(&workflow);
    let pulled = pull(&mut run, &workflow, at("10T12:05"));
    // The rest of the run keeps its distance from the try.
    assert_eq!(pulled, Err(NotClaimed::Ended));
    let pulled = pull(&mut run, &workflow, at("10T12:05"));
    assert_eq!(pulled, Err(NotClaimed::NotDue(at("10T14:00"))));
    assert_eq!(states(&run)[0], State::Unconfirmed);
}

#[test]
fn a_lapsed_claim_of_a_push_is_an_open_try() {
    let workflow = workflow();
    let mut run = run(&workflow);
    claim(&mut run, &workflow, at("10T12:00")).unwrap();
    assert!(!run.advance(&workflow, at("10T12:00")));
    let other = run.claim(
        OTHER,
        LEASE,
        PUSH,
        OpenTimes::default(),
        &workflow,
        at("10T12:01"),
    );
    assert_eq!(other, Ok(0));
    assert!(run.hand_over.as_ref().unwrap().is_open);
    let late = run.settle(OWNER, Answer::TAKEN, &workflow, at("10T12:01"));
    assert_eq!(late, Err(ClaimOver));
    run.settle(OTHER, Answer::TAKEN, &workflow, at("10T12:01"))
        .unwrap();
    assert_eq!(states(&run)[0], State::Dispatched);
}

#[test]
fn a_worker_that_claims_right_before_the_window_closes_can_still_settle() {
    let workflow = workflow_with_windows();
    let mut run = run_from(&workflow, at("10T17:59"));
    let last: Timestamp = "2026-02-10T17:59:59Z".parse().unwrap();
    claim(&mut run, &workflow, last).unwrap();
    assert_eq!(run.not_after(&workflow, last), Some(at("10T18:00")));
    assert!(!run.advance(&workflow, at("10T18:00")));
    run.settle(OWNER, Answer::TAKEN, &workflow, at("10T18:00"))
        .unwrap();
    assert_eq!(states(&run)[0], State::Dispatched);
}

#[test]
fn a_stop_during_a_claim_cancels_a_touchpoint_that_did_not_go_out() {
    let workflow = workflow();
    let retry_at = at("10T12:05");
    for (answer, state) in [
        (Answer::TAKEN, State::Dispatched),
        (Answer::Back { retry_at }, State::Cancelled),
        (Answer::Refused, State::Cancelled),
        (Answer::Template, State::Cancelled),
        (unknown(retry_at), State::Claimed),
    ] {
        let mut run = run(&workflow);
        claim(&mut run, &workflow, at("10T12:00")).unwrap();
        assert_eq!(run.stop(at("10T12:00")), Some(3));
        assert_eq!(states(&run)[0], State::Claimed);
        assert!(run.wake().is_some(), "a claim has a wake");
        run.settle(OWNER, answer, &workflow, at("10T12:00"))
            .unwrap();
        assert_eq!(states(&run)[0], state, "{answer:?}");
        run.advance(&workflow, retry_at);
        assert!(run.wake().is_none());
    }
}

#[test]
fn the_pause_after_misses_doubles_up_to_half_an_hour() {
    let workflow = workflow();
    let mut run = run(&workflow);
    let mut now = at("10T12:00");
    let mut pauses = Vec::new();
    for _ in 0..7 {
        assert_eq!(push(&mut run, Answer::Missed, &workflow, now), 0);
        let hand_over = run.hand_over.as_ref().unwrap();
        assert_eq!((hand_over.tries, states(&run)[0]), (0, State::Scheduled));
        pauses.push(hand_over.wake_at.duration_since(now).as_mins());
        now = hand_over.wake_at;
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
}

#[test]
fn an_open_try_whose_repeat_is_missed_stays_open() {
    let workflow = workflow();
    let mut run = open_try(&workflow);
    push(&mut run, Answer::Missed, &workflow, at("10T12:05"));
    let hand_over = run.hand_over.as_ref().unwrap();
    assert!(hand_over.is_open && hand_over.tries == 1);
    assert_eq!(states(&run)[0], State::Claimed);
}

#[test]
fn an_open_try_is_not_repeated_to_another_webhook() {
    let workflow = workflow();
    let mut run = open_try(&workflow);
    let claimed = run.claim(
        OTHER,
        LEASE,
        PUSH_ELSEWHERE,
        OpenTimes::default(),
        &workflow,
        at("10T12:05"),
    );
    assert_eq!(claimed, Err(NotClaimed::Ended));
    assert_eq!(states(&run)[0], State::Unconfirmed);
}

#[test]
fn the_end_of_an_open_try_does_not_claim_the_touchpoint_that_follows() {
    let workflow = workflow();
    let mut run = open_try(&workflow);
    // It is due too, and may have another destination.
    run.touchpoints[1].due_at = at("10T12:04");
    let claimed = run.claim(
        OTHER,
        LEASE,
        PUSH_ELSEWHERE,
        OpenTimes::default(),
        &workflow,
        at("10T12:05"),
    );
    assert_eq!(claimed, Err(NotClaimed::Ended));
    assert_eq!(states(&run)[..2], [State::Unconfirmed, State::Scheduled]);
    let claimed = run.claim(
        OTHER,
        LEASE,
        PUSH_ELSEWHERE,
        OpenTimes::default(),
        &workflow,
        at("10T12:05"),
    );
    assert_eq!(claimed, Ok(1));
}

#[test]
fn a_push_without_an_answer_is_a_call_under_way() {
    let workflow = workflow();
    let mut run = run(&workflow);
    assert!(!run.has_call_under_way());
    claim(&mut run, &workflow, at("10T12:00")).unwrap();
    assert!(run.has_call_under_way());
    assert!(open_try(&workflow).has_call_under_way());
    run.settle(OWNER, Answer::Refused, &workflow, at("10T12:00"))
        .unwrap();
    assert!(!run.has_call_under_way());
}

#[test]
fn a_pulled_touchpoint_whose_lease_has_lapsed_does_not_go_to_a_webhook() {
    let workflow = workflow();
    let mut run = run(&workflow);
    // The caller may have made the contact.
    pull(&mut run, &workflow, at("10T12:00")).unwrap();
    let claimed = claim(&mut run, &workflow, at("10T12:01"));
    assert_eq!(claimed, Err(NotClaimed::Ended));
    assert_eq!(states(&run)[0], State::Unconfirmed);
}

#[test]
fn a_touchpoint_that_waits_for_a_receiver_goes_to_a_new_one_at_once() {
    let workflow = workflow();
    let mut missed = run(&workflow);
    push(&mut missed, Answer::Missed, &workflow, at("10T12:00"));
    let mut moved = missed.clone();
    let claimed = moved.claim(
        OTHER,
        LEASE,
        PUSH_ELSEWHERE,
        OpenTimes::default(),
        &workflow,
        at("10T12:00"),
    );
    assert_eq!(claimed, Ok(0));
    assert_eq!(moved.hand_over.unwrap().misses, 0);
    assert_eq!(
        missed.open(OpenTimes::default(), &workflow, at("10T12:00")),
        Some(0)
    );
    // And back: a touchpoint that callers could pull goes to the webhook.
    assert_eq!(claim(&mut missed, &workflow, at("10T12:00")), Ok(0));
}

#[test]
fn each_unknown_try_moves_the_rest_of_the_run() {
    let workflow = workflow();
    let mut run = open_try(&workflow);
    assert_eq!(dues(&run)[1], "10T14:00");
    let retry_at = at("10T12:40");
    push(&mut run, unknown(retry_at), &workflow, at("10T12:30"));
    assert_eq!(dues(&run)[1], "10T14:30");
}

#[test]
fn the_pause_after_an_unknown_try_grows_to_ten_minutes_with_a_fifth_of_chance() {
    let millis = |tries, draw| pause_after_unknown(tries, draw).as_millis();
    let lows: Vec<_> = [1, 2, 3, 4, 5, 6, 600].map(|it| millis(it, 0)).into();
    assert_eq!(
        lows,
        [4_000, 24_000, 96_000, 240_000, 480_000, 480_000, 480_000]
    );
    assert_eq!((millis(1, 255), millis(9, 255)), (6_000, 720_000));
}
