//! `cpu_vs_python` and `cpu_vs_node`: the same intake in Python 3 with boto3 and in Node with the AWS SDK v3 (bench/python, bench/node),
//! the same endpoints, in turns.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Serialize;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::{
    Result,
    aws::{Aws, Call},
    events,
    process::Function,
    report::Report,
    world::{World, accepted},
};

/// Until compilers that work at run time are done.
const WARM_UP: u32 = 1_000;
const ROUNDS: u32 = 10;
const REQUESTS: u32 = 200;

/// What bench/floor does the two calls with.
const FLOORS: [(&str, &str); 2] = [
    ("sdk", "the two calls alone, by the SDK"),
    ("bytes", "their bytes alone"),
];
/// As a part of what ours are.
const SIZES_DIFFER: f64 = 0.05;

const SOURCES: &str = env!("CARGO_MANIFEST_DIR");

pub(crate) async fn measure(world: &World, with_floors: bool, report: &mut Report) -> Result<()> {
    let aws = world.plain(Duration::ZERO).await?;
    let (python, node) = (python(world).await?, node(world).await?);
    let mut ours = Measured::start(world.start_function("api", &aws).await?, &aws).await?;
    let mut python =
        Measured::start(world.start_command(python, "python", &aws).await?, &aws).await?;
    let mut node = Measured::start(world.start_command(node, "node", &aws).await?, &aws).await?;
    for (name, rival) in [("python", &python), ("node", &node)] {
        if rival.writes != ours.writes {
            return Err(format!(
                "bench/{name} does not do what api does: {} for {}",
                rival.writes, ours.writes
            )
            .into());
        }
    }
    let mut floors = Vec::new();
    for (kind, _) in FLOORS.into_iter().filter(|_| with_floors) {
        let mut command = Command::new(world.bootstrap("floor"));
        command.arg(kind);
        let log = format!("floor-{kind}");
        let function = world.start_command(command, &log, &aws).await?;
        let floor = Measured::start(function, &aws).await?;
        let ratio = f64::from(floor.sent) / f64::from(ours.sent);
        if (ratio - 1.0).abs() > SIZES_DIFFER {
            return Err(format!("bench/floor sends {ratio:.2} times what api sends").into());
        }
        floors.push(floor);
    }
    // In turns, so that all of them meet what else the machine does.
    for _ in 0..ROUNDS {
        for function in [&mut ours, &mut python, &mut node]
            .into_iter()
            .chain(&mut floors)
        {
            function.round(&aws).await?;
        }
    }
    let [ours, python, node] = [ours, python, node].map(|measured| measured.of_one());
    let floors: Vec<_> = floors
        .into_iter()
        .map(|measured| measured.of_one())
        .collect();
    let mut table =
        String::from("CPU time for a lead, ms:\n\n| | user | kernel |\n| --- | --- | --- |\n");
    let titles = FLOORS.map(|(_, title)| title);
    let all = [("here", &ours), ("Python", &python), ("Node", &node)];
    for (name, cpu) in all.into_iter().chain(titles.into_iter().zip(&floors)) {
        // Writing to a string does not fail.
        let _ = writeln!(
            table,
            "| {name} | {:.2} | {:.2} |",
            cpu.user_ms, cpu.kernel_ms
        );
    }
    report.note(table);
    report.value("cpu_vs_python", python.total() / ours.total());
    report.value("cpu_vs_node", node.total() / ours.total());
    let kinds = FLOORS.map(|(kind, _)| kind);
    let by_kind: BTreeMap<_, _> = kinds.into_iter().zip(&floors).collect();
    report.detail(
        "cpu_vs_rivals",
        json!({"rust": ours, "python": python, "node": node, "floors": by_kind}),
    );
    Ok(())
}

/// For one lead.
#[derive(Debug, Serialize)]
struct Cpu {
    user_ms: f64,
    kernel_ms: f64,
}

impl Cpu {
    fn total(&self) -> f64 {
        self.user_ms + self.kernel_ms
    }
}

