//! `leadgate campaign`: the campaigns of an account.

use std::process::ExitCode;

use aws::store::StoreError;
use clap::{Args, Subcommand};
use domain::{campaign::Campaign, ids::CampaignId};
use jiff::Timestamp;
use local::text::PrintError;
use serde::Serialize;

use crate::{
    failure,
    output::{FullArg, OutputArg},
    stored,
    target::{AccountArg, Target, TargetArgs, TargetError},
};

/// Commands of `leadgate campaign`.
#[derive(Subcommand, Clone, Debug)]
pub enum CampaignCommand {
    /// List the campaigns of an account, oldest first.
    ///
    /// With --output json, prints {"campaigns": [{"id", "name", "created_at"}]}.
    List(ListArgs),
}

/// Options of `leadgate campaign list`.
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

#[derive(Serialize)]
struct CampaignsOut {
    campaigns: Vec<CampaignOut>,
}

#[derive(Serialize)]
struct CampaignOut {
    id: CampaignId,
    name: String,
    created_at: Timestamp,
}

impl From<Campaign> for CampaignOut {
    fn from(campaign: Campaign) -> Self {
        let Campaign {
            id,
            name,
            created_at,
        } = campaign;
        Self {
            id,
            name,
            created_at,
        }
    }
}

/// Runs the command. The exit code is 1 if it fails; standard error then has a line for each
/// problem.
pub async fn run(command: &CampaignCommand) -> ExitCode {
    let CampaignCommand::List(args) = command;
    match list(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("campaign", &error),
    }
}

async fn list(args: &ListArgs) -> Result<(), CampaignError> {
    let target = Target::of(&args.target).await?;
    let (store, account) = target.store_of(&args.account).await?;
    let now = target.clock.now();
    let campaigns = stored::campaigns(&store, account).await?.into_iter();
    let out = CampaignsOut {
        campaigns: campaigns.map(CampaignOut::from).collect(),
    };
    args.output.print(&out, |CampaignsOut { campaigns }| {
        if campaigns.is_empty() {
            return "The account has no campaigns. `leadgate apply` creates those of a file.\n"
                .to_owned();
        }
        let row = |campaign: &CampaignOut| {
            [
                args.full.id(campaign.id),
                campaign.name.clone(),
                args.full.time(campaign.created_at, now),
            ]
        };
        let rows: Vec<_> = campaigns.iter().map(row).collect();
        args.full.table(["ID", "NAME", "CREATED"], &rows, &["NAME"])
    })?;
    Ok(())
}

/// Reason why a command on campaigns failed.
#[derive(Debug, thiserror::Error)]
enum CampaignError {
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Print(#[from] PrintError),
}
