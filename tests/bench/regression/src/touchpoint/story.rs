//! The steps of a touchpoint, each with its recorded calls.

use domain::{ids::LeadId, run::Wake};
use harness::{Result, endpoints::Call};
use jiff::SignedDuration;
use serde::Serialize;

use super::stack::Stack;
use crate::item_size::{units_of_changes, units_of_reads};

/// Messages of SQS's event source for a call of a function: a receive and a delete.
const OF_EVENT_SOURCE: u32 = 2;

/// Body of an answer with an outcome.
const IN_ANSWER: &str = r#"{"outcome":"no_answer","provider_id":"CA123"}"#;

/// Lease of a claim that names none.
const LEASE: SignedDuration = SignedDuration::from_mins(5);

/// A kind of touchpoint, and its steps.
#[derive(Debug, Serialize)]
pub struct Story {
    pub name: &'static str,
    pub steps: Vec<Step>,
}

/// The work of a step.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Step {
    pub name: &'static str,
    pub calls: u32,
    /// Write units of the table, and of its indexes.
    pub table_units: f64,
    pub index_units: f64,
    pub read_units: f64,
    /// Requests of the function, and of the event source that calls it.
    pub sqs: u32,
    pub lambda: u32,
    /// Operations, in the order of their replies.
    pub operations: Vec<String>,
}

impl Story {
    /// Returns the sum of the steps.
    pub fn sum(&self) -> Step {
        let mut sum = Step::default();
        for step in &self.steps {
            sum.calls += step.calls;
            sum.table_units += step.table_units;
            sum.index_units += step.index_units;
            sum.read_units += step.read_units;
            sum.sqs += step.sqs;
            sum.lambda += step.lambda;
        }
        sum
    }
}

/// The stories, and one minute of wake-runs with nothing to do.
pub struct Recorded {
    pub stories: Vec<Story>,
    pub idle_minute: Step,
}

/// Records all stories, each on its own stack. Each function has handled a touchpoint before, so its
/// caches are filled.
pub async fn record() -> Result<Recorded> {
    let stack = Stack::start().await?;
    warm(&stack).await?;
    stack.wake().await?;
    let idle_minute = of_function("a minute of wake-runs with nothing due", &stack, 0);
    let pulled = Story {
        name: "pulled",
        steps: record_pulled(&stack).await?,
    };
    stack.stop().await;

    let stack = Stack::start().await?;
    warm(&stack).await?;
    let lapsed = Story {
        name: "with a lapsed lease",
        steps: record_lapsed(&stack).await?,
    };
    stack.stop().await;

    let stack = Stack::start().await?;
    warm(&stack).await?;
    let held = Story {
        name: "held for a day",
        steps: record_held(&stack).await?,
    };
    stack.stop().await;

    let stack = Stack::start().await?;
    stack.set_rate().await?;
    warm(&stack).await?;
    let rated = Story {
        name: "with a rate",
        steps: record_pulled(&stack).await?,
    };
    stack.stop().await;

    let mut stack = Stack::start().await?;
    stack.set_webhook().await?;
    for body in ["", IN_ANSWER] {
        // The first ones fill the caches.
        record_pushed(&mut stack, body).await?;
    }
    let pushed = Story {
        name: "pushed",
        steps: record_pushed(&mut stack, "").await?,
    };
    let answered = Story {
        name: "pushed, with the outcome in the answer",
        steps: record_pushed(&mut stack, IN_ANSWER).await?,
    };
    stack.stop().await;
    Ok(Recorded {
        stories: vec![pulled, lapsed, held, rated, pushed, answered],
        idle_minute,
    })
}

async fn record_pulled(stack: &Stack) -> Result<Vec<Step>> {
    let (lead, hint) = enrolled(stack).await?;
    let mut steps = vec![hint, opened(stack, lead).await?];
    steps.extend(claimed(stack, true).await?);
    steps.push(next_hint(stack, lead).await?);
    Ok(steps)
}

/// Records a touchpoint that goes to a webhook, which answers with this body. Without an outcome in it, the
/// receiver reports one.
async fn record_pushed(stack: &mut Stack, body: &str) -> Result<Vec<Step>> {
    let (lead, hint) = enrolled(stack).await?;
    stack.take_calls();
    let touchpoint = stack.push(lead, body).await?;
    let mut steps = vec![hint, of_function("hand-over", stack, OF_EVENT_SOURCE)];
    if body.is_empty() {
        stack.report(&touchpoint).await?;
        steps.push(of_function("outcome", stack, 0));
    }
    steps.push(next_hint(stack, lead).await?);
    Ok(steps)
}

