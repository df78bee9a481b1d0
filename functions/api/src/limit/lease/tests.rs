use super::*;

const START: Timestamp = Timestamp::UNIX_EPOCH;

fn at(millis: i64) -> Timestamp {
    START + SignedDuration::from_millis(millis)
}

fn limit() -> Limit {
    Limit::new(100, 100).unwrap()
}

/// Answers a renewal at `now` with a bucket that was, or will be, empty at `empty_at`. Returns the
/// tokens of the renewal.
fn answer(
    lease: &mut Lease,
    is_granted: bool,
    empty_at: Timestamp,
    now: Timestamp,
    draw: f64,
) -> u32 {
    let renewal = lease.renewal(now);
    let withdrawn = Withdrawn {
        is_granted,
        empty_at,
    };
    lease.answered(&renewal, withdrawn, now, draw);
    renewal.tokens
}

fn grant(lease: &mut Lease, empty_at: Timestamp, now: Timestamp, draw: f64) -> u32 {
    answer(lease, true, empty_at, now, draw)
}

fn refuse(lease: &mut Lease, empty_at: Timestamp, now: Timestamp, draw: f64) {
    answer(lease, false, empty_at, now, draw);
}

/// A lease without tokens. The bucket held `level` tokens at its last answer, at `START`.
fn empty_lease(limit: Limit, level: u32) -> Lease {
    let mut lease = Lease::new(limit);
    assert_eq!(lease.request(START), Decision::Withdraw);
    grant(&mut lease, START - limit.time_of(level), START, 0.0);
    assert_eq!((lease.left, lease.level), (0, level));
    lease
}

#[test]
fn a_request_waits_for_its_withdrawal_unless_the_bucket_was_half_full() {
    assert_eq!(Lease::new(limit()).request(START), Decision::Withdraw);
    for (level, decision) in [
        (100, Decision::Pass),
        (50, Decision::Pass),
        (49, Decision::Withdraw),
        (1, Decision::Withdraw),
    ] {
        let mut lease = empty_lease(limit(), level);
        assert_eq!(lease.request(at(5_000)), decision, "{level}");
        assert!(lease.is_overdrawn(), "the withdrawal pays for it");
        let again = lease.request(at(5_000));
        assert_eq!(again, Decision::Withdraw, "one request passes in advance");
    }
}

#[test]
fn a_lease_has_a_twentieth_of_the_rate_or_ten_tokens_while_there_is_room() {
    assert_eq!(Lease::new(limit()).renewal(START).tokens, 1, "the first");
    for (rate, burst, level, tokens) in [
        (100, 100, 50, 10),
        (100, 100, 49, 5),
        (10, 1_000, 990, 10),
        (10, 1_000, 10, 1),
        (1_000, 1_000, 990, 50),
        (1_000, 1_000, 10, 50),
        (1_000, 20, 10, 20),
        (100, 40, 30, 5),
        (2, 3, 2, 1),
        (1, 1, 0, 1),
    ] {
        let lease = empty_lease(Limit::new(rate, burst).unwrap(), level);
        let renewal = lease.renewal(at(1_000));
        assert_eq!(renewal.tokens, tokens, "{rate}, {burst}, {level}");
    }
}

#[test]
fn a_lease_lets_its_tokens_pass_without_a_call_however_late() {
    let mut lease = empty_lease(limit(), 90);
    assert_eq!(lease.request(START), Decision::Pass);
    assert_eq!(grant(&mut lease, at(-800), START, 0.0), 10);
    for _ in 0..9 {
        assert_eq!(lease.request(at(3_600_000)), Decision::Pass);
        assert!(!lease.is_overdrawn());
    }
    assert_eq!(lease.request(at(3_600_000)), Decision::Pass);
    assert!(lease.is_overdrawn());
}

#[test]
fn a_new_container_starts_inside_a_lease_if_there_is_room() {
    for (level, draw, left) in [(90, 0.0, 0), (90, 0.55, 5), (90, 0.99, 9), (40, 0.99, 0)] {
        let mut lease = Lease::new(limit());
        lease.request(START);
        let empty_at = START - limit().time_of(level);
        grant(&mut lease, empty_at, START, draw);
        assert_eq!(lease.left, left, "{level}, {draw}");
        grant(&mut lease, empty_at, at(1_000), 0.99);
        assert!(lease.left <= left + 10, "only once: {}", lease.left);
    }
}

