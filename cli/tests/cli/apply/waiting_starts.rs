//! Starts that wait for a paused workflow.

use aws::randomness::Randomness;
use domain::{ids::RunId, run::Run};
use jiff::Timestamp;

use super::{EXAMPLE, Setup, UNCHANGED};
use crate::program::{nowhere, stderr, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_that_is_unpaused_gets_the_starts_that_waited() {
    let setup = Setup::start().await;
    let store = &setup.services.store;
    let paused = EXAMPLE.replace("is_paused: false", "is_paused: true");
    let output = setup.apply(&paused, &["--yes"]);
    let is_paused = "Sales Outreach is paused: it accepts leads, but their runs wait.\n";
    assert!(stdout(&output).ends_with(is_paused));
    let demo_workflow = setup.demo_workflow().await;
    assert!(demo_workflow.is_paused);

    // More starts than one batch of messages holds.
    let now = Timestamp::UNIX_EPOCH;
    let mut runs = Vec::new();
    for number in (1..=10).chain(1..=2) {
        let id = format!("019c0000-0000-7000-8000-0000000011{number:02}");
        let lead = store
            .lead(setup.account, id.parse().unwrap())
            .await
            .unwrap();
        let lead = lead.found().unwrap();
        let mut run = Run::build(
            &lead,
            lead.start.as_ref().unwrap(),
            Some(&demo_workflow),
            now,
        );
        if runs.len() >= 10 {
            run.id = RunId::new(now, Randomness::System.bits());
        }
        runs.push((run.id, run.job_id, run.lead_id));
        store.create_waiting_run(run).await.unwrap();
    }
    let output = setup.apply(&paused, &[]);
    assert_eq!(stdout(&output), format!("{UNCHANGED}{is_paused}"));
    assert_eq!(setup.queued().await, []);

    let output = setup.apply_with_queue(&nowhere(), EXAMPLE, &["--yes"]);
    let text = stderr(&output);
    let expected = "leadgate apply: only 0 of 12 waiting starts were queued: run the command again to queue the \
                    others: SQS cannot be reached";
    assert!(text.starts_with(expected), "{text}");
    assert!(!setup.demo_workflow().await.is_paused);
    let queued_all = format!("{UNCHANGED}Waiting starts queued: 12.\n");
    assert_eq!(stdout(&setup.apply(EXAMPLE, &[])), queued_all);
    let mut starts = setup.queued().await;
    starts.extend(setup.queued().await);
    let mut queued: Vec<_> = starts
        .iter()
        .map(|start| (start.run_id, start.job_id, start.lead_id))
        .collect();
    queued.sort();
    runs.sort();
    assert_eq!(queued, runs);
    for start in starts {
        let workflow = (start.account_id, start.workflow_id);
        assert_eq!(workflow, (setup.account, demo_workflow.id));
    }

    // The waiting notes stay until start-workflow has planned the runs.
    assert_eq!(stdout(&setup.apply(EXAMPLE, &[])), queued_all);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_for_which_starts_wait_is_not_removed() {
    let setup = Setup::start().await;
    let store = &setup.services.store;
    let paused = EXAMPLE.replace("is_paused: false", "is_paused: true");
    stdout(&setup.apply(&paused, &["--yes"]));
    let id = "019c0000-0000-7000-8000-000000001101".parse().unwrap();
    let lead = store.lead(setup.account, id).await.unwrap();
    let lead = lead.found().unwrap();
    let workflow = setup.demo_workflow().await;
    let start = lead.start.as_ref().unwrap();
    let run = Run::build(&lead, start, Some(&workflow), Timestamp::UNIX_EPOCH);
    store.create_waiting_run(run).await.unwrap();
    let output = setup.apply("workflows: []", &["--yes"]);
    assert_eq!(
        stderr(&output),
        "leadgate apply: the workflow Sales Outreach cannot be removed while it is paused, because starts may wait \
         for it: apply it with is_paused: false first\n"
    );
    // The workflow is unpaused, but its starts could not be sent.
    setup.apply_with_queue(&nowhere(), EXAMPLE, &["--yes"]);
    let output = setup.apply("workflows: []", &["--yes"]);
    assert_eq!(
        stderr(&output),
        "leadgate apply: the workflow Sales Outreach cannot be removed, because 1 start waits for it: apply it \
         unchanged first, to send them\n"
    );
    assert_eq!(setup.workflows().await.len(), 1);
}
