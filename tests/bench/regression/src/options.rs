//! The command line.

use clap::Parser;
use harness::Places;

/// Measures the cost of a lead on the functions' release binaries.
///
/// docs/performance.md explains each measure.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo measure")]
pub struct Options {
    /// Measures only these, such as cold_start,warm_lead
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub only: Vec<String>,

    #[command(flatten)]
    pub places: Places,

    /// Fails if a value is beyond its bound in tests/bench/regression/limits.yaml
    #[arg(long)]
    pub check: bool,
}
