//! Runs. Attribute names inside a touchpoint are one letter long: an ordinary run stays within one
//! write unit (docs/data-model.md lists them).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError,
    error::DamageError,
    item::{Attributes, Entity, damaged, decode},
    keys,
};
use crate::domain::{
    cadence::{Channel, Touchpoint, TouchpointState},
    first_message::FirstMessage,
    ids::{AccountId, JobId, LeadId, RunId},
    run::{CadenceState, Run, RunStatus},
    workflow::{Status, WorkflowLabel},
};

#[derive(Serialize, Deserialize)]
struct RunItem {
    id: RunId,
    job_id: JobId,
    workflow: WorkflowLabel,
    current_status: Status,
    run_status: RunStatus,
    cadence_state: CadenceState,
    human_takeover: bool,
    touchpoints: Vec<TouchpointItem>,
    created_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct TouchpointItem {
    /// Step, from 0.
    s: u16,
    /// Channel.
    c: Channel,
    /// Attempt, from 1.
    a: u8,
    /// Attempts of the step.
    m: u8,
    /// Due, in seconds since 1970.
    d: i64,
    /// State.
    x: TouchpointState,
    /// Message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    t: Option<FirstMessage>,
}

impl Entity for RunItem {
    const NAME: &'static str = "run";
    const VERSION: u8 = 1;
}

impl From<&Run> for RunItem {
    fn from(run: &Run) -> Self {
        Self {
            id: run.id,
            job_id: run.job_id,
            workflow: run.workflow.clone(),
            current_status: run.current_status.clone(),
            run_status: run.status,
            cadence_state: run.cadence_state,
            human_takeover: run.human_takeover,
            touchpoints: run.touchpoints.iter().map(TouchpointItem::from).collect(),
            created_at: run.created_at,
        }
    }
}

impl RunItem {
    /// The run, whose account and lead stand in its partition key.
    fn into_run(self, account_id: AccountId, lead_id: LeadId) -> Result<Run, StoreError> {
        let Self {
            id,
            job_id,
            workflow,
            current_status,
            run_status,
            cadence_state,
            human_takeover,
            touchpoints,
            created_at,
        } = self;
        let touchpoints = touchpoints
            .into_iter()
            .map(Touchpoint::try_from)
            .collect::<Result<_, _>>()?;
        Ok(Run {
            account_id,
            lead_id,
            id,
            job_id,
            workflow,
            current_status,
            status: run_status,
            cadence_state,
            human_takeover,
            touchpoints,
            created_at,
        })
    }
}

impl From<&Touchpoint> for TouchpointItem {
    fn from(touchpoint: &Touchpoint) -> Self {
        let Touchpoint {
            step_index,
            channel,
            attempt,
            max_attempts,
            due_at,
            state,
            message,
        } = touchpoint;
        Self {
            s: *step_index,
            c: *channel,
            a: *attempt,
            m: *max_attempts,
            d: due_at.as_second(),
            x: *state,
            t: message.clone(),
        }
    }
}

impl TryFrom<TouchpointItem> for Touchpoint {
    type Error = StoreError;

    fn try_from(item: TouchpointItem) -> Result<Self, StoreError> {
        let TouchpointItem {
            s,
            c,
            a,
            m,
            d,
            x,
            t,
        } = item;
        let due_at = Timestamp::from_second(d)
            .map_err(|_| damaged::<RunItem>(DamageError::Value("touchpoints.d")))?;
        Ok(Self {
            step_index: s,
            channel: c,
            attempt: a,
            max_attempts: m,
            due_at,
            state: x,
            message: t,
        })
    }
}

/// The run in an item of a lead's partition.
pub(super) fn run_of(
    item: Attributes,
    account: AccountId,
    lead: LeadId,
) -> Result<Run, StoreError> {
    decode::<RunItem>(item)?.into_run(account, lead)
}

impl Store {
    /// Writes a run that must not exist yet, so that a start that is delivered twice builds it once.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it is there already.
    pub async fn create_run(&self, run: &Run) -> Result<(), StoreError> {
        let key = keys::run(run.account_id, run.lead_id, run.id);
        self.create(key, &RunItem::from(run)).await
    }
}
