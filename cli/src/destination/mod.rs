//! `leadgate destination`: the places where the touchpoints of an account go. `leadgate apply` creates,
//! changes and removes them. The path of a URL can be secret, so no command shows it.

mod args;
mod error;
mod find;
mod json;
mod lane;
mod list;
mod sample;
mod secret;
mod show;
mod test;

use std::process::ExitCode;

use clap::Subcommand;

use self::{
    args::{ListArgs, OneArgs, RotateArgs},
    error::DestinationError,
};
use crate::failure;

/// Commands of `leadgate destination`.
#[derive(Subcommand, Clone, Debug)]
pub enum DestinationCommand {
    /// List the destinations of an account, in the order of its file.
    ///
    /// With --output json, prints {"destinations": [{"name", "channels", "webhook", "pull", "rate",
    /// "burst", "state", "paused": {"since", "by"}, "cooling_until", "failures", "secret":
    /// {"is_shown", "previous_until"}}]}. The path of webhook is left out. rate is in touchpoints a
    /// second. state is open, cooling, probing or paused; null for a destination that callers pull. by
    /// is operator, or receiver after an answer 410. A field that does not apply is null.
    List(ListArgs),
    /// Show a destination: its URL without the path, its rate, its secret's state and its health.
    ///
    /// With --output json, prints {"destination": {...}}, as `leadgate destination list` does.
    Show(OneArgs),
    /// Send a signed sample from this machine, and a wrongly signed one that must be refused.
    ///
    /// Both have "test": true, and ids that no touchpoint has. The exit code is 1 unless the receiver
    /// takes the first with 2xx and refuses the second with 4xx.
    ///
    /// With --output json, prints {"destination", "passed", "signed": {"status", "answer",
    /// "duration_ms", "is_right", "effect"}, "wrongly_signed": {...}}. status is null without an answer.
    Test(OneArgs),
    /// Show the secret that signs the requests to a webhook, once.
    ///
    /// Standard output has the secret alone, so that SECRET=$(leadgate destination secret dialer) takes
    /// it. Later, `leadgate destination rotate` makes a new one.
    ///
    /// With --output json, prints {"destination", "secret", "previous_until"}.
    Secret(OneArgs),
    /// Make a new secret and show it, once. The secret before it stays valid for a while.
    ///
    /// Leadgate signs with both secrets until then, so the receiver can change its secret from half a
    /// minute later on.
    ///
    /// With --output json, prints {"destination", "secret", "previous_until"}. With --finish, secret is
    /// null.
    Rotate(RotateArgs),
    /// Send nothing to a webhook until `leadgate destination resume`. Nothing is dropped.
    ///
    /// With --output json, prints {"destination": {...}}, as `leadgate destination list` does.
    Pause(OneArgs),
    /// End the pause of a webhook, also one that its answer 410 began, and its cooling.
    ///
    /// With --output json, prints {"destination": {...}}, as `leadgate destination list` does.
    Resume(OneArgs),
}

/// Runs the command. The exit code is 1 if it fails; standard error then has a line for each
/// problem.
pub async fn run(command: &DestinationCommand) -> ExitCode {
    let done = match command {
        DestinationCommand::List(args) => list::list(args).await,
        DestinationCommand::Show(args) => show::show(args).await,
        DestinationCommand::Test(args) => test::test(args).await,
        DestinationCommand::Secret(args) => secret::secret(args).await,
        DestinationCommand::Rotate(args) => secret::rotate(args).await,
        DestinationCommand::Pause(args) => lane::pause(args).await,
        DestinationCommand::Resume(args) => lane::resume(args).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // The output shows what the receiver did.
        Err(DestinationError::Failed) => ExitCode::FAILURE,
        Err(error) => failure::report("destination", &error),
    }
}
