//! A lead's run: enrolling a lead, moving it on, stopping and resuming its automation (CONTRACT section 6).
//!
//! A change is computed from what is there and written on the condition that it still is; if somebody was
//! faster, it is computed again.

mod assign;
mod automation;
mod history;
mod preview;
mod reply;
mod show;
mod status;

use std::{sync::Arc, time::Duration};

use shared::{
    domain::{
        account::Account,
        activity::Activity,
        ids::{LeadId, WorkflowId},
        lead::Lead,
        run::Run,
        workflow::Workflow,
    },
    store::{Enrolment, StoreError},
};

pub(crate) use self::{
    assign::assign,
    automation::{is_paused, resume, stop},
    history::history,
    preview::preview,
    show::show,
    status::change as change_status,
};
use crate::{error::ApiError, state::AppState};

/// How often a change is computed again when somebody was faster.
const TRIES: u32 = 20;
/// Before a change is computed again; grows with each try.
const PAUSE: Duration = Duration::from_millis(5);

/// A lead, and the run that it is on.
struct Current {
    lead: Lead,
    /// None: it is on no run that goes on.
    enrolment: Option<Enrolment>,
    /// The run's workflow as it is now, if it is there.
    workflow: Option<Arc<Workflow>>,
}

impl Current {
    async fn read(state: &AppState, account: &Account, id: LeadId) -> Result<Self, ApiError> {
        let found = state.store.lead_with_newest_run(account.id, id).await?;
        let (lead, newest) = found.ok_or(ApiError::NotFound("Lead"))?;
        let Some(start) = &lead.start else {
            return Ok(Self {
                lead,
                enrolment: None,
                workflow: None,
            });
        };
        let workflow = start.workflow.id;
        let workflow = state.catalogue.workflow(account.id, workflow).await?;
        let built = newest.filter(|run| run.id == start.run_id);
        let enrolment = Enrolment {
            is_built: built.is_some(),
            // What is not built yet is built here: start-workflow will find it.
            run: built.unwrap_or_else(|| {
                Run::build(&lead, start, workflow.as_deref(), state.clock.now())
            }),
        };
        Ok(Self {
            enrolment: Some(enrolment).filter(|it| it.run.is_active()),
            lead,
            workflow,
        })
    }

    /// The run that goes on, if it is one of `workflow`, or of any.
    fn run_of(&mut self, workflow: Option<WorkflowId>) -> Option<&mut Enrolment> {
        let is_wanted = |it: &&mut Enrolment| workflow.is_none_or(|id| it.run.workflow.id == id);
        self.enrolment.as_mut().filter(is_wanted)
    }
}

/// What a change has come to.
enum Changed<T> {
    /// There was nothing to change.
    Nothing(T),
    /// The run is to be written, and noted down as this.
    Run(T, Activity),
}

/// Changes the run that a lead is on, if it is one of `workflow`, or of any.
async fn change_run<T>(
    state: &AppState,
    account: &Account,
    id: LeadId,
    workflow: Option<WorkflowId>,
    change: impl Fn(&mut Run, Option<&Workflow>) -> Result<Changed<T>, ApiError>,
) -> Result<T, ApiError> {
    for try_number in 0..TRIES {
        let mut current = Current::read(state, account, id).await?;
        let definition = current.workflow.clone();
        let enrolment = current.run_of(workflow).ok_or(ApiError::NoActiveRun)?;
        let (reply, activity) = match change(&mut enrolment.run, definition.as_deref())? {
            Changed::Nothing(reply) => return Ok(reply),
            Changed::Run(reply, activity) => (reply, activity),
        };
        match state.store.change_run(enrolment, &activity).await {
            Err(StoreError::Conflict) => tokio::time::sleep(PAUSE * try_number).await,
            changed => return changed.map(|()| reply).map_err(ApiError::of_change),
        }
    }
    Err(ApiError::Conflict)
}
