//! Where does a warm lead spend its instructions?
//!
//! Reads a profile of callgrind and sums up the functions of each part of the program.
//! docs/performance.md describes the build with names that it needs.
//!
//! ```sh
//! cargo measure --only warm_lead --bootstraps target/named
//! cargo run --bin annotate target/measure/warm_lead.callgrind.2
//! ```

use std::{collections::HashMap, fs, path::PathBuf, process::ExitCode};

use clap::Parser;
use harness::{Result, exit_code};

/// Parts of the program, with the beginnings of the names of their crates or libc functions.
/// A function belongs to the first part that matches.
const PARTS: [(&str, &[&str]); 9] = [
    (
        "signing, SHA-256 and HMAC",
        &[
            "aws_sigv4",
            "sha2",
            "hmac",
            "digest",
            "block_buffer",
            "base16ct",
            "ring",
        ],
    ),
    (
        "memory: allocation and copies",
        &[
            "malloc",
            "_int_",
            "free",
            "calloc",
            "realloc",
            "unlink_chunk",
            "mem",
            "__mem",
            "mi_",
            "_mi_",
            "mimalloc",
            "libmimalloc",
        ],
    ),
    (
        "JSON and items",
        &["serde", "aws_smithy_json", "itoa", "ryu", "zmij"],
    ),
    ("the rest of the AWS SDK", &["aws_"]),
    (
        "HTTP, sockets, the async runtime",
        &[
            "axum",
            "bytes",
            "futures",
            "h2",
            "http",
            "hyper",
            "lambda",
            "matchit",
            "mio",
            "parking_lot",
            "percent",
            "rustls",
            "slab",
            "sync_wrapper",
            "tokio",
            "tower",
            "url",
            "want",
        ],
    ),
    ("logs", &["sharded_slab", "tracing", "nu_ansi"]),
    (
        "our own code, with its libraries for phones, e-mail, names and time",
        &[
            "api",
            "aws",
            "domain",
            "aho_corasick",
            "crc32fast",
            "email",
            "icu",
            "idna",
            "jiff",
            "lru",
            "regex",
            "rlibphonenumber",
            "unicode",
            "utf8",
            "uuid",
        ],
    ),
    (
        "the standard library",
        &["alloc", "core", "hashbrown", "std"],
    ),
    ("the rest: libc, the dynamic linker", &[""]),
];

/// Minimum part of the instructions in functions with names. In a stripped binary, only libc has
/// names.
const MIN_NAMED: f64 = 0.7;

/// Shows the parts of the program in which a profile's instructions were executed.
#[derive(Debug, Parser)]
struct Options {
    /// Profile, such as target/measure/warm_lead.callgrind.2
    profile: PathBuf,

    /// Number of requests in the profile
    #[arg(long, default_value_t = 100)]
    requests: u32,
}

fn main() -> ExitCode {
    exit_code(annotate(&Options::parse()))
}

fn annotate(Options { profile, requests }: &Options) -> Result<()> {
    let text = fs::read_to_string(profile)
        .map_err(|error| format!("cannot read {}: {error}", profile.display()))?;
    let mut counts = [0.0; PARTS.len()];
    let (mut named, mut all) = (0.0, 0.0);
    for (function, count) in own_counts(&text) {
        all += count;
        if !function.starts_with("0x") {
            named += count;
        }
        let name = crate_of(function);
        let is_of = |(_, names): &(_, &[&str])| names.iter().any(|of| name.starts_with(of));
        let part = PARTS.iter().position(is_of);
        if let Some(part) = part.and_then(|part| counts.get_mut(part)) {
            *part += count;
        }
    }
    if named <= MIN_NAMED * all {
        return Err(format!(
            "{} has no names of functions: build with CARGO_PROFILE_RELEASE_STRIP=none",
            profile.display()
        )
        .into());
    }
    println!("| part | thousands for a request |\n| --- | --- |");
    for ((name, _), count) in PARTS.iter().zip(counts) {
        println!("| {name} | {:.0} |", count / f64::from(*requests) / 1e3);
    }
    Ok(())
}

/// Returns the crate of a function, such as `tokio` for `<tokio::A as B>::c` and `axum` for
/// `<F as axum::A>::b`. A function of libc keeps its own name.
fn crate_of(function: &str) -> &str {
    let name = function.trim_start_matches(['<', '&', '*', '(', '[']);
    let name = name.trim_start_matches("mut ").trim_start_matches("dyn ");
    let name = match name.split_once(" as ") {
        Some((own, of)) if !own.contains("::") => of,
        _ => name,
    };
    name.split("::").next().unwrap_or_default()
}

/// Returns the instructions that each function executed itself.
///
/// callgrind_annotate also counts calls that began before the profile.
/// <https://valgrind.org/docs/manual/cl-format.html>
fn own_counts(profile: &str) -> HashMap<&str, f64> {
    let mut names = HashMap::new();
    let mut counts = HashMap::new();
    let (mut function, mut is_call) = ("", false);
    for line in profile.lines() {
        if let Some((kind @ ("fn" | "cfn"), name)) = line.split_once('=') {
            // The name of a function is only in its first line: `(12) name`, then `(12)`.
            let (id, name) = name.split_once(' ').unwrap_or((name, ""));
            if !name.is_empty() {
                names.insert(id, name);
            }
            if kind == "fn" {
                function = names.get(id).copied().unwrap_or_default();
            }
        } else if line.starts_with("calls=") {
            is_call = true;
        } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
            let count = line
                .split_once(' ')
                .and_then(|(_, count)| count.parse::<f64>().ok());
            if !is_call {
                *counts.entry(function).or_insert(0.0) += count.unwrap_or_default();
            }
            is_call = false;
        }
    }
    counts
}
