//! What all measurements share: the release binaries, the demo account's items, a folder, an authority.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use aws::clock::Clock;
use local::{Ports, Services, Storage};
use serde_json::Value;
use tokio::process::Command;

use crate::{
    Result,
    aws::{Authority, Aws},
    callgrind::Callgrind,
    options::Options,
    process::Function,
    runtime_api::Answer,
};

/// See the module's head.
pub(crate) struct World {
    /// The embedded DynamoDB, with the demo account in it.
    pub(crate) services: Services,
    /// Where profiles and logs go.
    pub(crate) folder: PathBuf,
    bootstraps: PathBuf,
    authority: Authority,
}

impl World {
    pub(crate) async fn start(options: &Options) -> Result<Self> {
        let floor = options.floor.then_some(("floor", "bench"));
        let functions = [("api", "functions"), ("start-workflow", "functions")];
        for (name, sources) in functions.into_iter().chain(floor) {
            let bootstrap = options.bootstraps.join(name).join("bootstrap");
            if !bootstrap.is_file() {
                return Err(format!(
                    "there is no {}: run `sam build`, or `cargo lambda build --release` in {sources}/{name}, \
                     or name another folder with --bootstraps",
                    bootstrap.display()
                )
                .into());
            }
        }
        let folder = options.json.parent().unwrap_or(Path::new(".")).to_owned();
        fs::create_dir_all(&folder)?;
        Ok(Self {
            services: Services::start(&Storage::Memory, Ports::ANY, &Clock::System).await?,
            authority: Authority::new(&folder)?,
            bootstraps: options.bootstraps.canonicalize()?,
            folder: folder.canonicalize()?,
        })
    }

    pub(crate) async fn stop(self) {
        self.services.stop().await;
    }

    /// Endpoints over plain HTTP.
    pub(crate) async fn plain(&self, distance: Duration) -> Result<Aws> {
        Aws::plain(&self.services.dynamodb_url, distance).await
    }

    /// Endpoints over TLS.
    pub(crate) async fn tls(&self, distance: Duration) -> Result<Aws> {
        Aws::over_tls(&self.services.dynamodb_url, distance, &self.authority).await
    }

    /// The release binary of `function`.
    pub(crate) fn bootstrap(&self, function: &str) -> PathBuf {
        self.bootstraps.join(function).join("bootstrap")
    }

    /// Starts the release binary of `function`.
    pub(crate) async fn start_function(&self, function: &str, aws: &Aws) -> Result<Function> {
        self.start_command(Command::new(self.bootstrap(function)), function, aws)
            .await
    }

    /// Starts any program that speaks to the Runtime API.
    pub(crate) async fn start_command(
        &self,
        command: Command,
        name: &str,
        aws: &Aws,
    ) -> Result<Function> {
        let log = self.folder.join(format!("{name}.log"));
        Function::start(command, aws, &self.authority, log).await
    }

    /// Starts the release binary of `function` under callgrind, which counts as `measure`.
    pub(crate) async fn start_counted(
        &self,
        function: &str,
        measure: &str,
        aws: &Aws,
    ) -> Result<(Function, Callgrind)> {
        let profile = self.folder.join(format!("{measure}.callgrind"));
        let command = Callgrind::command(&self.bootstrap(function), &profile)?;
        let running = self.start_command(command, measure, aws).await?;
        let callgrind = Callgrind::of(&running, profile)?;
        Ok((running, callgrind))
    }
}

/// That `answer` is the API's to a request that was taken.
pub(crate) fn accepted(answer: Answer) -> Result<Answer> {
    let reply: Value = serde_json::from_str(&answer.body)?;
    if reply["statusCode"] == 201 {
        Ok(answer)
    } else {
        Err(format!("a lead was not accepted: {reply}").into())
    }
}

/// That `answer` is start-workflow's to a batch without failures.
pub(crate) fn handled(answer: Answer) -> Result<Answer> {
    let reply: Value = serde_json::from_str(&answer.body)?;
    if reply["batchItemFailures"]
        .as_array()
        .is_some_and(Vec::is_empty)
    {
        Ok(answer)
    } else {
        Err(format!("a start failed: {reply}").into())
    }
}
