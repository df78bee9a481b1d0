//! Changes of a lead's run. A change is computed from the stored run and written on the condition that the run
//! has not changed since. If it has, the change is computed again.

use std::time::Duration;

use aws::store::{Enrolment, StoreError};
use domain::{
    account::Account,
    activity::Activity,
    ids::{LeadId, WorkflowId},
    lead::Lead,
    run::Run,
};
use jiff::Timestamp;

use crate::{http::error::ApiError, state::AppState};

/// How often a change is computed again when somebody was faster.
pub const TRIES: u32 = 20;
/// Grows with each try.
const PAUSE: Duration = Duration::from_millis(5);

/// A lead, and the run of its present start.
pub struct Current {
    pub lead: Lead,
    pub enrolment: Option<Enrolment>,
}

impl Current {
    pub async fn read(state: &AppState, account: &Account, id: LeadId) -> Result<Self, ApiError> {
        let found = state.store.lead_with_newest_run(account.id, id).await?;
        let (lead, newest) = found.ok_or(ApiError::NotFound("Lead"))?;
        let enrolment = match (&lead.start, newest) {
            (None, _) => None,
            (Some(start), Some(run)) if run.id == start.run_id => Some(Enrolment {
                run,
                is_built: true,
            }),
            // It is built here, then: start-workflow will find it.
            (Some(start), _) => {
                let workflow = state
                    .store
                    .workflow_of_run(account.id, start.workflow.id)
                    .await?;
                Some(Enrolment {
                    run: Run::build(&lead, start, workflow.as_ref(), state.clock.now()),
                    is_built: false,
                })
            }
        };
        Ok(Self { lead, enrolment })
    }

    /// The run, if it is one of `workflow`, or of any, and goes on.
    pub fn active(self, workflow: Option<WorkflowId>) -> Option<Enrolment> {
        self.enrolment
            .filter(|it| it.run.is_active() && workflow.is_none_or(|id| it.run.workflow.id == id))
    }
}

/// What a change has come to.
pub enum Changed<T> {
    /// There was nothing to change.
    Nothing(T),
    /// The run is to be written, and noted down as this.
    Run(T, Activity),
}

/// Changes the run that a lead is on, if it is one of `workflow`, or of any.
pub async fn change_run<T>(
    state: &AppState,
    account: &Account,
    id: LeadId,
    workflow: Option<WorkflowId>,
    change: impl Fn(&mut Run, Timestamp) -> Result<Changed<T>, ApiError>,
) -> Result<T, ApiError> {
    for try_number in 0..TRIES {
        pause(try_number).await;
        let current = Current::read(state, account, id).await?;
        let mut enrolment = current.active(workflow).ok_or(ApiError::NoActiveRun)?;
        // Later than what was read, whatever it waited for.
        let now = state.clock.now();
        let (reply, activity) = match change(&mut enrolment.run, now)? {
            Changed::Nothing(reply) => return Ok(reply),
            Changed::Run(reply, activity) => (reply, activity),
        };
        match state.store.change_run(&enrolment, &activity).await {
            Err(StoreError::Conflict) => {}
            changed => return changed.map(|()| reply).map_err(ApiError::of_change),
        }
    }
    Err(ApiError::Conflict)
}

/// Before a change is computed again.
pub async fn pause(try_number: u32) {
    if try_number > 0 {
        tokio::time::sleep(PAUSE * try_number).await;
    }
}
