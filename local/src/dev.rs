//! `leadgate dev`: runs the local stack in a terminal.

use std::{
    error::Error,
    fmt::Write as _,
    io::{self, Write},
    net::{IpAddr, Ipv4Addr},
    path::{self, PathBuf},
    pin::pin,
    process::ExitCode,
};

use aws::{clock::Clock, telemetry::ErrorChain};
use clap::Args;
use domain::{webhook_secret::WebhookSecret, webhook_url::WebhookUrl};
use http::{HeaderValue, Uri};
use jiff::Timestamp;
use serde::Serialize;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{Duration, timeout},
};

use crate::{
    Access, DATA_DIR, Journal, LocalError, Pace, Ports, Receiver, Stack, Storage, demo,
    log::{self, LogFormat},
    receiver::DIALER_PATH,
    text::{PrintError, of_error, printable, terminal_width, wrapped},
};

/// Maximum time of a stop. The stack finishes the requests and starts in progress, but a client
/// that hangs or a long queue cannot delay the stop any longer.
const STOP_TIMEOUT: Duration = Duration::from_millis(1_800);

/// Options of `leadgate dev`.
#[derive(Args, Clone, Debug)]
pub struct DevArgs {
    /// Port of the API; 0 picks a free one
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// Port of DynamoDB [default: a free one]
    #[arg(long, value_name = "PORT")]
    dynamodb_port: Option<u16>,
    /// Port of SQS [default: a free one]
    #[arg(long, value_name = "PORT")]
    sqs_port: Option<u16>,
    /// Address to listen on, such as that of a container bridge. Anyone who reaches it can read and
    /// change everything
    #[arg(long, value_name = "ADDRESS", default_value_t = Ipv4Addr::LOCALHOST.into())]
    listen: IpAddr,
    /// Keep the data in memory only
    #[arg(long, conflicts_with = "data_dir")]
    in_memory: bool,
    /// Folder of the data
    #[arg(long, value_name = "DIR", default_value = DATA_DIR)]
    data_dir: PathBuf,
    /// Origin whose web pages may call the API, such as http://localhost:5173; can be repeated
    #[arg(long, value_name = "ORIGIN", value_parser = origin)]
    cors: Vec<HeaderValue>,
    /// Send the touchpoints of the demo account to this URL instead of the practice dialer
    #[arg(long, value_name = "URL", conflicts_with = "no_dialer")]
    forward_to: Option<WebhookUrl>,
    /// Give the demo account no destination, so that callers claim its touchpoints
    #[arg(long)]
    no_dialer: bool,
    /// Clock of the stack: system, manual (stands still until `leadgate clock` moves it), or a factor
    /// such as 60x (runs 60 times as fast)
    #[arg(long, value_name = "CLOCK", default_value_t = Pace::System)]
    clock: Pace,
    /// Print one line of JSON when ready, for programs
    #[arg(long)]
    json: bool,
    /// Form of the log
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    /// Log every field of the functions' log lines
    #[arg(short, long)]
    verbose: bool,
}

/// Reads an origin as browsers send it: scheme, host and port, without a path.
fn origin(text: &str) -> Result<HeaderValue, &'static str> {
    const FORM: &str = "give scheme, host and port without a path, such as http://localhost:5173";
    let uri: Uri = text.parse().map_err(|_| FORM)?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(FORM);
    };
    let own_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return Err(FORM),
    };
    let whole = format!("{scheme}://{authority}");
    if authority.as_str().contains('@') || !whole.eq_ignore_ascii_case(text.trim_end_matches('/')) {
        return Err(FORM);
    }
    // Browsers leave out the default port of the scheme.
    let origin = whole.strip_suffix(own_port).unwrap_or(&whole);
    let origin = origin.to_ascii_lowercase();
    HeaderValue::from_str(&origin).map_err(|_| FORM)
}

/// Line of `--json`.
#[derive(Serialize)]
struct Ready<'a> {
    api_url: &'a str,
    dynamodb_url: &'a str,
    sqs_url: &'a str,
    table: &'a str,
    queue_url: &'a str,
    dlq_url: &'a str,
    dispatch_queue_url: &'a str,
    dispatch_dlq_url: &'a str,
    api_key: &'a str,
    workflow_id: &'a str,
    campaign_id: &'a str,
    clock: Pace,
    /// Secret that signs the touchpoints of the demo account. `null` if callers pull them.
    webhook_secret: Option<String>,
}

/// Runs the local stack until Ctrl-C or SIGTERM. The exit code is 1 if it cannot run; standard
/// error then has the reason.
pub async fn run(args: DevArgs) -> ExitCode {
    let clock = args.clock.clock();
    let journal = log::init(args.log_format, args.verbose, &clock);
    match serve(&args, journal, clock).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let message = of_error(&one_line(&error));
            let columns = terminal_width().unwrap_or(usize::MAX);
            let text = wrapped(&format!("leadgate dev: {message}"), columns, 0, "    ");
            let _ = writeln!(io::stderr(), "{text}");
            ExitCode::FAILURE
        }
    }
}

