//! Ids and names on the command line. An id is whole, or its end, as tables show it.

use std::fmt;

use domain::{api_key::PREFIX as API_KEY_PREFIX, name::trim};
use thiserror::Error;

use crate::nearest::{nearest, question};

/// Minimum number of characters of a short id.
const LEAST: usize = 4;
/// Number of characters of a whole id.
const WHOLE: usize = 36;
/// Number of letters and digits in a row from which a text may be a part of an API key, whose
/// random part has 38. A name rarely has so many.
const LIKE_KEY: usize = 30;

/// Reason why a text names nothing. A text that may be an API key is left out.
#[derive(Debug, Error)]
pub enum IdError {
    #[error("invalid {kind} {}: pass one that `{}` shows", .kind.names(), .kind.list())]
    Invalid { kind: Kind },
    #[error("no {kind} has the id {id}: `{}` lists the {kind}s", .kind.list())]
    Unknown { kind: Kind, id: String },
    #[error(
        "no {kind} has the name or id {text:?}{}: `{}` lists the {kind}s",
        question(.nearest.as_deref()),
        .kind.list()
    )]
    Unnamed {
        kind: Kind,
        text: String,
        nearest: Option<String>,
    },
    #[error("{count} {kind} ids end in {id}: give more characters (`--full` shows whole ids)")]
    Ambiguous {
        kind: Kind,
        count: usize,
        id: String,
    },
    #[error("{} {kind}s have the name {name:?}: give an id instead, {}", .ids.len(), .ids.join(" or "))]
    SameName {
        kind: Kind,
        name: String,
        ids: Vec<String>,
    },
}

/// Kind of thing that an id names.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Account,
    Key,
    Workflow,
    Campaign,
    Run,
}

impl Kind {
    /// Returns how a command names a thing of this kind.
    fn names(self) -> &'static str {
        match self {
            Self::Account | Self::Workflow | Self::Campaign => "name or id",
            Self::Key | Self::Run => "id",
        }
    }

    /// Returns the command that lists the things of this kind.
    fn list(self) -> &'static str {
        match self {
            Self::Account => "leadgate account list",
            Self::Key => "leadgate key list",
            Self::Workflow => "leadgate workflow list",
            Self::Campaign => "leadgate campaign list",
            Self::Run => "leadgate lead show",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Account => "account",
            Self::Key => "key",
            Self::Workflow => "workflow",
            Self::Campaign => "campaign",
            Self::Run => "run",
        })
    }
}

/// Checks that a text can be a whole or a short id.
///
/// # Errors
/// [`IdError::Invalid`].
pub fn check(kind: Kind, text: &str) -> Result<(), IdError> {
    match is_id(text) {
        true => Ok(()),
        false => Err(IdError::Invalid { kind }),
    }
}

/// Returns whether a text can be a whole or a short id.
pub fn is_id(text: &str) -> bool {
    let is_hex = text.chars().all(|it| it == '-' || it.is_ascii_hexdigit());
    is_hex && (LEAST..=WHOLE).contains(&text.len())
}

