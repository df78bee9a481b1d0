//! The time, the instructions, the log and the calls in sequence of the release binaries, for each call
//! of a function.

use std::time::Duration;

use aws::{
    clock::Clock,
    queue::{Hint, QueueMessage},
};
use domain::{
    ids::{AccountId, LeadId},
    run::Run,
    time::whole_second,
    timing::OpenTimes,
};
use harness::{
    Function, Result, Setup,
    endpoints::{Call, Endpoints},
};
use local::demo;
use serde::Serialize;
use serde_json::{Value, json};

use super::counter::Counter;
use crate::{calls::in_sequence, model::Load};

const CLAIM: &str = include_str!("../../../../../events/api/claim-touchpoints.json");
const OUTCOME: &str = include_str!("../../../../../events/api/report-outcome.json");
const HINT: &str = include_str!("../../../../../events/dispatch-touchpoints/due-run.json");

/// Demo leads, the one with an open touchpoint and the one with a run that is due.
const OPEN: &str = "019c0000-0000-7000-8000-000000001104";
const DUE: &str = "019c0000-0000-7000-8000-000000001105";

/// Hints of a full batch, as in template.yaml.
const BATCH: u8 = 10;
/// Events before the measurement.
const WARM_UP: u32 = 100;
/// Events whose CPU time is measured.
const ROUNDS: u32 = 500;
/// Delay of the replies while calls are counted: 20 ms, so that parallel calls overlap.
const DELAY: Duration = Duration::from_millis(20);

/// The loads of the three calls of a touchpoint.
pub struct Loads {
    pub claim: Load,
    pub outcome: Load,
    /// A pair has the values of a batch of one and of a batch of ten.
    pub opening: [Load; 2],
    pub millions: Millions,
}

/// Instructions of the three calls, in millions.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Millions {
    /// One touchpoint's part of a batch of ten.
    pub opening: f64,
    pub claim: f64,
    pub outcome: f64,
}

/// Measures all loads. Writes are not kept, so each event finds the same touchpoint again.
pub async fn measure(setup: &Setup) -> Result<Loads> {
    let store = &setup.services.store;
    let open = build(setup, OPEN, true).await?;
    let due = build(setup, DUE, false).await?;
    store.create_run(&open).await?;
    store.create_run(&due).await?;

    let mut claim: Value = serde_json::from_str(CLAIM)?;
    claim["body"] = json!({"channels": ["call"], "limit": 1}).to_string().into();
    let claim = claim.to_string();
    let far = setup.http(DELAY).await?;
    let mut api = setup.start_function("api", &far).await?;
    // The first request fills the caches.
    api.invoke(&claim).await?;
    far.take_calls();
    let answer = api.invoke(&claim).await?;
    let calls = far.take_calls();
    let of_claim = in_sequence(&calls).into();
    let reply: Value = serde_json::from_str(&answer.body)?;
    let reply: Value = serde_json::from_str(reply["body"].as_str().unwrap_or_default())?;
    let id = reply["touchpoints"][0]["touchpoint"]["id"].as_str();
    let id = id.ok_or_else(|| format!("api gave no touchpoint: {reply}"))?;
    let mut outcome: Value = serde_json::from_str(OUTCOME)?;
    outcome["rawPath"] = format!("/api/public/touchpoints/{id}/outcome").into();
    let outcome = outcome.to_string();

    let near = setup.http(Duration::ZERO).await?;
    let mut function = setup.start_function("api", &near).await?;
    let mut counter = Counter::start(setup, "api", "touchpoint", &near).await?;
    let claim_millions = counter.millions(&claim).await?;
    let claim = load(&mut function, &near, &claim, of_claim).await?;

    // From here on, the touchpoint is claimed.
    let write = calls.iter().find(|call| is_write(call));
    far.store(write.ok_or("a claim wrote nothing")?).await?;
    api.invoke(&outcome).await?;
    far.take_calls();
    is_success(&api.invoke(&outcome).await?.body)?;
    let of_outcome = in_sequence(&far.take_calls()).into();
    let outcome_millions = counter.millions(&outcome).await?;
    counter.stop().await?;
    let outcome = load(&mut function, &near, &outcome, of_outcome).await?;
    function.stop().await?;
    api.stop().await?;

    let (one, ten) = (hints(&due, 1)?, hints(&due, BATCH.into())?);
    let mut dispatch = setup.start_function("dispatch-touchpoints", &far).await?;
    dispatch.invoke(&one).await?;
    far.take_calls();
    dispatch.invoke(&one).await?;
    let of_opening = in_sequence(&far.take_calls()).into();
    dispatch.stop().await?;
    let mut counter = Counter::start(setup, "dispatch-touchpoints", "opening", &near).await?;
    let opening_millions = counter.millions(&ten).await? / f64::from(BATCH);
    counter.stop().await?;
    let mut function = setup.start_function("dispatch-touchpoints", &near).await?;
    let one = load(&mut function, &near, &one, of_opening).await?;
    let ten = load(&mut function, &near, &ten, of_opening).await?;
    function.stop().await?;
    Ok(Loads {
        claim,
        outcome,
        opening: [one, ten],
        millions: Millions {
            opening: opening_millions,
            claim: claim_millions,
            outcome: outcome_millions,
        },
    })
}

