//! Entry point of the program `leadgate`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    leadgate::command::run().await
}
