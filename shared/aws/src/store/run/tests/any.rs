//! Any run comes back from its item.

use domain::run::{Held, HeldBy};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;

fn any_time() -> impl Strategy<Value = Timestamp> {
    (-2_000_000_000_i64..4_000_000_000, 0..1_000_000_000)
        .prop_map(|(second, nanosecond)| Timestamp::new(second, nanosecond).unwrap())
}

fn any_touchpoint() -> impl Strategy<Value = Touchpoint> {
    (
        (any::<u16>(), select(Channel::ALL.to_vec())),
        any::<(u8, u8)>(),
        (-2_000_000_000_000..4_000_000_000_000_i64, -93_599..=93_599),
        select(TouchpointState::ALL.to_vec()),
        vec(select(Reason::ALL.to_vec()), 0..4),
        // An outcome is only ever set on a touchpoint that was claimed.
        option::of(option::of(select(Outcome::ALL.to_vec()))),
    )
        .prop_map(
            |(
                (step_index, channel),
                (attempt, max_attempts),
                (due, offset),
                state,
                reasons,
                outcome,
            )| {
                Touchpoint {
                    step_index,
                    channel,
                    attempt,
                    max_attempts,
                    due_at: Timestamp::from_millisecond(due).unwrap(),
                    offset: Offset::from_seconds(offset).unwrap(),
                    state,
                    reasons,
                    message: None,
                    was_claimed: outcome.is_some(),
                    outcome: outcome.flatten(),
                }
            },
        )
}

fn any_hand_over() -> impl Strategy<Value = HandOver> {
    let claim = (any::<[u8; 10]>(), any_time()).prop_map(|(owner, until)| Claim {
        owner: Owner(owner),
        until,
    });
    (
        (any::<u16>(), option::of(any::<[u8; 6]>()), any::<bool>()),
        any::<(u16, u8, u8, u8)>(),
        (any_time(), any_time(), select(WakeKind::ALL.to_vec())),
        option::of(claim),
    )
        .prop_map(
            |(
                (index, receiver, is_open),
                (tries, lapses, refusals, misses),
                (expires_at, wake_at, wake),
                claim,
            )| HandOver {
                index,
                delivery: receiver.map_or(Delivery::Pull, |it| Delivery::Push(Receiver(it))),
                expires_at,
                tries,
                lapses,
                refusals,
                misses,
                is_open,
                claim,
                wake_at,
                wake,
            },
        )
}

fn any_awaited() -> impl Strategy<Value = Awaited> {
    (any_time(), any::<u16>(), any_time()).prop_map(|(due_at, tries, expires_at)| Awaited {
        due_at,
        tries,
        expires_at,
    })
}

proptest! {
    #[test]
    fn a_run_comes_back_from_its_item_equal(
        mut touchpoints in vec(any_touchpoint(), 0..9),
        first_message in option::of("[^{\\p{C}]{1,9}"),
        hand_over in option::of(any_hand_over()),
        awaited in option::of(any_awaited()),
        (held, paused_at) in (option::of((any_time(), 0..3_usize)), option::of(any_time())),
        (human_takeover, is_status_set) in any::<(bool, bool)>(),
    ) {
        let workflow = workflow(vec![step(Channel::Call, 1, "PT0S", "PT0S")]);
        if let Some(first) = touchpoints.first_mut() {
            first.message = first_message.as_deref().map(sms);
        }
        let holds = [HeldBy::All, HeldBy::Account, HeldBy::Workflow(workflow.id)];
        let run = Run {
            touchpoints,
            hand_over,
            awaited,
            held: held.map(|(since, by)| Held { since, by: holds[by] }),
            paused_at,
            human_takeover,
            is_status_set,
            ..run(&workflow, EVERYWHERE)
        };
        let item = item(&run);
        // The entry comes from the run alone.
        let entry = run.wake().map(|wake| keys::run_entry(&run, wake)).unzip();
        let written = |name| item.get(name).map(|it| it.as_s().unwrap().clone());
        prop_assert_eq!((written("gsi2pk"), written("gsi2sk")), entry);
        let open = keys::open_entry(&run).unzip();
        prop_assert_eq!((written("gsi1pk"), written("gsi1sk")), open);
        let back = decode::<RunItem>(item).unwrap();
        prop_assert_eq!(back.into_run(run.account_id, run.lead_id).unwrap(), run);
    }
}
