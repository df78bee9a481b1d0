//! Changes of a lead's run. A change is computed from the stored run and written on the condition that the run
//! has not changed since. If it has, the change is computed again.

use std::sync::Arc;

use aws::store::{CurrentRun, RunOrigin, StoreError};
use domain::{
    account::AccountSettings,
    activity::Activity,
    ids::{LeadId, WorkflowId},
    lead::Lead,
    run::Run,
    workflow::Workflow,
};
use jiff::Timestamp;

use super::show::planned_by;
use crate::{
    http::error::ApiError,
    retry::{TRIES, pause},
    state::AppState,
};

/// A lead, and the run of its current start.
pub struct Current {
    pub lead: Lead,
    pub enrolment: Option<CurrentRun>,
}

impl Current {
    pub async fn read(
        state: &AppState,
        account: &AccountSettings,
        id: LeadId,
    ) -> Result<Self, ApiError> {
        let found = state.store.lead_with_newest_run(account.id, id).await?;
        let (lead, newest) = found.ok_or(ApiError::NotFound("Lead"))?;
        let enrolment = match (&lead.start, newest) {
            (None, _) => None,
            (Some(start), Some(run)) if run.id == start.run_id => Some(CurrentRun {
                run,
                origin: RunOrigin::Stored,
            }),
            // start-workflow has not built the run yet. It is built here, and start-workflow finds it.
            (Some(start), _) => {
                let workflow = state
                    .store
                    .workflow_of_run(account.id, start.workflow.id)
                    .await?;
                Some(CurrentRun {
                    run: Run::build(&lead, start, workflow.as_ref(), state.clock.now()),
                    origin: RunOrigin::New,
                })
            }
        };
        Ok(Self { lead, enrolment })
    }

    /// Returns the run if `is_meant` is true for it, and it belongs to `workflow`, or to any workflow if that is
    /// `None`.
    pub fn run_if(
        self,
        workflow: Option<WorkflowId>,
        is_meant: impl Fn(&Run) -> bool,
    ) -> Option<CurrentRun> {
        let is_of = |run: &Run| workflow.is_none_or(|id| run.workflow.id == id);
        self.enrolment
            .filter(|it| is_meant(&it.run) && is_of(&it.run))
    }

    /// Returns the run if it is active and belongs to `workflow`, or to any workflow if that is `None`.
    pub fn active(self, workflow: Option<WorkflowId>) -> Option<CurrentRun> {
        self.run_if(workflow, Run::is_active)
    }
}

/// The result of a change.
pub enum Changed<T> {
    /// The run already is as wanted.
    Nothing(T),
    /// The run has to be written, with this entry in the history.
    Run(T, Box<Activity>),
}

/// Same as [`change_run_if`], for an active run.
///
/// # Errors
/// Same as [`change_run_if`].
pub async fn change_run<T>(
    state: &AppState,
    account: &AccountSettings,
    id: LeadId,
    workflow: Option<WorkflowId>,
    change: impl Fn(&mut Run, Option<&Workflow>, Timestamp) -> Result<Changed<T>, ApiError>,
) -> Result<T, ApiError> {
    change_run_if(state, account, id, (workflow, Run::is_active), change).await
}

/// Changes the run of a lead's start, if a condition is true for it and it belongs to `workflow`, or to any workflow
/// if that is `None`. `change` also gets the workflow that the run follows.
///
/// # Errors
/// [`ApiError::NoActiveRun`], [`ApiError::Conflict`] after the last try, and errors of the store.
pub async fn change_run_if<T>(
    state: &AppState,
    account: &AccountSettings,
    id: LeadId,
    (workflow, is_meant): (Option<WorkflowId>, fn(&Run) -> bool),
    change: impl Fn(&mut Run, Option<&Workflow>, Timestamp) -> Result<Changed<T>, ApiError>,
) -> Result<T, ApiError> {
    for try_number in 0..TRIES {
        pause(&state.randomness, try_number).await;
        let current = Current::read(state, account, id).await?;
        let enrolment = current.run_if(workflow, is_meant);
        let mut enrolment = enrolment.ok_or(ApiError::NoActiveRun)?;
        let workflow_of_run = followed_by(state, &enrolment.run).await?;
        // Read after the run, so that the change is not older than the run.
        let now = state.clock.now();
        let before = enrolment.run.clone();
        let (reply, activity) = match change(&mut enrolment.run, workflow_of_run.as_deref(), now)? {
            Changed::Nothing(reply) => return Ok(reply),
            Changed::Run(reply, activity) => (reply, activity),
        };
        match state.store.change_run(&enrolment, &activity).await {
            Err(StoreError::Conflict) => {}
            changed => {
                changed.map_err(ApiError::of_change)?;
                state.hint(&before, &enrolment.run).await;
                return Ok(reply);
            }
        }
    }
    Err(ApiError::Conflict)
}

/// Returns the version of the workflow that a run follows. If nothing is planned, that is the present
/// one. `None` if the workflow is missing.
///
/// # Errors
/// Errors of the store.
pub async fn followed_by(state: &AppState, run: &Run) -> Result<Option<Arc<Workflow>>, ApiError> {
    if run.is_planned() {
        return planned_by(state, run).await;
    }
    let present = state.store.workflow_of_run(run.account_id, run.workflow.id);
    Ok(present.await?.map(Arc::new))
}