/// Returns an error with its causes, on one line even if a cause has several.
fn one_line(error: &(dyn Error + 'static)) -> String {
    ErrorChain(error)
        .to_string()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

async fn serve(args: &DevArgs, journal: Journal, clock: Clock) -> Result<(), DevError> {
    // Listens before anything starts, so that a signal during the start is not lost.
    let mut terminate = signal(SignalKind::terminate()).map_err(DevError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(DevError::Signals)?;
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
    let access = Access {
        origins: args.cors.clone(),
        journal: Some(journal.clone()),
        receiver: match &args.forward_to {
            _ if args.no_dialer => Receiver::None,
            Some(url) => Receiver::Webhook(url.clone()),
            None => Receiver::PracticeDialer,
        },
    };
    let stack = tokio::select! {
        () = &mut stop => return Ok(()),
        stack = Stack::start_with(access, &storage, ports(args), clock.clone()) => stack?,
    };
    if !args.listen.is_loopback() {
        tracing::warn!(
            "other machines can reach {}: anyone who reaches it can read and change everything",
            args.listen
        );
    }
    announce(args, &stack, &clock)?;
    stop.await;
    journal.note("stopping: finishing the requests and starts in progress".to_owned());
    if timeout(STOP_TIMEOUT, stack.stop()).await.is_err() {
        tracing::warn!(
            "stopped before all work was done: the stack does the rest when it runs again"
        );
    }
    Ok(())
}

/// Returns the ports. Only the API's has a fixed default, because commands find the others in the
/// lock file.
fn ports(args: &DevArgs) -> Ports {
    Ports {
        address: args.listen,
        api: args.port,
        dynamodb: args.dynamodb_port.unwrap_or(0),
        sqs: args.sqs_port.unwrap_or(0),
    }
}

fn announce(args: &DevArgs, stack: &Stack, clock: &Clock) -> Result<(), DevError> {
    let services = &stack.services;
    let ready = Ready {
        api_url: &stack.api_url,
        dynamodb_url: &services.dynamodb_url,
        sqs_url: &services.sqs_url,
        table: services.table(),
        queue_url: &services.queue_url,
        dlq_url: &services.dlq_url,
        dispatch_queue_url: &services.dispatch_queue_url,
        dispatch_dlq_url: &services.dispatch_dlq_url,
        api_key: demo::API_KEY,
        workflow_id: demo::WORKFLOW_ID,
        campaign_id: demo::CAMPAIGN_ID,
        clock: args.clock,
        webhook_secret: stack.webhook_secret.as_ref().map(WebhookSecret::reveal),
    };
    let text = if args.json {
        serde_json::to_string(&ready)? + "\n"
    } else {
        banner(&ready, args, clock.now())
    };
    let mut stdout = io::stdout();
    let printed = stdout.write_all(text.as_bytes());
    Ok(printed
        .and_then(|()| stdout.flush())
        .map_err(PrintError::from)?)
}

fn banner(ready: &Ready<'_>, args: &DevArgs, now: Timestamp) -> String {
    let data = if args.in_memory {
        "in memory, lost when the stack stops".to_owned()
    } else {
        let folder = path::absolute(&args.data_dir);
        let folder = folder.as_ref().unwrap_or(&args.data_dir);
        printable(&folder.to_string_lossy())
    };
    let mut rows = vec![
        ("API", ready.api_url.to_owned()),
        ("Docs", format!("{}/docs", ready.api_url)),
    ];
    match (&args.forward_to, &ready.webhook_secret) {
        (Some(url), Some(secret)) => {
            rows.push(("Forward", format!("{url}  secret {secret}")));
        }
        (None, Some(_)) => rows.push(("Dialer", format!("{}{DIALER_PATH}", ready.api_url))),
        (_, None) => {}
    }
    rows.extend([
        ("API key", ready.api_key.to_owned()),
        ("Workflow", format!("{}  Sales Outreach", ready.workflow_id)),
        ("Campaign", format!("{}  Spring Launch", ready.campaign_id)),
        (
            "DynamoDB",
            format!("{}  table {}", ready.dynamodb_url, ready.table),
        ),
        ("SQS", ready.sqs_url.to_owned()),
        ("Data", data),
    ]);
    if !args.clock.is_system() {
        let time = now.strftime("%Y-%m-%dT%H:%M:%SZ");
        let clock = match args.clock {
            Pace::Times(factor) => format!("{time}, runs {factor} times as fast"),
            _ => format!("{time}, stands still: leadgate clock advance 2h"),
        };
        rows.push(("Clock", clock));
    }
    let mut text = "\nLeadgate is ready.\n\n".to_owned();
    for (name, value) in rows {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {name:<10}{value}");
    }
    let curl = demo::curl(ready.api_url);
    let _ = writeln!(text, "\nSend a lead:\n\n{curl}\n");
    if args.forward_to.is_none() && ready.webhook_secret.is_some() {
        text += "Then answer its call in a browser, at the address of Dialer.\n";
    }
    text += "Requests are shown below. Stop with Ctrl-C.\n\n";
    text
}

/// Reason why `leadgate dev` ended.
#[derive(Debug, thiserror::Error)]
enum DevError {
    #[error(transparent)]
    Local(#[from] LocalError),
    #[error("cannot listen for Ctrl-C and SIGTERM")]
    Signals(#[source] io::Error),
    #[error("the addresses cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Print(#[from] PrintError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_a_browser_sends() {
        for (text, expected) in [
            ("http://localhost:5173", Some("http://localhost:5173")),
            ("https://Example.com/", Some("https://example.com")),
            ("http://localhost:80", Some("http://localhost")),
            ("https://localhost:443", Some("https://localhost")),
            ("https://localhost:80", Some("https://localhost:80")),
            ("http://localhost:5173/app", None),
            ("localhost:5173", None),
            ("http://user@localhost:5173", None),
            ("ftp://localhost", None),
            ("*", None),
            ("null", None),
            ("", None),
        ] {
            let origin = origin(text).ok();
            assert_eq!(
                origin.as_ref().map(HeaderValue::as_bytes),
                expected.map(str::as_bytes),
                "{text}"
            );
        }
    }
}