async fn record_lapsed(stack: &Stack) -> Result<Vec<Step>> {
    let (lead, hint) = enrolled(stack).await?;
    let mut steps = vec![hint, opened(stack, lead).await?];
    steps.extend(claimed(stack, false).await?);
    // The next claim finds that the lease is over. No hint is sent for it.
    stack.forward(LEASE + SignedDuration::from_secs(1));
    // Some caches are empty by then. A claim takes the newest touchpoint first.
    warm(stack).await?;
    steps.extend(claimed(stack, true).await?);
    steps.push(next_hint(stack, lead).await?);
    Ok(steps)
}

async fn record_held(stack: &Stack) -> Result<Vec<Step>> {
    stack.hold().await?;
    let (lead, hint) = enrolled(stack).await?;
    stack.take_calls();
    stack.look(lead).await?;
    let mut steps = vec![
        hint,
        of_function("start of the hold", stack, OF_EVENT_SOURCE),
    ];
    stack.forward(SignedDuration::from_hours(24));
    stack.unhold().await?;
    stack.take_calls();
    stack.wake().await?;
    let run = stack.run(lead).await?;
    if run.held.is_some() {
        return Err("the run is still held".into());
    }
    let calls = stack.calls_about(lead);
    steps.push(step("release", &calls, stack, 0, 0));
    steps.push(next_hint(stack, lead).await?);
    // The caches of a process are empty after a day.
    warm(stack).await?;
    steps.push(opened(stack, lead).await?);
    steps.extend(claimed(stack, true).await?);
    steps.push(next_hint(stack, lead).await?);
    Ok(steps)
}

/// Opens and claims the touchpoint of another lead, and reports its outcome, without a record of it.
async fn warm(stack: &Stack) -> Result<()> {
    let lead = stack.enrol().await?;
    stack.look(lead).await?;
    let touchpoint = stack.claim().await?;
    stack.report(&touchpoint).await?;
    stack.take_calls();
    Ok(())
}

async fn enrolled(stack: &Stack) -> Result<(LeadId, Step)> {
    let lead = stack.enrol().await?;
    let mut hints = stack.calls_about(lead);
    hints.retain(is_message);
    Ok((lead, step("hint", &hints, stack, 0, 0)))
}

async fn opened(stack: &Stack, lead: LeadId) -> Result<Step> {
    stack.take_calls();
    stack.look(lead).await?;
    if stack.run(lead).await?.opened().is_none() {
        return Err("the touchpoint is not open".into());
    }
    Ok(of_function("opening", stack, OF_EVENT_SOURCE))
}

async fn claimed(stack: &Stack, has_outcome: bool) -> Result<Vec<Step>> {
    stack.take_calls();
    let touchpoint = stack.claim().await?;
    let mut steps = vec![of_function("claim", stack, 0)];
    if has_outcome {
        stack.report(&touchpoint).await?;
        steps.push(of_function("outcome", stack, 0));
    }
    Ok(steps)
}

/// Moves the clock to a minute before the next wake of a run, where wake-runs sends the hint. Then moves
/// it to the wake.
async fn next_hint(stack: &Stack, lead: LeadId) -> Result<Step> {
    let at = match stack.run(lead).await?.wake() {
        Some(Wake::Due { at, .. }) => at,
        _ => return Err("nothing is due next".into()),
    };
    let minute = SignedDuration::from_mins(1);
    stack.forward((stack.until(at) - minute).max(SignedDuration::ZERO));
    stack.take_calls();
    if stack.wake().await? == 0 {
        return Err("wake-runs sent no hint".into());
    }
    let mut hints = stack.calls_about(lead);
    hints.retain(is_message);
    stack.forward(stack.until(at).max(SignedDuration::ZERO) + SignedDuration::from_secs(1));
    Ok(step("next hint", &hints, stack, 0, 0))
}

fn is_message(call: &Call) -> bool {
    call.operation.starts_with("SendMessage")
}

/// Returns the work of a function's call since the last record.
fn of_function(name: &'static str, stack: &Stack, of_event_source: u32) -> Step {
    step(name, &stack.take_calls(), stack, of_event_source, 1)
}

fn step(
    name: &'static str,
    calls: &[Call],
    stack: &Stack,
    of_event_source: u32,
    lambda: u32,
) -> Step {
    let mut step = Step {
        name,
        sqs: of_event_source,
        lambda,
        ..Step::default()
    };
    for call in calls {
        step.operations.push(call.operation.clone());
        if is_message(call) {
            step.sqs += 1;
            continue;
        }
        let (of_table, of_indexes) = units_of_changes(call, &stack.table);
        step.calls += 1;
        step.table_units += of_table;
        step.index_units += of_indexes;
        step.read_units += units_of_reads(call);
    }
    step
}
