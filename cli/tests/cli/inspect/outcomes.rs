//! Runs that are under way: claims, outcomes and holds as they are shown.

use aws::{
    clock::Clock,
    store::{CurrentRun, RunOrigin},
};
use domain::{
    activity::{Activity, ActivityKind, Contact, ContactDetails},
    channel::Channel,
    outcome::Outcome,
    run::{Delivery, HeldBy, Owner, Report, Run},
    timing::OpenTimes,
    workflow::Workflow,
};
use jiff::{SignedDuration, Timestamp};
use local::{Stack, demo};
use serde_json::{Value, json};
use tokio::time::Duration;

use super::{apply, enrolled, json_of, on, stack};
use crate::program::stdout;

const LEASE: SignedDuration = SignedDuration::from_mins(5);

/// The newest run of a lead, with the version of the workflow that it follows.
struct UnderWay<'a> {
    stack: &'a Stack,
    lead: String,
    run: Run,
    workflow: Workflow,
}

impl<'a> UnderWay<'a> {
    async fn new(stack: &'a Stack, lead: Value) -> Self {
        let id = enrolled(stack, lead).await;
        let account = demo::ACCOUNT_ID.parse().unwrap();
        let store = &stack.services.store;
        let run = loop {
            let runs = store.runs(account, id.parse().unwrap(), 1).await.unwrap();
            let [run] = <[Run; 1]>::try_from(runs).unwrap();
            // The stack opens the first touchpoint, and then leaves the run alone.
            let first = &run.touchpoints[0];
            if run.opened().is_some() || first.due_at > Clock::System.now() {
                break run;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let label = &run.workflow;
        let workflow = store.workflow_version(account, label.id, label.version);
        Self {
            stack,
            lead: id,
            workflow: workflow.await.unwrap().unwrap(),
            run,
        }
    }

    /// Writes the run with an entry in the history.
    async fn write(
        &mut self,
        kind: ActivityKind,
        channel: Channel,
        outcome: Option<Outcome>,
        note: Option<&str>,
    ) {
        let activity = Activity {
            subject: None,
            contact: Some(Contact {
                channel,
                run_id: Some(self.run.id),
                index: None,
                try_number: None,
                outcome,
                details: ContactDetails {
                    note: note.map(str::to_owned),
                    ..ContactDetails::default()
                },
                sent: None,
            }),
            ..Activity::new(kind, "", Clock::System.now())
        };
        let current = CurrentRun {
            run: self.run.clone(),
            origin: RunOrigin::Stored,
        };
        let store = &self.stack.services.store;
        store.change_run(&current, &activity).await.unwrap();
        let Run {
            account_id,
            lead_id,
            id,
            ..
        } = self.run;
        self.run = store.run(account_id, lead_id, id).await.unwrap().unwrap();
    }

    async fn claim(&mut self, now: Timestamp) -> u16 {
        let (owner, workflow) = (Owner([7; 10]), &self.workflow);
        let times = OpenTimes::default();
        let claimed = self
            .run
            .claim(owner, LEASE, Delivery::Pull, times, workflow, now);
        let kind = ActivityKind::TouchpointClaimed;
        self.write(kind, Channel::Call, None, None).await;
        claimed.unwrap()
    }

    async fn report(&mut self, index: u16, outcome: Outcome, note: Option<&str>, now: Timestamp) {
        let report = Report {
            outcome,
            callback_at: None,
        };
        let reported = self.run.report(index, report, &self.workflow, now);
        reported.unwrap().unwrap();
        let kind = ActivityKind::TouchpointOutcome;
        self.write(kind, Channel::Call, Some(outcome), note).await;
    }

    /// Checks that the output of `leadgate lead|run show` has all parts.
    fn shows(&self, kind: &str, parts: &[&str]) {
        let output = on(self.stack, &[kind, "show", &self.lead]);
        let text = stdout(&output);
        for part in parts {
            assert!(text.contains(part), "{part:?} in {text}");
        }
    }

    fn json(&self) -> Value {
        json_of(self.stack, &["run", "show", &self.lead])
    }
}

fn ada() -> Value {
    json!({"first_name": "Ada", "phone": "+14155550123", "email": "ada@example.com"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_shows_claims_outcomes_and_its_hold() {
    let stack = stack().await;
    let mut ada = UnderWay::new(&stack, ada()).await;
    let now = Clock::System.now();
    let index = ada.claim(now).await;
    ada.shows(
        "run",
        &["Touchpoints  1 claimed, 8 scheduled\n", "  claimed\n"],
    );
    ada.shows("lead", &[", claimed\n", "just now  call: claimed "]);

    ada.report(index, Outcome::NoAnswer, Some("rang ten times"), now)
        .await;
    ada.shows("run", &["Status       Contacted\n", "  done: no_answer\n"]);
    ada.shows(
        "lead",
        &[
            "just now  call: no_answer ",
            "  rang ten times\n",
            "call, try 2 of 3, due ",
        ],
    );
    let shown = ada.json();
    assert_eq!(shown["run"]["touchpoints"][0]["outcome"], "no_answer");
    assert_eq!(shown["run"]["next"]["outcome"], Value::Null);
    assert_eq!(shown["run"]["next"]["index"], 1);
    assert_eq!(shown["run"]["held"], Value::Null);
    let history = json_of(&stack, &["lead", "show", &ada.lead]);
    let last = history["history"].as_array().unwrap().last().unwrap();
    assert_eq!(last["contact"]["outcome"], "no_answer");
    assert_eq!(last["contact"]["channel"], "call");

    let before = ada.run.clone();
    ada.run.hold(HeldBy::Workflow(ada.workflow.id), now);
    let store = &stack.services.store;
    store.write_run(&before, &ada.run, &[], now).await.unwrap();
    ada.run.revision += 1;
    ada.shows(
        "run",
        &["State        held just now: its workflow is paused\n"],
    );
    ada.shows(
        "lead",
        &[
            "State        held just now: its workflow is paused\n",
            ", held\n",
        ],
    );
    assert_eq!(ada.json()["run"]["held"]["by"], "workflow");

    ada.run.release(&ada.workflow, now);
    let later = now + SignedDuration::from_hours(3);
    let index = ada.claim(later).await;
    ada.report(index, Outcome::Answered, None, later).await;
    ada.shows(
        "run",
        &[
            "Status       Engaged\n",
            "State        running: its cadence was completed",
            "Touchpoints  2 done, 7 cancelled\n",
            "  done: answered",
        ],
    );
    ada.shows("lead", &["Next         -\n"]);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_an_opt_out_has_stopped_shows_why() {
    let stack = stack().await;
    let mut ada = UnderWay::new(&stack, ada()).await;
    let now = Clock::System.now();
    let index = ada.claim(now).await;
    ada.report(index, Outcome::OptedOut, None, now).await;
    ada.shows(
        "run",
        &[
            "State        stopped: the person wants no more contacts\n",
            "  done: opted_out\n",
        ],
    );
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_is_shown_with_the_effects_that_it_sets() {
    let stack = stack().await;
    let example = include_str!("../../fixtures/workflow.yaml");
    let outcomes = "outcomes:\n  voicemail: {cadence: next_step}\n  replied: {cadence: complete, status: won}\n";
    apply(&stack, &format!("{example}{outcomes}"));
    let output = on(&stack, &["workflow", "show", "Sales Outreach"]);
    let text = stdout(&output);
    let lines = "Outcomes  voicemail: next_step\n          replied: complete, status won\n";
    assert!(text.ends_with(lines), "{text}");
    let shown = json_of(&stack, &["workflow", "show", "Sales Outreach"]);
    assert_eq!(
        shown["workflow"]["outcomes"],
        json!({"voicemail": {"cadence": "next_step"}, "replied": {"cadence": "complete", "status": "won"}})
    );
    stack.stop().await;
}
