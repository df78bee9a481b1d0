//! Lateness, expiry, windows and missing outcomes.

use jiff::{SignedDuration, Timestamp};

use super::fixtures::*;
use crate::{
    cadence::{Day, Reason, TouchpointState as State, Window},
    channel::Channel,
    lead::Start,
    outcome::{CadenceEffect, Effect, Outcome},
    run::{Answer, CadenceState, Delivery, NotClaimed, Run, RunStatus, Wake, WakeKind},
    time::time_zone,
    workflow::Workflow,
};

fn utc(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_touchpoint_that_goes_out_a_minute_late_moves_nothing() {
    let workflow = workflow();
    let mut run = run(&workflow);
    push(&mut run, Answer::TAKEN, &workflow, at("10T12:01"));
    assert_eq!(dues(&run), ["10T12:00", "10T14:00", "10T16:00", "11T16:00"]);
}

#[test]
fn a_late_touchpoint_moves_the_rest_as_the_planner_would_plan_it_from_the_contact() {
    let workflow = workflow();
    let mut run = run(&workflow);
    push(&mut run, Answer::TAKEN, &workflow, at("10T12:30"));
    assert_eq!(dues(&run), ["10T12:00", "10T14:30", "10T16:30", "11T16:30"]);
    assert_eq!(reasons(&run, 1), [Reason::Late]);
}

#[test]
fn the_rest_of_a_run_is_never_earlier_than_planned() {
    let mut workflow = workflow();
    workflow.cadence.windows = workflow_with_windows().cadence.windows;
    // The second call is planned for the next morning. Half an hour late, it still is.
    let mut run = run_from(&workflow, at("10T17:00"));
    assert_eq!(dues(&run)[1], "11T09:00");
    push(&mut run, Answer::TAKEN, &workflow, at("10T17:30"));
    assert_eq!(dues(&run), ["10T17:00", "11T09:00", "11T11:00", "12T11:00"]);
}

#[test]
fn closed_hours_are_not_counted_twice() {
    let workflow = workflow_with_windows();
    let mut run = run_from(&workflow, at("10T13:00"));
    assert_eq!(dues(&run), ["10T13:00", "10T15:00", "10T17:00", "11T17:00"]);
    // Three hours late: the third call waits for the morning, not for 20 hours more.
    push(&mut run, Answer::TAKEN, &workflow, at("10T16:00"));
    assert_eq!(dues(&run), ["10T13:00", "11T09:00", "11T11:00", "12T11:00"]);
}

#[test]
fn an_outcome_that_is_faster_than_the_settlement_counts_as_the_contact() {
    let workflow = workflow();
    let mut run = run(&workflow);
    claim(&mut run, &workflow, at("10T13:00")).unwrap();
    report(&mut run, 0, Outcome::NoAnswer, &workflow, at("10T13:00"));
    assert_eq!(dues(&run)[1..], ["10T15:00", "10T17:00", "11T17:00"]);
    assert_eq!(run.current_status.key, "contacted");
}

#[test]
fn a_late_open_try_counts_as_a_contact() {
    let workflow = workflow();
    let mut unknown = run(&workflow);
    let retry_at = at("10T13:05");
    let answer = Answer::Unknown { retry_at };
    push(&mut unknown, answer, &workflow, at("10T13:00"));
    assert_eq!(dues(&unknown)[1], "10T15:00");
    let mut lapsed = run(&workflow);
    claim(&mut lapsed, &workflow, at("10T13:00")).unwrap();
    lapsed.advance(&workflow, at("10T13:10"));
    assert_eq!(dues(&lapsed)[1], "10T15:01");
}

#[test]
fn the_lateness_of_a_pulled_touchpoint_counts_at_its_first_claim() {
    let workflow = workflow();
    for is_opened in [false, true] {
        let mut run = run(&workflow);
        if is_opened {
            run.open(OpenTimes::default(), &workflow, at("10T12:00"));
        }
        pull(&mut run, &workflow, at("10T12:30")).unwrap();
        assert_eq!(dues(&run)[1], "10T14:30");
        run.advance(&workflow, at("10T12:31"));
        pull(&mut run, &workflow, at("10T12:40")).unwrap();
        report(&mut run, 0, Outcome::Busy, &workflow, at("10T12:41"));
        assert_eq!(dues(&run)[1], "10T14:30");
    }
}

#[test]
fn a_failed_skipped_or_expired_touchpoint_moves_nothing() {
    let workflow = workflow();
    for answer in [Answer::Template, Answer::Skipped(Reason::Suppressed)] {
        let mut run = run(&workflow);
        push(&mut run, answer, &workflow, at("10T13:30"));
        assert_eq!(dues(&run)[1], "10T14:00");
    }
    let mut run = run(&workflow);
    run.open(OpenTimes::default(), &workflow, at("10T12:55"));
    run.advance(&workflow, at("10T13:55"));
    assert_eq!(
        (states(&run)[0], dues(&run)[1].as_str()),
        (State::Expired, "10T14:00")
    );
}

#[test]
fn a_touchpoint_whose_window_has_closed_moves_to_the_next_opening() {
    let workflow = workflow_with_windows();
    let mut run = run_from(&workflow, at("10T17:50"));
    let opening = NotClaimed::NotDue(at("11T09:00"));
    assert_eq!(claim(&mut run, &workflow, at("10T18:00")), Err(opening));
    assert_eq!(reasons(&run, 0), [Reason::WindowClosed, Reason::Late]);
    let wake = Wake::Due {
        at: at("11T09:00"),
        kind: WakeKind::HandOver,
        channel: Channel::Call,
    };
    assert_eq!(run.wake(), Some(wake));
    let mut opened = run_from(&workflow, at("10T17:50"));
    assert_eq!(
        opened.open(OpenTimes::default(), &workflow, at("10T18:00")),
        None
    );
    assert_eq!(opened.wake(), Some(wake));
}

#[test]
fn calls_that_wait_for_one_opening_keep_their_distance() {
    let workflow = workflow_with_windows();
    let mut run = run_from(&workflow, at("10T17:50"));
    assert_eq!(dues(&run)[..2], ["10T17:50", "11T09:00"]);
    claim(&mut run, &workflow, at("10T18:00")).unwrap_err();
    assert_eq!(push(&mut run, Answer::TAKEN, &workflow, at("11T09:00")), 0);
    assert_eq!(dues(&run)[1..], ["11T11:00", "11T13:00", "12T13:00"]);
}

#[test]
fn calls_keep_their_distance_after_a_pause_over_closed_hours() {
    let workflow = workflow_with_windows();
    let mut run = run_from(&workflow, at("10T12:00"));
    run.stop(at("10T12:00"));
    run.resume(Some(&workflow), at("10T18:30"));
    assert_eq!(dues(&run)[..3], ["11T09:00"; 3]);
    push(&mut run, Answer::TAKEN, &workflow, at("11T09:00"));
    assert_eq!(dues(&run)[1..3], ["11T11:00", "11T13:00"]);
}

#[test]
fn a_stop_during_a_late_hand_over_leaves_the_distances() {
    let workflow = workflow();
    let mut run = run(&workflow);
    claim(&mut run, &workflow, at("10T15:00")).unwrap();
    run.stop(at("10T15:00"));
    run.settle(OWNER, Answer::TAKEN, &workflow, at("10T15:00"))
        .unwrap();
    run.resume(Some(&workflow), at("10T15:01"));
    assert_eq!(dues(&run)[1..3], ["10T17:01", "10T19:01"]);
}

#[test]
fn the_time_of_a_touchpoint_counts_only_while_its_window_is_open() {
    let workflow = workflow_with_windows();
    // Friday: 20 minutes are left of the hour. Monday has the other 40.
    let mut run = run_from(&workflow, at("13T17:40"));
    assert_eq!(
        run.open(OpenTimes::default(), &workflow, at("13T17:40")),
        Some(0)
    );
    assert_eq!(run.hand_over.as_ref().unwrap().expires_at, at("16T09:40"));
    assert!(!run.advance(&workflow, at("16T09:39")));
    assert_eq!(pull(&mut run, &workflow, at("16T09:39")), Ok(0));
    assert!(run.advance(&workflow, at("16T09:40")));
}

#[test]
fn each_channel_has_its_own_time() {
    for (channel, end) in [
        (Channel::Call, "10T13:00"),
        (Channel::Sms, "10T16:00"),
        (Channel::Whatsapp, "10T16:00"),
        (Channel::Email, "11T12:00"),
    ] {
        let mut workflow = workflow();
        workflow.cadence.steps = vec![step(channel, 1, "PT0S", "PT0S")];
        let (mut lead, start) = lead_and_start(&workflow, at("10T12:00"));
        lead.profile.email = Some("john@example.com".try_into().unwrap());
        let mut run = Run::build(&lead, &start, Some(&workflow), at("10T12:00"));
        run.open(OpenTimes::default(), &workflow, at("10T12:00"));
        assert_eq!(run.hand_over.unwrap().expires_at, at(end));
    }
}

#[test]
fn a_touchpoint_is_tried_for_the_time_of_its_destination() {
    let workflow = workflow_with_windows();
    let minutes = SignedDuration::from_mins;
    let times = OpenTimes::new(|channel| match channel {
        Channel::Call => minutes(10),
        _ => minutes(1),
    });
    for delivery in [PUSH, Delivery::Pull] {
        let mut claimed = run_from(&workflow, at("10T12:00"));
        let index = claimed.claim(OWNER, LEASE, delivery, times, &workflow, at("10T12:00"));
        assert_eq!(index, Ok(0));
        let end = claimed.hand_over.as_ref().unwrap().expires_at;
        assert_eq!(end, at("10T12:10"));
        let not_after = claimed.not_after(&workflow, at("10T12:00"));
        assert_eq!(not_after, Some(end));
    }
    // A claim does not change the time of an opened touchpoint.
    let mut opened = run_from(&workflow, at("10T17:55"));
    opened.open(times, &workflow, at("10T17:55"));
    pull(&mut opened, &workflow, at("10T17:56")).unwrap();
    let end = opened.hand_over.as_ref().unwrap().expires_at;
    assert_eq!(end, at("11T09:05"));
}

#[test]
fn a_time_of_a_week_counts_only_while_a_window_of_days_is_open() {
    let mut workflow = workflow();
    let whole = |days: Vec<Day>| {
        let times = ("00:00".parse().unwrap(), "24:00".parse().unwrap());
        Window::new(days, times.0, times.1).unwrap()
    };
    workflow.cadence.windows = vec![whole(WORKDAYS.to_vec())];
    let times = OpenTimes::new(|_| hours(7 * 24));
    // Tuesday: four of the seven days are left of this week.
    let mut run = run_from(&workflow, at("10T00:00"));
    run.open(times, &workflow, at("10T00:00"));
    assert_eq!(run.hand_over.unwrap().expires_at, at("19T00:00"));
    workflow.cadence.windows = Vec::new();
    let mut run = run_from(&workflow, at("10T00:00"));
    run.open(times, &workflow, at("10T00:00"));
    assert_eq!(run.hand_over.unwrap().expires_at, at("17T00:00"));
}

#[test]
fn the_outcome_of_the_last_touchpoint_is_awaited_for_the_time_of_its_destination() {
    let mut workflow = workflow();
    workflow.cadence.steps = vec![step(Channel::Call, 1, "PT0S", "PT0S")];
    let mut run = run(&workflow);
    let answer = Answer::Taken {
        outcome_timeout: SignedDuration::from_mins(10),
    };
    push(&mut run, answer, &workflow, at("10T12:00"));
    assert!(!run.advance(&workflow, at("10T12:09")));
    assert!(run.advance(&workflow, at("10T12:10")));
    assert_eq!(run.touchpoints[0].outcome, Some(Outcome::NoOutcome));
}

#[test]
fn a_call_of_a_new_run_waits_for_the_gap_of_its_destination() {
    let workflow = workflow();
    let (lead, start) = lead_and_start(&workflow, at("10T12:00"));
    for (last_call, min_gap, due) in [
        ("10T11:50", None, "10T12:50"),
        ("10T11:50", Some("PT3H"), "10T14:50"),
        ("10T11:50", Some("PT10M"), "10T12:00"),
        // A call that is under way does not count without a gap.
        ("10T12:05", Some("PT0S"), "10T12:00"),
    ] {
        let start = Start {
            last_call: Some(at(last_call)),
            min_gap: min_gap.map(|gap| gap.parse().unwrap()),
            ..start.clone()
        };
        let run = Run::build(&lead, &start, Some(&workflow), at("10T12:00"));
        assert_eq!(dues(&run)[0], due, "{min_gap:?}");
        let is_moved = due != "10T12:00";
        assert_eq!(reasons(&run, 0).contains(&Reason::MinGap), is_moved);
    }
}

#[test]
fn a_touchpoint_that_waits_for_its_lane_uses_up_no_time() {
    let workflow = workflow();
    let mut run = run(&workflow);
    assert!(!run.advance(&workflow, at("12T12:00")));
    assert_eq!(claim(&mut run, &workflow, at("12T12:00")), Ok(0));
    assert_eq!(run.hand_over.unwrap().expires_at, at("12T13:00"));
}

#[test]
fn the_time_and_the_distances_follow_the_clocks() {
    let mut workflow = workflow_with_windows();
    workflow.timezone = time_zone("America/New_York").unwrap();
    workflow.cadence.steps = vec![step(Channel::Call, 2, "P1D", "PT0S")];
    // Friday, 17:40 in New York. The clocks change on Sunday, 8 March.
    let mut run = run_from(&workflow, utc("2026-03-06T22:40:00Z"));
    assert_eq!(run.touchpoints[1].due_at, utc("2026-03-09T13:00:00Z"));
    run.open(OpenTimes::default(), &workflow, utc("2026-03-06T22:40:00Z"));
    let expires_at = run.hand_over.as_ref().unwrap().expires_at;
    assert_eq!(expires_at, utc("2026-03-09T13:40:00Z"));
    pull(&mut run, &workflow, utc("2026-03-09T13:10:00Z")).unwrap();
    assert_eq!(run.touchpoints[1].due_at, utc("2026-03-10T13:10:00Z"));
}

#[test]
fn a_missing_outcome_is_settled_when_the_next_touchpoint_is_due() {
    let workflow = workflow();
    let mut run = run(&workflow);
    push(&mut run, Answer::TAKEN, &workflow, at("10T12:00"));
    assert!(!run.advance(&workflow, at("10T13:59")));
    assert!(run.advance(&workflow, at("10T14:00")));
    assert_eq!(run.touchpoints[0].outcome, Some(Outcome::NoOutcome));
    assert_eq!((states(&run)[0], run.awaited), (State::Done, None));
    assert_eq!(
        run.open(OpenTimes::default(), &workflow, at("10T14:00")),
        Some(1)
    );
}

#[test]
fn a_missing_outcome_of_the_last_touchpoint_has_a_wake_of_its_own() {
    let mut workflow = workflow();
    workflow.cadence.steps.truncate(1);
    workflow.cadence.steps[0].max_attempts = 1;
    let mut run = run(&workflow);
    push(&mut run, Answer::TAKEN, &workflow, at("10T12:00"));
    let wake = Wake::Due {
        at: at("10T14:00"),
        kind: WakeKind::MissingOutcome,
        channel: Channel::Call,
    };
    assert_eq!(run.wake(), Some(wake));
    assert!(!run.advance(&workflow, at("10T13:59")));
    assert!(run.advance(&workflow, at("10T14:00")));
    assert_eq!(
        (run.status, run.cadence_state),
        (RunStatus::Completed, CadenceState::Completed)
    );
    assert!(run.wake().is_none());
}

#[test]
fn a_missing_outcome_has_the_effect_that_the_workflow_sets() {
    let with = |cadence| {
        let effect = Effect {
            cadence,
            ..Effect::default()
        };
        let workflow = workflow_with(Outcome::NoOutcome, effect);
        let mut run = run(&workflow);
        push(&mut run, Answer::TAKEN, &workflow, at("10T12:00"));
        let claimed = claim(&mut run, &workflow, at("10T14:00"));
        (claimed, states(&run)[1])
    };
    let next = NotClaimed::NotDue(at("11T16:00"));
    assert_eq!(with(CadenceEffect::NextStep), (Err(next), State::Skipped));
    let over = (Err(NotClaimed::NotLive), State::Cancelled);
    assert_eq!(with(CadenceEffect::Complete), over);
    assert_eq!(with(CadenceEffect::Cancel), over);
    assert_eq!(with(CadenceEffect::Continue), (Ok(1), State::Claimed));
}

#[test]
fn a_pulled_touchpoint_has_its_lease_and_no_missing_outcome() {
    let workflow = workflow();
    let mut run = run(&workflow);
    pull(&mut run, &workflow, at("10T12:00")).unwrap();
    assert_eq!(run.awaited, None);
    run.advance(&workflow, at("10T14:00"));
    assert_eq!(run.touchpoints[0].outcome, None);
}

/// Lets the time pass, with every claim lost, until the run has no wake. Returns the last wake.
fn drift(run: &mut Run, workflow: &Workflow) -> Timestamp {
    let mut now = at("10T12:00");
    for _ in 0..1_000 {
        let Some(Wake::Due { at, .. }) = run.wake() else {
            return now;
        };
        now = now.max(at) + LEASE;
        let _ = claim(run, workflow, now);
    }
    panic!("the run never ends: {run:?}");
}

#[test]
fn a_run_whose_workers_all_die_ends() {
    let workflow = workflow();
    let mut run = run(&workflow);
    drift(&mut run, &workflow);
    assert_eq!(states(&run), [State::Unconfirmed; 4]);
    assert_eq!(run.status, RunStatus::Completed);
}
