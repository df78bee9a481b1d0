//! `leadgate lead show`: a lead with its runs and its history.

use clap::Args;
use jiff::Timestamp;

use super::error::LeadError;
use crate::{
    output::{FullArg, OutputArg},
    target::{AccountArg, TargetArgs},
};

/// Options of `leadgate lead show`.
#[derive(Args, Clone, Debug)]
pub struct ShowArgs {
    #[command(flatten)]
    account: AccountArg,
    #[command(flatten)]
    full: FullArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

pub async fn show(_args: &ShowArgs, _now: Timestamp) -> Result<(), LeadError> {
    Ok(())
}
