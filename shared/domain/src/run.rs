//! Runs: their states, and how a start and a workflow give a run.

mod changes;

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{
    cadence::{Gate, Touchpoint, TouchpointState, Window, plan},
    first_message::MessageParts,
    ids::{AccountId, JobId, LeadId, RunId},
    lead::{Lead, Start},
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
    /// The lead has a terminal status, or no touchpoint is left.
    Completed,
    /// Another run replaced this one.
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
    /// No touchpoint is left.
    Completed,
    /// The run ended before its cadence.
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
    /// Time since which a person holds up the cadence. `None` if none does.
    pub paused_at: Option<Timestamp>,
    /// Planned contacts, in order.
    pub touchpoints: Vec<Touchpoint>,
    /// The part of the workflow that the cadence needs. `None` if nothing is planned yet.
    pub snapshot: Option<Snapshot>,
    /// Time at which the run was built.
    pub created_at: Timestamp,
    /// Number of changes. A write fails if another change has raised it.
    pub revision: u32,
}

/// The part of a workflow that a run keeps when its touchpoints are planned. Later edits of the
/// workflow do not change the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Zone of the windows and of the touchpoints' wall-clock times.
    pub timezone: TimeZone,
    /// Windows for calls. If there are none, calls may be placed at any time.
    pub windows: Vec<Window>,
    /// Whether the windows also hold for the other channels.
    pub gate_all_channels: bool,
    /// Messages by the index of their step. A step without a message is absent.
    pub messages: BTreeMap<u16, MessageParts>,
}

impl From<&Workflow> for Snapshot {
    fn from(workflow: &Workflow) -> Self {
        let cadence = &workflow.cadence;
        let messages = (0..)
            .zip(&cadence.steps)
            .filter_map(|(index, step)| Some((index, step.message.clone()?)));
        Self {
            timezone: workflow.timezone.clone(),
            windows: cadence.windows.clone(),
            gate_all_channels: cadence.gate_all_channels,
            messages: messages.collect(),
        }
    }
}

impl Snapshot {
    pub fn gate(&self) -> Gate<'_> {
        Gate {
            windows: &self.windows,
            all_channels: self.gate_all_channels,
            zone: &self.timezone,
        }
    }
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
        let planned_from = Timestamp::from_second(planned_from.as_second()).unwrap_or(planned_from);
        let touchpoints = planned.map_or_else(Vec::new, |workflow| {
            plan(
                &workflow.cadence,
                &workflow.timezone,
                lead.reachability(),
                start.first_message.as_ref(),
                planned_from,
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
            touchpoints,
            snapshot: planned.map(Snapshot::from),
            created_at: now,
            revision: 0,
        }
    }

    /// Returns a waiting run with its cadence planned from `now` on, after its workflow has
    /// resumed. If a person has taken the lead over, the automation stays stopped.
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
            created_at: self.created_at,
            revision: self.revision,
            ..planned
        };
        if self.human_takeover && run.is_active() {
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
        self.status == RunStatus::Queued && self.snapshot.is_none()
    }

    /// Returns whether the run is active: it has neither ended nor failed.
    pub fn is_active(&self) -> bool {
        matches!(self.status, RunStatus::Queued | RunStatus::Running)
    }
}

#[cfg(test)]
mod tests;
