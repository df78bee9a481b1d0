//! Runs whose first touchpoint is due at a given time.

use aws::{
    randomness::Randomness,
    store::{Store, StoreError},
};
use domain::{
    account::Account,
    ids::{AccountId, LeadId, RunId, WorkflowId},
    run::Run,
    workflow::Workflow,
};
use futures::{StreamExt, TryStreamExt, stream};
use harness::Result;
use jiff::Timestamp;
use local::demo;

/// Number of the demo lead that each run is built for.
const LEAD: &str = "019c0000-0000-7000-8000-000000001101";
/// Writes at the same time.
const AT_ONCE: usize = 16;

/// Builder of the runs of one account.
pub struct Runs<'a> {
    store: &'a Store,
    run: Run,
}

impl<'a> Runs<'a> {
    /// Returns a builder of runs of the demo account.
    pub async fn of_demo(store: &'a Store, now: Timestamp) -> Result<Self> {
        let (account, id): (AccountId, LeadId) = (demo::ACCOUNT_ID.parse()?, LEAD.parse()?);
        let lead = store.lead(account, id).await?.found();
        let lead = lead.ok_or("the demo lead is missing")?;
        let start = lead.start.as_ref().ok_or("the demo lead has no start")?;
        let workflow = workflow(store).await?;
        let run = Run::build(&lead, start, Some(&workflow), now);
        Ok(Self { store, run })
    }

    /// Creates another account with the demo workflow, and returns a builder of its runs.
    pub async fn of_another_account(store: &'a Store, now: Timestamp) -> Result<Self> {
        let account = Account {
            id: AccountId::new(now, Randomness::System.bits()),
            name: "Other".to_owned(),
            default_country: None,
            limit: None,
            created_at: now,
        };
        store.create_account(&account).await?;
        store
            .create_workflow(account.id, &workflow(store).await?)
            .await?;
        let mut runs = Self::of_demo(store, now).await?;
        runs.run.account_id = account.id;
        Ok(runs)
    }

    /// Returns the account of the runs.
    pub fn account(&self) -> AccountId {
        self.run.account_id
    }

    /// Writes a run for each due time.
    pub async fn write(&self, due: impl IntoIterator<Item = Timestamp>) -> Result<()> {
        let runs: Vec<Run> = due.into_iter().map(|at| self.due_at(at)).collect();
        let writes = runs.iter().map(|run| async move {
            match self.store.create_run(run).await {
                // A call that took too long was repeated, and found its own run.
                Err(StoreError::Conflict) => Ok(()),
                done => done,
            }
        });
        let writes: Vec<_> = writes.collect();
        let writes = stream::iter(writes).buffer_unordered(AT_ONCE);
        Ok(writes.try_collect().await?)
    }

    fn due_at(&self, at: Timestamp) -> Run {
        let bits = || Randomness::System.bits();
        let mut run = Run {
            lead_id: LeadId::new(at, bits()),
            id: RunId::new(at, bits()),
            ..self.run.clone()
        };
        if let Some(first) = run.touchpoints.first_mut() {
            first.due_at = at;
        }
        run
    }
}

async fn workflow(store: &Store) -> Result<Workflow> {
    let (account, id): (AccountId, WorkflowId) =
        (demo::ACCOUNT_ID.parse()?, demo::WORKFLOW_ID.parse()?);
    let workflow = store.workflow(account, id).await?;
    Ok(workflow.ok_or("the demo workflow is missing")?)
}
