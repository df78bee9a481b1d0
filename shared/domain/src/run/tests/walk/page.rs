//! Writes the table and its pictures into docs/run-states.md.

use std::{env, fmt::Write, fs};

use super::{
    cadences::CADENCES,
    events::{START, State},
    runs::RUNS,
    table::Row,
    touchpoints::TOUCHPOINTS,
};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/run-states.md");

#[test]
fn the_page_of_the_states_has_the_table_and_its_pictures() {
    let page = fs::read_to_string(PAGE).unwrap();
    let machines = [
        (TOUCHPOINTS, "touchpoint"),
        (CADENCES, "cadence"),
        (RUNS, "run"),
    ];
    let mut written = page.clone();
    for (rows, name) in machines {
        written = replace(&written, &format!("picture of a {name}"), &picture(rows));
        written = replace(&written, &format!("table of a {name}"), &table(rows));
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "a test that writes a page if it is asked to"
    )]
    let is_update = env::var_os("LEADGATE_UPDATE_DOCS").is_some();
    if is_update {
        fs::write(PAGE, &written).unwrap();
    } else {
        assert!(
            page == written,
            "docs/run-states.md is stale: run this test with LEADGATE_UPDATE_DOCS=1"
        );
    }
}

/// Replaces the part of the page between the two comments with this name.
fn replace(page: &str, name: &str, part: &str) -> String {
    let (begin, end) = (
        format!("<!-- {name} -->\n"),
        format!("<!-- end of the {name} -->\n"),
    );
    let (before, rest) = page.split_once(&begin).unwrap();
    let (_, after) = rest.split_once(&end).unwrap();
    format!("{before}{begin}\n{part}\n{end}{after}")
}

fn events(row: &Row) -> String {
    let events: Vec<_> = row.events.iter().map(ToString::to_string).collect();
    events.join(", ")
}

fn table(rows: &[Row]) -> String {
    let mut table =
        "| state | event | next state | effect |\n| --- | --- | --- | --- |\n".to_owned();
    for row in rows {
        let (from, to) = (row.from, row.to);
        writeln!(
            table,
            "| {from} | {} | {to} | {} |",
            events(row),
            row.effect
        )
        .unwrap();
    }
    table
}

/// Returns the states as a diagram, with one arrow between two states. Events that keep the state have no
/// arrow: their labels would hide others.
fn picture(rows: &[Row]) -> String {
    let mut picture = "```mermaid\n%%{init: {\"state\": {\"nodeSpacing\": 100, \"rankSpacing\": 110}}}%%\nstateDiagram-v2\n".to_owned();
    let mut named: Vec<State> = Vec::new();
    for state in rows.iter().flat_map(|it| [it.from, it.to]) {
        if state.contains(' ') && !named.contains(&state) {
            named.push(state);
            writeln!(picture, "    state \"{state}\" as {}", id(state)).unwrap();
        }
    }
    let mut drawn: Vec<(State, State)> = Vec::new();
    for row in rows {
        let arrow = (row.from, row.to);
        if drawn.contains(&arrow) || row.from == row.to {
            continue;
        }
        drawn.push(arrow);
        let alike = rows.iter().filter(|it| (it.from, it.to) == arrow);
        let labels: Vec<_> = alike.map(events).collect();
        let (from, to) = (id(row.from), id(row.to));
        writeln!(picture, "    {from} --> {to}: {}", labels.join(", ")).unwrap();
    }
    picture + "```\n"
}

/// Returns the name of a state in a diagram.
fn id(state: State) -> String {
    match state {
        START => "[*]".to_owned(),
        _ => state.replace([',', ' '], "_").replace("__", "_"),
    }
}
