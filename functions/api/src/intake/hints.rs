//! Hints of a reply ([contract](../../../../docs/contract.md#hints)): a request that was done, and may not do what
//! its sender wants.

use domain::field_names::{Meaning, meaning};

use crate::http::problem::{Hints, quoted};

/// Hint for a lead without a phone number and an e-mail address.
pub const UNREACHABLE: &str =
    "The lead has no phone and no email, so no step of a workflow can reach it.";

/// Maximum number of hints about keys. A person reads no more, and 1,000 leads of an array have so many each.
const MOST: usize = 5;

/// Returns the hints about keys that go into metadata. `is_given` returns whether the lead has a field.
///
/// A spelling of a field always gets a hint. Another name gets one only if the field is not given: a `mobile` or
/// a `phone_2` beside a `phone` is a second number.
pub fn of_keys<'a>(keys: impl Iterator<Item = &'a str>, is_given: impl Fn(&str) -> bool) -> Hints {
    let hint = |key: &str| {
        let meant = meant_by(key, &is_given)?;
        let key = quoted(key);
        Some(format!(
            "Did you mean {meant}? The key {key} counts as metadata."
        ))
    };
    keys.filter_map(hint).take(MOST).collect()
}

fn meant_by(key: &str, is_given: impl Fn(&str) -> bool) -> Option<&'static str> {
    match meaning(key)? {
        Meaning::Spelling(field) | Meaning::Misspelling(field) => Some(field),
        Meaning::OtherName(field) | Meaning::Numbered(field) => (!is_given(field)).then_some(field),
        Meaning::WholeName => {
            let is_missing = !(is_given("first_name") && is_given("last_name"));
            is_missing.then_some("first_name and last_name")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_name_beside_its_field_gets_no_hint_and_a_misspelling_does() {
        for other in [
            "mobile", "phone_2", "mail", "email2", "name", "surname", "workflow", "campaign",
        ] {
            assert_eq!(meant_by(other, |_| true), None, "{other}");
        }
        assert_eq!(meant_by("phone_2", |_| false), Some("phone"));
        assert_eq!(meant_by("emial", |_| true), Some("email"));
        let first = |field: &str| field == "first_name";
        assert_eq!(meant_by("name", first), Some("first_name and last_name"));
    }

    #[test]
    fn hints_are_bounded_and_printable() {
        let keys: Vec<_> = (0..20)
            .map(|count| format!("e{}mail\u{1b}", "-".repeat(count)))
            .collect();
        let hints = of_keys(keys.iter().map(String::as_str), |_| false);
        let hints: Vec<String> =
            serde_json::from_value(serde_json::to_value(hints).unwrap()).unwrap();
        assert_eq!(hints.len(), 5);
        for hint in hints {
            assert!(hint.len() < 200 && !hint.contains('\u{1b}'), "{hint:?}");
        }
    }
}
