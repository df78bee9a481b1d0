//! `leadgate dev`: the local stack as a person meets it.

use std::{
    error::Error,
    fmt::Write as _,
    io::{self, IsTerminal, Write},
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    pin::pin,
    process::ExitCode,
};

use clap::Args;
use serde::Serialize;
use shared::{
    clock::Clock,
    telemetry::{self, Chain},
};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{Duration, timeout},
};
use tracing::level_filters::LevelFilter;

use crate::local::{LocalError, Ports, Stack, Storage, demo};

pub(crate) const DYNAMODB_PORT: u16 = 8000;
pub(crate) const SQS_PORT: u16 = 9324;

/// How long a stop may take: work in hand is finished, but a client that hangs, or a long queue, holds
/// nobody up.
const STOP_TIMEOUT: Duration = Duration::from_millis(1_800);

/// What `leadgate dev` can be told.
#[derive(Args, Clone, Debug)]
pub struct DevArgs {
    /// The API's port; 0 picks free ports for the API, DynamoDB and SQS
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// DynamoDB's port; 0 picks one [default: 8000]
    #[arg(long)]
    dynamodb_port: Option<u16>,
    /// SQS's port; 0 picks one [default: 9324]
    #[arg(long)]
    sqs_port: Option<u16>,
    /// The address to listen on, such as that of a bridge to containers. Whoever reaches it can read and change everything
    #[arg(long, value_name = "ADDRESS", default_value_t = Ipv4Addr::LOCALHOST.into())]
    listen: IpAddr,
    /// Keep nothing on disk
    #[arg(long, conflicts_with = "data_dir")]
    in_memory: bool,
    /// The folder that keeps the data
    #[arg(long, value_name = "DIR", default_value = ".leadgate")]
    data_dir: PathBuf,
    /// Print one line of JSON when ready, for programs
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Ready<'a> {
    api_url: &'a str,
    dynamodb_url: &'a str,
    sqs_url: &'a str,
    table: &'a str,
    queue_url: &'a str,
    dlq_url: &'a str,
    api_key: &'a str,
    workflow_id: &'a str,
    campaign_id: &'a str,
}

/// Runs the local stack until Ctrl-C or SIGTERM. Exit code 1, and one line on standard error, if it
/// cannot run.
pub async fn run(args: DevArgs) -> ExitCode {
    let mut stderr = io::stderr();
    telemetry::init_terminal(LevelFilter::INFO, stderr.is_terminal());
    match serve(&args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr, "leadgate dev: {}", one_line(&error));
            ExitCode::FAILURE
        }
    }
}

/// The error with its causes, on one line whatever they say.
fn one_line(error: &(dyn Error + 'static)) -> String {
    Chain(error)
        .to_string()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

async fn serve(args: &DevArgs) -> Result<(), DevError> {
    // Before anything is started: a signal during the start must not be lost.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let storage = if args.in_memory {
        Storage::Memory
    } else {
        Storage::Folder(args.data_dir.clone())
    };
    let mut stop = pin!(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    });
    let stack = tokio::select! {
        () = &mut stop => return Ok(()),
        stack = Stack::start(&storage, ports(args), Clock::System) => stack?,
    };
    if !args.listen.is_loopback() {
        tracing::warn!(
            "{} is reached from beyond this machine's own programs: whoever reaches it can read and change everything",
            args.listen
        );
    }
    announce(args, &stack)?;
    stop.await;
    tracing::info!("stopping: finishing what is under way");
    if timeout(STOP_TIMEOUT, stack.stop()).await.is_err() {
        tracing::warn!("stopped before all was done: what is left is done after the next start");
    }
    Ok(())
}

/// With `--port 0` everything moves out of the way: the stack is a test's or a second one.
fn ports(args: &DevArgs) -> Ports {
    let default = |port| if args.port == 0 { 0 } else { port };
    Ports {
        address: args.listen,
        api: args.port,
        dynamodb: args.dynamodb_port.unwrap_or(default(DYNAMODB_PORT)),
        sqs: args.sqs_port.unwrap_or(default(SQS_PORT)),
    }
}

fn announce(args: &DevArgs, stack: &Stack) -> Result<(), DevError> {
    let services = &stack.services;
    let ready = Ready {
        api_url: &stack.api_url,
        dynamodb_url: &services.dynamodb_url,
        sqs_url: &services.sqs_url,
        table: services.table(),
        queue_url: &services.queue_url,
        dlq_url: &services.dlq_url,
        api_key: demo::API_KEY,
        workflow_id: demo::WORKFLOW_ID,
        campaign_id: demo::CAMPAIGN_ID,
    };
    let text = if args.json {
        serde_json::to_string(&ready)? + "\n"
    } else {
        banner(&ready, args)
    };
    let mut stdout = io::stdout();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(())
}

fn banner(ready: &Ready<'_>, args: &DevArgs) -> String {
    let data = if args.in_memory {
        "in memory, gone when it stops".to_owned()
    } else {
        format!("{}, kept when it stops", args.data_dir.display())
    };
    let rows = [
        ("API", ready.api_url.to_owned()),
        ("Docs", format!("{}/docs", ready.api_url)),
        ("API key", ready.api_key.to_owned()),
        ("Workflow", format!("{}  Sales Outreach", ready.workflow_id)),
        ("Campaign", format!("{}  Spring Launch", ready.campaign_id)),
        (
            "DynamoDB",
            format!("{}  table {}", ready.dynamodb_url, ready.table),
        ),
        ("SQS", ready.queue_url.to_owned()),
        ("Data", data),
    ];
    let mut text = "\nLeadgate is ready.\n\n".to_owned();
    for (name, value) in rows {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {name:<10}{value}");
    }
    let _ = writeln!(
        text,
        "\nSend a lead:\n\n{}\n\nStop with Ctrl-C.\n",
        curl(ready)
    );
    text
}

/// The create-lead reference's own example.
fn curl(ready: &Ready<'_>) -> String {
    format!(
        "curl -i {}/api/public/leads -H 'X-API-Key: {}' -H 'Content-Type: application/json' \
         -d '{{\"first_name\":\"John\",\"last_name\":\"Doe\",\"email\":\"john@example.com\",\
         \"phone\":\"+1234567890\",\"workflow_id\":\"{}\",\"campaign_id\":\"{}\"}}'",
        ready.api_url, ready.api_key, ready.workflow_id, ready.campaign_id
    )
}

/// Why `leadgate dev` ended.
#[derive(Debug, thiserror::Error)]
enum DevError {
    #[error(transparent)]
    Local(#[from] LocalError),
    #[error("cannot print or listen to signals")]
    Terminal(#[from] io::Error),
    #[error("cannot print")]
    Json(#[from] serde_json::Error),
}
