//! Calls the HTTP API with an API key, as a client does.

mod http;

use std::{
    env,
    path::{Path, PathBuf},
    time::Duration,
};

use ::http::Uri;
use aws::{
    clients::{Roots, https_client},
    clock::Clock,
    config::{self, ConfigError},
};
use clap::Args;
use local::{Pace, demo};
use serde_json::{Value, value::RawValue};
use thiserror::Error;
use tokio::time::timeout;

use self::http::{Request, SendError};
use super::{
    TargetError,
    local_api::{ClockReply, clock},
    profile::sdk_config,
    running,
    stack::{StackError, api_url},
    typed::typed,
};

/// Variable with the API key. A key among the options would be in the shell's history.
const KEY: &str = "LEADGATE_API_KEY";
/// Maximum time of a call. The API answers within 28 seconds.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Path in front of every path of a client.
const PREFIX: &str = "/api/public";

/// Options that name an API. The key is that of `LEADGATE_API_KEY`.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Where")]
pub struct ApiArgs {
    /// Name of a stack on AWS, to use instead of the local one; LEADGATE_API_KEY has the API key
    #[arg(long, value_name = "NAME", conflicts_with_all = ["api_url", "data_dir"])]
    stack: Option<String>,
    /// URL of the API, for a local stack that runs in memory or for a deployment
    #[arg(long, value_name = "URL", conflicts_with = "data_dir")]
    api_url: Option<String>,
    /// Data folder of the local stack [default: .leadgate in this folder or the nearest above]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

/// An API, with the key of an account.
pub struct Api {
    url: String,
    key: String,
    is_local: bool,
    options: String,
}

/// Reply of the API to a request that it has accepted.
pub struct Reply {
    /// Body as the API has sent it.
    pub text: Box<RawValue>,
    pub body: Value,
}

/// Reason why a call has no reply.
#[derive(Debug, Error)]
pub enum ApiCallError {
    #[error(
        "no API key given: set {KEY} to a key of the account, which `leadgate key create` makes"
    )]
    NoKey,
    #[error(
        "{0} is not the URL of an API: give one such as https://leads.example.com, or \
         http://127.0.0.1:3000 for a local stack"
    )]
    Url(String),
    #[error("{0} refuses the API key: set {KEY} to a valid key, which `leadgate key create` makes")]
    Key(String),
    /// Message of the API.
    #[error("{message}")]
    Refused { code: String, message: String },
    #[error("{0} does not answer as the API of Leadgate does: check the URL")]
    Strange(String),
    #[error("{0} did not answer within 30 seconds: run the command again")]
    Slow(String),
    #[error("{0} cannot be called: check the URL and your network")]
    Call(String, #[source] Box<SendError>),
    #[error(
        "no local stack is running in {} or a folder above it: start one with `cargo dev`, or pass \
         --api-url for one in memory, or --stack NAME for one on AWS",
        .0.display()
    )]
    NoLocalStack(PathBuf),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Stack(#[from] StackError),
}

impl Api {
    /// Returns the API that the options name. It is that of the running local stack if they name
    /// none.
    ///
    /// # Errors
    /// [`ApiCallError`] if there is no such API, or no key for it.
    pub async fn of(args: &ApiArgs) -> Result<Self, ApiCallError> {
        let url = match (&args.stack, &args.api_url) {
            (Some(name), _) => api_url(&sdk_config().await?, name).await?,
            (None, Some(url)) => url.trim_end_matches('/').to_owned(),
            (None, None) => local_url(args.data_dir.as_deref())?,
        };
        let is_local = is_local(&url).ok_or_else(|| ApiCallError::Url(url.clone()))?;
        let demo = is_local.then(|| demo::API_KEY.to_owned());
        let data_dir = args.data_dir.as_ref().map(|it| it.display().to_string());
        Ok(Self {
            key: given_key().or(demo).ok_or(ApiCallError::NoKey)?,
            options: typed([
                ("--stack", args.stack.as_deref()),
                ("--api-url", args.api_url.as_deref()),
                ("--data-dir", data_dir.as_deref()),
            ]),
            url,
            is_local,
        })
    }

    /// Returns the options that name this API, as they are typed, with a blank before each.
    pub fn options(&self) -> &str {
        &self.options
    }

