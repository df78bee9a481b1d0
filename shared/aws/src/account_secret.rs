//! The secret of an account, and what is made with it: ids of touchpoints, and hashes of addresses.

use std::fmt;

use domain::{
    address::{AddressHash, AddressKind},
    email::Email,
    ids::AccountId,
    lead::Profile,
    phone::Phone,
    touchpoint_id::{TAG_SIZE, TouchpointRef},
};
use ring::hmac::{self, HMAC_SHA256, Key};

/// Text in front of the bytes of a touchpoint, so that a tag is good for nothing else.
const TOUCHPOINT: &[u8] = b"touchpoint";
/// Texts in front of an address, so that a hash is good for nothing else.
const PHONE: &[u8] = b"address phone ";
const EMAIL: &[u8] = b"address email ";

/// 32 secret bytes of an account. They never leave Leadgate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AccountSecret(pub [u8; 32]);

impl AccountSecret {
    /// Returns the id of a touchpoint.
    pub fn touchpoint_id(&self, touchpoint: TouchpointRef) -> String {
        touchpoint.to_id(self.tag(touchpoint))
    }

    /// Returns the touchpoint of an id. `None` if the id was not made with this secret, or for
    /// another account.
    pub fn touchpoint(&self, id: &str, account: AccountId) -> Option<TouchpointRef> {
        let (touchpoint, tag) = TouchpointRef::parse(id)?;
        let expected = self.tag(touchpoint);
        let pairs = tag.iter().zip(expected);
        let difference = pairs.fold(0, |sum, (one, other)| sum | (one ^ other));
        (difference == 0 && touchpoint.account_id == account).then_some(touchpoint)
    }

    /// Returns the hash of a phone number.
    pub fn phone_hash(&self, phone: &Phone) -> AddressHash {
        AddressHash {
            kind: AddressKind::Phone,
            hash: self.signed(PHONE, phone.as_str().as_bytes()),
        }
    }

    /// Returns the hash of an e-mail address.
    pub fn email_hash(&self, email: &Email) -> AddressHash {
        AddressHash {
            kind: AddressKind::Email,
            hash: self.signed(EMAIL, email.as_str().as_bytes()),
        }
    }

    /// Returns the hashes of a lead's phone number and e-mail address.
    pub fn hashes_of(&self, lead: &Profile) -> [Option<AddressHash>; 2] {
        [
            lead.phone.as_ref().map(|phone| self.phone_hash(phone)),
            lead.email.as_ref().map(|email| self.email_hash(email)),
        ]
    }

    fn tag(&self, touchpoint: TouchpointRef) -> [u8; TAG_SIZE] {
        self.signed(TOUCHPOINT, &touchpoint.to_bytes())
    }

    /// Returns the first bytes of the HMAC-SHA256 of `purpose` and `bytes`.
    fn signed<const N: usize>(&self, purpose: &[u8], bytes: &[u8]) -> [u8; N] {
        let mut signing = hmac::Context::with_key(&Key::new(HMAC_SHA256, &self.0));
        signing.update(purpose);
        signing.update(bytes);
        let tag = signing.sign();
        tag.as_ref().first_chunk().copied().unwrap_or([0; N])
    }
}

impl fmt::Debug for AccountSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountSecret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::{LeadId, RunId};
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn an_id_is_good_for_its_account_and_with_its_secret_only() {
        let now = Timestamp::UNIX_EPOCH;
        let account = AccountId::new(now, [1; 10]);
        let touchpoint = TouchpointRef {
            account_id: account,
            lead_id: LeadId::new(now, [2; 10]),
            run_id: RunId::new(now, [3; 10]),
            index: 4,
        };
        let secret = AccountSecret([5; 32]);
        let id = secret.touchpoint_id(touchpoint);
        assert_eq!(secret.touchpoint(&id, account), Some(touchpoint));
        let another = AccountId::new(now, [6; 10]);
        assert_eq!(secret.touchpoint(&id, another), None);
        assert_eq!(AccountSecret([6; 32]).touchpoint(&id, account), None);
        let of_next = touchpoint.to_id([0; TAG_SIZE]);
        assert_eq!(secret.touchpoint(&of_next, account), None);
        assert_eq!(format!("{secret:?}"), "AccountSecret(redacted)");
    }

    /// Stored suppressions have these hashes, so they must never change. They were computed by another
    /// program.
    #[test]
    fn the_hash_of_an_address_is_the_same_in_every_version() {
        let secret = AccountSecret([5; 32]);
        let phone = secret.phone_hash(&"+12025550100".try_into().unwrap());
        let email = secret.email_hash(&"ana@example.com".try_into().unwrap());
        let hex = |hash: [u8; 16]| u128::from_be_bytes(hash);
        assert_eq!(hex(phone.hash), 0x7b2c2dae_ffb92eda_d7ac1054_0f50ad3b);
        assert_eq!(hex(email.hash), 0xf21fb979_5fa5b261_467b537d_d76034e1);
        let other = AccountSecret([6; 32]).phone_hash(&"+12025550100".try_into().unwrap());
        assert_ne!(other, phone);
    }
}
