//! The release binary of a function, behind AWS's Runtime Interface Emulator.

use std::{
    fs, io,
    net::TcpListener,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use aws::config;
use local::Services;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
};

/// Time for the emulator to answer.
const DEADLINE: Duration = Duration::from_secs(10);

/// Function that answers events, one at a time, as the emulator does.
#[derive(Debug)]
pub struct Lambda {
    emulator: Child,
    url: String,
    http: reqwest::Client,
}

impl Lambda {
    /// Starts `bootstrap` as `function`. `services` stand for AWS's.
    ///
    /// # Errors
    /// An error of the system if the emulator cannot be started, ends, or does not answer in time.
    pub async fn start(
        emulator: &Path,
        function: &str,
        bootstrap: &Path,
        services: &Services,
    ) -> io::Result<Self> {
        let address = free_address()?;
        let mut emulator = Command::new(emulator)
            .args(["--runtime-interface-emulator-address", &address])
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
            .env(config::DISPATCH_QUEUE_URL, &services.dispatch_queue_url)
            .env(config::LOG_LEVEL, "error")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let started = Instant::now();
        while TcpStream::connect(&address).await.is_err() {
            if let Some(status) = emulator.try_wait()? {
                return Err(io::Error::other(format!("the emulator ended: {status}")));
            }
            if started.elapsed() > DEADLINE {
                return Err(io::Error::other("the emulator does not answer"));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(Self {
            emulator,
            url: format!("http://{address}/2015-03-31/functions/function/invocations"),
            http: reqwest::Client::new(),
        })
    }

    /// Hands an event to the function and returns its reply.
    ///
    /// # Errors
    /// An error of HTTP if the emulator gives no reply in time.
    pub async fn invoke(&self, event: String) -> Result<String, reqwest::Error> {
        self.http
            .post(&self.url)
            .body(event)
            .timeout(DEADLINE)
            .send()
            .await?
            .text()
            .await
    }

    /// Returns the peak of the function's resident memory, in KiB. `None` if Linux does not show
    /// it.
    pub fn peak_memory_kib(&self) -> Option<u64> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.emulator.id()?)).ok()?;
        let bootstrap = tasks.flatten().find_map(|task| {
            let children = fs::read_to_string(task.path().join("children")).ok()?;
            children.split_whitespace().next().map(str::to_owned)
        })?;
        let status = fs::read_to_string(format!("/proc/{bootstrap}/status")).ok()?;
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        peak.split_whitespace().next()?.parse().ok()
    }

    /// Ends the emulator and the function.
    ///
    /// # Errors
    /// An error of the system if the emulator cannot be ended.
    pub async fn stop(mut self) -> io::Result<()> {
        self.emulator.kill().await
    }
}

fn free_address() -> io::Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}
