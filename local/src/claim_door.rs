//! `POST /dev/touchpoints/claim`: a door of the local stack that claims touchpoints, so that outcomes
//! can be tried. It needs no API key.

use aws::{
    catalogue::Catalogue,
    clock::Clock,
    randomness::Randomness,
    store::{Store, StoreError},
    telemetry::ErrorChain,
};
use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use domain::{
    activity::{Activity, ActivityKind, Contact},
    cadence::{Channel, Touchpoint, TouchpointState},
    ids::{AccountId, LeadId, RunId},
    run::{Answer, Delivery, HeldBy, NotClaimed, Owner, Run},
    time::whole_second,
    touchpoint_id::TouchpointRef,
    workflow::Workflow,
};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    demo,
    dev_routes::{invalid, not_allowed},
    guard::refusal,
    missing_outcomes::missing_outcomes,
};

/// Lease of a claim: the default of the contract.
const LEASE: SignedDuration = SignedDuration::from_mins(5);
/// Maximum number of attempts to claim a touchpoint that other requests change.
const TRIES: u32 = 5;

/// The store and the clock of the stack.
#[derive(Clone, Debug)]
pub struct ClaimDoor {
    pub store: Store,
    pub catalogue: Catalogue,
    pub clock: Clock,
}

/// Returns the route.
pub fn claim_routes(door: ClaimDoor) -> Router {
    let claim = post(claim).fallback(async || not_allowed("POST"));
    Router::new()
        .route("/dev/touchpoints/claim", claim)
        .with_state(door)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    /// Lead whose touchpoint is claimed.
    lead_id: LeadId,
    /// Account of the lead. The default is the demo account.
    account_id: Option<AccountId>,
    #[serde(default, rename = "as")]
    way: Way,
}

/// Way in which the touchpoint goes out.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Way {
    /// A client pulls: the touchpoint stays claimed for five minutes.
    #[default]
    Pull,
    /// A receiver has taken the touchpoint.
    Push,
}

#[derive(Serialize)]
struct Reply {
    /// The claimed touchpoint. `null` if none was claimed.
    touchpoint: Option<ClaimedOut>,
    /// Why none was claimed, or what comes next.
    message: String,
}

#[derive(Serialize)]
struct ClaimedOut {
    id: String,
    lead_id: LeadId,
    workflow_run_id: RunId,
    channel: Channel,
    #[serde(rename = "stepIndex")]
    step_index: u16,
    #[serde(rename = "attemptNumber")]
    attempt: u8,
    #[serde(rename = "maxAttempts")]
    max_attempts: u8,
    due_at: Timestamp,
    state: TouchpointState,
    /// End of the claim. `null` if the receiver has taken the touchpoint.
    claimed_until: Option<Timestamp>,
}

async fn claim(State(door): State<ClaimDoor>, body: Bytes) -> Response {
    let request: Request = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => {
            return invalid(&format!(
                r#"The body must be {{"lead_id": "..."}}, with "as": "pull" or "push" if you like: {error}."#
            ));
        }
    };
    match door.claim(&request).await {
        Ok(reply) => Json(reply).into_response(),
        Err(error) => {
            tracing::error!(error = %ErrorChain(&error), "a touchpoint could not be claimed");
            let (title, code) = ("Internal server error", "internal_error");
            let message =
                "The touchpoint could not be claimed. The log of the stack has the reason.";
            refusal(StatusCode::INTERNAL_SERVER_ERROR, title, code, message)
        }
    }
}

