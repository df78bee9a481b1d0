//! The options that all programs share: the folder of the binaries and the file of the results.

use std::{
    env,
    path::{Path, PathBuf},
};

use clap::Args;

/// The files of a run.
#[derive(Args, Debug)]
pub struct Places {
    /// Folder of the functions' binaries: DIR/api/bootstrap and so on
    #[arg(long, value_name = "DIR", default_value_os_t = in_target("lambda"))]
    pub bootstraps: PathBuf,

    /// File of the raw results; profiles and logs go to its folder
    #[arg(long, value_name = "FILE", default_value_os_t = results())]
    pub json: PathBuf,
}

/// Returns the file of the results: target/measure/results.json for the program `measure`.
fn results() -> PathBuf {
    let program = program();
    let name = program.file_stem().unwrap_or_default();
    in_target(Path::new(name).join("results.json"))
}

/// Returns a path in the target folder that this program was built in.
fn in_target(path: impl AsRef<Path>) -> PathBuf {
    let program = program();
    let target = program.ancestors().nth(2).unwrap_or(Path::new("target"));
    target.join(path)
}

fn program() -> PathBuf {
    env::current_exe().unwrap_or_default()
}
