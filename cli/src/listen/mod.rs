//! `leadgate listen`: a receiver of touchpoints in the terminal. It checks the signature of each delivery,
//! prints it, and answers with an outcome if a rule says so.

mod delivery;
mod rule;

use std::{
    collections::HashMap,
    env, io,
    io::Write,
    net::Ipv4Addr,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
};

use aws::clock::Clock;
use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State, rejection::BytesRejection},
    response::{IntoResponse, Response},
    routing::post,
};
use clap::Args;
use domain::webhook_secret::{WebhookSecret, WebhookSecretError};
use http::{HeaderMap, StatusCode};
use jiff::{Timestamp, tz::TimeZone};
use local::{WEBHOOK_SECRET, text::PrintError};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::{net::TcpListener, signal::ctrl_c};

use self::{delivery::Delivery, rule::Rule};
use crate::{
    failure,
    output::{OutputArg, safe_json},
};

/// Variable with the secrets. A secret among the options would be in the shell's history.
const SECRET: &str = "LEADGATE_WEBHOOK_SECRET";
/// Maximum size of a body in bytes. A delivery is smaller: a lead has at most 64 KiB.
const MOST: usize = 1024 * 1024;

/// Options of `leadgate listen`.
#[derive(Args, Clone, Debug)]
pub struct ListenArgs {
    /// Port on 127.0.0.1; 0 picks a free one
    #[arg(long, default_value_t = 4000)]
    port: u16,
    /// Outcome to answer: OUTCOME, CHANNEL=OUTCOME or CHANNEL/ATTEMPT=OUTCOME, such as
    /// call/1=no_answer; can be repeated, and the first that fits counts [default: none, only 200]
    #[arg(long, value_name = "RULE")]
    outcome: Vec<Rule>,
    /// Status to answer to valid deliveries, such as 503, to see what Leadgate does then
    #[arg(long, value_name = "STATUS", default_value_t = 200, value_parser = clap::value_parser!(u16).range(200..600))]
    status: u16,
    /// Take deliveries of any time, for a stack whose clock was moved
    #[arg(long)]
    any_time: bool,
    #[command(flatten)]
    output: OutputArg,
}

/// Reason why the receiver ended.
#[derive(Debug, thiserror::Error)]
enum ListenError {
    #[error(
        "{SECRET} {WebhookSecretError}: `leadgate destination secret` shows the secret of a destination"
    )]
    Secret,
    #[error("port {0} is taken by another program: stop it, or choose another port with --port")]
    PortTaken(u16),
    #[error("cannot listen on port {0}: choose another port with --port")]
    Port(u16, #[source] io::Error),
    #[error("the receiver stopped")]
    Serve(#[source] io::Error),
    #[error(transparent)]
    Print(#[from] PrintError),
}

/// The receiver.
struct Receiver {
    args: ListenArgs,
    secrets: Vec<WebhookSecret>,
    zone: TimeZone,
    /// Number of deliveries of each id.
    times: Mutex<HashMap<String, u32>>,
}

#[derive(Serialize)]
struct Ready<'a> {
    url: &'a str,
}

/// Receives until Ctrl-C. The exit code is 1 if it cannot; standard error then has a line.
pub async fn run(args: &ListenArgs) -> ExitCode {
    match listen(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("listen", &error),
    }
}

async fn listen(args: &ListenArgs) -> Result<(), ListenError> {
    let secrets = secrets(set_secrets().as_deref())?;
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AddrInUse => ListenError::PortTaken(args.port),
        _ => ListenError::Port(args.port, error),
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).await;
    let listener = listener.map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    let url = format!("http://127.0.0.1:{port}/");
    args.output.print(&Ready { url: &url }, |_| {
        format!(
            "Listening on {url}\nSend the touchpoints of the demo account here:\n\
             leadgate dev --forward-to {url}\nStop with Ctrl-C.\n\n"
        )
    })?;
    let receiver = Arc::new(Receiver {
        args: args.clone(),
        secrets,
        zone: TimeZone::system(),
        times: Mutex::default(),
    });
    let routes = Router::new()
        .fallback_service(post(take).with_state(receiver))
        .layer(DefaultBodyLimit::max(MOST));
    let stopped = async {
        let _ = ctrl_c().await;
    };
    let served = axum::serve(listener, routes).with_graceful_shutdown(stopped);
    served.await.map_err(ListenError::Serve)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a secret among the options would be in the shell's history"
)]
fn set_secrets() -> Option<String> {
    env::var(SECRET).ok()
}

