//! A function's process: started as Lambda starts it, and what Linux says of it.

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
    Result,
    aws::{Authority, Aws},
    runtime_api::{Answer, RuntimeApi},
};

/// Callgrind is 50 times slower than the machine.
const DEADLINE: Duration = Duration::from_secs(120);

/// `utime` and `stime` of /proc/<pid>/stat are in these, on every Linux there is (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// So long, in bytes, is a role's session token on Lambda. It is signed with every call.
const SESSION_TOKEN: usize = 910;

/// A function that takes events.
#[derive(Debug)]
pub(crate) struct Function {
    child: Child,
    runtime_api: RuntimeApi,
    log: PathBuf,
}

/// CPU time of all threads together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CpuTime {
    pub(crate) user: Duration,
    pub(crate) kernel: Duration,
}

impl CpuTime {
    pub(crate) fn total(self) -> Duration {
        self.user + self.kernel
    }
}

impl Function {
    /// Starts `command`, with `aws` for AWS. `log` is where its standard output goes.
    pub(crate) async fn start(
        mut command: Command,
        aws: &Aws,
        authority: &Authority,
        log: PathBuf,
    ) -> Result<Self> {
        let runtime_api = RuntimeApi::start().await?;
        let program = command.as_std().get_program().to_owned();
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
            .env("AWS_ENDPOINT_URL_DYNAMODB", &aws.dynamodb_url)
            .env("AWS_ENDPOINT_URL_SQS", &aws.sqs_url)
            .env("AWS_CA_BUNDLE", &authority.alone)
            // For builds that read the system's authorities.
            .env("SSL_CERT_FILE", &authority.with_system)
            .env(config::TABLE_NAME, "leadgate")
            .env(
                config::START_QUEUE_URL,
                format!("{}/123456789012/leadgate-starts", aws.sqs_url),
            )
            .env(config::METRICS_NAMESPACE, "Leadgate/leadgate")
            .stdin(Stdio::null())
            .stdout(File::create(&log)?)
            .stderr(File::create(log.with_extension("err"))?)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
        Ok(Self {
            child,
            runtime_api,
            log,
        })
    }

    /// Hands it an event and gives its answer.
    pub(crate) async fn invoke(&mut self, event: &str) -> Result<Answer> {
        // What Rust, Python and Node say of their own end is there.
        let told = self.log.with_extension("err");
        let told = told.display();
        tokio::select! {
            answer = timeout(DEADLINE, self.runtime_api.invoke(event.to_owned())) => {
                answer.map_err(|_| format!("no answer in {DEADLINE:?} ({told} may say why)"))?
            }
            ended = self.child.wait() => {
                Err(format!("the function ended with {} ({told} may say why)", ended?).into())
            }
        }
    }

    /// How many connections it has opened to ask for events and to answer them.
    pub(crate) fn connections(&self) -> usize {
        self.runtime_api.connections()
    }

    /// The process's id.
    pub(crate) fn id(&self) -> Result<u32> {
        Ok(self.child.id().ok_or("the function has ended")?)
    }

    /// The CPU time that it has had.
    pub(crate) fn cpu_time(&self) -> Result<CpuTime> {
        let stat = fs::read_to_string(self.proc("stat")?)?;
        // Behind the name, which may hold anything: the state is field 3, utime 14, stime 15 (proc(5)).
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

    /// The most memory that it has had, in KiB.
    pub(crate) fn peak_memory(&self) -> Result<u32> {
        let status = fs::read_to_string(self.proc("status")?)?;
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next());
        Ok(peak.ok_or("/proc/<pid>/status has no VmHWM")?.parse()?)
    }

    /// How many bytes it has logged.
    pub(crate) fn logged(&self) -> Result<u64> {
        Ok(fs::metadata(&self.log)?.len())
    }

    /// Ends it.
    pub(crate) async fn stop(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    fn proc(&self, file: &str) -> Result<PathBuf> {
        Ok(Path::new("/proc").join(self.id()?.to_string()).join(file))
    }
}
