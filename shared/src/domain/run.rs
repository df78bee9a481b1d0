//! A run: one lead's way through one workflow.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{
    cadence::{Touchpoint, Window, plan},
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
    /// The planned contacts, in order.
    pub touchpoints: Vec<Touchpoint>,
    /// What they need of the workflow; none: nothing is planned yet.
    pub snapshot: Option<Snapshot>,
    /// When it was built.
    pub created_at: Timestamp,
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

impl Run {
    /// The run that `start` orders for `lead`, with its cadence planned. A paused workflow gives a run
    /// without touchpoints that waits; a workflow that is gone gives a failed one, so that the order is
    /// answered for and not lost.
    pub fn build(lead: &Lead, start: &Start, workflow: Option<&Workflow>, now: Timestamp) -> Self {
        let planned = workflow.filter(|workflow| !workflow.is_paused);
        let (status, cadence_state) = match (workflow, planned) {
            (None, _) => (RunStatus::Failed, CadenceState::Cancelled),
            (Some(_), None) => (RunStatus::Queued, CadenceState::Paused),
            (Some(_), Some(_)) => (RunStatus::Running, CadenceState::Active),
        };
        let touchpoints = planned.map(|workflow| {
            plan(
                &workflow.cadence,
                &workflow.timezone,
                lead.reachability(),
                start.first_message.as_ref(),
                start.enrolled_at,
            )
        });
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
            touchpoints: touchpoints.unwrap_or_default(),
            snapshot: planned.map(Snapshot::from),
            created_at: now,
        }
    }

    /// The run as it is between the order and its building.
    pub fn queued(lead: &Lead, start: &Start) -> Self {
        Self {
            status: RunStatus::Queued,
            cadence_state: CadenceState::Pending,
            ..Self::build(lead, start, None, start.enrolled_at)
        }
    }

    /// Whether it is the lead's active run: it has neither ended nor failed.
    pub fn is_active(&self) -> bool {
        matches!(self.status, RunStatus::Queued | RunStatus::Running)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        cadence::{Cadence, Channel, FirstTouchpoint, Step},
        workflow::GoalType,
    };

    const ID: &str = "0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c6d";

    fn now() -> Timestamp {
        "2026-02-10T12:00:00Z".parse().unwrap()
    }

    fn step(message: Option<&str>) -> Step {
        Step {
            channel: Channel::Sms,
            max_attempts: 2,
            attempt_interval: "PT1H".parse().unwrap(),
            delay: "PT1H".parse().unwrap(),
            message: message.map(|text| MessageParts {
                content: Some(text.to_owned()),
                ..MessageParts::default()
            }),
        }
    }

    fn workflow(version: u32, is_paused: bool) -> Workflow {
        Workflow {
            id: ID.parse().unwrap(),
            version,
            name: "Sales Outreach".to_owned(),
            goal_type: GoalType::Sale,
            is_paused,
            timezone: TimeZone::UTC,
            statuses: Vec::new(),
            cadence: Cadence {
                windows: Vec::new(),
                gate_all_channels: true,
                steps: vec![step(None), step(Some("Hello"))],
            },
            created_at: now(),
        }
    }

    fn build(workflow: Option<&Workflow>) -> Run {
        let lead = Lead {
            account_id: ID.parse().unwrap(),
            id: ID.parse().unwrap(),
            first_name: "John".try_into().unwrap(),
            last_name: None,
            email: None,
            phone: None,
            source: "api".to_owned(),
            metadata: std::iter::empty().collect(),
            campaign_id: None,
            start: None,
            created_at: now(),
            updated_at: now(),
        };
        let label = self::workflow(1, false).label();
        let start = Start {
            run_id: ID.parse().unwrap(),
            job_id: ID.parse().unwrap(),
            workflow: label,
            status: Status {
                id: ID.parse().unwrap(),
                key: "new".to_owned(),
                label: "New".to_owned(),
                category: "active".to_owned(),
                is_initial: true,
                is_terminal: false,
            },
            first: FirstTouchpoint {
                step_index: 0,
                channel: Channel::Sms,
                max_attempts: 2,
                total_steps: 2,
            },
            first_message: None,
            enrolled_at: now(),
        };
        Run::build(&lead, &start, workflow, now())
    }

    #[test]
    fn a_run_keeps_the_workflow_that_it_was_planned_from_and_each_message_once() {
        let run = build(Some(&workflow(2, false)));
        assert_eq!((run.workflow.version, run.touchpoints.len()), (2, 4));
        let snapshot = run.snapshot.unwrap();
        assert!(snapshot.gate_all_channels);
        let messages: Vec<_> = snapshot.messages.into_iter().collect();
        assert_eq!(messages, [(1, step(Some("Hello")).message.unwrap())]);
    }

    #[test]
    fn a_run_that_is_not_planned_keeps_the_order_alone() {
        for (workflow, state) in [
            (None, CadenceState::Cancelled),
            (Some(workflow(2, true)), CadenceState::Paused),
        ] {
            let run = build(workflow.as_ref());
            assert_eq!((run.workflow.version, run.cadence_state), (1, state));
            assert_eq!((run.touchpoints.len(), run.snapshot), (0, None));
        }
    }
}
