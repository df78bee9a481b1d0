//! Where a profile's instructions are spent: callgrind's functions, put into a few parts by their names.

use std::{collections::HashMap, fmt::Write as _, fs, path::Path};

use serde::Serialize;

use crate::Result;

/// The first part one of whose words is in a function's name has it.
const PARTS: [(&str, &[&str]); 9] = [
    (
        "signing, SHA-256 and HMAC",
        &["sigv4", "sha2", "hmac", "digest", "hex::"],
    ),
    (
        "memory: allocation and copies",
        &["malloc", "free", "calloc", "realloc", "mem"],
    ),
    (
        "JSON and items",
        &["serde", "smithy_json", "ryu", "itoa", "lexical"],
    ),
    (
        "HTTP, sockets, the async runtime",
        &[
            "hyper",
            "h2::",
            "http::",
            "httparse",
            "tokio",
            "mio",
            "tower",
            "axum",
            "futures",
            "epoll",
            "matchit",
            "bytes::",
            "parking_lot",
            "http_body",
            "lambda",
            "matchit",
            "want",
            "slab",
            "url",
            "percent",
            "socket",
            "send",
            "recv",
            "write",
            "pthread",
        ],
    ),
    (
        "our own code and what it calls: phones, e-mail, names, time",
        &[
            "api::",
            "shared",
            "rlibphonenumber",
            "regex",
            "email",
            "idna",
            "jiff",
            "unicode",
            "uuid",
            "lru",
            "icu",
        ],
    ),
    ("the AWS SDK beside", &["aws_", "typed_"]),
    ("logs", &["tracing", "sharded", "log::"]),
    (
        "the standard library",
        &["core", "alloc", "std::", "hashbrown", "fmt"],
    ),
    ("the rest", &[""]),
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
        let part = PARTS
            .iter()
            .position(|(_, words)| words.iter().any(|word| function.contains(word)));
        if let Some(part) = part.and_then(|part| parts.get_mut(part)) {
            part.thousands += count / f64::from(requests) / 1e3;
        }
    }
    // Of a stripped binary, only libc's functions have names.
    Ok((named > 0.7 * all).then(|| parts.into()))
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
