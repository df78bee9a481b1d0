mod windows;

use proptest::prelude::*;

use super::*;
use crate::{
    cadence::{Day, Window},
    channel::Channel,
    first_message::MessageParts,
    time::time_zone,
};

const BOTH: Reachability = Reachability {
    phone: true,
    email: true,
};

const WEEK: [Day; 7] = [
    Day::Mon,
    Day::Tue,
    Day::Wed,
    Day::Thu,
    Day::Fri,
    Day::Sat,
    Day::Sun,
];

const WORKDAYS: [Day; 5] = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri];

fn step(channel: Channel, max_attempts: u8, attempt_interval: &str, delay: &str) -> Step {
    Step {
        channel,
        max_attempts,
        attempt_interval: attempt_interval.parse().unwrap(),
        delay: delay.parse().unwrap(),
        message: None,
    }
}

fn window(days: &[Day], start: &str, end: &str) -> Window {
    Window::new(days.to_vec(), start.parse().unwrap(), end.parse().unwrap()).unwrap()
}

fn cadence(windows: Vec<Window>, steps: Vec<Step>) -> Cadence {
    Cadence {
        windows,
        gate_all_channels: false,
        steps,
    }
}

fn zone(name: &str) -> TimeZone {
    time_zone(name).unwrap()
}

fn sms(content: &str) -> FirstMessage {
    let parts = MessageParts {
        content: Some(content.to_owned()),
        ..MessageParts::default()
    };
    FirstMessage::new(Channel::Sms, parts).unwrap()
}

/// Returns each touchpoint as its wall-clock time, its time in UTC, and its reasons.
fn shown(touchpoints: &[Touchpoint]) -> Vec<String> {
    touchpoints
        .iter()
        .map(|touchpoint| {
            let mut line = format!("{} {}", touchpoint.local(), touchpoint.due_at);
            for reason in &touchpoint.reasons {
                line += " ";
                line += serde_json::to_value(reason).unwrap().as_str().unwrap();
            }
            line
        })
        .collect()
}

fn planned(cadence: &Cadence, zone_name: &str, enrolled_at: &str) -> Vec<String> {
    let at = enrolled_at.parse().unwrap();
    shown(&plan(cadence, &zone(zone_name), BOTH, None, at))
}

#[test]
fn attempts_follow_at_their_interval_and_steps_after_the_last_attempt() {
    let steps = vec![
        step(Channel::Call, 3, "PT2H", "PT0S"),
        step(Channel::Whatsapp, 1, "PT0S", "P1D"),
    ];
    let at = "2026-02-10T12:00:00Z".parse().unwrap();
    let plan = plan(&cadence(Vec::new(), steps), &TimeZone::UTC, BOTH, None, at);
    assert_eq!(
        shown(&plan),
        [
            "2026-02-10T12:00:00 2026-02-10T12:00:00Z",
            "2026-02-10T14:00:00 2026-02-10T14:00:00Z",
            "2026-02-10T16:00:00 2026-02-10T16:00:00Z",
            "2026-02-11T16:00:00 2026-02-11T16:00:00Z",
        ]
    );
    let attempts: Vec<_> = plan
        .iter()
        .map(|t| (t.step_index, t.attempt, t.max_attempts))
        .collect();
    assert_eq!(attempts, [(0, 1, 3), (0, 2, 3), (0, 3, 3), (1, 1, 1)]);
}

#[test]
fn a_day_keeps_the_wall_clock_and_24_hours_do_not() {
    for (delay, due) in [
        ("P1D", "2026-03-08T12:00:00 2026-03-08T16:00:00Z"),
        ("PT24H", "2026-03-08T13:00:00 2026-03-08T17:00:00Z"),
        ("P1DT2H", "2026-03-08T14:00:00 2026-03-08T18:00:00Z"),
    ] {
        let cadence = cadence(Vec::new(), vec![step(Channel::Call, 1, "PT0S", delay)]);
        assert_eq!(
            planned(&cadence, "America/New_York", "2026-03-07T17:00:00Z"),
            [due]
        );
    }
}

#[test]
fn a_day_later_at_a_time_that_the_clocks_skip_is_as_much_later_as_they_skip() {
    for (zone, at, due) in [
        (
            "America/New_York",
            "2026-03-07T07:30:00Z",
            "2026-03-08T03:30:00 2026-03-08T07:30:00Z clock.gap",
        ),
        (
            "Australia/Lord_Howe",
            "2026-10-02T15:45:00Z",
            "2026-10-04T02:45:00 2026-10-03T15:45:00Z clock.gap",
        ),
        // Samoa had no 30 December 2011.
        (
            "Pacific/Apia",
            "2011-12-29T20:00:00Z",
            "2011-12-31T10:00:00 2011-12-30T20:00:00Z clock.gap",
        ),
    ] {
        let cadence = cadence(Vec::new(), vec![step(Channel::Email, 1, "PT0S", "P1D")]);
        assert_eq!(planned(&cadence, zone, at), [due]);
    }
}

