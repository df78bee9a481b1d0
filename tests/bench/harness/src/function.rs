//! The process of a function, with the environment of Lambda, and its figures from Linux.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use aws::config;
use tokio::{
    process::{Child, Command},
    time::timeout,
};

use crate::{
    answer::Answer,
    endpoints::{Authority, Endpoints},
    result::Result,
    runtime_api::RuntimeApi,
};

/// Maximum time for an answer. Callgrind makes a function 50 times slower.
const DEADLINE: Duration = Duration::from_secs(120);

/// Ticks a second of `utime` and `stime` in `/proc/PID/stat`. `USER_HZ` is 100 on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// Length of a role's session token on Lambda, in bytes. Each call carries it and signs it.
const SESSION_TOKEN: usize = 910;

/// A running function that takes events.
#[derive(Debug)]
pub struct Function {
    child: Child,
    runtime_api: RuntimeApi,
    log: PathBuf,
}

/// CPU time of all threads of a process.
#[derive(Clone, Copy, Debug)]
pub struct CpuTime {
    /// Time in the process's own code.
    pub user: Duration,
    /// Time in the kernel.
    pub kernel: Duration,
}

impl CpuTime {
    /// Returns the sum of both times.
    pub fn total(self) -> Duration {
        self.user + self.kernel
    }
}

impl Function {
    /// Starts `command` as a function that calls `endpoints`. Its standard output goes to `log`.
    pub(crate) async fn start(
        mut command: Command,
        endpoints: &Endpoints,
        authority: &Authority,
        log: PathBuf,
    ) -> Result<Self> {
        let runtime_api = RuntimeApi::start().await?;
        let program = command.as_std().get_program().to_owned();
        let queue_url = |name: &str| format!("{}/123456789012/{name}", endpoints.sqs_url);
        let child = command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LANG", "en_US.UTF-8")
            .env("TZ", ":UTC")
            .env("AWS_LAMBDA_RUNTIME_API", &runtime_api.address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "measured")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "measured")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "measured")
            .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "ASIAEXAMPLEEXAMPLEEX")
            .env(
                "AWS_SECRET_ACCESS_KEY",
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            )
            .env("AWS_SESSION_TOKEN", "EXAMPLE".repeat(SESSION_TOKEN / 7))
            .env("AWS_ENDPOINT_URL_DYNAMODB", &endpoints.dynamodb_url)
            .env("AWS_ENDPOINT_URL_SQS", &endpoints.sqs_url)
            .env("AWS_CA_BUNDLE", &authority.alone)
            // A build may read the certificates of the system instead.
            .env("SSL_CERT_FILE", &authority.with_system)
            .env(config::TABLE_NAME, "leadgate")
            .env(config::START_QUEUE_URL, queue_url("leadgate-starts"))
            .env(config::DISPATCH_QUEUE_URL, queue_url("leadgate-dispatch"))
            .env(config::METRICS_NAMESPACE, "Leadgate/leadgate")
            .stdin(Stdio::null())
            .stdout(File::create(&log)?)
            .stderr(File::create(log.with_extension("err"))?)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
        Ok(Self {
            child,
            runtime_api,
            log,
        })
    }

    /// Delivers an event and waits for the answer.
    pub async fn invoke(&mut self, event: &str) -> Result<Answer> {
        // Rust, Python and Node write the cause of their end to standard error.
        let errors = self.log.with_extension("err");
        let errors = errors.display();
        tokio::select! {
            answer = timeout(DEADLINE, self.runtime_api.invoke(event.to_owned())) => {
                answer.map_err(|_| {
                    format!("the function did not answer within {DEADLINE:?}: see {errors}")
                })?
            }
            ended = self.child.wait() => {
                Err(format!("the function ended with {}: see {errors}", ended?).into())
            }
        }
    }

    /// Returns the number of connections that the function has opened to the Runtime API.
    pub fn connections(&self) -> usize {
        self.runtime_api.connections()
    }

    /// Returns the id of the process.
    ///
    /// # Errors
    /// A function that has ended.
    pub fn id(&self) -> Result<u32> {
        Ok(self.child.id().ok_or("the function has ended")?)
    }

    /// Returns the CPU time that the function has used since its start.
    pub fn cpu_time(&self) -> Result<CpuTime> {
        let stat = fs::read_to_string(self.proc("stat")?)?;
        // The name in brackets can have spaces. Behind it, the state is field 3, `utime` is 14 and
        // `stime` is 15 (proc(5)).
        let (_, fields) = stat
            .rsplit_once(')')
            .ok_or("/proc/<pid>/stat has no name")?;
        let mut ticks = fields.split_whitespace().skip(11).map(str::parse::<u32>);
        let mut next = || -> Result<Duration> {
            let ticks = ticks.next().ok_or("/proc/<pid>/stat is too short")??;
            Ok(Duration::from_secs_f64(f64::from(ticks) / TICKS_PER_SECOND))
        };
        Ok(CpuTime {
            user: next()?,
            kernel: next()?,
        })
    }

    /// Returns the peak of the resident memory, in KiB.
    pub fn peak_memory(&self) -> Result<u32> {
        let status = fs::read_to_string(self.proc("status")?)?;
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next());
        Ok(peak.ok_or("/proc/<pid>/status has no VmHWM")?.parse()?)
    }

    /// Returns the size of the log, in bytes.
    pub fn logged(&self) -> Result<u64> {
        Ok(fs::metadata(&self.log)?.len())
    }

    /// Kills the process.
    pub async fn stop(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    fn proc(&self, file: &str) -> Result<PathBuf> {
        Ok(Path::new("/proc").join(self.id()?.to_string()).join(file))
    }
}
