//! Runs the program `leadgate`, as a person or another program does.

use std::{
    io::Write,
    net::TcpListener,
    process::{Command, Output, Stdio},
};

use aws::clock::Clock;
use local::{Ports, Services, Storage};
use serde_json::Value;

/// Variables of AWS in the environment of the tests, which the program must not use.
const AWS: [&str; 6] = [
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
];

/// Returns the program with these arguments, without credentials and without a terminal.
pub(crate) fn leadgate(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadgate"));
    for name in AWS {
        command.env_remove(name);
    }
    command.env_remove("LEADGATE_API_KEY");
    // Without it, the SDK asks the network for credentials.
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    command.args(args).stdin(Stdio::null());
    command
}

/// Runs the program.
pub(crate) fn run(args: &[&str]) -> Output {
    leadgate(args).output().unwrap()
}

/// Runs the program with a text as its standard input.
pub(crate) fn run_with_input(args: &[&str], input: &str) -> Output {
    let mut command = leadgate(args);
    command.stdin(Stdio::piped());
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // The program may end before it reads everything.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().unwrap()
}

/// Returns the output of a command that succeeded without an error message.
pub(crate) fn stdout(output: &Output) -> &str {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), &*stderr), (Some(0), ""));
    str::from_utf8(&output.stdout).unwrap()
}

/// Returns the error message of a command that failed.
pub(crate) fn stderr(output: &Output) -> &str {
    assert_eq!(output.status.code(), Some(1));
    str::from_utf8(&output.stderr).unwrap()
}

/// Returns the JSON of a command that succeeded.
pub(crate) fn json(output: &Output) -> Value {
    serde_json::from_str(stdout(output)).unwrap()
}

/// Returns a URL that nothing listens on.
pub(crate) fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// Starts DynamoDB and SQS with the demo account.
pub(crate) async fn services() -> Services {
    let services = Services::start(&Storage::Memory, Ports::ANY, &Clock::System);
    services.await.unwrap()
}
