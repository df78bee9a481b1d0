//! The setup of all measurements: the binaries, the demo account's items, a folder and certificates.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use aws::clock::Clock;
use local::{Ports, Services, Storage};
use tokio::process::Command;

use crate::{
    callgrind::Callgrind,
    endpoints::{Authority, Endpoints},
    function::Function,
    places::Places,
    result::Result,
};

/// The setup of all measurements.
pub struct Setup {
    /// The embedded DynamoDB, which has the demo account.
    pub services: Services,
    /// Folder of the profiles and the logs.
    pub folder: PathBuf,
    bootstraps: PathBuf,
    authority: Authority,
}

impl Setup {
    /// Checks that the binaries are there, starts the embedded DynamoDB, and makes certificates.
    /// `sources` are the folders of the functions, such as `functions/api`.
    ///
    /// # Errors
    /// A function without a binary.
    pub async fn start(places: &Places, sources: &[&str]) -> Result<Self> {
        for source in sources {
            let name = Path::new(source).file_name().unwrap_or_default();
            let bootstrap = places.bootstraps.join(name).join("bootstrap");
            if !bootstrap.is_file() {
                return Err(format!(
                    "{} is missing: run `sam build`, or `cargo lambda build --release` in {source}, \
                     or name the folder of the binaries with --bootstraps",
                    bootstrap.display()
                )
                .into());
            }
        }
        let folder = places.json.parent().unwrap_or(Path::new(".")).to_owned();
        fs::create_dir_all(&folder)?;
        Ok(Self {
            services: Services::start(&Storage::Memory, Ports::ANY, &Clock::System).await?,
            authority: Authority::new(&folder)?,
            bootstraps: places.bootstraps.canonicalize()?,
            folder: folder.canonicalize()?,
        })
    }

    /// Stops the embedded DynamoDB.
    pub async fn stop(self) {
        self.services.stop().await;
    }

    /// Starts endpoints over plain HTTP that reply after `delay`.
    pub async fn http(&self, delay: Duration) -> Result<Endpoints> {
        Endpoints::http(&self.services.dynamodb_url, delay).await
    }

    /// Starts endpoints over TLS that reply after `delay`.
    pub async fn tls(&self, delay: Duration) -> Result<Endpoints> {
        Endpoints::tls(&self.services.dynamodb_url, delay, &self.authority).await
    }

    /// Returns the path of a function's release binary.
    pub fn bootstrap(&self, function: &str) -> PathBuf {
        self.bootstraps.join(function).join("bootstrap")
    }

    /// Starts a function's release binary.
    pub async fn start_function(&self, function: &str, endpoints: &Endpoints) -> Result<Function> {
        self.start_command(Command::new(self.bootstrap(function)), function, endpoints)
            .await
    }

    /// Starts any program that uses the Runtime API. `name` names its log.
    pub async fn start_command(
        &self,
        command: Command,
        name: &str,
        endpoints: &Endpoints,
    ) -> Result<Function> {
        let log = self.folder.join(format!("{name}.log"));
        Function::start(command, endpoints, &self.authority, log).await
    }

    /// Starts a function's release binary under callgrind. `name` names its log and its profiles.
    pub async fn start_counted(
        &self,
        function: &str,
        name: &str,
        endpoints: &Endpoints,
    ) -> Result<(Function, Callgrind)> {
        let profile = self.folder.join(format!("{name}.callgrind"));
        let command = Callgrind::command(&self.bootstrap(function), &profile)?;
        let running = self.start_command(command, name, endpoints).await?;
        let callgrind = Callgrind::new(running.id()?, profile);
        Ok((running, callgrind))
    }
}
