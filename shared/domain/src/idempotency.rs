//! Idempotent requests ([contract](../../../docs/contract.md#idempotency-key)).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::ids::{AccountId, LeadId};

/// A client's key for a request: 1 to 255 visible ASCII characters.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// Error for a text that is no idempotency key. The message follows the name of the header.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("must be 1 to 255 visible ASCII characters")]
pub struct IdempotencyKeyError;

/// Record of an idempotent request in the lead that it created. A replay gets its reply from it and
/// from the lead. It has no field of the lead, so that a change or an erasure leaves no copy behind.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Hash of the parsed request.
    #[serde(rename = "request_hash")]
    pub fingerprint: String,
    /// The first reply without the lead, as JSON: the run and the warning.
    #[serde(rename = "reply")]
    pub rest: String,
}

/// The leads of an idempotent array, by their index: a mark for each that can be stored, and `None`
/// for the others. A client can correct those and send the array again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest(Vec<Option<String>>);

impl Manifest {
    /// Returns whether no lead can be stored.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// Returns the manifest of two arrays under one key. `None` if they have different leads at the
    /// same index, or different numbers of leads.
    pub fn merged(&self, other: &Self) -> Option<Self> {
        if self.0.len() != other.0.len() {
            return None;
        }
        let both = self.0.iter().zip(&other.0).map(|both| match both {
            (Some(one), Some(other)) if one != other => None,
            (one, other) => Some(one.as_ref().or(other.as_ref()).cloned()),
        });
        both.collect::<Option<_>>().map(Self)
    }
}

impl FromIterator<Option<String>> for Manifest {
    fn from_iter<I: IntoIterator<Item = Option<String>>>(marks: I) -> Self {
        Self(marks.into_iter().collect())
    }
}

/// Writes the marks with commas between them.
impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let marks = self
            .0
            .iter()
            .map(|mark| mark.as_deref().unwrap_or_default());
        f.write_str(&marks.collect::<Vec<_>>().join(","))
    }
}

impl From<&str> for Manifest {
    fn from(text: &str) -> Self {
        let marks = text.split(',');
        marks
            .map(|mark| (!mark.is_empty()).then(|| mark.to_owned()))
            .collect()
    }
}

impl IdempotencyKey {
    /// Returns the key without the quotes around it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdempotencyKey {
    type Err = IdempotencyKeyError;

    /// Reads a key, or a string of RFC 8941, the form of
    /// draft-ietf-httpapi-idempotency-key-header. Any other text with quotes is a key as it is.
    fn from_str(text: &str) -> Result<Self, IdempotencyKeyError> {
        let key = unquoted(text).unwrap_or_else(|| text.to_owned());
        let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
        if visible && (1..=255).contains(&key.len()) {
            Ok(Self(key))
        } else {
            Err(IdempotencyKeyError)
        }
    }
}

/// Returns the content of a string of RFC 8941. `None` if the text is no such string.
fn unquoted(text: &str) -> Option<String> {
    let mut characters = text.strip_prefix('"')?.strip_suffix('"')?.chars();
    let mut content = String::new();
    while let Some(character) = characters.next() {
        content.push(match character {
            '"' => return None,
            '\\' => characters.next().filter(|it| matches!(it, '"' | '\\'))?,
            other => other,
        });
    }
    Some(content)
}

/// Hides the key, because clients make keys of personal data, such as email addresses.
impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(redacted)")
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receipt(redacted)")
    }
}

impl LeadId {
    /// Returns the id of the lead at `index` of an idempotent request. A repeated request derives
    /// the same id, and so finds its lead.
    pub fn of_request(account: AccountId, key: &IdempotencyKey, index: usize) -> Self {
        let name = format!("{index}#{}", key.as_str());
        Uuid::new_v5(&account.into(), name.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_key_is_the_key_without_its_quotes() {
        let longest = "k".repeat(255);
        for (text, key) in [
            (r#""order-17""#, "order-17"),
            (r#""a\"b\\c""#, r#"a"b\c"#),
            (&format!("\"{longest}\""), &longest),
            // Not a string of RFC 8941: each is a key as it is.
            (r#"""#, r#"""#),
            (r#""order-17"#, r#""order-17"#),
            (r#"order-17""#, r#"order-17""#),
            (r#""a","b""#, r#""a","b""#),
            (r#""a\""#, r#""a\""#),
            (r#""a\b""#, r#""a\b""#),
            (r#""a";p=1"#, r#""a";p=1"#),
        ] {
            assert_eq!(text.parse::<IdempotencyKey>().unwrap().as_str(), key);
        }
        for wrong in [r#""""#, r#""a b""#, r#"" ""#, &format!("\"{longest}k\"")] {
            let read = wrong.parse::<IdempotencyKey>();
            assert_eq!(read, Err(IdempotencyKeyError), "{wrong}");
        }
    }

    #[test]
    fn arrays_under_one_key_differ_only_in_leads_that_could_not_be_stored() {
        let merged = |one: &str, other: &str| {
            let merged = Manifest::from(one).merged(&Manifest::from(other));
            merged.map(|manifest| manifest.to_string())
        };
        for (one, other, both) in [
            ("a,b", "a,b", Some("a,b")),
            ("a,", "a,b", Some("a,b")),
            (",", ",b", Some(",b")),
            ("a,,c", ",b,", Some("a,b,c")),
            ("a,b", "b,a", None),
            ("a,b", "a,x", None),
            ("a,b", "a,b,c", None),
            ("a,b", "a,b,", None),
        ] {
            assert_eq!(merged(one, other).as_deref(), both, "{one} and {other}");
            assert_eq!(merged(other, one).as_deref(), both, "{other} and {one}");
        }
        assert!(Manifest::from(",,").is_empty() && !Manifest::from(",b").is_empty());
    }

    #[test]
    fn a_key_is_1_to_255_visible_ascii_characters() {
        let longest = "k".repeat(255);
        for key in ["k", "order-17:lead@example.com", &longest] {
            assert_eq!(key.parse::<IdempotencyKey>().unwrap().as_str(), key);
        }
        for wrong in ["", "a b", "é", "a\tb", &"k".repeat(256)] {
            assert_eq!(
                wrong.parse::<IdempotencyKey>(),
                Err(IdempotencyKeyError),
                "{wrong}"
            );
        }
    }
}
