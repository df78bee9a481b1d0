//! `leadgate open`: shows the reference page of the API in a browser.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs::OpenOptions,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::{self, Command, ExitCode, Stdio},
};

use clap::Args;
use http::Uri;
use local::{
    nearest_running,
    reference::{self, ReferenceError},
    running_in,
    text::PrintError,
};
use thiserror::Error;

use crate::{
    failure, output,
    target::{TargetError, profile::sdk_config, stack::api_url},
};

/// Program that opens a URL in the browser.
const OPENER: &str = if cfg!(target_os = "macos") {
    "open"
} else {
    "xdg-open"
};
/// Variable that names a person's own program for URLs.
const BROWSER: &str = "BROWSER";
/// Variables of a session with a screen, where one is needed to show a browser.
const SCREENS: [&str; 2] = ["DISPLAY", "WAYLAND_DISPLAY"];
/// Variable of a session from another machine, whose browser is there.
const REMOTE: &str = "SSH_CONNECTION";
/// Mode of the page's file.
const MODE: u32 = 0o600;

/// Options of `leadgate open`.
#[derive(Args, Clone, Debug)]
pub struct OpenArgs {
    /// Print the URL only
    #[arg(long)]
    print: bool,
    /// Name of a stack on AWS, to use instead of the local one
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with = "data_dir",
        help_heading = "Where"
    )]
    stack: Option<String>,
    /// Data folder of the local stack [default: .leadgate in this folder or the nearest above]
    #[arg(long, value_name = "DIR", help_heading = "Where")]
    data_dir: Option<PathBuf>,
}

/// Reason why there is no page.
#[derive(Debug, Error)]
enum OpenError {
    #[error(
        "no local stack is running in {} or a folder above it: start one with `cargo dev`, or pass --stack NAME \
         for one on AWS (a stack in memory prints the URL of its page at its start)",
        .0.display()
    )]
    NoLocalStack(PathBuf),
    #[error("the stack's output ApiUrl is not a URL: {0}")]
    Url(String),
    #[error("cannot write the page to {}", .0.display())]
    Write(PathBuf, #[source] io::Error),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    #[error(transparent)]
    Print(#[from] PrintError),
}

/// Opens the page. The exit code is 1 if there is none; standard error then has a line.
pub async fn run(args: &OpenArgs) -> ExitCode {
    match open(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("open", &error),
    }
}

async fn open(args: &OpenArgs) -> Result<(), OpenError> {
    let url = match &args.stack {
        Some(name) => page_of(name).await?,
        None => format!("{}/docs", local_url(args)?),
    };
    output::print(&format!("{url}\n"))?;
    if args.print {
        return Ok(());
    }
    let has_screen =
        cfg!(target_os = "macos") || SCREENS.into_iter().any(|it| value_of(it).is_some());
    let is_shown = match value_of(BROWSER) {
        Some(browser) => show(&browser, &url),
        None => has_screen && value_of(REMOTE).is_none() && show(OPENER.as_ref(), &url),
    };
    if !is_shown {
        output::print("There is no browser here: open the URL in yours.\n")?;
    }
    Ok(())
}

fn local_url(args: &OpenArgs) -> Result<String, OpenError> {
    let running = match &args.data_dir {
        Some(folder) => running_in(folder).ok_or_else(|| TargetError::NoStackIn(folder.clone()))?,
        None => {
            let here = env::current_dir().map_err(TargetError::NoFolder)?;
            nearest_running(&here).ok_or(OpenError::NoLocalStack(here))?
        }
    };
    Ok(running.api_url)
}

/// Writes the page of a stack's API to a new file, and returns its URL.
async fn page_of(stack: &str) -> Result<String, OpenError> {
    let config = sdk_config().await.map_err(TargetError::from)?;
    let url = api_url(&config, stack).await.map_err(TargetError::from)?;
    let url: Uri = url.parse().map_err(|_| OpenError::Url(url))?;
    let page = reference::page_for(&url)?;
    let host = url.host().unwrap_or_default();
    let name = format!("leadgate-{host}-{}.html", process::id());
    let path = env::temp_dir().join(name);
    write(&path, &page).map_err(|error| OpenError::Write(path.clone(), error))?;
    Ok(format!("file://{}", path.display()))
}

/// Writes a new file: another user may have made one with this name.
fn write(path: &Path, page: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(MODE).open(path);
    file?.write_all(page.as_bytes())
}

/// Returns the value of a variable of the environment. `None` if it is empty.
#[expect(
    clippy::disallowed_methods,
    reason = "aws::config has the variables of the functions, and these are of a person's session"
)]
fn value_of(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// Opens a URL in a browser. Returns `false` if it cannot.
fn show(opener: &OsStr, url: &str) -> bool {
    let mut command = Command::new(opener);
    command
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
