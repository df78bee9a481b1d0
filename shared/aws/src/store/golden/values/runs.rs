//! The values of the golden runs.

use super::*;

fn touchpoint(
    step_index: u16,
    channel: Channel,
    state: TouchpointState,
    reasons: &[Reason],
) -> Touchpoint {
    Touchpoint {
        step_index,
        channel,
        attempt: 1,
        max_attempts: 2,
        due_at: at(step_index.into()),
        offset: Offset::from_seconds(-10_800).unwrap(),
        state,
        reasons: reasons.to_vec(),
        message: None,
        was_claimed: false,
        outcome: None,
    }
}

/// A run that is claimed. Its touchpoints have all states, reasons, channels and outcomes.
pub(in crate::store) fn run() -> Run {
    let channels = Channel::ALL.into_iter().cycle();
    let states = TouchpointState::ALL.into_iter().cycle();
    let outcomes = Outcome::ALL.map(Some).into_iter().chain([None]);
    let touchpoints = (0..).zip(outcomes.zip(channels.zip(states)));
    let touchpoints = touchpoints.map(|(index, (outcome, (channel, state)))| {
        // The runs of the golden items have the reasons of their time.
        let mut reasons = Reason::ALL.iter().filter(|it| **it != Reason::MinGap);
        let reason = reasons.nth(index.into());
        Touchpoint {
            was_claimed: true,
            outcome,
            ..touchpoint(
                index,
                channel,
                state,
                reason.map_or(&[], std::slice::from_ref),
            )
        }
    });
    let mut touchpoints: Vec<_> = touchpoints.collect();
    touchpoints[0].message = Some(first_message());
    touchpoints.push(Touchpoint {
        was_claimed: true,
        ..touchpoint(14, Channel::Call, TouchpointState::Claimed, &[])
    });
    touchpoints.push(touchpoint(
        15,
        Channel::Sms,
        TouchpointState::Scheduled,
        &[Reason::WindowClosed, Reason::Late],
    ));
    Run {
        account_id: id(ACCOUNT),
        lead_id: id(LEAD),
        id: id(RUN),
        job_id: id(JOB),
        workflow: workflow().label(),
        current_status: status(),
        status: RunStatus::Running,
        cadence_state: CadenceState::Paused,
        human_takeover: true,
        paused_at: Some(at(2)),
        is_status_set: true,
        touchpoints,
        hand_over: Some(HandOver {
            index: 14,
            delivery: Delivery::Push(Receiver::default()),
            expires_at: at(15),
            tries: 3,
            lapses: 1,
            refusals: 1,
            misses: 0,
            is_open: true,
            claim: Some(Claim {
                owner: Owner([0, 1, 2, 3, 4, 251, 252, 253, 254, 255]),
                until: at(14) + SignedDuration::from_millis(60_005),
            }),
            wake_at: at(14),
            wake: WakeKind::Retry,
        }),
        awaited: None,
        held: None,
        created_at: at(0),
        revision: 4,
    }
}

/// A run that its paused workflow holds, with a pulled touchpoint and an outcome that is missing.
pub(in crate::store) fn held_run() -> Run {
    let mut dispatched = touchpoint(0, Channel::Whatsapp, TouchpointState::Dispatched, &[]);
    dispatched.was_claimed = true;
    let opened = touchpoint(1, Channel::Call, TouchpointState::Scheduled, &[]);
    Run {
        cadence_state: CadenceState::Active,
        human_takeover: false,
        paused_at: None,
        is_status_set: false,
        touchpoints: vec![dispatched, opened],
        hand_over: Some(HandOver {
            index: 1,
            delivery: Delivery::Pull,
            expires_at: at(2),
            tries: 0,
            lapses: 0,
            refusals: 0,
            misses: 0,
            is_open: false,
            claim: None,
            wake_at: at(2),
            wake: WakeKind::Expiry,
        }),
        awaited: Some(Awaited {
            due_at: at(1),
            tries: 2,
            expires_at: at(3),
        }),
        held: Some(Held {
            by: HeldBy::Workflow(id(WORKFLOW)),
            since: at(1) + SignedDuration::from_millis(5),
        }),
        revision: 0,
        ..run()
    }
}

/// A run whose touchpoint waits for a webhook that it has not reached twice.
pub(in crate::store) fn missed_run() -> Run {
    let mut run = run();
    if let Some(hand_over) = &mut run.hand_over {
        hand_over.delivery = Delivery::Push(Receiver([1, 2, 3, 250, 251, 252]));
        hand_over.misses = 2;
        hand_over.claim = None;
    }
    run
}

/// A run whose touchpoint callers can pull.
pub(in crate::store) fn open_run() -> Run {
    Run {
        held: None,
        ..held_run()
    }
}

/// A run that waits for its paused workflow.
pub(in crate::store) fn waiting_run() -> Run {
    Run {
        status: RunStatus::Queued,
        human_takeover: false,
        paused_at: None,
        is_status_set: false,
        touchpoints: Vec::new(),
        hand_over: None,
        revision: 0,
        ..run()
    }
}

/// The report of an outcome, with all details.
pub(in crate::store) fn report() -> Activity {
    let contact = Contact {
        channel: Channel::Call,
        run_id: Some(id(RUN)),
        index: Some(14),
        try_number: Some(2),
        outcome: Some(Outcome::Callback),
        sent: None,
        details: ContactDetails {
            contacted_at: Some(at(14)),
            provider_id: Some("CA1".to_owned()),
            provider_code: Some("completed".to_owned()),
            from: Some("+56912345678".to_owned()),
            duration_s: Some(42),
            note: Some("asks for a call in the evening".to_owned()),
            callback_at: Some(at(15)),
        },
    };
    Activity {
        contact: Some(contact),
        ..Activity::new(ActivityKind::TouchpointOutcome, "call 1/2", at(14))
    }
}

/// The entry of a request to a webhook.
pub(in crate::store) fn sent() -> Activity {
    let contact = Contact {
        run_id: Some(id(RUN)),
        index: Some(14),
        try_number: Some(2),
        sent: Some(Sent {
            destination: "dialer".to_owned(),
            answer: "200".to_owned(),
            took_ms: 48,
            may_be_out: true,
        }),
        ..Contact::new(Channel::Call)
    };
    Activity {
        contact: Some(contact),
        ..Activity::new(ActivityKind::TouchpointSent, "call 1/2", at(14))
    }
}

/// A workflow that sets effects of outcomes.
pub(in crate::store) fn workflow_with_outcomes() -> Workflow {
    let effect = Effect {
        cadence: CadenceEffect::NextStep,
        status: Some("new".to_owned()),
        human_takeover: true,
    };
    let outcomes = [
        (Outcome::NoAnswer, effect),
        (Outcome::Answered, Effect::default()),
    ];
    Workflow {
        outcomes: Outcomes::new(outcomes.into()),
        ..workflow()
    }
}
