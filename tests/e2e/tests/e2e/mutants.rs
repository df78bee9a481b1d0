//! Mutants of conditional writes that no race of the simulation catches: a test of this binary must
//! fail with each (docs/mutations.md).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::Command,
};

use simulation::conditions::{Catch, Mutant, Page, UPDATE, VARIABLE, Write, reason};

/// Runs tests of this binary, with a mutant if there is one. Returns those that fail.
fn failing(tests: &BTreeSet<String>, mutant: Option<&Mutant>) -> Vec<String> {
    if tests.is_empty() {
        return Vec::new();
    }
    let mut program = Command::new(std::env::current_exe().unwrap());
    let program = program.arg("--exact").args(tests);
    let program = program.env_remove(UPDATE);
    let program = match mutant {
        Some(mutant) => program.env(VARIABLE, mutant.key()),
        None => program.env_remove(VARIABLE),
    };
    let output = String::from_utf8(program.output().unwrap().stdout).unwrap();
    let failed = output.lines().filter_map(|line| {
        let test = line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?;
        Some(test.to_owned())
    });
    failed.collect()
}

#[test]
fn every_mutant_that_a_test_catches_fails_it() {
    for (mutant, catch) in Page::committed().rows() {
        if let Catch::Test(test) = catch {
            let tests = [test.clone()].into();
            assert_eq!(failing(&tests, Some(mutant)), [test.as_str()], "{mutant:?}");
        }
    }
}

/// Looks for a test that catches each mutant that nothing catches. Changes docs/mutations.md: `just
/// mutants`.
#[test]
#[ignore = "it changes the documentation"]
fn the_page_of_mutants_is_written_anew() {
    #[expect(clippy::disallowed_methods, reason = "a developer names the file")]
    let file = std::env::var(UPDATE).unwrap();
    let mut tests: BTreeMap<Write, BTreeSet<String>> = BTreeMap::new();
    for line in fs::read_to_string(file).unwrap().lines() {
        let mut cells = line.split('\t').map(str::to_owned);
        let mut next = || cells.next().unwrap();
        let (name, condition, test) = (next(), next(), next());
        let tests = tests.entry(Write { name, condition }).or_default();
        tests.extend((test.contains("::") && !test.starts_with("mutants::")).then_some(test));
    }
    let mut page = Page::read();
    page.retain(|mutant, _| tests.contains_key(&mutant.write));
    tests.keys().for_each(|write| page.add(write));
    let missing = page.rows().filter(|(_, catch)| **catch == Catch::Missing);
    let missing: Vec<_> = missing.map(|(mutant, _)| mutant.clone()).collect();
    // The other processes read it.
    page.write();
    for mutant in missing {
        // The tests of conditions are the fastest.
        let of_write = tests[&mutant.write].iter().cloned();
        let (first, others) = of_write.partition(|it| it.starts_with("conditions::"));
        let parts = [first, others].into_iter();
        let mut failed = parts
            .flat_map(|tests| failing(&tests, Some(&mutant)))
            .filter(|test| failing(&[test.clone()].into(), None).is_empty());
        let catch = match failed.next() {
            Some(test) => Catch::Test(test),
            None => reason(&mutant).map_or(Catch::Missing, |it| Catch::Redundant(it.to_owned())),
        };
        println!("{}: {catch:?}", mutant.key());
        page.set(mutant, catch);
        page.write();
    }
}
