//! Where a profile's instructions are spent: callgrind's functions, put into a few parts by their names.

use std::{collections::HashMap, fmt::Write as _, fs, path::Path};

use serde::Serialize;

use crate::Result;

/// A function belongs to the first part that has the beginning of its crate's name, or of its own in libc.
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
    ("the AWS SDK beside", &["aws_"]),
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
        "our own code, and phones, e-mail, names, time for it",
        &[
            "api",
            "shared",
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

/// A part's instructions for one request, in thousands.
#[derive(Debug, Serialize)]
pub(crate) struct Part {
    name: &'static str,
    thousands: f64,
}

/// The parts of a profile of `requests`; none: the binary has no symbols.
pub(crate) fn by_part(profile: &Path, requests: u32) -> Result<Option<Vec<Part>>> {
    let mut parts = PARTS.map(|(name, _)| Part {
        name,
        thousands: 0.0,
    });
    let (mut named, mut all) = (0.0, 0.0);
    for (function, count) in own_counts(&fs::read_to_string(profile)?) {
        all += count;
        if !function.starts_with("0x") {
            named += count;
        }
        let name = crate_of(function);
        let part = PARTS
            .iter()
            .position(|(_, names)| names.iter().any(|of_part| name.starts_with(of_part)));
        if let Some(part) = part.and_then(|part| parts.get_mut(part)) {
            part.thousands += count / f64::from(requests) / 1e3;
        }
    }
    // Of a stripped binary, only libc's functions have names.
    Ok((named > 0.7 * all).then(|| parts.into()))
}

/// `tokio` of `<tokio::A as B>::c`, `axum` of `<F as axum::A>::b`; a function of libc as it is.
fn crate_of(function: &str) -> &str {
    let name = function.trim_start_matches(['<', '&', '*', '(', '[']);
    let name = name.trim_start_matches("mut ").trim_start_matches("dyn ");
    let name = match name.split_once(" as ") {
        Some((own, of)) if !own.contains("::") => of,
        _ => name,
    };
    name.split("::").next().unwrap_or_default()
}

/// What each function executed itself. callgrind_annotate would count calls that began before the counting.
/// <https://valgrind.org/docs/manual/cl-format.html>
fn own_counts(profile: &str) -> HashMap<&str, f64> {
    let mut names = HashMap::new();
    let mut counts = HashMap::new();
    let (mut function, mut is_call) = ("", false);
    for line in profile.lines() {
        if let Some((kind @ ("fn" | "cfn"), name)) = line.split_once('=') {
            // `(12) name` the first time, then `(12)`.
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

/// A table of parts.
pub(crate) fn table(parts: &[Part]) -> String {
    let mut table = String::from("| part | thousands |\n| --- | --- |\n");
    for Part { name, thousands } in parts {
        // Writing to a string does not fail.
        let _ = writeln!(table, "| {name} | {thousands:.0} |");
    }
    table
}