/// Returns whether a text may be an API key or a part of one.
fn is_like_key(text: &str) -> bool {
    let mut words = text.split(|it: char| !it.is_ascii_alphanumeric());
    text.to_ascii_lowercase().contains(API_KEY_PREFIX) || words.any(|it| it.len() >= LIKE_KEY)
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

/// Same as [`find`], but `text` can also be the name of the element, in upper or lower case. An id
/// comes before a name.
///
/// # Errors
/// [`IdError`], if it is not exactly one.
pub fn find_named<T>(
    kind: Kind,
    text: &str,
    all: Vec<T>,
    id: impl Fn(&T) -> String,
    name: impl Fn(&T) -> &str,
) -> Result<T, IdError> {
    if is_like_key(text) {
        return Err(IdError::Invalid { kind });
    }
    let end = text.to_ascii_lowercase();
    if is_id(text) && all.iter().any(|it| id(it).ends_with(&end)) {
        return find(kind, text, all, id);
    }
    let wanted = trim(text).to_lowercase();
    let is_wanted = |it: &T| name(it).to_lowercase() == wanted;
    let (mut named, others): (Vec<_>, Vec<_>) = all.into_iter().partition(is_wanted);
    match (named.len(), named.pop()) {
        (1, Some(one)) => Ok(one),
        (_, Some(last)) => Err(IdError::SameName {
            kind,
            name: trim(text).to_owned(),
            ids: named.iter().chain([&last]).map(id).collect(),
        }),
        (_, None) if text.len() == WHOLE && is_id(text) => Err(IdError::Unknown { kind, id: end }),
        (_, None) => {
            let known: Vec<_> = others.iter().map(name).collect();
            let nearest = nearest(trim(text), &known);
            Err(IdError::Unnamed {
                kind,
                text: text.to_owned(),
                nearest: nearest.map(str::to_owned),
            })
        }
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
    const KEY: &str = "nxr_live_LeadgateDemoKeyForLocalStackOnly0m2QZI";

    fn found(text: &str) -> Result<&'static str, String> {
        find(Kind::Account, text, IDS, ToString::to_string).map_err(|error| error.to_string())
    }

    /// Returns the id of the account that a text names.
    fn named(text: &str) -> Result<&'static str, String> {
        let names = ["Acme", "Sales Ünit", "sales ünit"];
        let all = IDS.into_iter().zip(names).collect();
        let found = find_named(Kind::Account, text, all, |it| it.0.to_owned(), |it| it.1);
        found.map(|(id, _)| id).map_err(|error| error.to_string())
    }

    #[test]
    fn an_id_is_found_whole_or_by_its_end() {
        for found in [found, named] {
            assert_eq!(found(IDS[1]), Ok(IDS[1]));
            assert_eq!(found("d9f9367d"), Ok(IDS[1]));
            assert_eq!(found("D9F9367D"), Ok(IDS[1]));
            assert_eq!(found("0001"), Ok(IDS[0]));
        }
    }

    #[test]
    fn an_id_that_names_none_or_several_is_refused() {
        for found in [found, named] {
            assert_eq!(
                found("367d").unwrap_err(),
                "2 account ids end in 367d: give more characters (`--full` shows whole ids)"
            );
            let absent = "019c0000-0000-7000-8000-0000000fffff";
            assert_eq!(
                found(absent).unwrap_err(),
                format!(
                    "no account has the id {absent}: `leadgate account list` lists the accounts"
                )
            );
        }
        let found = |text| {
            let found = find(Kind::Key, text, IDS, ToString::to_string);
            found.map_err(|error| error.to_string())
        };
        assert_eq!(
            found("ffff").unwrap_err(),
            "no key has the id ffff: `leadgate key list` lists the keys"
        );
        for text in ["", "001", KEY, "Acme"] {
            assert_eq!(
                found(text).unwrap_err(),
                "invalid key id: pass one that `leadgate key list` shows"
            );
        }
    }

    #[test]
    fn a_name_is_found_in_upper_and_lower_case_without_the_blanks_around_it() {
        for text in ["Acme", "acme", " ACME\u{a0}"] {
            assert_eq!(named(text), Ok(IDS[0]), "{text}");
        }
    }

    #[test]
    fn a_name_that_two_have_is_refused_with_their_ids() {
        assert_eq!(
            named("SALES ÜNIT").unwrap_err(),
            format!(
                "2 accounts have the name \"SALES ÜNIT\": give an id instead, {} or {}",
                IDS[1], IDS[2]
            )
        );
    }

    #[test]
    fn a_name_that_is_unknown_is_refused_with_the_nearest_one() {
        for (text, shown) in [
            ("Acne", "\"Acne\" (did you mean Acme?)"),
            ("ffff", "\"ffff\""),
            ("", "\"\""),
            ("\u{1b}[2J", "\"\\u{1b}[2J\""),
        ] {
            assert_eq!(
                named(text).unwrap_err(),
                format!(
                    "no account has the name or id {shown}: `leadgate account list` lists the \
                     accounts"
                )
            );
        }
    }

    #[test]
    fn a_text_that_may_be_an_api_key_is_not_repeated() {
        for text in [KEY, &KEY.to_uppercase(), &KEY[9..], &format!("key={KEY}")] {
            assert_eq!(
                named(text).unwrap_err(),
                "invalid account name or id: pass one that `leadgate account list` shows"
            );
        }
    }
}
