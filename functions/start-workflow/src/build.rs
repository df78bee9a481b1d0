//! Writes the run that a start orders.

use std::sync::Arc;

use aws::{queue::Hint, store::StoreError};
use domain::{
    lead::{Lead, Start},
    run::Run,
    workflow::Workflow,
};
use jiff::Timestamp;

use crate::{
    metrics::RunMetrics,
    outcome::{Outcome, RecordError},
    state::StartWorkflow,
};

/// Maximum number of writes of one run: one that creates it, and five that plan it after a wait.
const MAX_WRITES: u32 = 6;

/// State in which the table has the run of a start.
enum RunState {
    Missing,
    /// The run waits for its paused workflow, and nothing is planned.
    Waiting(Box<Run>),
    Built,
    /// The lead was erased, and a tombstone is in the run's place.
    Erased,
}

/// A start, its lead, and the time at which the start was sent.
struct Order<'a> {
    state: &'a StartWorkflow,
    lead: &'a Lead,
    start: &'a Start,
    sent_at: Timestamp,
}

/// Builds the run that `start` orders, or plans it if it has waited for its workflow.
///
/// # Errors
/// [`RecordError::Contended`] and [`RecordError::Store`].
pub async fn build_run(
    state: &StartWorkflow,
    lead: &Lead,
    start: &Start,
    sent_at: Timestamp,
) -> Result<Outcome, RecordError> {
    let order = Order {
        state,
        lead,
        start,
        sent_at,
    };
    // Nearly every run is missing, so the first write goes without a read of the run.
    let mut run = RunState::Missing;
    for _ in 0..MAX_WRITES {
        let outcome = match run {
            RunState::Missing => order.create_run().await?,
            RunState::Waiting(waiting) => order.plan_run(&waiting).await?,
            RunState::Built => return Ok(Outcome::StartedBefore),
            RunState::Erased => return Ok(Outcome::Erased),
        };
        match outcome {
            Some(outcome) => return Ok(outcome),
            None => run = order.read_run().await?,
        }
    }
    Err(RecordError::Contended)
}

impl Order<'_> {
    /// Writes the run, which must be missing. `None` if the run is there: it waits now, or another
    /// delivery has written it, or it was erased.
    async fn create_run(&self) -> Result<Option<Outcome>, RecordError> {
        let workflow = self.workflow().await?;
        let now = self.state.clock.now();
        let run = Run::build(self.lead, self.start, workflow.as_deref(), now);
        if run.is_waiting() {
            // The workflow may have resumed before the waiting note was there, and then no new
            // start is sent. So the workflow is read again, by `plan_run`.
            is_written(self.state.store.create_waiting_run(run).await)?;
            return Ok(None);
        }
        let metrics = RunMetrics::new(&run, self.sent_at, now);
        let is_created = is_written(self.state.store.create_run(&run).await)?;
        Ok(is_created.then(|| Outcome::Started(metrics, Hint::of(&run, now))))
    }

    /// Plans a run that waits, if its workflow has resumed. `None` if another change came first.
    async fn plan_run(&self, waiting: &Run) -> Result<Option<Outcome>, RecordError> {
        let (account, id) = (self.lead.account_id, self.start.workflow.id);
        // Read after the run: if the workflow is still paused, `leadgate apply` finds the waiting
        // note when it resumes the workflow.
        let workflow = self.state.store.workflow_of_run(account, id).await?;
        let Some(workflow) = workflow.filter(|workflow| !workflow.is_paused) else {
            return Ok(Some(Outcome::Waiting));
        };
        let now = self.state.clock.now();
        let run = waiting.after_wait(self.lead, self.start, &workflow, now);
        let metrics = RunMetrics::new(&run, self.sent_at, now);
        let hint = Hint::of(&run, now);
        let is_planned = is_written(self.state.store.plan_waiting_run(run).await)?;
        Ok(is_planned.then_some(Outcome::Started(metrics, hint)))
    }

    /// Reads the run after a write that found it.
    async fn read_run(&self) -> Result<RunState, StoreError> {
        let (account, lead) = (self.lead.account_id, self.lead.profile.id);
        let run = self.state.store.run(account, lead, self.start.run_id);
        Ok(match run.await? {
            None => RunState::Erased,
            Some(run) if run.is_waiting() => RunState::Waiting(Box::new(run)),
            Some(_) => RunState::Built,
        })
    }

    /// Returns the workflow of the start. `None` if it was never stored.
    async fn workflow(&self) -> Result<Option<Arc<Workflow>>, StoreError> {
        let (account, id) = (self.lead.account_id, self.start.workflow.id);
        let cached = self.state.catalogue.workflow(account, id).await?;
        if cached.as_ref().is_some_and(|workflow| !workflow.is_paused) {
            return Ok(cached);
        }
        // The cached workflow can be older than its resumption. The catalogue also lacks workflows
        // that were removed after the start.
        let stored = self.state.store.workflow_of_run(account, id).await?;
        Ok(stored.map(Arc::new))
    }
}

/// Returns whether a conditional write took effect.
fn is_written(result: Result<(), StoreError>) -> Result<bool, StoreError> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.is_conflict() => Ok(false),
        Err(error) => Err(error),
    }
}
