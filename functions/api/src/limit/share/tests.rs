use super::*;

const START: Timestamp = Timestamp::UNIX_EPOCH;

fn at(millis: i64) -> Timestamp {
    START + SignedDuration::from_millis(millis)
}

fn limit() -> Limit {
    Limit::new(100, 100).unwrap()
}

/// A share that has seen `requests` at once, with nothing left.
fn busy(requests: u32) -> Share {
    let mut share = Share::new(limit(), START);
    for _ in 0..requests {
        share.request(limit(), START, 0.0);
    }
    share
}

#[test]
fn the_first_request_asks_for_itself_and_a_busy_process_for_half_a_second_or_a_tenth_of_the_rate() {
    for (before, take) in [(0, 1), (5, 3), (15, 8), (500, 10)] {
        let order = Order { take, keep: take };
        let decision = busy(before).request(limit(), START, 0.0);
        assert_eq!(decision, Decision::Ask(order), "after {before}");
    }
}

#[test]
fn what_was_granted_passes_without_a_question_for_a_second() {
    let mut share = busy(20);
    let order = share.renewal(START).unwrap();
    share.granted(order, at(-200), START);
    for _ in 0..9 {
        assert_eq!(share.request(limit(), at(999), 0.0), Decision::Pass);
        assert_eq!(share.renewal(at(999)), None);
    }
    let late = share.request(limit(), at(1_000), 0.0);
    assert!(matches!(late, Decision::Ask(_)), "{late:?}");
}

#[test]
fn a_busy_process_renews_its_share_with_the_last_request_and_a_quiet_one_does_not() {
    for (requests, renews) in [(20, true), (2, false)] {
        let mut share = busy(requests);
        share.granted(Order { take: 1, keep: 1 }, at(-200), START);
        assert_eq!(share.request(limit(), START, 0.0), Decision::Pass);
        assert_eq!(share.renewal(START).is_some(), renews, "{requests}");
    }
}

#[test]
fn whoever_empties_the_bucket_comes_back_for_a_smaller_share_when_it_gives_again() {
    let mut share = busy(100);
    share.granted(Order { take: 10, keep: 1 }, at(80), START);
    assert_eq!(share.request(limit(), at(1), 0.0), Decision::Pass);
    assert_eq!(share.renewal(at(1)), None);
    assert_eq!(share.request(limit(), at(89), 0.0), Decision::Refuse);
    let order = Order { take: 5, keep: 5 };
    assert_eq!(share.request(limit(), at(90), 0.0), Decision::Ask(order));
    share.granted(order, at(60), at(90));
    let order = Order { take: 10, keep: 10 };
    assert_eq!(share.renewal(at(90)), None, "there are some");
    share.charge(5);
    assert_eq!(share.renewal(at(90)), Some(order));
}

#[test]
fn a_refusal_is_remembered_for_longer_and_longer_until_there_is_a_grant() {
    let mut share = busy(100);
    let mut now = START;
    let mut pause: f64 = 0.05;
    for _ in 0..20 {
        share.refused(now, now, 1.0);
        // A hundredth of a second is what one request takes to come in.
        let end = now + SignedDuration::from_secs_f64(0.01 + pause);
        let before = end - SignedDuration::from_millis(1);
        assert_eq!(share.request(limit(), before, 0.0), Decision::Refuse);
        assert!(matches!(share.request(limit(), end, 0.0), Decision::Ask(_)));
        now = end;
        pause = (pause * 1.5).min(10.0);
    }
    for (requests, pause) in [(100, 50), (10, 200), (1, 2_000)] {
        let mut share = busy(requests);
        share.refused(START, START, 1.0);
        share.granted(Order { take: 1, keep: 1 }, START, START);
        share.refused(START, START, 1.0);
        let wait = SignedDuration::from_millis(10 + pause);
        assert_eq!(share.wait(START), wait, "{requests}");
    }
}

#[test]
fn a_changed_limit_opens_what_the_old_one_had_closed_and_gives_up_what_it_had_granted() {
    let other = Limit::new(1_000, 1_000).unwrap();
    let mut share = busy(100);
    share.refused(at(5_000), START, 1.0);
    share.owe(500, START);
    assert_eq!(share.request(limit(), START, 0.0), Decision::Refuse);
    let raised = share.request(other, START, 0.0);
    let order = Order { take: 51, keep: 51 };
    assert_eq!(raised, Decision::Ask(order));
    assert_eq!(share.owed(at(4_000)), 1_000, "for as long as before");
    share.granted(order, at(-200), START);
    let lowered = share.request(limit(), START, 0.0);
    assert!(matches!(lowered, Decision::Ask(_)), "{lowered:?}");
}

#[test]
fn of_a_quiet_process_one_request_in_ten_pays_for_all_while_there_is_room() {
    let mut share = busy(1);
    share.granted(Order { take: 1, keep: 1 }, at(-900), START);
    share.spend();
    assert_eq!(share.request(limit(), at(2_000), 0.1), Decision::Pass);
    let paying = Decision::Ask(Order { take: 10, keep: 1 });
    assert_eq!(share.request(limit(), at(3_000), 0.09), paying);
    // What it was told is too old, or was that there is less than half.
    let alone = Decision::Ask(Order { take: 1, keep: 1 });
    assert_eq!(share.request(limit(), at(10_000), 0.5), alone);
    share.granted(Order { take: 1, keep: 1 }, at(9_600), at(10_000));
    share.spend();
    assert_eq!(share.request(limit(), at(12_000), 0.5), alone);
}

#[test]
fn what_the_bucket_could_not_be_told_of_is_owed_until_it_would_be_paid_and_for_an_hour_at_most() {
    let mut share = busy(1);
    share.granted(Order { take: 1, keep: 1 }, at(-900), START);
    share.spend();
    share.owe(500, START);
    share.owe(250, START);
    let asked = share.request(limit(), at(2_000), 0.5);
    assert!(
        matches!(asked, Decision::Ask(_)),
        "not one of ten: {asked:?}"
    );
    for (millis, owed) in [(0, 750), (2_500, 500), (7_500, 0), (60_000, 0)] {
        assert_eq!(share.owed(at(millis)), owed, "{millis}");
    }
    share.owe(1_000_000, START);
    assert_eq!(share.owed(START), 360_000);
    share.settle();
    assert_eq!(share.owed(START), 0);
}

#[test]
fn a_charge_takes_what_is_held_and_closes_until_its_debt_is_paid() {
    let mut share = busy(20);
    let order = share.renewal(START).unwrap();
    share.granted(order, at(-200), START);
    assert_eq!(share.charge(999), 989);
    share.told(at(9_000), START);
    assert_eq!(share.remaining(), 0);
    assert_eq!(share.request(limit(), at(9_009), 0.0), Decision::Refuse);
    let paid = share.request(limit(), at(9_010), 0.0);
    assert!(matches!(paid, Decision::Ask(_)), "{paid:?}");
}
