//! `leadgate lead list`: the leads of an account, newest first.

use clap::Args;
use jiff::Timestamp;

use super::error::LeadError;
use crate::{
    output::{FullArg, OutputArg},
    target::{AccountArg, TargetArgs},
};

/// Options of `leadgate lead list`.
#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    #[command(flatten)]
    account: AccountArg,
    #[command(flatten)]
    full: FullArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

pub async fn list(_args: &ListArgs, _now: Timestamp) -> Result<(), LeadError> {
    Ok(())
}