/// A function, and the CPU time that it has had for all rounds.
struct Measured {
    function: Function,
    /// What its calls carry, by name and kind.
    writes: Value,
    /// How many bytes the bodies of a lead's calls have.
    sent: u32,
    user: Duration,
    kernel: Duration,
}

impl Measured {
    /// Warms it up.
    async fn start(mut function: Function, aws: &Aws) -> Result<Self> {
        for _ in 0..WARM_UP {
            aws.take_calls();
            accepted(function.invoke(events::LEAD).await?)?;
        }
        let mut calls = aws.take_calls();
        calls.sort_by(|one, other| one.operation.cmp(&other.operation));
        let writes = calls.iter().map(|call| shape(&call.body)).collect();
        Ok(Self {
            function,
            writes,
            sent: calls.iter().map(Call::body_size).sum(),
            user: Duration::ZERO,
            kernel: Duration::ZERO,
        })
    }

    async fn round(&mut self, aws: &Aws) -> Result<()> {
        aws.take_calls();
        let before = self.function.cpu_time()?;
        for _ in 0..REQUESTS {
            accepted(self.function.invoke(events::LEAD).await?)?;
        }
        let after = self.function.cpu_time()?;
        self.user += after.user - before.user;
        self.kernel += after.kernel - before.kernel;
        let calls = aws.take_calls().len();
        // The key, the workflow and the campaign are read again when their time in the caches is over.
        let expected = 2 * REQUESTS as usize;
        if (expected..expected + 10).contains(&calls) {
            Ok(())
        } else {
            Err(format!("{calls} calls for {REQUESTS} leads").into())
        }
    }

    fn of_one(&self) -> Cpu {
        let of_one = |took: Duration| took.as_secs_f64() * 1e3 / f64::from(ROUNDS * REQUESTS);
        Cpu {
            user_ms: of_one(self.user),
            kernel_ms: of_one(self.kernel),
        }
    }
}

/// The names in a request, without what they hold.
fn shape(request: &Value) -> Value {
    match request {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), shape(value)))
            .collect(),
        Value::Array(values) => values.iter().map(shape).collect(),
        _ => Value::Null,
    }
}

async fn python(world: &World) -> Result<Command> {
    let folder = world.folder.join("python");
    let source = Path::new(SOURCES).join("python");
    let requirements = source.join("requirements.txt");
    if is_new(&requirements, &folder)? {
        run(Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder))
        .await?;
        run(Command::new(folder.join("bin/pip"))
            .args(["install", "--quiet", "--no-deps", "--requirement"])
            .arg(&requirements))
        .await?;
        fs::copy(&requirements, folder.join("installed"))?;
    }
    let mut command = Command::new(folder.join("bin/python"));
    command.arg(source.join("intake.py"));
    Ok(command)
}

async fn node(world: &World) -> Result<Command> {
    let folder = world.folder.join("node");
    let source = Path::new(SOURCES).join("node");
    fs::create_dir_all(&folder)?;
    let lock = source.join("package-lock.json");
    for file in ["package.json", "package-lock.json", "intake.js"] {
        fs::copy(source.join(file), folder.join(file))?;
    }
    if is_new(&lock, &folder)? {
        run(Command::new("npm")
            .args(["ci", "--silent", "--no-audit", "--no-fund"])
            .current_dir(&folder))
        .await?;
        fs::copy(&lock, folder.join("installed"))?;
    }
    let mut command = Command::new(program("node")?);
    command.arg(folder.join("intake.js"));
    Ok(command)
}

/// Whether `list` is not what `folder` was filled from.
fn is_new(list: &Path, folder: &Path) -> Result<bool> {
    Ok(fs::read(folder.join("installed")).ok() != Some(fs::read(list)?))
}

/// Where a program is; the measured process gets Lambda's search path, which may not have it.
fn program(name: &str) -> Result<PathBuf> {
    let found = std::process::Command::new("sh")
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
        .map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
    if output.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("{} failed: {message}", program.display()).into())
}
