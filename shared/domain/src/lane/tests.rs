use super::*;

const QUICK: SignedDuration = SignedDuration::from_millis(20);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + second).unwrap()
}

fn answer(lane: &mut Lane, answer: LaneAnswer, touchpoint: u32, second: i64) -> LaneState {
    lane.answered(answer, TouchpointMark(touchpoint), QUICK, at(second));
    lane.state(at(second))
}

#[test]
fn three_different_touchpoints_in_a_row_break_a_lane() {
    let mut lane = Lane::default();
    for touchpoint in [1, 2, 2, 1] {
        let state = answer(&mut lane, LaneAnswer::Error, touchpoint, 0);
        assert_eq!(state, LaneState::Open);
    }
    let state = answer(&mut lane, LaneAnswer::Error, 3, 0);
    assert_eq!(state, LaneState::Closed(at(60)));
    assert_eq!(lane.state(at(60)), LaneState::Probe);
}

#[test]
fn a_poison_contact_never_breaks_a_lane() {
    let mut lane = Lane::default();
    for second in 0..100 {
        let state = answer(&mut lane, LaneAnswer::Error, 7, second);
        assert_eq!(state, LaneState::Open);
    }
    for second in 0..100 {
        answer(&mut lane, LaneAnswer::Error, 7, second);
        answer(&mut lane, LaneAnswer::Error, 8, second);
        let state = answer(&mut lane, LaneAnswer::Alive, 9, second);
        assert_eq!(state, LaneState::Open);
    }
}

#[test]
fn five_timeouts_in_a_row_break_a_lane() {
    let mut lane = Lane::default();
    for touchpoint in 1..5 {
        let state = answer(&mut lane, LaneAnswer::Timeout, touchpoint, 0);
        assert_eq!(state, LaneState::Open);
    }
    let state = answer(&mut lane, LaneAnswer::Timeout, 5, 0);
    assert_eq!(state, LaneState::Closed(at(60)));
}

#[test]
fn one_probe_goes_out_at_a_time_and_each_failure_doubles_the_cooling() {
    let mut lane = Lane::default();
    let mut now = 0;
    for touchpoint in 1..4 {
        answer(&mut lane, LaneAnswer::Error, touchpoint, now);
    }
    // A try that was under way when the lane broke.
    answer(&mut lane, LaneAnswer::Error, 4, now);
    let mut minutes = Vec::new();
    for _ in 0..7 {
        let LaneState::Closed(until) = lane.state(at(now)) else {
            panic!("{lane:?}");
        };
        minutes.push(until.duration_since(at(now)).as_mins());
        now = until.duration_since(at(0)).as_secs();
        assert_eq!(lane.state(at(now)), LaneState::Probe);
        lane.begin_probe(at(now));
        assert_eq!(lane.state(at(now + 59)), LaneState::Closed(at(now + 60)));
        assert_eq!(lane.state(at(now + 60)), LaneState::Probe);
        answer(&mut lane, LaneAnswer::Timeout, 1, now);
    }
    assert_eq!(minutes, [1, 2, 4, 8, 16, 30, 30]);
    lane.begin_probe(at(now + 1_800));
    let state = answer(&mut lane, LaneAnswer::Alive, 1, now + 1_801);
    assert_eq!((state, lane.is_broken()), (LaneState::Open, false));
}

#[test]
fn a_busy_receiver_gets_nothing_until_its_time_and_is_not_broken() {
    let mut lane = Lane::default();
    let state = answer(&mut lane, LaneAnswer::Busy(at(30)), 1, 0);
    assert_eq!(state, LaneState::Closed(at(30)));
    let state = answer(&mut lane, LaneAnswer::Busy(at(10)), 2, 0);
    assert_eq!(state, LaneState::Closed(at(30)));
    assert_eq!(lane.state(at(30)), LaneState::Open);
}

