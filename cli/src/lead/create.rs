//! `leadgate lead create`: stores one lead, as `POST /leads` does.

use std::io;

use api::{AppState, create_lead};
use clap::Args;
use domain::idempotency::IdempotencyKey;
use local::text::{PrintError, printable};
use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use super::{
    assignment::{Assignment, AssignmentArgs},
    error::LeadError,
    field::Field,
};
use crate::{
    body,
    output::OutputArg,
    stored::account,
    target::{AccountArg, QueueUrlArgs, Target, TargetArgs},
};

/// Options of `leadgate lead create`.
#[derive(Args, Clone, Debug)]
pub struct CreateArgs {
    #[command(flatten)]
    lead: LeadArgs,
    /// Body of `POST /leads` for one lead, instead of the options above: JSON, @FILE, or - for
    /// standard input
    #[arg(long, value_name = "JSON", conflicts_with_all = LEAD_OPTIONS)]
    body: Option<String>,
    /// Key with which the command can be run again without storing the lead twice
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<IdempotencyKey>,
    #[command(flatten)]
    account: AccountArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    queues: QueueUrlArgs,
}

/// Options that `--body` replaces.
const LEAD_OPTIONS: [&str; 7] = [
    "first_name",
    "last_name",
    "email",
    "phone",
    "metadata",
    "workflow",
    "campaign",
];

/// Options of the fields of a lead.
#[derive(Args, Clone, Debug)]
struct LeadArgs {
    /// First name
    #[arg(long, value_name = "NAME", required_unless_present = "body")]
    first_name: Option<String>,
    /// Last name
    #[arg(long, value_name = "NAME")]
    last_name: Option<String>,
    /// E-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Phone number with its country, such as +442079460958
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
    /// Further text about the lead; can be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    metadata: Vec<(String, String)>,
    #[command(flatten)]
    assignment: AssignmentArgs,
}

/// Reads `key=value`.
fn pair(text: &str) -> Result<(String, String), &'static str> {
    let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Creates the lead, and prints the reply.
pub async fn create(args: &CreateArgs) -> Result<(), LeadError> {
    let given = args
        .body
        .as_deref()
        .map(|body| body::read("--body", body))
        .transpose()?;
    let target = Target::with_queues(&args.target, &args.queues).await?;
    let (store, queue) = (target.store()?, target.queue()?);
    let account = account(&store, target.account(&args.account).await?).await?;
    let body = match given {
        Some(body) => body,
        None => {
            let assignment = args.lead.assignment.find(&store, account.id).await?;
            args.lead.body(assignment)
        }
    };
    let state = AppState::new(store, queue, target.clock);
    let settings = account.settings(None);
    let created = create_lead(&state, &settings, args.idempotency_key.as_ref(), &body).await?;
    if args.output.is_json() {
        let reply: &RawValue = serde_json::from_str(&created.body)
            .map_err(io::Error::from)
            .map_err(PrintError::from)?;
        args.output.print(&reply, |_| String::new())?;
    } else {
        let reply: Value = serde_json::from_str(&created.body).unwrap_or_default();
        crate::output::print(&text(&reply, created.is_replay))?;
    }
    Ok(())
}

impl LeadArgs {
    fn body(&self, assignment: Assignment) -> String {
        let mut body = Map::new();
        let fields = [
            ("first_name", &self.first_name),
            ("last_name", &self.last_name),
            ("email", &self.email),
            ("phone", &self.phone),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                body.insert(name.to_owned(), value.as_str().into());
            }
        }
        for (key, value) in &self.metadata {
            Field::Metadata(key.clone()).set(&mut body, value.clone());
        }
        assignment.set(&mut body);
        Value::from(body).to_string()
    }
}

/// Returns the reply for people.
fn text(reply: &Value, is_replay: bool) -> String {
    let word = |path: &str| reply.pointer(path).and_then(Value::as_str).map(printable);
    let head = if is_replay {
        "The lead is there already"
    } else {
        "Created the lead"
    };
    let mut text = format!("{head}: {}\n", word("/lead/id").unwrap_or_default());
    let run = ["/id", "/workflow/name", "/cadence/channel"];
    let run = run.map(|path| word(&format!("/workflow_run{path}")));
    if let [Some(id), Some(workflow), Some(channel)] = run {
        text += &format!("Run {id} in {workflow}: first {channel}\n");
    }
    let Remarks { warning, hints } = Remarks::of(reply);
    if let Some(warning) = warning {
        text += &format!("Warning: {}\n", printable(&warning));
    }
    for hint in hints {
        text += &format!("Hint: {}\n", printable(&hint));
    }
    text
}

/// Texts of a reply about a lead that is stored.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Remarks {
    pub warning: Option<String>,
    pub hints: Vec<String>,
}

impl Remarks {
    pub fn of(reply: &Value) -> Self {
        Self::deserialize(reply).unwrap_or_default()
    }
}