    /// Returns the clock of a local stack. `None` for a deployment.
    pub fn local_clock(&self) -> Option<ClockReply> {
        clock(&self.url).ok().filter(|_| self.is_local)
    }

    /// Returns the clock of the stack. One that can be moved stands still in the copy.
    pub fn clock(&self) -> Clock {
        match self.local_clock() {
            Some(ClockReply { now, clock }) if clock != Pace::System => Clock::manual(now),
            _ => Clock::System,
        }
    }

    /// Sends a GET request to a path, which begins after `/api/public`.
    ///
    /// # Errors
    /// [`ApiCallError`].
    pub async fn get(&self, path: &str) -> Result<Reply, ApiCallError> {
        self.send("GET", path, None).await
    }

    /// Sends a POST request. It is sent once, because a second one could claim again.
    ///
    /// # Errors
    /// [`ApiCallError`].
    pub async fn post(&self, path: &str, body: Value) -> Result<Reply, ApiCallError> {
        self.send("POST", path, Some(body)).await
    }

    async fn send(
        &self,
        method: &'static str,
        path: &str,
        body: Option<Value>,
    ) -> Result<Reply, ApiCallError> {
        let request = Request {
            method,
            path: format!("{PREFIX}{path}"),
            key: self.key.clone(),
            body,
        };
        let http = https_client(Roots::System, config::ca_bundle()?)?;
        let reply = timeout(TIMEOUT, http::send(http, &self.url, request)).await;
        let reply = reply.map_err(|_| ApiCallError::Slow(self.url.clone()))?;
        let (status, text) =
            reply.map_err(|error| ApiCallError::Call(self.url.clone(), Box::new(error)))?;
        self.accepted(status, &text)
    }

    fn accepted(&self, status: u16, text: &str) -> Result<Reply, ApiCallError> {
        let strange = || ApiCallError::Strange(self.url.clone());
        let body: Value = serde_json::from_str(text).map_err(|_| strange())?;
        if (200..300).contains(&status) {
            let text = RawValue::from_string(text.trim().to_owned()).map_err(|_| strange())?;
            return Ok(Reply { text, body });
        }
        if status == 401 {
            return Err(ApiCallError::Key(self.url.clone()));
        }
        let field = |name: &str| body.get(name).and_then(Value::as_str);
        let mut lines = vec![field("message").ok_or_else(strange)?];
        let hints = body.get("hints").and_then(Value::as_array);
        lines.extend(hints.into_iter().flatten().filter_map(Value::as_str));
        Err(ApiCallError::Refused {
            code: field("code").unwrap_or_default().to_owned(),
            message: lines.join("\n"),
        })
    }
}

/// Returns the URL of a running local stack.
fn local_url(data_dir: Option<&Path>) -> Result<String, ApiCallError> {
    match running(data_dir) {
        Ok(running) => Ok(running.api_url),
        Err(TargetError::NoLocalStack(here)) => Err(ApiCallError::NoLocalStack(here)),
        Err(error) => Err(error.into()),
    }
}

/// Returns whether a URL leads to this machine. `None` if it is no URL, or if it would show the key
/// to the network.
fn is_local(url: &str) -> Option<bool> {
    let url: Uri = url.parse().ok()?;
    let is_local = matches!(url.host()?, "127.0.0.1" | "localhost" | "[::1]");
    match url.scheme_str()? {
        "https" => Some(is_local),
        "http" => is_local.then_some(true),
        _ => None,
    }
}

/// Returns the key of the environment. `None` if it is not set, or empty.
#[expect(
    clippy::disallowed_methods,
    reason = "aws::config has the variables of the functions, and this is of a person's session"
)]
fn given_key() -> Option<String> {
    env::var(KEY).ok().filter(|key| !key.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_never_crosses_the_network_in_the_clear() {
        for (url, expected) in [
            ("https://leads.example.com", Some(false)),
            ("https://localhost:3000", Some(true)),
            ("http://127.0.0.1:3000", Some(true)),
            ("http://[::1]:3000", Some(true)),
            ("http://leads.example.com", None),
            ("http://127.0.0.1.example.com", None),
            ("http://127.0.0.1@example.com", None),
            ("leads.example.com", None),
            ("ftp://localhost", None),
            ("", None),
        ] {
            assert_eq!(is_local(url), expected, "{url}");
        }
    }
}
