//! Runs that wait for their paused workflow. `apply` orders their release, and wake-runs releases
//! them.

use aws::clock::Clock;
use domain::{
    ids::{LeadId, RunId},
    run::{HeldBy, Run},
    workflow::Workflow,
};
use jiff::SignedDuration;
use wake_runs::{WakeRuns, wake};

use super::{EXAMPLE, Setup, UNCHANGED};
use crate::program::{json, stdout};

const PAUSED: &str = "is_paused: true";

impl Setup {
    /// Stores planned runs of the demo leads, and holds them as a hand-over does.
    async fn hold(&self, workflow: &Workflow, leads: u8) -> Vec<(LeadId, RunId)> {
        let store = &self.services.store;
        let mut held = Vec::new();
        for number in 1..=leads {
            let id = format!("019c0000-0000-7000-8000-0000000011{number:02}");
            let lead = store.lead(self.account, id.parse().unwrap()).await.unwrap();
            let lead = lead.found().unwrap();
            let now = Clock::System.now();
            let mut run = Run::build(&lead, lead.start.as_ref().unwrap(), Some(workflow), now);
            store.create_run(&run).await.unwrap();
            let before = run.clone();
            run.hold(HeldBy::Workflow(workflow.id), now);
            store.write_run(&before, &run, &[], now).await.unwrap();
            held.push((run.lead_id, run.id));
        }
        held
    }

    async fn run(&self, (lead, run): (LeadId, RunId)) -> Run {
        let run = self.services.store.run(self.account, lead, run).await;
        run.unwrap().unwrap()
    }

    async fn count_held(&self, runs: &[(LeadId, RunId)]) -> usize {
        let mut count = 0;
        for run in runs {
            count += usize::from(self.run(*run).await.held.is_some());
        }
        count
    }

    /// Calls wake-runs, and returns the number of runs that it has released.
    async fn wake(&self) -> u32 {
        let (store, queue) = (&self.services.store, &self.services.dispatch);
        let state = WakeRuns::new(store.clone(), queue.clone(), Clock::System);
        wake(&state).await.unwrap().released
    }

    /// Pauses the demo workflow, and returns its version from before.
    async fn pause(&self) -> Workflow {
        stdout(&self.apply(EXAMPLE, &["--yes"]));
        let before = self.demo_workflow().await;
        let paused = EXAMPLE.replace("is_paused: false", PAUSED);
        let output = self.apply(&paused, &["--yes"]);
        let waits = "Sales Outreach is paused: it accepts leads, but their runs wait.\n";
        let text = stdout(&output);
        assert!(text.ends_with(waits), "{text}");
        before
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_that_is_unpaused_releases_the_runs_that_it_held() {
    let setup = Setup::start().await;
    let workflow = setup.pause().await;
    let runs = setup.hold(&workflow, 10).await;

    // While the workflow is paused, nothing is released.
    assert_eq!(setup.wake().await, 0);
    let output = setup.apply(EXAMPLE, &["--dry-run"]);
    let dry = stdout(&output);
    assert!(
        dry.ends_with("Without --dry-run, this releases 10 held runs.\n"),
        "{dry}"
    );
    assert_eq!(setup.count_held(&runs).await, 10);

    let applied = json(&setup.apply(EXAMPLE, &["--yes", "--output", "json"]));
    assert_eq!(applied["released_runs"], 10, "{applied}");
    assert_eq!(setup.count_held(&runs).await, 10);
    assert_eq!(setup.wake().await, 10);
    assert_eq!(setup.count_held(&runs).await, 0);
    assert_eq!(stdout(&setup.apply(EXAMPLE, &[])), UNCHANGED);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apply_shows_the_runs_that_wake_runs_has_not_released_yet() {
    let setup = Setup::start().await;
    let workflow = setup.pause().await;
    let runs = setup.hold(&workflow, 3).await;
    let releases = "Within two minutes, this releases 3 held runs.\n";
    let output = setup.apply(EXAMPLE, &["--yes"]);
    let text = stdout(&output);
    assert!(text.ends_with(releases), "{text}");
    assert_eq!(
        stdout(&setup.apply(EXAMPLE, &[])),
        format!("{UNCHANGED}{releases}")
    );
    assert_eq!(setup.wake().await, 3);
    assert_eq!(setup.count_held(&runs).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_workflow_releases_the_runs_that_it_held() {
    let setup = Setup::start().await;
    let workflow = setup.demo_workflow().await;
    let runs = setup.hold(&workflow, 2).await;
    let output = setup.apply("workflows: []", &["--yes"]);
    let text = stdout(&output);
    assert!(
        text.ends_with("Within two minutes, this releases 2 held runs.\n"),
        "{text}"
    );
    assert_eq!(setup.wake().await, 2);
    assert_eq!(setup.count_held(&runs).await, 0);
    assert_eq!(setup.workflows().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_released_run_goes_on_later_by_the_time_for_which_it_was_held() {
    let setup = Setup::start().await;
    let workflow = setup.pause().await;
    let runs = setup.hold(&workflow, 1).await;
    let mut run = setup.run(runs[0]).await;
    let before = run.clone();
    let days = SignedDuration::from_hours(14 * 24);
    let planned = run.touchpoints[0].due_at;
    run.held.as_mut().unwrap().since -= days;
    let store = &setup.services.store;
    let written = store.write_run(&before, &run, &[], Clock::System.now());
    written.await.unwrap();
    stdout(&setup.apply(EXAMPLE, &["--yes"]));
    assert_eq!(setup.wake().await, 1);
    let run = setup.run(runs[0]).await;
    assert!(run.touchpoints[0].due_at >= planned + days, "{run:?}");
}
