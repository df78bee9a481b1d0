//! The commands that start the rivals. Their libraries are installed on the first use.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command as StdCommand,
};

use harness::Result;
use tokio::process::Command;

const SOURCES: &str = env!("CARGO_MANIFEST_DIR");

/// Name of the copy of the requirements that a folder was installed from.
const INSTALLED: &str = "installed";

/// Returns the command of the Python function. Its libraries are in `folder`/python.
pub async fn python(folder: &Path) -> Result<Command> {
    let folder = folder.join("python");
    let source = Path::new(SOURCES).join("python");
    let requirements = source.join("requirements.txt");
    if !is_installed(&requirements, &folder)? {
        run(Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder))
        .await?;
        run(Command::new(folder.join("bin/pip"))
            .args(["install", "--quiet", "--no-deps", "--requirement"])
            .arg(&requirements))
        .await?;
        fs::copy(&requirements, folder.join(INSTALLED))?;
    }
    let mut command = Command::new(folder.join("bin/python"));
    command.arg(source.join("intake.py"));
    Ok(command)
}

/// Returns the command of the Node function. Its libraries are in `folder`/node.
pub async fn node(folder: &Path) -> Result<Command> {
    let folder = folder.join("node");
    let source = Path::new(SOURCES).join("node");
    fs::create_dir_all(&folder)?;
    let lock = source.join("package-lock.json");
    for file in ["package.json", "package-lock.json", "intake.js"] {
        fs::copy(source.join(file), folder.join(file))?;
    }
    if !is_installed(&lock, &folder)? {
        run(Command::new("npm")
            .args(["ci", "--silent", "--no-audit", "--no-fund"])
            .current_dir(&folder))
        .await?;
        fs::copy(&lock, folder.join(INSTALLED))?;
    }
    let mut command = Command::new(program("node")?);
    command.arg(folder.join("intake.js"));
    Ok(command)
}

/// Returns whether `folder` was installed from these requirements.
fn is_installed(requirements: &Path, folder: &Path) -> Result<bool> {
    Ok(fs::read(folder.join(INSTALLED)).ok() == Some(fs::read(requirements)?))
}

/// Returns the path of a program. A measured process has Lambda's PATH, which may not contain it.
fn program(name: &str) -> Result<PathBuf> {
    let found = StdCommand::new("sh")
        .args(["-c", &format!("command -v {name}")])
        .output()?;
    let found = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    if found.is_empty() {
        return Err(format!("{name} is not installed").into());
    }
    Ok(found.into())
}

async fn run(command: &mut Command) -> Result<()> {
    let program = command.as_std().get_program().to_owned();
    let output = command
        .output()
        .await
        .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
    if output.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr);
    Err(format!("{} failed: {message}", program.display()).into())
}