/// Reads the secrets, with blanks between them. It is the secret of every local stack if there are none.
fn secrets(given: Option<&str>) -> Result<Vec<WebhookSecret>, ListenError> {
    let given = given.filter(|it| !it.trim().is_empty());
    let secrets = given.unwrap_or(WEBHOOK_SECRET).split_whitespace();
    let secrets: Result<_, _> = secrets.map(str::parse).collect();
    secrets.map_err(|WebhookSecretError| ListenError::Secret)
}

async fn take(
    State(receiver): State<Arc<Receiver>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Ok(body) = body else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let delivery = receiver.answer(&headers, &body, Clock::System.now());
    receiver.print(&delivery);
    let status = StatusCode::from_u16(delivery.status).unwrap_or(StatusCode::OK);
    let reply = match (&delivery.problem, &delivery.outcome) {
        (Some(problem), _) => json!({ "error": problem }),
        (None, Some(outcome)) => json!({ "outcome": outcome }),
        (None, None) => json!({}),
    };
    (status, Json(reply)).into_response()
}

impl Receiver {
    /// Returns a delivery with its answer.
    fn answer(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Delivery {
        let id = header(headers, "webhook-id");
        let problem = self.check(headers, body, now).err();
        let text = || Value::String(String::from_utf8_lossy(body).into_owned());
        let mut delivery = Delivery {
            at: now,
            id: id.map(str::to_owned),
            times: 0,
            status: if problem.is_none() {
                self.args.status
            } else {
                401
            },
            problem,
            outcome: None,
            body: serde_json::from_slice(body).unwrap_or_else(|_| text()),
        };
        if delivery.problem.is_none() {
            delivery.times = self.count(id.unwrap_or_default());
            if let Some((channel, attempt)) = delivery.place()
                && !delivery.is_test()
            {
                let mut rules = self.args.outcome.iter();
                let outcome = rules.find_map(|it| it.outcome(channel, attempt));
                delivery.outcome = outcome.map(str::to_owned);
            }
        }
        delivery
    }

    /// Checks the signature.
    fn check(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<(), String> {
        let needed = |name| {
            let value = header(headers, name);
            value.ok_or_else(|| format!("the header {name} is missing"))
        };
        let (id, timestamp) = (needed("webhook-id")?, needed("webhook-timestamp")?);
        let signature = needed("webhook-signature")?;
        let of_delivery = timestamp.parse().ok();
        let of_delivery = of_delivery.and_then(|it| Timestamp::from_second(it).ok());
        let now = of_delivery.filter(|_| self.args.any_time).unwrap_or(now);
        let verified = webhook::verify(&self.secrets, id, timestamp, signature, body, now);
        verified.map_err(|error| error.to_string())
    }

    /// Counts a delivery of an id, and returns the number of deliveries so far.
    fn count(&self, id: &str) -> u32 {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let count = times.entry(id.to_owned()).or_default();
        *count += 1;
        *count
    }

    /// Prints a delivery. The receiver goes on if its output is closed.
    fn print(&self, delivery: &Delivery) {
        let text = if self.args.output.is_json() {
            let json = serde_json::to_string(delivery).unwrap_or_default();
            safe_json(&json) + "\n"
        } else {
            delivery.render(&self.zone)
        };
        let mut stdout = anstream::stdout().lock();
        let _ = stdout.write_all(text.as_bytes());
        let _ = stdout.flush();
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
