//! Runs that wait for their paused workflow.

use aws::clock::Clock;
use domain::{
    ids::{LeadId, RunId},
    run::{HeldBy, Run},
    workflow::Workflow,
};
use jiff::SignedDuration;

use super::{EXAMPLE, Setup, UNCHANGED};
use crate::program::{json, stdout};

const HELD: &str = "Held runs released: ";

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
            run.hold(HeldBy::Workflow(workflow.id), now);
            store.write_run(&run).await.unwrap();
            held.push((run.lead_id, run.id));
        }
        held
    }

    async fn count_held(&self, runs: &[(LeadId, RunId)]) -> usize {
        let mut count = 0;
        for (lead, run) in runs {
            let run = self.services.store.run(self.account, *lead, *run).await;
            count += usize::from(run.unwrap().unwrap().held.is_some());
        }
        count
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_that_is_unpaused_releases_the_runs_that_it_held() {
    let setup = Setup::start().await;
    stdout(&setup.apply(EXAMPLE, &["--yes"]));
    let workflow = setup.demo_workflow().await;
    let paused = EXAMPLE.replace("is_paused: false", "is_paused: true");
    let output = setup.apply(&paused, &["--yes"]);
    let text = stdout(&output);
    let waits = "Sales Outreach is paused: it accepts leads, but their runs wait.\n";
    assert!(text.ends_with(waits), "{text}");
    let runs = setup.hold(&workflow, 10).await;

    // A file that leaves the workflow paused releases nothing.
    assert_eq!(
        stdout(&setup.apply(&paused, &["--yes"])),
        format!("{UNCHANGED}{waits}")
    );
    let output = setup.apply(EXAMPLE, &["--dry-run"]);
    let dry = stdout(&output);
    assert!(
        dry.ends_with("Without --dry-run, this releases 10 held runs.\n"),
        "{dry}"
    );
    assert_eq!(setup.count_held(&runs).await, 10);

    let applied = json(&setup.apply(EXAMPLE, &["--yes", "--output", "json"]));
    assert_eq!(applied["released_runs"], 10, "{applied}");
    assert_eq!(setup.count_held(&runs).await, 0);
    assert_eq!(stdout(&setup.apply(EXAMPLE, &[])), UNCHANGED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_was_cut_short_goes_on_with_the_next_apply() {
    let setup = Setup::start().await;
    stdout(&setup.apply(EXAMPLE, &["--yes"]));
    let workflow = setup.demo_workflow().await;
    // The workflow is not paused, but its runs are still held.
    let runs = setup.hold(&workflow, 3).await;
    assert_eq!(
        stdout(&setup.apply(EXAMPLE, &[])),
        format!("{UNCHANGED}{HELD}3.\n")
    );
    assert_eq!(setup.count_held(&runs).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_workflow_releases_the_runs_that_it_held() {
    let setup = Setup::start().await;
    let workflow = setup.demo_workflow().await;
    let runs = setup.hold(&workflow, 2).await;
    let output = setup.apply("workflows: []", &["--yes"]);
    let text = stdout(&output);
    assert!(text.ends_with(&format!("{HELD}2.\n")), "{text}");
    assert_eq!(setup.count_held(&runs).await, 0);
    assert_eq!(setup.workflows().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_released_run_goes_on_later_by_the_time_for_which_it_was_held() {
    let setup = Setup::start().await;
    stdout(&setup.apply(EXAMPLE, &["--yes"]));
    let workflow = setup.demo_workflow().await;
    let runs = setup.hold(&workflow, 1).await;
    let (lead, id) = runs[0];
    let store = &setup.services.store;
    let mut run = store.run(setup.account, lead, id).await.unwrap().unwrap();
    let days = SignedDuration::from_hours(14 * 24);
    let planned = run.touchpoints[0].due_at;
    run.held.as_mut().unwrap().since -= days;
    store.write_run(&run).await.unwrap();
    stdout(&setup.apply(EXAMPLE, &[]));
    let run = store.run(setup.account, lead, id).await.unwrap().unwrap();
    assert!(run.touchpoints[0].due_at >= planned + days, "{run:?}");
}