/// Returns the run of a demo lead, whose first touchpoint is due now.
async fn build(setup: &Setup, lead: &str, is_open: bool) -> Result<Run> {
    let store = &setup.services.store;
    let (account, id): (AccountId, LeadId) = (demo::ACCOUNT_ID.parse()?, lead.parse()?);
    let lead = store.lead(account, id).await?.found();
    let lead = lead.ok_or("a demo lead is missing")?;
    let start = lead.start.as_ref().ok_or("a demo lead has no start")?;
    let workflow = store.workflow(account, start.workflow.id).await?;
    let workflow = workflow.ok_or("the demo workflow is missing")?;
    let now = whole_second(Clock::System.now());
    let mut run = Run::build(&lead, start, Some(&workflow), now);
    if is_open {
        run.open(OpenTimes::default(), &workflow, now)
            .ok_or("the touchpoint is not due")?;
    }
    Ok(run)
}

fn hints(run: &Run, count: usize) -> Result<String> {
    let mut event: Value = serde_json::from_str(HINT)?;
    let hint = Hint::of(run, Clock::System.now()).ok_or("the run is not due")?;
    let mut record = event["Records"][0].take();
    record["body"] = hint.to_body().into();
    event["Records"] = vec![record; count].into();
    Ok(event.to_string())
}

fn is_write(call: &Call) -> bool {
    matches!(call.operation.as_str(), "TransactWriteItems" | "PutItem")
        && call.body.to_string().contains("RUN#")
}

fn is_success(body: &str) -> Result<()> {
    let reply: Value = serde_json::from_str(body)?;
    if reply["statusCode"] == 200 {
        Ok(())
    } else {
        Err(format!("api refused an outcome: {reply}").into())
    }
}

/// Returns the CPU time in milliseconds and the bytes of log of one event.
async fn load(
    function: &mut Function,
    endpoints: &Endpoints,
    event: &str,
    in_sequence: f64,
) -> Result<Load> {
    for _ in 0..WARM_UP {
        function.invoke(event).await?;
    }
    let (cpu, logged) = (function.cpu_time()?.total(), function.logged()?);
    for _ in 0..ROUNDS {
        function.invoke(event).await?;
        endpoints.take_calls();
    }
    let cpu = (function.cpu_time()?.total() - cpu).as_secs_f64() * 1e3;
    let logged = (function.logged()? - logged) as f64;
    Ok(Load {
        cpu_ms: cpu / f64::from(ROUNDS),
        in_sequence,
        log: logged / f64::from(ROUNDS),
    })
}
