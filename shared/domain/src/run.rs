//! Runs: their states, and how a start and a workflow give a run.

mod changes;
mod claim;
mod events;
mod hand_over;
mod order;
mod report;
mod resend;
mod settle;
mod wake;

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use self::{
    hand_over::{
        Answer, Claim, ClaimOver, Delivery, HandOver, MOST_LAPSES, NotClaimed, Owner, Receiver,
        pause_after_miss, pause_after_unknown,
    },
    report::{NotDeferred, NotDispatched, Report, Reported},
    resend::NotResent,
    wake::{Held, HeldBy, Wake, WakeKind},
};
use super::{
    cadence::{Touchpoint, TouchpointState, plan_with_calls_from},
    ids::{AccountId, JobId, LeadId, RunId},
    lead::{Lead, Start},
    time::whole_second,
    timing::{MIN_GAP, MinGap},
    workflow::{Status, Workflow, WorkflowLabel},
};

/// Progress of a run ([contract](../../../docs/contract.md#run-values)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    /// The run is not built yet, or waits for its paused workflow.
    Queued,
    /// The run is built and has not ended.
    Running,
    /// The lead has a terminal status, or the cadence ran out without reaching a person.
    Completed,
    /// Another run replaced this one, or the person may not be contacted any more.
    Stopped,
    /// The workflow was missing when the run was to be built.
    Failed,
}

/// State of a run's cadence ([contract](../../../docs/contract.md#run-values)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CadenceState {
    /// The run is not built yet.
    Pending,
    /// Touchpoints go out when they are due.
    Active,
    /// No touchpoint goes out until the cadence is resumed.
    Paused,
    /// No touchpoint is left, or an outcome has completed the cadence.
    Completed,
    /// The run ended before its cadence, or an outcome has cancelled the cadence.
    Cancelled,
}

/// One lead's way through one workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub account_id: AccountId,
    pub lead_id: LeadId,
    pub id: RunId,
    /// Id of the start.
    pub job_id: JobId,
    /// The workflow at the time of the planning. Before that, at the time of the start.
    pub workflow: WorkflowLabel,
    pub current_status: Status,
    pub status: RunStatus,
    pub cadence_state: CadenceState,
    /// Whether a person has taken the lead over. The automation then waits.
    pub human_takeover: bool,
    /// Time since which no touchpoint goes out, because a person has the lead or an outcome has
    /// completed the cadence. `None` while touchpoints go out. A resume moves the rest by the time
    /// since then.
    pub paused_at: Option<Timestamp>,
    /// Whether a client has set the status. Leadgate then never changes it by itself.
    pub is_status_set: bool,
    /// Contacts, in the order of their planning. The list only grows, and an index never moves.
    pub touchpoints: Vec<Touchpoint>,
    /// State of the touchpoint whose turn it is. `None` until its first claim or its opening.
    pub hand_over: Option<HandOver>,
    /// The dispatched touchpoint whose outcome is missing. `None` if there is none.
    pub awaited: Option<Awaited>,
    /// The thing that holds the run. `None` if nothing does.
    pub held: Option<Held>,
    /// Time at which the run was built.
    pub created_at: Timestamp,
    /// Number of changes. A write fails if another change has raised it.
    pub revision: u32,
}

impl fmt::Display for CadenceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        })
    }
}

/// A dispatched touchpoint without an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// Time at which the outcome counts as missing, if no other touchpoint follows.
    pub due_at: Timestamp,
    /// Number of tries so far.
    pub tries: u16,
    /// Time at which the touchpoint has used up its open time.
    pub expires_at: Timestamp,
}

impl Run {
    /// Builds the run that `start` orders for `lead`. The cadence counts from the enrolment.
    ///
    /// A paused workflow gives a waiting run without touchpoints. A missing workflow gives a failed
    /// run, so that the start has a result.
    pub fn build(lead: &Lead, start: &Start, workflow: Option<&Workflow>, now: Timestamp) -> Self {
        Self::build_from(lead, start, workflow, start.enrolled_at, now)
    }

