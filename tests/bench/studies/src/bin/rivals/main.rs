//! How much CPU time does a lead take in Python and in Node, and how much is the least?
//!
//! ```sh
//! cargo run --bin rivals
//! ```

mod commands;
mod contender;

use std::{collections::BTreeMap, fmt::Write as _, process::ExitCode, time::Duration};

use clap::Parser;
use harness::{Measures, Places, Report, Result, Setup, endpoints::Endpoints, exit_code};
use serde_json::json;
use tokio::process::Command;

use self::contender::{Contender, Cpu};

const LIMITS: &str = include_str!("../../../limits.yaml");

/// Turns of all contenders, so that all of them meet the same load of the machine.
const ROUNDS: u32 = 10;

/// Ways in which `floor` makes the two calls, with their titles.
const FLOORS: [(&str, &str); 2] = [
    ("sdk", "the two calls alone, by the SDK"),
    ("bytes", "their bytes alone"),
];

/// Maximum difference between the sizes of our calls and those of `floor`: 5 % of ours.
const SIZES_DIFFER: f64 = 0.05;

/// Compares the CPU time of a lead in Rust, in Python and in Node.
#[derive(Debug, Parser)]
struct Options {
    #[command(flatten)]
    places: Places,

    /// Also measures floor/bootstrap, the smallest function that makes the two calls
    #[arg(long)]
    floor: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(study(Options::parse()).await)
}

async fn study(Options { places, floor }: Options) -> Result<()> {
    let names = ["cpu_vs_python".to_owned(), "cpu_vs_node".to_owned()];
    let measures = Measures::parse(LIMITS, "tests/bench/studies/limits.yaml")?.only(&names)?;
    let mut report = Report::new(measures, &places);
    let mut sources = vec!["functions/api"];
    sources.extend(floor.then_some("tests/bench/studies/floor"));
    let setup = Setup::start(&places, &sources).await?;
    compare(&setup, floor, &mut report).await?;
    setup.stop().await;
    report.publish(&places.json)
}

async fn compare(setup: &Setup, with_floors: bool, report: &mut Report) -> Result<()> {
    let endpoints = setup.http(Duration::ZERO).await?;
    let python = commands::python(&setup.folder).await?;
    let node = commands::node(&setup.folder).await?;
    let api = Command::new(setup.bootstrap("api"));
    let mut ours = start(setup, "api", api, &endpoints).await?;
    let mut python = start(setup, "python", python, &endpoints).await?;
    let mut node = start(setup, "node", node, &endpoints).await?;
    for (folder, rival) in [("python", &python), ("node", &node)] {
        if rival.writes != ours.writes {
            return Err(format!(
                "tests/bench/studies/{folder} does not make the calls of api: {} instead of {}",
                rival.writes, ours.writes
            )
            .into());
        }
    }
    let mut floors = Vec::new();
    for (kind, _) in FLOORS.into_iter().filter(|_| with_floors) {
        let mut command = Command::new(setup.bootstrap("floor"));
        command.arg(kind);
        let floor = start(setup, &format!("floor-{kind}"), command, &endpoints).await?;
        let ratio = f64::from(floor.sent) / f64::from(ours.sent);
        if (ratio - 1.0).abs() > SIZES_DIFFER {
            return Err(format!(
                "the calls of tests/bench/studies/floor have {ratio:.2} times the size of api's"
            )
            .into());
        }
        floors.push(floor);
    }
    for _ in 0..ROUNDS {
        for contender in [&mut ours, &mut python, &mut node]
            .into_iter()
            .chain(&mut floors)
        {
            contender.round(&endpoints).await?;
        }
    }
    let [ours, python, node] = [ours, python, node].map(|contender| contender.cpu_of_a_lead());
    let floors: Vec<Cpu> = floors.iter().map(Contender::cpu_of_a_lead).collect();
    let titles = FLOORS.map(|(_, title)| title);
    let rows = [("api", &ours), ("Python", &python), ("Node", &node)]
        .into_iter()
        .chain(titles.into_iter().zip(&floors));
    report.note(table(rows));
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

async fn start(
    setup: &Setup,
    name: &str,
    command: Command,
    endpoints: &Endpoints,
) -> Result<Contender> {
    let function = setup.start_command(command, name, endpoints).await?;
    Contender::start(function, endpoints).await
}

/// Returns a table of the CPU times of a lead.
fn table<'a>(rows: impl Iterator<Item = (&'a str, &'a Cpu)>) -> String {
    let mut table =
        String::from("CPU time for a lead, in ms:\n\n| | user | kernel |\n| --- | --- | --- |\n");
    for (name, cpu) in rows {
        // Writing to a string never fails.
        let _ = writeln!(
            table,
            "| {name} | {:.2} | {:.2} |",
            cpu.user_ms, cpu.kernel_ms
        );
    }
    table
}
