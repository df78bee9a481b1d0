//! Ids of touchpoints ([contract](../../../docs/contract.md#touchpoints)).
//!
//! An id is `tp_` and 81 base62 digits. They stand for 60 bytes: the account, the lead and the run
//! (16 bytes each), the index of the touchpoint (2 bytes), and a tag (10 bytes). The tag is made with
//! a secret of the account, so that no id can be guessed. An id needs no look-up table.

use uuid::Uuid;

use crate::{
    base62,
    ids::{AccountId, LeadId, RunId},
};

const PREFIX: &str = "tp_";
/// Number of digits of 60 bytes.
const LENGTH: usize = 81;

/// Bytes of a touchpoint without its tag.
pub const REF_SIZE: usize = 50;
/// Size of a tag in bytes.
pub const TAG_SIZE: usize = 10;
const SIZE: usize = REF_SIZE + TAG_SIZE;

/// The place of a touchpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TouchpointRef {
    pub account_id: AccountId,
    pub lead_id: LeadId,
    pub run_id: RunId,
    /// Index in the run.
    pub index: u16,
}

impl TouchpointRef {
    /// Returns the bytes over which the tag is made.
    pub fn to_bytes(self) -> [u8; REF_SIZE] {
        let mut bytes = [0; REF_SIZE];
        let parts = [
            &self.account_id.as_bytes()[..],
            self.lead_id.as_bytes(),
            self.run_id.as_bytes(),
            &self.index.to_be_bytes(),
        ];
        for (to, from) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *from;
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let id = |from: usize| Uuid::from_slice(bytes.get(from..from + 16)?).ok();
        let index = bytes.get(48..REF_SIZE)?;
        Some(Self {
            account_id: id(0)?.into(),
            lead_id: id(16)?.into(),
            run_id: id(32)?.into(),
            index: u16::from_be_bytes(index.try_into().ok()?),
        })
    }

    /// Returns the id of the touchpoint with its tag.
    pub fn to_id(self, tag: [u8; TAG_SIZE]) -> String {
        let bytes: Vec<u8> = self.to_bytes().into_iter().chain(tag).collect();
        PREFIX.to_owned() + &base62::encode(&bytes, LENGTH)
    }

    /// Reads an id. Returns the touchpoint and the tag, which the caller must check. `None` if the
    /// text has another form.
    pub fn parse(id: &str) -> Option<(Self, [u8; TAG_SIZE])> {
        let digits = id.strip_prefix(PREFIX)?;
        if digits.len() != LENGTH {
            return None;
        }
        let mut number = [0_u8; SIZE];
        base62::decode(digits, &mut number)?;
        let (reference, tag) = number.split_at(REF_SIZE);
        Some((Self::from_bytes(reference)?, tag.try_into().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_comes_back_as_its_touchpoint_and_its_tag(
            (account, lead, run) in any::<([u8; 16], [u8; 16], [u8; 16])>(),
            index: u16,
            tag: [u8; TAG_SIZE],
        ) {
            let touchpoint = TouchpointRef {
                account_id: Uuid::from_bytes(account).into(),
                lead_id: Uuid::from_bytes(lead).into(),
                run_id: Uuid::from_bytes(run).into(),
                index,
            };
            let id = touchpoint.to_id(tag);
            prop_assert_eq!(id.len(), 84);
            prop_assert!(id.bytes().all(|it| it == b'_' || it.is_ascii_alphanumeric()));
            prop_assert_eq!(TouchpointRef::parse(&id), Some((touchpoint, tag)));
        }

        #[test]
        fn no_text_stands_for_the_touchpoint_of_another_text(text in "tp_[0-9A-Za-z]{81}") {
            if let Some((touchpoint, tag)) = TouchpointRef::parse(&text) {
                prop_assert_eq!(touchpoint.to_id(tag), text);
            }
        }

        #[test]
        fn any_other_text_is_no_id(text in "\\PC{0,90}") {
            prop_assert_eq!(TouchpointRef::parse(&text), None);
        }
    }
}
