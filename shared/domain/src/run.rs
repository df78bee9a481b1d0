//! A run: one lead's way through one workflow.

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

/// How far a run is (CONTRACT section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    /// Ordered, and not built yet.
    Queued,
    /// Built; its touchpoints are scheduled.
    Running,
    /// All touchpoints are done.
    Completed,
    /// Ended early.
    Stopped,
    /// It could not be built.
    Failed,
}

/// What the cadence of a run does (CONTRACT section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CadenceState {
    /// Not built yet.
    Pending,
    /// Touchpoints are made when they are due.
    Active,
    /// Nothing is made until it is resumed.
    Paused,
    /// All touchpoints are done.
    Completed,
    /// Nothing more will be made.
    Cancelled,
}

/// One lead's way through one workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Whose run it is.
    pub account_id: AccountId,
    /// The lead.
    pub lead_id: LeadId,
    /// Its id.
    pub id: RunId,
    /// The order that started it.
    pub job_id: JobId,
    /// The workflow as it was when the touchpoints were planned, or when the run was ordered.
    pub workflow: WorkflowLabel,
    /// Where the lead stands.
    pub current_status: Status,
    /// How far the run is.
    pub status: RunStatus,
    /// What its cadence does.
    pub cadence_state: CadenceState,
    /// A person has taken over, and the automation waits.
    pub human_takeover: bool,
    /// Since when the cadence is held up by a person.
    pub paused_at: Option<Timestamp>,
    /// The planned contacts, in order.
    pub touchpoints: Vec<Touchpoint>,
    /// What they need of the workflow; none: nothing is planned yet.
    pub snapshot: Option<Snapshot>,
    /// When it was built.
    pub created_at: Timestamp,
    /// Counts its changes, so that one that was made meanwhile is noticed.
    pub revision: u32,
}

/// What a running cadence needs of its workflow, as it was when the touchpoints were planned: later edits
/// of the workflow do not reach the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The zone of the touchpoints' wall-clock times and of the windows.
    pub timezone: TimeZone,
    /// When calls may be placed; none: at any time.
    pub windows: Vec<Window>,
    /// Whether the other channels keep to the windows as well.
    pub gate_all_channels: bool,
    /// What the steps say, by their index; a step that says nothing is absent.
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
    /// The hours that the cadence keeps to.
    pub fn gate(&self) -> Gate<'_> {
        Gate {
            windows: &self.windows,
            all_channels: self.gate_all_channels,
            zone: &self.timezone,
        }
    }
}

impl Run {
    /// The run that `start` orders for `lead`, with its cadence planned from the enrolment on. A paused workflow gives a run
    /// without touchpoints that waits; a workflow that is gone gives a failed one, so that the order is
    /// answered for and not lost.
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
        // Touchpoints are due to the second.
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
            // The lead cannot be reached any more: there is nothing to do.
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

    /// The same run once its workflow is not paused any more, with its cadence planned from now on. A
    /// person who has taken over meanwhile keeps it.
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

    /// The run as it is between the order and its building.
    pub fn queued(lead: &Lead, start: &Start) -> Self {
        Self {
            status: RunStatus::Queued,
            cadence_state: CadenceState::Pending,
            ..Self::build(lead, start, None, start.enrolled_at)
        }
    }

    /// Whether it waits for its workflow, which is paused, with nothing planned.
    pub fn is_waiting(&self) -> bool {
        self.status == RunStatus::Queued && self.snapshot.is_none()
    }

    /// Whether it is the lead's active run: it has neither ended nor failed.
    pub fn is_active(&self) -> bool {
        matches!(self.status, RunStatus::Queued | RunStatus::Running)
    }
}

#[cfg(test)]
mod tests;
