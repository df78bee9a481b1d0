//! Options of `leadgate destination`.

use clap::Args;
use jiff::SignedDuration;

use crate::{
    output::{FullArg, OutputArg},
    target::{AccountArg, TargetArgs},
};

/// Maximum time for which the secret before stays valid.
const LONGEST: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Options of a command on all destinations.
#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    #[command(flatten)]
    pub account: AccountArg,
    #[command(flatten)]
    pub full: FullArg,
    #[command(flatten)]
    pub output: OutputArg,
    #[command(flatten)]
    pub target: TargetArgs,
}

/// Options of a command on one destination.
#[derive(Args, Clone, Debug)]
pub struct OneArgs {
    /// Name of the destination, as its file has it
    // Not parsed by clap: it would print a wrong value, which may be a key.
    pub name: String,
    #[command(flatten)]
    pub account: AccountArg,
    #[command(flatten)]
    pub output: OutputArg,
    #[command(flatten)]
    pub target: TargetArgs,
}

impl OneArgs {
    /// Returns the options that name the account and the target, as they are typed.
    pub fn typed(&self) -> String {
        format!("{}{}", self.account.typed(), self.target.typed())
    }
}

/// Options of `leadgate destination rotate`.
#[derive(Args, Clone, Debug)]
pub struct RotateArgs {
    #[command(flatten)]
    pub one: OneArgs,
    /// Time for which the secret before stays valid, up to 30 days, such as 1h or PT1H
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = keep)]
    pub keep: SignedDuration,
    /// End the rotation that is under way, and make no new secret
    #[arg(long, conflicts_with = "keep")]
    pub finish: bool,
}

fn keep(text: &str) -> Result<SignedDuration, &'static str> {
    let keep: Option<SignedDuration> = text.trim().parse().ok();
    let keep = keep.filter(|it| (SignedDuration::ZERO..=LONGEST).contains(it));
    keep.ok_or("write a duration of up to 30 days, such as 1h, 24h or PT1H")
}
