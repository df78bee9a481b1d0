//! The program `leadgate`: wiring only.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    leadgate::command::run().await
}
