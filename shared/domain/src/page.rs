//! Pages and cursors of lists ([contract](../../../docs/contract.md#lists-and-cursors)).
//!
//! A cursor holds the position of the last item that was shown, so an insert makes no page repeat or
//! skip an item. A digest binds the cursor to its account and its list. A cursor that was changed,
//! or that is used elsewhere, is refused. The digest has no key, so a client that has its account's
//! id can make a cursor. The digest need not protect data, because the caller's account alone decides
//! which items are listed. A position must have the form that the list gives, because DynamoDB refuses
//! longer ones.

use std::str::FromStr;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use thiserror::Error;
use uuid::Uuid;

use super::{
    address::AddressHash,
    channel::Channel,
    ids::{AccountId, LeadId},
    lead::LeadFilter,
    touchpoint_filter::TouchpointFilter,
};

const DIGEST_LENGTH: usize = 16;

/// A list of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List<'a> {
    Workflows,
    Campaigns,
    /// Leads that pass a filter.
    Leads(&'a LeadFilter),
    /// Activities of a lead.
    History(LeadId),
    /// Touchpoints that pass a filter.
    Touchpoints(&'a TouchpointFilter),
    Suppressions,
}

impl List<'_> {
    /// Returns whether a text has the form of a position in the list.
    fn has_position(self, text: &str) -> bool {
        match self {
            Self::Touchpoints(_) => {
                let is_part = |part: &str| {
                    Channel::of_word(part).is_some()
                        || is_written(part, u16::to_string)
                        || is_written(part, Uuid::to_string)
                        || is_written(part, |time: &Timestamp| time.to_string())
                };
                text.split('#').count() <= 3 && text.split('#').all(is_part)
            }
            Self::Workflows | Self::Campaigns => is_written::<Uuid>(text, Uuid::to_string),
            Self::Leads(_) => text.split_once('#').is_some_and(|(time, id)| {
                is_written::<Timestamp>(time, Timestamp::to_string)
                    && is_written(id, Uuid::to_string)
            }),
            Self::Suppressions => text.split_once('#').is_some_and(|(time, address)| {
                is_written::<Timestamp>(time, Timestamp::to_string)
                    && is_written(address, AddressHash::to_string)
            }),
            Self::History(_) => {
                let mut parts = text.splitn(3, '#');
                parts
                    .next()
                    .is_some_and(|time| is_written(time, |time: &Timestamp| format!("{time:.3}")))
                    && parts
                        .next()
                        .is_some_and(|rank| matches!(rank, "0" | "1" | "2"))
                    && parts
                        .next()
                        .is_some_and(|id| is_written(id, Uuid::to_string))
            }
        }
    }
}

/// Returns whether a text is what `write` makes of the value that it stands for.
fn is_written<T: FromStr>(text: &str, write: impl Fn(&T) -> String) -> bool {
    text.parse().is_ok_and(|value| write(&value) == text)
}

/// Limit and position of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// Maximum number of items.
    pub limit: u16,
    /// Position behind which the page begins. `None` for the first page.
    pub after: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// Items in the order of the list.
    pub items: Vec<T>,
    /// Position of the last item. `None` if it is the last of the list.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Converts each item.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(f).collect(),
            next: self.next,
        }
    }

    /// Converts each item.
    ///
    /// # Errors
    /// The first error of `f`.
    pub fn try_map<U, E>(self, f: impl FnMut(T) -> Result<U, E>) -> Result<Page<U>, E> {
        Ok(Page {
            items: self.items.into_iter().map(f).collect::<Result<_, _>>()?,
            next: self.next,
        })
    }
}

/// Error for a text that is no cursor of this list of the account. The message follows the name of
/// the field.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("is not a cursor of this list: use next_cursor of the previous page, or leave it out")]
pub struct CursorError;

