//! Touchpoints as clients see them ([contract](../../../../docs/contract.md#touchpoints)).

use domain::{
    activity::{Activity, ActivityKind, Contact},
    outcome::Outcome,
    run::Run,
    time::whole_second,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

#[cfg(feature = "description")]
use crate::schema::domain_types;
use crate::{
    leads::{ActiveRun, NextTouchpoint},
    runs::TouchpointOut,
};

/// The reply to an outcome and to an event.
#[derive(Serialize, ToSchema)]
pub struct ReportedReply<'a> {
    pub success: bool,
    /// Whether the report has changed the touchpoint, or the run.
    pub changed: bool,
    #[schema(required)]
    pub touchpoint: Option<TouchpointOut<'a>>,
    #[schema(required)]
    pub workflow_run: Option<ActiveRun<'a>>,
    #[schema(required)]
    pub next: Option<NextTouchpoint>,
}

/// The reply to `GET /touchpoints/{id}`.
#[derive(Serialize, ToSchema)]
pub struct TouchpointReply<'a> {
    pub success: bool,
    pub touchpoint: TouchpointDetails<'a>,
}

#[derive(Serialize, ToSchema)]
#[schema(description = "A touchpoint with everything that happened to it.")]
pub struct TouchpointDetails<'a> {
    #[serde(flatten)]
    touchpoint: TouchpointOut<'a>,
    #[schema(value_type = domain_types::LeadId)]
    lead_id: domain::ids::LeadId,
    workflow_run: ActiveRun<'a>,
    /// The tries to hand the touchpoint over, oldest first.
    attempts: Vec<AttemptOut>,
    /// The outcomes that were reported, oldest first.
    outcomes: Vec<ReportedOutcome<'a>>,
}

/// Checks before a caller gets a touchpoint.
const CHECKS_OF_A_CLAIM: &[&str] = &["run", "lead", "address", "suppressions", "holds", "window"];
/// Checks before a request to a webhook.
const CHECKS_OF_A_REQUEST: &[&str] = &[
    "run",
    "lead",
    "address",
    "suppressions",
    "holds",
    "window",
    "lane",
];

#[derive(Serialize, ToSchema)]
#[schema(as = Attempt, description = "One try to hand a touchpoint over.")]
struct AttemptOut {
    #[serde(rename = "try")]
    #[schema(example = 1)]
    number: u16,
    at: Timestamp,
    /// How the try ended without an outcome, such as `lease_lapsed`, `released`, `deferred` or `skipped`. `null` if an
    /// outcome came, or if the try is under way.
    #[schema(required, example = "lease_lapsed")]
    ended: Option<String>,
    /// The webhook that got the touchpoint. `null` if a caller has claimed it, or if no request went out.
    #[schema(required, example = "dialer")]
    destination: Option<String>,
    /// Checks of this try, after the claim and before the touchpoint goes out.
    #[schema(value_type = Vec<String>, example = json!(CHECKS_OF_A_CLAIM))]
    checked: &'static [&'static str],
    /// The answer of the webhook: its status, or the reason for which there is none.
    #[schema(required, example = "200")]
    answer: Option<String>,
    /// The time until the answer, in milliseconds.
    #[schema(required, example = 120)]
    duration_ms: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct ReportedOutcome<'a> {
    #[schema(value_type = domain_types::Outcome)]
    outcome: Outcome,
    reported_at: Timestamp,
    /// The time of the contact.
    #[schema(required)]
    at: Option<Timestamp>,
    #[schema(required, example = "CA123")]
    provider_id: Option<&'a str>,
    #[schema(required, example = "no-answer")]
    provider_code: Option<&'a str>,
    #[schema(required, example = "+12025550100")]
    from: Option<&'a str>,
    #[schema(required, example = 0)]
    duration_s: Option<u32>,
    #[schema(required)]
    note: Option<&'a str>,
    #[schema(required)]
    callback_at: Option<Timestamp>,
}

impl<'a> TouchpointDetails<'a> {
    /// `entries` are those of the history that are about the touchpoint.
    pub fn new(
        touchpoint: TouchpointOut<'a>,
        (run, index): (&'a Run, u16),
        entries: impl Iterator<Item = &'a Activity> + Clone,
    ) -> Self {
        let state = run.touchpoint(index).map(|it| it.state);
        let mut attempts: Vec<AttemptOut> = Vec::new();
        for entry in entries.clone() {
            let ended = match entry.kind {
                ActivityKind::TouchpointClaimed => {
                    let number = entry.contact.as_ref().and_then(|it| it.try_number);
                    attempts.extend(number.map(|number| AttemptOut {
                        number,
                        at: whole_second(entry.at),
                        ended: None,
                        destination: None,
                        checked: CHECKS_OF_A_CLAIM,
                        answer: None,
                        duration_ms: None,
                    }));
                    continue;
                }
                ActivityKind::TouchpointSent => {
                    let sent = entry.contact.as_ref().and_then(|it| it.sent.clone());
                    let number = entry.contact.as_ref().and_then(|it| it.try_number);
                    attempts.extend(number.zip(sent).map(|(number, sent)| AttemptOut {
                        number,
                        at: whole_second(entry.at),
                        ended: None,
                        destination: Some(sent.destination),
                        checked: CHECKS_OF_A_REQUEST,
                        answer: Some(sent.answer),
                        duration_ms: Some(sent.took_ms),
                    }));
                    continue;
                }
                ActivityKind::TouchpointLapsed => Some("lease_lapsed".to_owned()),
                ActivityKind::TouchpointReleased => Some("released".to_owned()),
                _ if entry.is_deferral() => Some("deferred".to_owned()),
                ActivityKind::TouchpointEnded => state.map(|it| it.to_string()),
                _ => continue,
            };
            if let Some(last) = attempts.last_mut() {
                last.ended = last.ended.take().or(ended);
            }
        }
        let outcomes = entries.filter_map(|entry| {
            let Contact {
                outcome, details, ..
            } = entry.contact.as_ref()?;
            Some(ReportedOutcome {
                outcome: (*outcome)?,
                reported_at: whole_second(entry.at),
                at: details.contacted_at,
                provider_id: details.provider_id.as_deref(),
                provider_code: details.provider_code.as_deref(),
                from: details.from.as_deref(),
                duration_s: details.duration_s,
                note: details.note.as_deref(),
                callback_at: details.callback_at,
            })
        });
        Self {
            touchpoint,
            lead_id: run.lead_id,
            workflow_run: ActiveRun::from(run),
            attempts,
            outcomes: outcomes.collect(),
        }
    }
}
