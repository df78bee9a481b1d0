//! Cases of `events/<function>/`: `<case>.json` is an event of Lambda, and `<case>.expected.json`
//! is the function's reply to it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use aws::{
    clock::Clock,
    store::{CurrentRun, RunOrigin},
};
use aws_sdk_sqs::types::QueueAttributeName;
use domain::{
    activity::{Activity, ActivityKind, Contact},
    channel::Channel,
    ids::{AccountId, LeadId},
    run::{Delivery, Owner, Run},
    timing::OpenTimes,
};
use jiff::SignedDuration;
use local::{Ports, Services, Storage, demo};
use serde_json::Value;

use crate::{due_runs, matching::difference};

/// Event and its expected reply.
#[derive(Debug)]
pub struct Case {
    /// Name of the file without its ending.
    pub name: String,
    /// JSON of the event, as the file has it.
    pub event: String,
    expected: Value,
}

/// Returns the cases of a function, sorted by name.
///
/// # Panics
/// If an event has no expected reply, or a reply has no event.
pub fn cases(function: &str) -> Vec<Case> {
    let folder = events_folder().join(function);
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(&folder).expect("the function's folder in events/") {
        let name = entry
            .expect("an entry")
            .file_name()
            .into_string()
            .expect("a UTF-8 name");
        let stem = name
            .strip_suffix(".json")
            .unwrap_or_else(|| panic!("{name} is no case"));
        names.insert(stem.strip_suffix(".expected").unwrap_or(stem).to_owned());
    }
    names
        .into_iter()
        .map(|name| Case {
            event: read(&folder.join(format!("{name}.json"))),
            expected: parse(&read(&folder.join(format!("{name}.expected.json")))),
            name,
        })
        .collect()
}

/// Starts services in which every case of a function gets its expected reply: they have the demo account,
/// one lead with a pending start, and one lead with a claimed touchpoint. For wake-runs and
/// dispatch-touchpoints, they also have runs that are due.
pub async fn services(function: &str) -> Services {
    let services = Services::start(&Storage::Memory, Ports::ANY, &Clock::System)
        .await
        .expect("services");
    let (account, lead) = demo_lead();
    services
        .store
        .set_pending(account, lead, Clock::System.now(), None)
        .await
        .expect("a mark");
    claim_first_touchpoint(&services, "019c0000-0000-7000-8000-000000001103").await;
    if ["dispatch-touchpoints", "wake-runs"].contains(&function) {
        due_runs::store(&services).await;
    }
    services
}

/// Builds a lead's run, and claims its first touchpoint as a client that pulls.
async fn claim_first_touchpoint(services: &Services, lead: &str) {
    let store = &services.store;
    let (account, _) = demo_lead();
    let now = Clock::System.now();
    let lead = store.lead(account, lead.parse().expect("a lead's id"));
    let lead = lead.await.expect("a lead").found().expect("a demo lead");
    let start = lead.start.as_ref().expect("a start");
    let workflow = store.workflow(account, start.workflow.id).await;
    let workflow = workflow.expect("a workflow").expect("the demo workflow");
    let mut run = Run::build(&lead, start, Some(&workflow), now);
    let owner = Owner([0; 10]);
    let lease = SignedDuration::from_hours(1);
    let index = run
        .claim(
            owner,
            lease,
            Delivery::Pull,
            OpenTimes::default(),
            &workflow,
            now,
        )
        .expect("a claim");
    let contact = Contact {
        run_id: Some(run.id),
        index: Some(index),
        try_number: Some(1),
        ..Contact::new(Channel::Call)
    };
    let entry = Activity {
        contact: Some(contact),
        ..Activity::new(ActivityKind::TouchpointClaimed, "call 1/3", now)
    };
    let origin = RunOrigin::New;
    let current = CurrentRun { run, origin };
    let claimed = store.change_run(&current, &entry).await;
    claimed.expect("a claimed touchpoint");
}

fn demo_lead() -> (AccountId, LeadId) {
    let account = demo::ACCOUNT_ID.parse().expect("the demo account's id");
    (
        account,
        "019c0000-0000-7000-8000-000000001101"
            .parse()
            .expect("the first demo lead's id"),
    )
}

/// Checks the table and the queue after all cases of a function.
///
/// # Errors
/// A text if they differ from what the cases leave.
pub async fn check_effects(function: &str, services: &Services) -> Result<(), String> {
    let (account, lead) = demo_lead();
    let found = services
        .store
        .lead_with_newest_run(account, lead)
        .await
        .map_err(|error| error.to_string())?;
    let has_run = found.map(|(_, run)| run.is_some());
    let starts = queued(services, &services.queue_url).await?;
    let hints = queued(services, &services.dispatch_queue_url).await?;
    let open = due_runs::count_open(services).await?;
    // Seven cases of api enrol a lead. Two of them are replays, which send the start again.
    // start-workflow builds nine runs that are due, and requeue-starts sends the pending start.
    // One open touchpoint is claimed, and a case of api reports its outcome. dispatch-touchpoints opens two more, and sends the early hint again. wake-runs sends two
    // hints, and then three.
    let expected = match function {
        "api" => (Some(false), 7, 0, 0),
        "start-workflow" => (Some(true), 0, 9, 1),
        "dispatch-touchpoints" => (Some(false), 0, 1, 3),
        "wake-runs" => (Some(false), 0, 5, 1),
        _ => (Some(false), 1, 0, 1),
    };
    let found = (has_run, starts, hints, open);
    if found == expected {
        return Ok(());
    }
    let names =
        "(whether the first demo lead has a run, queued starts, queued hints, open touchpoints)";
    Err(format!("{names} should be {expected:?}, are {found:?}"))
}

/// Returns the number of messages in a queue, with those that are delayed.
async fn queued(services: &Services, queue_url: &str) -> Result<usize, String> {
    let request = services.clients.sqs.get_queue_attributes();
    let reply = request
        .queue_url(queue_url)
        .attribute_names(QueueAttributeName::All)
        .send()
        .await
        .map_err(|error| error.to_string())?;
    let attributes = reply.attributes.unwrap_or_default();
    let counts = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesDelayed,
    ];
    let counts = counts.map(|name| attributes.get(&name)?.parse::<usize>().ok());
    Ok(counts.into_iter().flatten().sum())
}

/// Returns the functions that have a folder in `events/`.
pub fn functions() -> Vec<String> {
    let mut functions: Vec<String> = fs::read_dir(events_folder())
        .expect("events/")
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().expect("a UTF-8 name"))
        .collect();
    functions.sort();
    functions
}

impl Case {
    /// Compares a function's reply with the expected one.
    ///
    /// # Errors
    /// A text with the first difference.
    pub fn check(&self, reply: &str) -> Result<(), String> {
        let reply = with_parsed_body(parse(reply));
        match difference(&self.expected, &reply) {
            None => Ok(()),
            Some(difference) => Err(format!(
                "{}: {difference}\nthe reply was {reply:#}",
                self.name
            )),
        }
    }
}

/// Returns a reply with its body as JSON. Removes fields that a client does not see.
fn with_parsed_body(mut reply: Value) -> Value {
    if let Some(fields) = reply.as_object_mut()
        && let Some(Value::String(body)) = fields.get("body")
    {
        let body = parse(body);
        fields.insert("body".to_owned(), body);
        fields.retain(|name, _| matches!(name.as_str(), "statusCode" | "headers" | "body"));
        if let Some(headers) = fields.get_mut("headers").and_then(Value::as_object_mut) {
            headers.remove("content-length");
        }
    }
    reply
}

fn events_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}
