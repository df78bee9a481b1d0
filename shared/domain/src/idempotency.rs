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

/// The mark of one lead of an array: part of a hash of the lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub hash: String,
    /// False if the lead is refused. Its index then stays free, unless another lead has taken it.
    pub is_claim: bool,
}

impl Manifest {
    /// Returns the manifest of the first array under a key.
    pub fn new(marks: &[Mark]) -> Self {
        let claims = marks.iter();
        Self(
            claims
                .map(|mark| mark.is_claim.then(|| mark.hash.clone()))
                .collect(),
        )
    }

    /// Returns the manifest after a further array under the same key. `None` if the array has
    /// another number of leads, or another lead at an index that is taken, even a refused one.
    pub fn after(&self, marks: &[Mark]) -> Option<Self> {
        let is_same = |(taken, mark): (&Option<String>, &Mark)| {
            taken.as_ref().is_none_or(|taken| *taken == mark.hash)
        };
        if self.0.len() != marks.len() || !self.0.iter().zip(marks).all(is_same) {
            return None;
        }
        let both = self.0.iter().zip(Self::new(marks).0);
        Some(Self(
            both.map(|(taken, claim)| taken.clone().or(claim)).collect(),
        ))
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
        Self(
            marks
                .map(|mark| (!mark.is_empty()).then(|| mark.to_owned()))
                .collect(),
        )
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
        // A refused lead has its hash in parentheses.
        let marks = |leads: &[&str]| -> Vec<Mark> {
            let mark = |lead: &&str| Mark {
                hash: lead.trim_matches(['(', ')']).to_owned(),
                is_claim: !lead.starts_with('('),
            };
            leads.iter().map(mark).collect()
        };
        assert_eq!(Manifest::new(&marks(&["(a)", "b"])).to_string(), ",b");
        for (taken, leads, after) in [
            ("a,b", &["a", "b"][..], Some("a,b")),
            ("a,", &["a", "b"], Some("a,b")),
            ("a,", &["a", "(b)"], Some("a,")),
            ("a,b", &["(a)", "b"], Some("a,b")),
            ("a,,", &["a", "b", "(c)"], Some("a,b,")),
            ("a,b", &["b", "a"], None),
            ("a,b", &["a", "x"], None),
            ("a,b", &["a", "(x)"], None),
            (",b", &["a", "(x)"], None),
            ("a,b", &["a", "b", "c"], None),
            ("a,b", &["a", "b", "(c)"], None),
            ("a,b,c", &["a", "b"], None),
        ] {
            let manifest = Manifest::from(taken).after(&marks(leads));
            let manifest = manifest.map(|it| it.to_string());
            assert_eq!(manifest.as_deref(), after, "{taken} and {leads:?}");
        }
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
