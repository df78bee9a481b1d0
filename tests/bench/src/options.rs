//! The command line.

use std::{
    env,
    path::{Path, PathBuf},
};

use clap::Parser;

/// Measures what a lead costs, on the functions' release binaries.
///
/// docs/performance.md says how to read each line.
#[derive(Debug, Parser)]
#[command(name = "cargo measure")]
pub(crate) struct Options {
    /// Measures these only, such as cold_start,warm_lead
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) only: Vec<String>,

    /// Where api/bootstrap, start-workflow/bootstrap and, for --floor, floor/bootstrap are
    #[arg(long, value_name = "DIR", default_value_os_t = in_target("lambda"))]
    pub(crate) bootstraps: PathBuf,

    /// Where the raw results go; profiles, and what Python and Node need, go beside them
    #[arg(long, value_name = "FILE", default_value_os_t = in_target("measure/results.json"))]
    pub(crate) json: PathBuf,

    /// Lets cpu_vs_python and cpu_vs_node take turns with floor/bootstrap too: the least that a lead's two calls cost
    #[arg(long)]
    pub(crate) floor: bool,

    /// Fails if a value is over its bound in bench/limits.yaml
    #[arg(long)]
    pub(crate) check: bool,
}

/// A path in the target folder that this program was built in.
fn in_target(path: &str) -> PathBuf {
    let program = env::current_exe().unwrap_or_default();
    let target = program.ancestors().nth(2).unwrap_or(Path::new("target"));
    target.join(path)
}