#[test]
fn steps_that_cannot_reach_the_lead_are_skipped_and_the_others_come_as_if_they_were_not() {
    let steps = vec![
        step(Channel::Call, 1, "PT0S", "PT1H"),
        step(Channel::Email, 1, "PT0S", "PT1H"),
        step(Channel::Sms, 1, "PT0S", "PT1H"),
    ];
    let cadence = cadence(vec![window(&WEEK, "09:00", "18:00")], steps);
    let reach = Reachability {
        phone: false,
        email: true,
    };
    let plan = plan(&cadence, &TimeZone::UTC, reach, None, Timestamp::UNIX_EPOCH);
    assert_eq!(
        shown(&plan),
        [
            "1970-01-01T09:00:00 1970-01-01T09:00:00Z window.closed no_phone",
            "1970-01-01T10:00:00 1970-01-01T10:00:00Z",
            "1970-01-01T11:00:00 1970-01-01T11:00:00Z no_phone",
        ]
    );
    let states: Vec<_> = plan.iter().map(|touchpoint| touchpoint.state).collect();
    use TouchpointState::{Scheduled, Skipped};
    assert_eq!(states, [Skipped, Scheduled, Skipped]);
}

#[test]
fn a_first_message_takes_the_place_of_the_first_touchpoint_alone() {
    let steps = vec![step(Channel::Call, 2, "PT1H", "PT1H")];
    let cadence = cadence(vec![window(&WEEK, "09:00", "18:00")], steps);
    let message = sms("Hello");
    let zone = TimeZone::UTC;
    let plan = plan(&cadence, &zone, BOTH, Some(&message), Timestamp::UNIX_EPOCH);
    assert_eq!(
        shown(&plan),
        [
            "1970-01-01T01:00:00 1970-01-01T01:00:00Z forced_first_message",
            "1970-01-01T09:00:00 1970-01-01T09:00:00Z window.closed",
        ]
    );
    assert_eq!(
        (plan[0].channel, plan[1].channel),
        (Channel::Sms, Channel::Call)
    );
    assert_eq!(plan[0].message.as_ref(), Some(&message));
    assert_eq!(plan[1].message, None);
}

#[test]
fn a_pause_moves_what_is_left_and_keeps_it_in_its_windows_and_in_order() {
    let steps = vec![
        step(Channel::Call, 1, "PT0S", "PT0S"),
        step(Channel::Sms, 1, "PT0S", "PT1H"),
        step(Channel::Call, 1, "PT0S", "P1D"),
    ];
    let cadence = cadence(vec![window(&WORKDAYS, "09:00", "18:00")], steps);
    let zone = zone("Europe/Madrid");
    let at = "2026-03-26T15:00:00Z".parse().unwrap();
    let mut left = plan(&cadence, &zone, BOTH, None, at);
    assert_eq!(
        shown(&left),
        [
            "2026-03-26T16:00:00 2026-03-26T15:00:00Z",
            "2026-03-26T17:00:00 2026-03-26T16:00:00Z",
            "2026-03-27T17:00:00 2026-03-27T16:00:00Z",
        ]
    );
    // Two days later it is Saturday, and on Sunday the clocks change.
    shift(
        &mut left,
        cadence.gate(&zone),
        SignedDuration::from_hours(48),
        Timestamp::MIN,
    );
    assert_eq!(
        shown(&left),
        [
            "2026-03-30T09:00:00 2026-03-30T07:00:00Z weekday.closed",
            "2026-03-30T09:00:00 2026-03-30T07:00:00Z",
            "2026-03-30T09:00:00 2026-03-30T07:00:00Z weekday.closed",
        ]
    );
}

fn any_step() -> impl Strategy<Value = Step> {
    let waits = ["PT0S", "PT45M", "PT5H", "P1D", "P3DT1H"];
    let channels = prop::sample::select(Channel::ALL.to_vec());
    let (interval, delay) = (
        prop::sample::select(waits.to_vec()),
        prop::sample::select(waits.to_vec()),
    );
    (channels, 1..=10_u8, interval, delay)
        .prop_map(|(channel, attempts, interval, delay)| step(channel, attempts, interval, delay))
}

