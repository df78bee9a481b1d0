use proptest::prelude::*;

use super::*;
use crate::domain::{
    cadence::{Channel, Day, Window},
    first_message::MessageParts,
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
    TimeZone::get(name).unwrap()
}

fn sms(content: &str) -> FirstMessage {
    let parts = MessageParts {
        content: Some(content.to_owned()),
        ..MessageParts::default()
    };
    FirstMessage::new(Channel::Sms, parts).unwrap()
}

/// Wall-clock time, UTC, and the reasons.
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
fn a_touchpoint_outside_its_windows_moves_to_the_next_opening() {
    use Day::{Fri, Sat, Sun};
    for (name, zone, days, hours, at, due) in [
        (
            "inside",
            "America/New_York",
            &WORKDAYS[..],
            ("09:00", "18:00"),
            "2026-02-10T14:00:00Z",
            "2026-02-10T09:00:00 2026-02-10T14:00:00Z",
        ),
        (
            "the end is not part of it",
            "America/New_York",
            &WORKDAYS,
            ("09:00", "18:00"),
            "2026-02-10T23:00:00Z",
            "2026-02-11T09:00:00 2026-02-11T14:00:00Z window.closed",
        ),
        (
            "08:00 stays 08:00 when the clocks change overnight",
            "America/New_York",
            &WEEK,
            ("08:00", "20:00"),
            "2026-11-01T01:00:00Z",
            "2026-11-01T08:00:00 2026-11-01T13:00:00Z window.closed",
        ),
        (
            "Saturday in Auckland, Friday in UTC",
            "Pacific/Auckland",
            &WORKDAYS,
            ("09:00", "18:00"),
            "2026-06-05T21:00:00Z",
            "2026-06-08T09:00:00 2026-06-07T21:00:00Z weekday.closed",
        ),
        (
            "Friday in Los Angeles, Saturday in UTC",
            "America/Los_Angeles",
            &WORKDAYS,
            ("09:00", "18:00"),
            "2026-02-14T01:00:00Z",
            "2026-02-13T17:00:00 2026-02-14T01:00:00Z",
        ),
        (
            "the night after an overnight window's day",
            "Europe/Madrid",
            &[Fri],
            ("22:00", "06:00"),
            "2026-02-14T04:59:59Z",
            "2026-02-14T05:59:59 2026-02-14T04:59:59Z",
        ),
        (
            "the morning after an overnight window",
            "Europe/Madrid",
            &[Fri],
            ("22:00", "06:00"),
            "2026-02-14T05:00:00Z",
            "2026-02-20T22:00:00 2026-02-20T21:00:00Z window.closed",
        ),
        (
            "the morning of an overnight window's day",
            "Europe/Madrid",
            &[Fri],
            ("22:00", "06:00"),
            "2026-02-13T02:00:00Z",
            "2026-02-13T22:00:00 2026-02-13T21:00:00Z window.closed",
        ),
        (
            "a day without an overnight window",
            "Europe/Madrid",
            &[Fri],
            ("22:00", "06:00"),
            "2026-02-15T02:00:00Z",
            "2026-02-20T22:00:00 2026-02-20T21:00:00Z weekday.closed",
        ),
        (
            "an opening that the clocks skip",
            "America/New_York",
            &[Sun],
            ("02:30", "05:00"),
            "2026-03-08T05:00:00Z",
            "2026-03-08T03:00:00 2026-03-08T07:00:00Z window.closed clock.gap",
        ),
        (
            "a window that the clocks skip",
            "America/New_York",
            &[Sun],
            ("02:00", "03:00"),
            "2026-03-08T05:00:00Z",
            "2026-03-15T02:00:00 2026-03-15T06:00:00Z window.closed clock.gap",
        ),
        (
            "a window that opens when the clocks have changed",
            "America/New_York",
            &[Sun],
            ("03:00", "05:00"),
            "2026-03-08T05:00:00Z",
            "2026-03-08T03:00:00 2026-03-08T07:00:00Z window.closed",
        ),
        (
            "an opening that comes twice, before the first",
            "America/New_York",
            &[Sun],
            ("01:30", "03:00"),
            "2026-11-01T04:00:00Z",
            "2026-11-01T01:30:00 2026-11-01T05:30:00Z window.closed",
        ),
        (
            "an opening that comes twice, between both",
            "America/New_York",
            &[Sun],
            ("01:30", "03:00"),
            "2026-11-01T06:10:00Z",
            "2026-11-01T01:30:00 2026-11-01T06:30:00Z window.closed",
        ),
        (
            "a midnight that the clocks skip",
            "America/Santiago",
            &[Sun],
            ("00:00", "06:00"),
            "2026-09-05T16:00:00Z",
            "2026-09-06T01:00:00 2026-09-06T04:00:00Z weekday.closed clock.gap",
        ),
        (
            "the last hour of a day that comes twice",
            "America/Santiago",
            &[Sat],
            ("23:30", "24:00"),
            "2026-04-05T03:10:00Z",
            "2026-04-04T23:30:00 2026-04-05T03:30:00Z window.closed",
        ),
        (
            "a change of half an hour",
            "Australia/Lord_Howe",
            &[Sun],
            ("02:15", "04:00"),
            "2026-10-03T12:00:00Z",
            "2026-10-04T02:30:00 2026-10-03T15:30:00Z weekday.closed clock.gap",
        ),
        (
            "a day that was skipped",
            "Pacific/Apia",
            &[Fri],
            ("09:00", "18:00"),
            "2011-12-29T20:00:00Z",
            "2012-01-06T09:00:00 2012-01-05T19:00:00Z weekday.closed clock.gap",
        ),
    ] {
        let windows = vec![window(days, hours.0, hours.1)];
        let cadence = cadence(windows, vec![step(Channel::Call, 1, "PT0S", "PT0S")]);
        assert_eq!(planned(&cadence, zone, at), [due], "{name}");
    }
}

#[test]
fn a_day_can_have_several_windows_and_the_next_attempt_counts_from_the_moved_one() {
    let windows = vec![
        window(&WORKDAYS, "14:00", "18:00"),
        window(&WORKDAYS, "09:00", "12:00"),
    ];
    let steps = vec![step(Channel::Call, 5, "PT3H", "PT0S")];
    assert_eq!(
        planned(&cadence(windows, steps), "UTC", "2026-02-12T08:00:00Z"),
        [
            "2026-02-12T09:00:00 2026-02-12T09:00:00Z window.closed",
            "2026-02-12T14:00:00 2026-02-12T14:00:00Z window.closed",
            "2026-02-12T17:00:00 2026-02-12T17:00:00Z",
            "2026-02-13T09:00:00 2026-02-13T09:00:00Z window.closed",
            "2026-02-13T14:00:00 2026-02-13T14:00:00Z window.closed",
        ]
    );
}

#[test]
fn windows_hold_for_calls_alone_or_for_all_channels() {
    let steps = Channel::ALL
        .map(|channel| step(channel, 1, "PT0S", "PT0S"))
        .to_vec();
    let mut cadence = cadence(vec![window(&[Day::Mon], "09:00", "18:00")], steps);
    cadence.steps.reverse();
    for (gate_all_channels, moved) in [(false, 1), (true, 4)] {
        cadence.gate_all_channels = gate_all_channels;
        let plan = plan(&cadence, &TimeZone::UTC, BOTH, None, Timestamp::UNIX_EPOCH);
        let on_monday = plan
            .iter()
            .filter(|touchpoint| touchpoint.local().day() == 5)
            .count();
        assert_eq!(on_monday, moved);
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
        // A message on a channel that cannot reach the lead is refused before.
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
}
