//! Mutants and conditional writes of this process: the mutant that is planted into it, and the
//! writes that it makes.

use std::{
    collections::BTreeSet,
    fs::OpenOptions,
    io::Write as _,
    sync::{LazyLock, Mutex, PoisonError},
    thread,
};

use serde_json::Value;

use super::{
    mutant::Mutant,
    page::Page,
    write::{Write, writes},
};

/// Variable of the environment with the mutant to plant, as [`Mutant::key`] returns it.
pub const VARIABLE: &str = "LEADGATE_MUTANT";
/// Variable of the environment with the file that gets each write and the test that makes it. The
/// page may then lack a write.
pub const UPDATE: &str = "LEADGATE_UPDATE_MUTANTS";

static PLANTED: LazyLock<Option<&'static Mutant>> = LazyLock::new(|| {
    let key = variable(VARIABLE)?;
    let mut mutants = Page::committed().rows().map(|(mutant, _)| mutant);
    let planted = mutants.find(|mutant| mutant.key() == key);
    assert!(planted.is_some(), "docs/mutations.md does not have {key}");
    planted
});
static FILE: LazyLock<Option<String>> = LazyLock::new(|| variable(UPDATE));
static NOTED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Returns the mutant that the environment names. `None` if it names none.
pub fn planted() -> Option<&'static Mutant> {
    *PLANTED
}

/// Returns the writes of a call that the page lacks. None if the page is to be written anew: then
/// the file gets the writes.
pub fn unknown(operation: &str, request: &Value) -> Vec<Write> {
    let mut unknown = writes(operation, request);
    match &*FILE {
        Some(file) => unknown.drain(..).for_each(|write| note(file, &write)),
        None => unknown.retain(|write| !Page::has(write)),
    }
    unknown
}

/// Plants the mutant into a call of another process or thread than the simulation's.
///
/// # Panics
/// If the page lacks a write of the call.
pub fn inspect(operation: &str, request: &mut Value) {
    let unknown = unknown(operation, request);
    assert!(unknown.is_empty(), "{}", lacks(&unknown));
    if let Some(mutant) = planted() {
        mutant.weaken(operation, request);
    }
}

/// Returns the problem of a page that lacks writes.
pub fn lacks(unknown: &[Write]) -> String {
    format!("docs/mutations.md lacks {unknown:?}: run `just mutants`")
}

fn note(file: &str, Write { name, condition }: &Write) {
    let test = thread::current().name().unwrap_or_default().to_owned();
    let line = format!("{name}\t{condition}\t{test}\n");
    let mut noted = NOTED.lock().unwrap_or_else(PoisonError::into_inner);
    if noted.insert(line.clone()) {
        let file = OpenOptions::new().create(true).append(true).open(file);
        let written = file.and_then(|mut file| file.write_all(line.as_bytes()));
        written.expect("a file of writes");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test starts another one with a mutant"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
