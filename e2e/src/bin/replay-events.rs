//! Runs each function's release `bootstrap` behind AWS's own Runtime Interface Emulator, with the local
//! DynamoDB and SQS, and feeds it every file of `events/<function>/`.
//!
//!     replay-events <aws-lambda-rie> <folder with api/bootstrap, start-workflow/bootstrap, ...>

use std::{
    env,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{ExitCode, Stdio},
    time::{Duration, Instant},
};

use e2e::cases::{self, cases, functions};
use leadgate::local::Services;
use reqwest::Client;
use shared::config;
use tokio::process::{Child, Command};

const DEADLINE: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let [emulator, bootstraps] = arguments.as_slice() else {
        eprintln!("usage: replay-events <aws-lambda-rie> <folder of the functions' bootstraps>");
        return ExitCode::from(2);
    };
    let (mut passed, mut failed) = (0, 0);
    for function in functions() {
        let bootstrap = bootstraps.join(&function).join("bootstrap");
        match replay(emulator, &function, &bootstrap).await {
            Ok(results) => {
                for result in results {
                    match result {
                        Ok(()) => passed += 1,
                        Err(difference) => {
                            failed += 1;
                            eprintln!("{function}/{difference}");
                        }
                    }
                }
            }
            Err(error) => {
                failed += 1;
                eprintln!("{function}: {error}");
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 && passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The result of each case of a function, in order.
async fn replay(
    emulator: &Path,
    function: &str,
    bootstrap: &Path,
) -> Result<Vec<Result<(), String>>, Box<dyn std::error::Error>> {
    let services = cases::services().await;
    let address = free_address()?;
    let mut lambda = start(emulator, function, bootstrap, &address, &services)?;
    let url = format!("http://{address}/2015-03-31/functions/function/invocations");
    let http = Client::new();
    wait_for(&address, &mut lambda).await?;
    let mut results = Vec::new();
    for case in cases(function) {
        // The emulator takes one invocation at a time.
        let reply = http
            .post(&url)
            .body(case.event.clone())
            .timeout(DEADLINE)
            .send()
            .await?;
        results.push(case.check(&reply.text().await?));
    }
    results.push(cases::check_effects(function, &services).await);
    lambda.kill().await?;
    services.stop().await;
    Ok(results)
}

fn start(
    emulator: &Path,
    function: &str,
    bootstrap: &Path,
    address: &str,
    services: &Services,
) -> Result<Child, Box<dyn std::error::Error>> {
    let lambda = Command::new(emulator)
        .args(["--runtime-interface-emulator-address", address])
        .args(["--runtime-api-address", &free_address()?])
        .args(["--log-level", "error"])
        .arg(bootstrap)
        .env("AWS_LAMBDA_FUNCTION_NAME", function)
        .env("AWS_LAMBDA_FUNCTION_TIMEOUT", "10")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env("AWS_ENDPOINT_URL_DYNAMODB", &services.dynamodb_url)
        .env("AWS_ENDPOINT_URL_SQS", &services.sqs_url)
        .env(config::TABLE_NAME, services.table())
        .env(config::START_QUEUE_URL, &services.queue_url)
        .env(config::LOG_LEVEL, "error")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    Ok(lambda)
}

async fn wait_for(address: &str, lambda: &mut Child) -> Result<(), Box<dyn std::error::Error>> {
    let started = Instant::now();
    while tokio::net::TcpStream::connect(address).await.is_err() {
        if let Some(status) = lambda.try_wait()? {
            return Err(format!("the emulator ended: {status}").into());
        }
        if started.elapsed() > DEADLINE {
            return Err("the emulator does not answer".into());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

fn free_address() -> std::io::Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}