#[test]
fn a_receiver_that_only_asks_for_pauses_fails_after_ten_minutes() {
    let mut lane = Lane::default();
    for minute in 0..11 {
        assert!(!lane.fails(at(minute * 60 - 1)), "{minute}");
        answer(
            &mut lane,
            LaneAnswer::Busy(at(minute * 60 + 30)),
            1,
            minute * 60,
        );
    }
    assert!(lane.fails(at(600)));
    assert_eq!(lane.state(at(640)), LaneState::Open);
    answer(&mut lane, LaneAnswer::Alive, 1, 650);
    assert!(!lane.fails(at(650)));
    // One answer of that kind, and then nothing to send.
    answer(&mut lane, LaneAnswer::Busy(at(730)), 1, 700);
    assert!(!lane.fails(at(1_400)));
}

#[test]
fn a_broken_lane_fails_until_an_hour_after_its_cooling_and_never_while_it_is_paused() {
    let mut lane = Lane::default();
    for touchpoint in 0..3 {
        answer(&mut lane, LaneAnswer::Error, touchpoint, 0);
    }
    for (second, expected) in [
        (0, true),
        (60, true),
        (60 + 3_599, true),
        (60 + 3_600, false),
    ] {
        assert_eq!(lane.fails(at(second)), expected, "{second}");
    }
    lane.pause(at(0));
    assert!(!lane.fails(at(0)));
    assert!(!Lane::default().fails(at(0)));
}

#[test]
fn a_receiver_that_defers_a_probe_works_again() {
    let mut lane = Lane::default();
    for touchpoint in 1..4 {
        answer(&mut lane, LaneAnswer::Error, touchpoint, 0);
    }
    lane.begin_probe(at(60));
    let state = answer(&mut lane, LaneAnswer::Deferred(at(91)), 1, 61);
    assert_eq!(
        (state, lane.is_broken()),
        (LaneState::Closed(at(91)), false)
    );
    assert_eq!(lane.state(at(91)), LaneState::Open);
}

#[test]
fn failures_do_not_shorten_the_pause_for_which_a_receiver_has_asked() {
    let mut lane = Lane::default();
    answer(&mut lane, LaneAnswer::Busy(at(3_600)), 1, 0);
    for touchpoint in 2..5 {
        answer(&mut lane, LaneAnswer::Error, touchpoint, 0);
    }
    assert!(lane.is_broken());
    assert_eq!(lane.state(at(60)), LaneState::Closed(at(3_600)));
    assert_eq!(lane.state(at(3_600)), LaneState::Probe);
}

#[test]
fn a_pause_ends_by_an_operator_and_that_of_a_receiver_also_by_another_url() {
    let mut gone = Lane::default();
    assert_eq!(answer(&mut gone, LaneAnswer::Gone, 1, 0), LaneState::Paused);
    let mut paused = Lane::default();
    paused.pause(at(0));
    let elsewhere = Receiver([3; 6]);
    let (other, still) = (gone.clone().of(elsewhere), paused.clone().of(elsewhere));
    assert_eq!(other.state(at(1)), LaneState::Open);
    assert_eq!(still.state(at(1)), LaneState::Paused);
    gone.resume();
    assert_eq!(gone.state(at(1)), LaneState::Open);
}

#[test]
fn a_slow_receiver_gets_no_more_than_it_can_take() {
    let rate = Rate::new(1_000, Some(1_000)).unwrap();
    let mut lane = Lane::default();
    let slow = |lane: &mut Lane, seconds, second| {
        let took = SignedDuration::from_secs(seconds);
        lane.answered(LaneAnswer::Alive, TouchpointMark(1), took, at(second));
        let bucket = lane.bucket(rate, at(second));
        (bucket.in_ten_seconds, bucket.burst)
    };
    assert_eq!(slow(&mut lane, 1, 0), (1_000, 1_000));
    assert_eq!(slow(&mut lane, 4, 0), (50, 5));
    // At most one note a minute.
    assert_eq!(slow(&mut lane, 10, 59), (50, 5));
    assert_eq!(slow(&mut lane, 10, 60), (20, 2));
    assert_eq!(slow(&mut lane, 3, 200), (20, 2));
    assert_eq!(lane.bucket(rate, at(660)), rate.bucket());
}