impl ClaimDoor {
    async fn claim(&self, request: &Request) -> Result<Reply, StoreError> {
        let account = match request.account_id {
            Some(account) => account,
            None => demo::account_id(),
        };
        for _ in 0..TRIES {
            let newest = self.store.runs(account, request.lead_id, 1).await?.pop();
            let Some(mut run) = newest.filter(Run::is_planned) else {
                let message = "The lead has no planned run. A new run takes a second. The workflow may be \
                               paused, or the lead may be of another account: then send account_id.";
                return Ok(none(message.to_owned()));
            };
            let workflow = self.catalogue.version(account, &run.workflow).await?;
            let now = self.clock.now();
            let is_paused = self.store.is_paused(account, run.workflow.id).await?;
            let next = run.next_index().and_then(|index| run.touchpoint(index));
            match is_paused {
                true if next.is_some_and(|next| next.due_at <= now) => {
                    run.hold(HeldBy::Workflow(run.workflow.id), now);
                }
                true => {}
                // The hold may have come after the release of the other runs.
                false => {
                    run.release(&workflow, now);
                }
            }
            let owner = Owner(Randomness::System.bits());
            let delivery = match request.way {
                Way::Pull => Delivery::Pull,
                Way::Push => Delivery::Push,
            };
            let before = run.clone();
            let claimed = run.claim(owner, LEASE, delivery, &workflow, now);
            // A claim first does everything that is overdue.
            let mut entries = missing_outcomes(&before, &run, now);
            let reply = match claimed {
                Err(reason) => none(why_not(&run, &workflow, reason)),
                Ok(index) => {
                    let claim = run.hand_over.as_ref().and_then(|it| it.claim);
                    let tries = run.hand_over.as_ref().map(|it| it.tries);
                    if let Way::Push = request.way {
                        // The owner is the one of the claim above.
                        let _ = run.settle(owner, Answer::Taken, &workflow, now);
                    }
                    let until = claim.map(|claim| whole_second(claim.until));
                    let until = until.filter(|_| matches!(request.way, Way::Pull));
                    let reply = self.claimed(&run, index, until).await?;
                    entries.push(entry(&run, index, tries, now));
                    reply
                }
            };
            let written = match entries.is_empty() {
                true => self.store.write_run(&run).await,
                false => self.store.write_run_with(&run, &entries).await,
            };
            match written {
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
                Ok(()) => return Ok(reply),
            }
        }
        Err(StoreError::Conflict)
    }

    async fn claimed(
        &self,
        run: &Run,
        index: u16,
        claimed_until: Option<Timestamp>,
    ) -> Result<Reply, StoreError> {
        let touchpoint = run.touchpoint(index).ok_or(StoreError::NotFound)?;
        let secret = self.catalogue.secret(run.account_id).await?;
        let id = secret.touchpoint_id(TouchpointRef {
            account_id: run.account_id,
            lead_id: run.lead_id,
            run_id: run.id,
            index,
        });
        let message = format!("Report its outcome to POST /api/public/touchpoints/{id}/outcome.");
        let touchpoint = ClaimedOut {
            id,
            lead_id: run.lead_id,
            workflow_run_id: run.id,
            channel: touchpoint.channel,
            step_index: touchpoint.step_index,
            attempt: touchpoint.attempt,
            max_attempts: touchpoint.max_attempts,
            due_at: touchpoint.due_at,
            state: touchpoint.state,
            claimed_until,
        };
        Ok(Reply {
            touchpoint: Some(touchpoint),
            message,
        })
    }
}

fn none(message: String) -> Reply {
    Reply {
        touchpoint: None,
        message,
    }
}

fn why_not(run: &Run, workflow: &Workflow, reason: NotClaimed) -> String {
    match reason {
        NotClaimed::NotLive if run.held.is_some() => {
            format!("The run is held: its workflow {} is paused.", workflow.name)
        }
        NotClaimed::NotLive => format!(
            "The run does not go on: its cadence is {}, and its status is {}.{}",
            run.cadence_state,
            run.current_status.label,
            match run.human_takeover {
                true => " A person has the lead.",
                false => "",
            }
        ),
        NotClaimed::NoneLeft => "No touchpoint of the run is left.".to_owned(),
        NotClaimed::NotDue(at) => format!("The next touchpoint is due at {at}."),
        NotClaimed::Claimed(until) => format!("The touchpoint is claimed until {until:.0}."),
    }
}

fn entry(run: &Run, index: u16, tries: Option<u16>, now: Timestamp) -> Activity {
    let touchpoint = run.touchpoint(index);
    let what = touchpoint.map(Touchpoint::name).unwrap_or_default();
    let contact = touchpoint.map(|it| Contact {
        try_number: tries,
        ..Contact::of(run.id, index, it)
    });
    Activity {
        contact,
        ..Activity::new(ActivityKind::TouchpointClaimed, &what, now)
    }
}
