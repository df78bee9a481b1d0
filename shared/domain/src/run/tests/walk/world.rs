//! Workflows, leads and times of the walk.

use jiff::{SignedDuration, Timestamp};

use crate::{
    cadence::{Day, Step, Window},
    channel::Channel,
    lead::{Lead, Start},
    outcome::{CadenceEffect, Effect, Outcome, Outcomes},
    run::tests::fixtures,
    time::time_zone,
    workflow::Workflow,
};

/// Start of the year in which all leads are enrolled.
const YEAR: i64 = 1_767_225_600;
/// Instants around which a third of the leads are enrolled: changes of the clocks in 2026 in New
/// York, Santiago, Lord Howe and New York again.
const CHANGES: [i64; 4] = [1_772_953_200, 1_775_358_000, 1_791_039_600, 1_793_512_800];

fn effect(cadence: CadenceEffect, status: Option<&str>, human_takeover: bool) -> Effect {
    Effect {
        cadence,
        status: status.map(ToOwned::to_owned),
        human_takeover,
    }
}

fn window(days: &[Day], start: &str, end: &str) -> Window {
    Window::new(days.to_vec(), start.parse().unwrap(), end.parse().unwrap()).unwrap()
}

/// Returns workflows that differ in zone, windows, steps and effects of outcomes.
pub(super) fn workflows() -> Vec<Workflow> {
    use CadenceEffect::{Cancel, Complete, Continue, NextStep};
    use Channel::{Call, Email, Sms, Whatsapp};
    let step = fixtures::step;
    let office = window(&fixtures::WORKDAYS, "09:00", "18:00");
    let lunch = [
        window(&fixtures::WORKDAYS, "09:00", "12:30"),
        window(&[Day::Mon, Day::Sat], "14:00", "24:00"),
    ];
    let night = window(&[Day::Thu, Day::Fri, Day::Sat, Day::Sun], "22:00", "03:00");
    let with = |zone: &str, windows: Vec<Window>, all: bool, steps: Vec<Step>, effects: Vec<_>| {
        let mut workflow = fixtures::workflow();
        workflow.timezone = time_zone(zone).unwrap();
        workflow.cadence.windows = windows;
        workflow.cadence.gate_all_channels = all;
        workflow.cadence.steps = steps;
        workflow.outcomes = Outcomes::new(effects.into_iter().collect());
        workflow
    };
    vec![
        with(
            "America/Santiago",
            vec![office.clone()],
            false,
            vec![
                step(Call, 3, "PT2H", "PT0S"),
                step(Whatsapp, 1, "PT0S", "P1D"),
                step(Email, 1, "PT0S", "P2D"),
                step(Call, 2, "P1D", "PT1H"),
            ],
            vec![],
        ),
        with(
            "UTC",
            vec![],
            false,
            vec![step(Call, 2, "PT1H", "PT0S"), step(Sms, 2, "PT3H", "PT4H")],
            vec![
                (Outcome::Voicemail, effect(NextStep, None, true)),
                (Outcome::NoOutcome, effect(NextStep, None, false)),
                (Outcome::Failed, effect(Continue, Some("lost"), false)),
                (Outcome::Invalid, effect(Cancel, None, false)),
            ],
        ),
        with(
            "America/New_York",
            vec![night],
            true,
            vec![step(Sms, 1, "PT0S", "PT0S"), step(Call, 2, "P1D", "P1D")],
            vec![
                (Outcome::NoOutcome, effect(Cancel, None, false)),
                (Outcome::Busy, effect(Complete, Some("qualified"), false)),
                (Outcome::NoAnswer, effect(Cancel, None, false)),
                (Outcome::Bounced, effect(Cancel, Some("lost"), false)),
            ],
        ),
        with(
            "Australia/Lord_Howe",
            lunch.to_vec(),
            true,
            vec![
                step(Call, 3, "PT1H", "PT15M"),
                step(Email, 1, "PT0S", "P1D"),
            ],
            vec![
                (Outcome::NoOutcome, effect(Complete, None, false)),
                (Outcome::Answered, effect(Continue, Some("engaged"), true)),
                (Outcome::Callback, effect(NextStep, None, false)),
            ],
        ),
        with(
            "Europe/Madrid",
            vec![office],
            true,
            vec![step(Call, 4, "PT4H", "PT0S")],
            vec![(Outcome::Answered, effect(Continue, None, false))],
        ),
    ]
}

/// Returns a lead that is enrolled in 2026. Some leads have no email address, and a few no phone.
pub(super) fn lead(rng: &mut fastrand::Rng, workflow: &Workflow) -> (Lead, Start) {
    let second = if rng.u8(..3) == 0 {
        CHANGES[rng.usize(..CHANGES.len())] + rng.i64(-3 * 86_400..86_400)
    } else {
        YEAR + rng.i64(0..365 * 86_400)
    };
    let enrolled_at = Timestamp::from_second(second).unwrap();
    let enrolled_at = enrolled_at + SignedDuration::from_millis(rng.i64(0..1_000));
    let (mut lead, start) = fixtures::lead_and_start(workflow, enrolled_at);
    if rng.u8(..4) > 0 {
        lead.profile.email = Some("john@example.com".try_into().unwrap());
    }
    if rng.u8(..12) == 0 {
        lead.profile.phone = None;
    }
    (lead, start)
}
