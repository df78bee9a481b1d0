//! Touchpoints that windows move.

use super::*;

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
fn at_the_end_of_time_no_opening_is_left_and_nothing_waits_for_one() {
    let cadence = cadence(
        vec![window(&[Day::Mon], "09:00", "18:00")],
        vec![step(Channel::Call, 1, "PT0S", "PT0S")],
    );
    let zone = TimeZone::UTC;
    let gate = cadence.gate(&zone);
    let hour = jiff::SignedDuration::from_hours(1);
    // A Thursday, and the last time that jiff has.
    let at = "9999-12-30T22:00:00Z".parse().unwrap();
    assert!(gate.after_open(Channel::Call, at, hour) >= at);
    assert_eq!(
        gate.open_time(Channel::Call, at, Timestamp::MAX),
        jiff::SignedDuration::ZERO
    );
}