#[test]
fn a_container_that_empties_the_bucket_refuses_requests_until_the_next_token() {
    let mut lease = empty_lease(limit(), 1);
    assert_eq!(lease.request(at(1)), Decision::Withdraw);
    assert_eq!(grant(&mut lease, at(40), at(1), 0.9), 5);
    for _ in 0..4 {
        assert_eq!(lease.request(at(2)), Decision::Pass);
    }
    assert_eq!(lease.request(at(49)), Decision::Refuse);
    assert_eq!(lease.wait(at(49)), SignedDuration::from_millis(1));
    assert_eq!(lease.request(at(50)), Decision::Withdraw);
}

#[test]
fn the_pause_after_a_refusal_doubles_with_each_refusal_and_halves_with_each_grant() {
    let mut lease = Lease::new(limit());
    for seconds in [1.0, 2.0, 4.0, 8.0, 10.0, 10.0] {
        refuse(&mut lease, START, START, 1.0);
        let wait = SignedDuration::from_secs_f64(seconds + 0.01);
        assert_eq!(lease.wait(START), wait, "and the time of one token");
        assert_eq!(lease.request(START + wait * 99 / 100), Decision::Refuse);
    }
    for _ in 0..20 {
        grant(&mut lease, START, START, 1.0);
    }
    for millis in [50, 100, 200] {
        refuse(&mut lease, START, START, 1.0);
        assert_eq!(lease.wait(START), SignedDuration::from_millis(millis + 10));
    }
    refuse(&mut lease, START, START, 0.0);
    assert_eq!(lease.wait(START), SignedDuration::from_millis(10));
}

#[test]
fn a_changed_limit_starts_a_new_lease_with_the_old_debts() {
    let other = Limit::new(1_000, 1_000).unwrap();
    let mut lease = empty_lease(limit(), 90);
    grant(&mut lease, at(-900), START, 0.0);
    lease.adopt(limit());
    assert_eq!(lease.left, 10);
    lease.adopt(other);
    assert_eq!(lease.left, 0);

    let mut lease = Lease::new(limit());
    refuse(&mut lease, at(5_000), START, 1.0);
    lease.charge(300);
    assert_eq!(lease.request(START), Decision::Refuse);
    lease.adopt(other);
    assert_eq!(lease.request(START), Decision::Withdraw);
    assert_eq!(lease.renewal(START).tokens, 301);
}

#[test]
fn an_array_spends_the_lease_first_and_a_debt_closes_the_lease_until_it_is_paid() {
    let mut lease = empty_lease(limit(), 90);
    grant(&mut lease, at(-800), START, 0.0);
    lease.charge(4);
    assert!(!lease.is_overdrawn());
    lease.charge(995);
    let debt = lease.debt(START);
    assert_eq!((debt.tokens, debt.is_debt), (989, true));
    let empty_at = at(9_000);
    let is_granted = true;
    lease.answered(
        &debt,
        Withdrawn {
            is_granted,
            empty_at,
        },
        START,
        0.5,
    );
    assert_eq!((lease.left, lease.remaining()), (0, 0));
    assert_eq!(lease.request(at(9_009)), Decision::Refuse);
    assert_eq!(lease.request(at(9_010)), Decision::Withdraw);
}

#[test]
fn a_debt_that_was_not_withdrawn_comes_with_the_next_lease_up_to_an_hour_of_the_rate() {
    let mut lease = empty_lease(limit(), 90);
    lease.charge(300);
    assert_eq!(lease.request(START), Decision::Withdraw);
    assert_eq!(lease.renewal(START).tokens, 301);
    lease.put_back(1);
    assert_eq!(lease.charge(1_000_000), 359_700);
    assert_eq!(lease.charge(1_000_000), 0);
    assert_eq!(lease.debt(START).tokens, 360_000);
    lease.put_back(359_700);
    assert_eq!(
        lease.debt(START).tokens,
        300,
        "what was put back is not owed"
    );
}

#[test]
fn a_lease_is_open_for_a_second_after_a_call_that_failed() {
    let mut lease = Lease::new(limit());
    assert!(!lease.is_open(START));
    lease.open(START);
    assert!(lease.is_open(at(999)));
    assert!(!lease.is_open(at(1_000)));
}
