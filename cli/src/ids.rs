//! Ids on the command line: whole, or their end, as tables show it.

use std::fmt;

use thiserror::Error;

/// Minimum number of characters of a short id.
const LEAST: usize = 4;
/// Number of characters of a whole id.
const WHOLE: usize = 36;

/// Reason why a text names nothing. A text that cannot be an id is left out, because it may be an
/// API key.
#[derive(Debug, Error)]
pub enum IdError {
    #[error("invalid {0} id: pass one that `leadgate {0} list` shows")]
    Invalid(Kind),
    #[error("no {kind} has the id {id}: `leadgate {kind} list` lists the {kind}s")]
    Unknown { kind: Kind, id: String },
    #[error("{count} {kind} ids end in {id}: give more characters (`--full` shows whole ids)")]
    Ambiguous {
        kind: Kind,
        count: usize,
        id: String,
    },
}

/// Kind of thing that an id names. It is also the word of the command.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Account,
    Key,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Account => "account",
            Self::Key => "key",
        })
    }
}

/// Checks that a text can be a whole or a short id.
///
/// # Errors
/// [`IdError::Invalid`].
pub fn check(kind: Kind, text: &str) -> Result<(), IdError> {
    let is_hex = text.chars().all(|it| it == '-' || it.is_ascii_hexdigit());
    if is_hex && (LEAST..=WHOLE).contains(&text.len()) {
        return Ok(());
    }
    Err(IdError::Invalid(kind))
}

/// Returns the element of `all` whose id is `text` or ends in it.
///
/// # Errors
/// [`IdError`], if it is not exactly one.
pub fn find<T>(
    kind: Kind,
    text: &str,
    all: impl IntoIterator<Item = T>,
    id: impl Fn(&T) -> String,
) -> Result<T, IdError> {
    check(kind, text)?;
    let wanted = text.to_ascii_lowercase();
    let mut found: Vec<_> = all
        .into_iter()
        .filter(|it| id(it).ends_with(&wanted))
        .collect();
    match (found.pop(), found.len()) {
        (Some(one), 0) => Ok(one),
        (None, _) => Err(IdError::Unknown { kind, id: wanted }),
        (Some(_), others) => Err(IdError::Ambiguous {
            kind,
            count: others + 1,
            id: wanted,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [&str; 3] = [
        "019c0000-0000-7000-8000-000000000001",
        "01a2056d-dbb5-7577-8f61-c089d9f9367d",
        "01a2056d-dbb5-7577-8f61-c0890000367d",
    ];

    fn found(text: &str) -> Result<&'static str, String> {
        find(Kind::Account, text, IDS, ToString::to_string).map_err(|error| error.to_string())
    }

    #[test]
    fn an_id_is_found_whole_or_by_its_end() {
        assert_eq!(found(IDS[1]), Ok(IDS[1]));
        assert_eq!(found("d9f9367d"), Ok(IDS[1]));
        assert_eq!(found("D9F9367D"), Ok(IDS[1]));
        assert_eq!(found("0001"), Ok(IDS[0]));
    }

    #[test]
    fn an_id_that_names_none_or_several_is_refused() {
        assert_eq!(
            found("367d").unwrap_err(),
            "2 account ids end in 367d: give more characters (`--full` shows whole ids)"
        );
        assert_eq!(
            found("ffff").unwrap_err(),
            "no account has the id ffff: `leadgate account list` lists the accounts"
        );
        for text in [
            "",
            "001",
            "nxr_live_LeadgateDemoKeyForLocalStackOnly0m2QZI",
            "Acme",
        ] {
            assert_eq!(
                found(text).unwrap_err(),
                "invalid account id: pass one that `leadgate account list` shows"
            );
        }
    }
}
