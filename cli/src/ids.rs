//! Ids as a person gives them: whole, or their end as tables show it.

use thiserror::Error;

/// Fewest characters of a short id.
const LEAST: usize = 4;
/// Characters of a whole id.
const WHOLE: usize = 36;

/// Reason why a text names nothing. A text that is no id is not repeated: it may be an API key.
#[derive(Debug, Error)]
pub(crate) enum IdError {
    #[error("this is not the id of {what}: pass one that `leadgate {command} list` shows")]
    NotAnId {
        what: &'static str,
        command: &'static str,
    },
    #[error("there is no {what} {id} here: `leadgate {command} list` lists the {what}s")]
    Unknown {
        what: &'static str,
        id: String,
        command: &'static str,
    },
    #[error(
        "{count} ids of {command}s end in {id}: give more characters (`--full` shows them all)"
    )]
    Ambiguous {
        count: usize,
        id: String,
        command: &'static str,
    },
}

/// The kind of thing that an id names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// With its article.
    pub(crate) article: &'static str,
    /// Word of the command.
    pub(crate) command: &'static str,
}

pub(crate) const ACCOUNT: Kind = Kind {
    article: "an account",
    command: "account",
};
pub(crate) const KEY: Kind = Kind {
    article: "a key",
    command: "key",
};

/// Checks that a text can be a whole or a short id.
pub(crate) fn check(kind: Kind, text: &str) -> Result<(), IdError> {
    let is_hex = text.chars().all(|it| it == '-' || it.is_ascii_hexdigit());
    if is_hex && (LEAST..=WHOLE).contains(&text.len()) {
        return Ok(());
    }
    Err(IdError::NotAnId {
        what: kind.article,
        command: kind.command,
    })
}

/// The one of `all` whose id is `text`, or ends in it.
pub(crate) fn find<T>(
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
        (None, _) => Err(IdError::Unknown {
            what: kind.command,
            id: wanted,
            command: kind.command,
        }),
        (Some(_), others) => Err(IdError::Ambiguous {
            count: others + 1,
            id: wanted,
            command: kind.command,
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
        find(ACCOUNT, text, IDS, ToString::to_string).map_err(|error| error.to_string())
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
            "2 ids of accounts end in 367d: give more characters (`--full` shows them all)"
        );
        assert_eq!(
            found("ffff").unwrap_err(),
            "there is no account ffff here: `leadgate account list` lists the accounts"
        );
        for text in [
            "",
            "001",
            "nxr_live_LeadgateDemoKeyForLocalStackOnly0m2QZI",
            "Acme",
        ] {
            assert_eq!(
                found(text).unwrap_err(),
                "this is not the id of an account: pass one that `leadgate account list` shows"
            );
        }
    }
}