proptest! {
    #[test]
    fn what_an_intake_shows_is_the_first_touchpoint_that_is_planned_and_not_skipped(
        steps in prop::collection::vec(any_step(), 0..6),
        (phone, email, is_forced) in any::<(bool, bool, bool)>(),
        seconds in 0..2_000_000_000_i64,
    ) {
        let cadence = cadence(vec![window(&WORKDAYS, "22:00", "06:00")], steps);
        // The API refuses a message on a channel that cannot reach the lead.
        let message = (is_forced && phone).then(|| sms("Hello"));
        let reach = Reachability { phone, email };
        let at = Timestamp::from_second(seconds).unwrap();
        let plan = plan(&cadence, &zone("America/Santiago"), reach, message.as_ref(), at);
        let planned = plan
            .iter()
            .find(|touchpoint| touchpoint.state == TouchpointState::Scheduled)
            .map(|touchpoint| (touchpoint.step_index, touchpoint.channel, touchpoint.max_attempts));
        let shown = first_touchpoint(&cadence.steps, reach, message.as_ref())
            .map(|first| (first.step_index, first.channel, first.max_attempts));
        prop_assert_eq!(planned, shown);
    }

    #[test]
    fn a_lead_that_can_be_reached_less_is_reached_at_the_same_times(
        steps in prop::collection::vec(any_step(), 0..6),
        (phone, email) in any::<(bool, bool)>(),
        seconds in 0..2_000_000_000_i64,
    ) {
        let cadence = cadence(vec![window(&WORKDAYS, "09:00", "17:30")], steps);
        let at = Timestamp::from_second(seconds).unwrap();
        let dues = |reach| -> Vec<_> {
            let plan = plan(&cadence, &zone("Europe/Dublin"), reach, None, at);
            plan.iter().map(|touchpoint| touchpoint.due_at).collect()
        };
        prop_assert_eq!(dues(Reachability { phone, email }), dues(BOTH));
    }

    #[test]
    fn a_pause_brings_no_touchpoint_forward_out_of_its_windows_or_out_of_order(
        steps in prop::collection::vec(any_step(), 0..6),
        (seconds, pause) in (0..2_000_000_000_i64, 0..30_000_000_i64),
    ) {
        let cadence = cadence(vec![window(&WORKDAYS, "21:00", "02:30")], steps);
        let zone = zone("America/New_York");
        let at = Timestamp::from_second(seconds).unwrap();
        let planned = plan(&cadence, &zone, BOTH, None, at);
        let mut shifted = planned.clone();
        let pause = SignedDuration::from_secs(pause);
        shift(&mut shifted, cadence.gate(&zone), pause, Timestamp::MIN);
        prop_assert!(shifted.is_sorted_by_key(|touchpoint| touchpoint.due_at));
        for (before, after) in planned.iter().zip(&shifted) {
            prop_assert!(after.due_at >= before.due_at + pause);
            let time = after.local().time();
            let is_open = time.hour() >= 21 || time < jiff::civil::time(2, 30, 0, 0);
            prop_assert!(after.channel != Channel::Call || is_open, "{}", after.local());
        }
    }
}

#[test]
fn no_call_is_due_before_the_end_of_a_gap_and_the_rest_counts_from_it() {
    let steps = vec![
        step(Channel::Sms, 1, "PT0S", "PT0S"),
        step(Channel::Call, 2, "PT10M", "PT5M"),
        step(Channel::Email, 1, "PT0S", "PT1H"),
    ];
    let cadence = cadence(Vec::new(), steps);
    let at = "2026-02-10T12:00:00Z".parse().unwrap();
    let planned = |calls_from: &str| {
        let from = calls_from.parse().ok();
        shown(&plan_with_calls_from(
            &cadence,
            &TimeZone::UTC,
            BOTH,
            None,
            at,
            from,
        ))
    };
    assert_eq!(
        planned("2026-02-10T12:40:00Z"),
        [
            "2026-02-10T12:00:00 2026-02-10T12:00:00Z",
            "2026-02-10T12:40:00 2026-02-10T12:40:00Z min_gap",
            "2026-02-10T12:50:00 2026-02-10T12:50:00Z",
            "2026-02-10T13:50:00 2026-02-10T13:50:00Z",
        ]
    );
    // The first call is late enough by itself.
    for early in ["2026-02-10T12:05:00Z", "2026-02-10T11:00:00Z", "none"] {
        assert_eq!(
            planned(early),
            shown(&plan(&cadence, &TimeZone::UTC, BOTH, None, at))
        );
    }
}