    fn build_from(
        lead: &Lead,
        start: &Start,
        workflow: Option<&Workflow>,
        planned_from: Timestamp,
        now: Timestamp,
    ) -> Self {
        let planned = workflow.filter(|workflow| !workflow.is_paused);
        // Due times are whole seconds.
        let planned_from = whole_second(planned_from);
        let gap = start.min_gap.map_or(MIN_GAP, MinGap::duration);
        let last_call = start.last_call.filter(|_| !gap.is_zero());
        // Rounded up, so that the gap is not shorter.
        let gap_ends = |call: Timestamp| {
            let almost = SignedDuration::from_nanos(999_999_999);
            call.saturating_add(gap + almost).ok().map(whole_second)
        };
        let touchpoints = planned.map_or_else(Vec::new, |workflow| {
            plan_with_calls_from(
                &workflow.cadence,
                &workflow.timezone,
                lead.reachability(),
                start.first_message.as_ref(),
                planned_from,
                last_call.and_then(gap_ends),
            )
        });
        let can_be_made = |touchpoint: &Touchpoint| touchpoint.state == TouchpointState::Scheduled;
        let (status, cadence_state) = match (workflow, planned) {
            (None, _) => (RunStatus::Failed, CadenceState::Cancelled),
            (Some(_), None) => (RunStatus::Queued, CadenceState::Paused),
            (Some(_), Some(_)) if touchpoints.iter().any(can_be_made) => {
                (RunStatus::Running, CadenceState::Active)
            }
            // No step can reach the lead.
            (Some(_), Some(_)) => (RunStatus::Completed, CadenceState::Completed),
        };
        Self {
            account_id: lead.account_id,
            lead_id: lead.profile.id,
            id: start.run_id,
            job_id: start.job_id,
            workflow: planned.map_or_else(|| start.workflow.clone(), Workflow::label),
            current_status: start.status.clone(),
            status,
            cadence_state,
            human_takeover: false,
            paused_at: None,
            is_status_set: false,
            touchpoints,
            hand_over: None,
            awaited: None,
            held: None,
            created_at: now,
            revision: 0,
        }
    }

    /// Returns a waiting run with its cadence planned from `now` on, after its workflow has
    /// resumed. If a person has taken the lead over, the automation stays stopped. If an outcome has
    /// ended the cadence, it stays ended.
    pub fn after_wait(
        &self,
        lead: &Lead,
        start: &Start,
        workflow: &Workflow,
        now: Timestamp,
    ) -> Self {
        let planned = Self::build_from(lead, start, Some(workflow), now, now);
        let mut run = Self {
            current_status: self.current_status.clone(),
            is_status_set: self.is_status_set,
            created_at: self.created_at,
            revision: self.revision,
            ..planned
        };
        if !run.is_active() {
            return run;
        }
        // An outcome during the wait that ended the cadence counts.
        match self.cadence_state {
            CadenceState::Completed => run.complete(now),
            CadenceState::Cancelled => run.cancel_cadence(),
            _ => {}
        }
        if self.human_takeover {
            run.stop(now);
        }
        run
    }

    /// Returns the run as clients see it before it is built.
    pub fn queued(lead: &Lead, start: &Start) -> Self {
        Self {
            status: RunStatus::Queued,
            cadence_state: CadenceState::Pending,
            ..Self::build(lead, start, None, start.enrolled_at)
        }
    }

    /// Returns whether the run waits for its paused workflow, with nothing planned.
    pub fn is_waiting(&self) -> bool {
        self.status == RunStatus::Queued && !self.is_planned()
    }

    /// Returns whether the cadence is planned.
    pub fn is_planned(&self) -> bool {
        !self.touchpoints.is_empty()
    }

    /// Returns whether a client can set the status: the run was built, and its status is not
    /// terminal.
    pub fn has_open_status(&self) -> bool {
        self.status != RunStatus::Failed && !self.current_status.is_terminal
    }

    /// Returns whether the run is active: it has neither ended nor failed.
    pub fn is_active(&self) -> bool {
        matches!(self.status, RunStatus::Queued | RunStatus::Running)
    }
}

#[cfg(test)]
mod tests;
