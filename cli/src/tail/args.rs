//! Options of `leadgate tail`.

use std::path::PathBuf;

use clap::Args;

use crate::{moment::Moment, output::OutputArg};

/// Options of `leadgate tail`.
#[derive(Args, Clone, Debug)]
pub struct TailArgs {
    /// Time of the first line: 10m (10 minutes ago), yesterday, 2026-02-10 (its first moment in
    /// UTC) or 2026-02-10T12:00:00Z
    #[arg(long, value_name = "TIME", default_value = "10m")]
    pub since: Moment,
    /// End after the lines that are there
    #[arg(long)]
    pub no_follow: bool,
    #[command(flatten)]
    pub output: OutputArg,
    /// Name of a stack on AWS, to use instead of the local one
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with = "data_dir",
        help_heading = "Where"
    )]
    pub stack: Option<String>,
    /// Data folder of the local stack [default: .leadgate in this folder or the nearest above]
    #[arg(long, value_name = "DIR", help_heading = "Where")]
    pub data_dir: Option<PathBuf>,
}
