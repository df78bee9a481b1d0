//! Addresses of people as Leadgate keeps them apart from leads: by a keyed hash
//! ([contract](../../../docs/contract.md#suppressions)).

use std::{fmt, str::FromStr};

use thiserror::Error;

use crate::{base62, channel::Channel};

/// Size of a hash in bytes. Two addresses of an account share a hash less than once in 10^18 accounts
/// with a billion addresses each.
pub const HASH_SIZE: usize = 16;
/// Number of digits of the kind and the hash, which are 17 bytes.
const LENGTH: usize = 23;
const SUPPRESSION: &str = "sup_";

/// Kind of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddressKind {
    Phone,
    Email,
}

impl AddressKind {
    pub const ALL: [Self; 2] = [Self::Phone, Self::Email];

    /// Returns the kind of the address that a channel uses.
    pub fn of(channel: Channel) -> Self {
        match channel {
            Channel::Call | Channel::Whatsapp | Channel::Sms => Self::Phone,
            Channel::Email => Self::Email,
        }
    }

    /// Returns the channels that use an address of this kind.
    pub fn channels(self) -> impl Iterator<Item = Channel> {
        let channels = Channel::ALL.into_iter();
        channels.filter(move |channel| Self::of(*channel) == self)
    }

    /// Returns the name of the field that has such an address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
        }
    }
}

impl fmt::Display for AddressKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Phone => "phone number",
            Self::Email => "e-mail address",
        })
    }
}

/// A keyed hash of an address. It shows nothing of the address. `Display` is 23 base62 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressHash {
    pub kind: AddressKind,
    pub hash: [u8; HASH_SIZE],
}

/// Error for a text that is no hash.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("is not the hash of an address")]
pub struct HashError;

impl AddressHash {
    /// Returns the id of the suppression of the address.
    pub fn suppression_id(self) -> String {
        format!("{SUPPRESSION}{self}")
    }

    /// Returns the address of a suppression's id. `None` if the text has another form.
    pub fn of_suppression(id: &str) -> Option<Self> {
        id.strip_prefix(SUPPRESSION)?.parse().ok()
    }
}

impl fmt::Display for AddressHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            AddressKind::Phone => 1,
            AddressKind::Email => 2,
        };
        let bytes: Vec<u8> = [kind].into_iter().chain(self.hash).collect();
        f.write_str(&base62::encode(&bytes, LENGTH))
    }
}

impl FromStr for AddressHash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        let mut bytes = [0; HASH_SIZE + 1];
        if text.len() != LENGTH || base62::decode(text, &mut bytes).is_none() {
            return Err(HashError);
        }
        let [kind, hash @ ..] = bytes;
        let kind = match kind {
            1 => AddressKind::Phone,
            2 => AddressKind::Email,
            _ => return Err(HashError),
        };
        Ok(Self { kind, hash })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_hash_comes_back_from_its_id(hash: [u8; HASH_SIZE], is_phone: bool) {
            let kind = if is_phone { AddressKind::Phone } else { AddressKind::Email };
            let address = AddressHash { kind, hash };
            let id = address.suppression_id();
            prop_assert_eq!(id.len(), 27);
            prop_assert_eq!(AddressHash::of_suppression(&id), Some(address));
        }

        #[test]
        fn no_text_stands_for_the_hash_of_another_text(text in "sup_[0-9A-Za-z]{23}") {
            if let Some(address) = AddressHash::of_suppression(&text) {
                prop_assert_eq!(address.suppression_id(), text);
            }
        }

        #[test]
        fn any_other_text_is_no_id(text in "\\PC{0,40}") {
            prop_assert_eq!(AddressHash::of_suppression(&text), None);
        }
    }

    #[test]
    fn each_channel_uses_one_kind_of_address() {
        let of_phone: Vec<_> = AddressKind::Phone.channels().collect();
        assert_eq!(of_phone, [Channel::Call, Channel::Whatsapp, Channel::Sms]);
        let of_email: Vec<_> = AddressKind::Email.channels().collect();
        assert_eq!(of_email, [Channel::Email]);
    }
}
