//! JSON form of a run. Its fields have the names of those in
//! [GET /leads/{id}/runs/{run_id}](../../../docs/contract.md#get-leadsidrunsrun_id).

use domain::{
    cadence::Touchpoint,
    ids::{JobId, RunId, WorkflowId},
    outcome::Outcome,
    run::{CadenceState, Held, Run, RunStatus},
    time::whole_second,
    workflow::Workflow,
};
use jiff::Timestamp;
use serde::Serialize;

use super::words;
use crate::plan::json::TouchpointOut;

/// A run without its touchpoints.
#[derive(Serialize)]
pub struct RunOut<'a> {
    id: RunId,
    job_id: JobId,
    workflow: WorkflowOut<'a>,
    current_status: StatusOut<'a>,
    run_status: RunStatus,
    cadence_state: CadenceState,
    human_takeover: bool,
    is_active: bool,
    paused_at: Option<Timestamp>,
    held: Option<HeldOut>,
    created_at: Timestamp,
    next: Option<WithOutcome<'a>>,
}

/// The thing that holds a run.
#[derive(Serialize)]
struct HeldOut {
    by: &'static str,
    since: Timestamp,
}

#[derive(Serialize)]
struct WorkflowOut<'a> {
    id: WorkflowId,
    name: &'a str,
    version: u32,
}

#[derive(Serialize)]
struct StatusOut<'a> {
    key: &'a str,
    label: &'a str,
    category: &'a str,
}

/// A run with its touchpoints.
#[derive(Serialize)]
pub struct WholeRunOut<'a> {
    #[serde(flatten)]
    run: RunOut<'a>,
    timezone: Option<&'a str>,
    touchpoints: Vec<WithOutcome<'a>>,
}

/// A touchpoint with its outcome.
#[derive(Serialize)]
struct WithOutcome<'a> {
    #[serde(flatten)]
    touchpoint: TouchpointOut<'a>,
    outcome: Option<Outcome>,
}

impl<'a> WithOutcome<'a> {
    fn new((index, touchpoint): (usize, &'a Touchpoint)) -> Self {
        Self {
            touchpoint: TouchpointOut::new(index, touchpoint),
            outcome: touchpoint.outcome,
        }
    }
}

impl<'a> From<&'a Run> for RunOut<'a> {
    fn from(run: &'a Run) -> Self {
        let (workflow, status) = (&run.workflow, &run.current_status);
        Self {
            id: run.id,
            job_id: run.job_id,
            workflow: WorkflowOut {
                id: workflow.id,
                name: &workflow.name,
                version: workflow.version,
            },
            current_status: StatusOut {
                key: &status.key,
                label: &status.label,
                category: &status.category,
            },
            run_status: run.status,
            cadence_state: run.cadence_state,
            human_takeover: run.human_takeover,
            is_active: run.is_active(),
            paused_at: run.paused_at.map(whole_second),
            held: run.held.map(HeldOut::from),
            created_at: whole_second(run.created_at),
            next: words::next(run).map(WithOutcome::new),
        }
    }
}

impl From<Held> for HeldOut {
    fn from(Held { by, since }: Held) -> Self {
        Self {
            by: by.as_str(),
            since: whole_second(since),
        }
    }
}

impl<'a> WholeRunOut<'a> {
    /// `workflow` is the version that the run follows. `None` if nothing is planned.
    pub fn new(run: &'a Run, workflow: Option<&'a Workflow>) -> Self {
        let touchpoints = run.touchpoints.iter().enumerate();
        Self {
            run: RunOut::from(run),
            timezone: workflow.map(Workflow::timezone_name),
            touchpoints: touchpoints.map(WithOutcome::new).collect(),
        }
    }
}