/// Returns the cursor for `position` in a list of the account.
pub fn encode_cursor(account: AccountId, list: List<'_>, position: &str) -> String {
    let mut bytes = digest(account, list, position).to_vec();
    bytes.extend_from_slice(position.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Returns the position that a cursor holds.
///
/// # Errors
/// [`CursorError`] if the cursor does not belong to the list of the account.
pub fn decode_cursor(
    account: AccountId,
    list: List<'_>,
    cursor: &str,
) -> Result<String, CursorError> {
    let bytes = BASE64_URL_SAFE_NO_PAD
        .decode(cursor)
        .map_err(|_| CursorError)?;
    let (given, position) = bytes.split_at_checked(DIGEST_LENGTH).ok_or(CursorError)?;
    let position = str::from_utf8(position).map_err(|_| CursorError)?;
    if digest(account, list, position) == given && list.has_position(position) {
        Ok(position.to_owned())
    } else {
        Err(CursorError)
    }
}

fn digest(account: AccountId, list: List<'_>, position: &str) -> [u8; DIGEST_LENGTH] {
    let mut hash = Sha256::new();
    hash.update(account.as_bytes());
    match list {
        List::Workflows => hash.update("workflows"),
        List::Campaigns => hash.update("campaigns"),
        List::Suppressions => hash.update("suppressions"),
        List::Leads(filter) => {
            let LeadFilter {
                campaign_id,
                workflow_id,
                created_after,
                created_before,
            } = filter;
            let fields = [
                campaign_id.map(|id| id.to_string()),
                workflow_id.map(|id| id.to_string()),
                created_after.map(|time| time.to_string()),
                created_before.map(|time| time.to_string()),
            ];
            hash.update("leads");
            for field in fields {
                hash.update(field.unwrap_or_default());
                hash.update("\n");
            }
        }
        List::Touchpoints(filter) => hash.update(format!("touchpoints {filter:?}")),
        List::History(lead) => {
            hash.update("history");
            hash.update(lead.as_bytes());
        }
    }
    hash.update(position);
    let mut digest = [0; DIGEST_LENGTH];
    digest
        .iter_mut()
        .zip(hash.finalize())
        .for_each(|(kept, byte)| *kept = byte);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::AddressKind;

    const ID: &str = "0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c6d";

    #[test]
    fn only_a_position_in_the_form_of_its_list_is_read() {
        let account: AccountId = ID.parse().unwrap();
        let filter = LeadFilter::default();
        let time = "2026-02-10T12:00:00";
        let forms = [
            (List::Workflows, ID.to_owned()),
            (List::Campaigns, ID.to_owned()),
            (List::Leads(&filter), format!("{time}Z#{ID}")),
            (
                List::History(ID.parse().unwrap()),
                format!("{time}.000Z#1#{ID}"),
            ),
            (
                List::Suppressions,
                format!(
                    "{time}Z#{}",
                    AddressHash {
                        kind: AddressKind::Email,
                        hash: [7; 16]
                    }
                ),
            ),
        ];
        let long = "x".repeat(3_000);
        for (list, position) in &forms {
            let read =
                |text: &str| decode_cursor(account, *list, &encode_cursor(account, *list, text));
            assert_eq!(read(position), Ok(position.clone()));
            let others = forms
                .iter()
                .map(|(_, other)| other)
                .filter(|it| *it != position);
            let wrong = ["", "~~~~", "!", "\0", "#", &long, &position[1..]];
            let changed = [
                format!("{position}x"),
                format!("{position}#"),
                format!(" {position}"),
                position.replace('-', ""),
                position.replace("f0c1", "F0C1"),
                position.replace("12:00:00", "12:00:60"),
                position.replace("#1#", "#3#"),
            ];
            let changed = changed.iter().filter(|it| *it != position);
            for text in wrong
                .into_iter()
                .chain(changed.map(String::as_str))
                .chain(others.map(String::as_str))
            {
                assert_eq!(read(text), Err(CursorError), "{list:?} {text:?}");
            }
        }
    }

    #[test]
    fn a_cursor_works_for_its_own_account_and_list_only() {
        let mine: AccountId = "0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c6d".parse().unwrap();
        let other: AccountId = "0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c6e".parse().unwrap();
        let cursor = encode_cursor(mine, List::Workflows, ID);
        assert_eq!(
            decode_cursor(mine, List::Workflows, &cursor),
            Ok(ID.to_owned())
        );
        assert_eq!(
            decode_cursor(other, List::Workflows, &cursor),
            Err(CursorError)
        );
        assert_eq!(
            decode_cursor(mine, List::Campaigns, &cursor),
            Err(CursorError)
        );
        for changed in ["", "x", "é", &cursor[1..], &format!("{cursor}AA")] {
            assert_eq!(
                decode_cursor(mine, List::Workflows, changed),
                Err(CursorError),
                "{changed}"
            );
        }
    }
}
