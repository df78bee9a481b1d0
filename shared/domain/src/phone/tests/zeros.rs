//! The example numbers of all plans with a zero or a country code too many.

use std::collections::BTreeSet;

use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};

use super::{
    examples::{Count, Example, examples, regions},
    *,
};

/// Asserts that a text with a zero or a code too many is read as the example or refused.
fn assert_never_another(spellings: impl Fn(&Example) -> Vec<(&'static str, String)>, read: usize) {
    let mut count = Count::default();
    for example in examples() {
        for (spelling, text) in spellings(&example) {
            count.check(spelling, &text, example.region, &example.e164);
        }
    }
    count.refused.clear();
    count.assert(read, &[]);
}

#[test]
fn a_bracketed_zero_never_makes_another_number_in_any_plan() {
    assert_never_another(
        |Example {
             code,
             national,
             region,
             ..
         }| {
            let mut spellings = vec![
                ("+ (0)", format!("+{code} (0){national}")),
                ("00 (0)", format!("00{code} (0){national}")),
            ];
            if region.is_some_and(|region| region != Region::US) {
                spellings.push(("code (0)", format!("{code} (0){national}")));
            }
            spellings
        },
        900,
    );
}

#[test]
fn a_bracketed_zero_behind_an_international_prefix_never_makes_another_number() {
    let french = PHONE_NUMBER_UTIL.get_example_number(Region::FR).unwrap();
    let mut count = Count::default();
    let mut seen = BTreeSet::new();
    for account in regions() {
        let home = PHONE_NUMBER_UTIL.get_country_code_for_region(account);
        let called = french.format_out_of_country_calling_number(account);
        let Some((prefix, _)) = called.split_once(" 33 ") else {
            continue;
        };
        if prefix == "00" || !seen.insert((prefix.to_owned(), home)) {
            continue;
        }
        for example in examples() {
            if home != Some(example.number.country_code) {
                let Example {
                    code,
                    national,
                    e164,
                    ..
                } = &example;
                let text = format!("{prefix} {code} (0){national}");
                count.check("prefix", &text, Some(account), e164);
            }
        }
    }
    count.refused.clear();
    count.assert(15_000, &[]);
}

#[test]
fn a_zero_or_trunk_prefix_beside_the_own_country_code_never_makes_another_number() {
    assert_never_another(
        |example| {
            let Example {
                code,
                national,
                region,
                ..
            } = example;
            if region.is_none() {
                return Vec::new();
            }
            let mut spellings = vec![
                ("0 code", format!("0{code}{national}")),
                ("0 code, spaced", format!("0{code} {national}")),
                ("0 code (0)", format!("0{code} (0){national}")),
            ];
            // The text is another number of Ascension, Italy or Norway.
            let mut others = [
                format!("{code}0{national}"),
                format!("{code}{code}0{national}"),
            ]
            .into_iter();
            if !others.any(|other| plan::is_valid(&other)) {
                spellings.push(("code 0", format!("{code}0{national}")));
                spellings.push(("0 code 0", format!("0{code}0{national}")));
            }
            for prefix in ["0", "06", "1", "8"] {
                if example.has_trunk_prefix(prefix) {
                    spellings.push(("code trunk", format!("{code}{prefix}{national}")));
                    spellings.push(("trunk code", format!("{prefix}{code}{national}")));
                    spellings.push((
                        "trunk code trunk",
                        format!("{prefix}{code}{prefix}{national}"),
                    ));
                    spellings.push(("+ code trunk", format!("+{code}{prefix}{national}")));
                }
            }
            spellings
        },
        1_000,
    );
}
