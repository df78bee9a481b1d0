//! The secret of an account, and what is made with it: ids of touchpoints, tokens for their outcomes, and
//! hashes of addresses.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{
    address::{AddressHash, AddressKind},
    email::Email,
    ids::AccountId,
    lead::Profile,
    phone::Phone,
    touchpoint_id::{TAG_SIZE, TouchpointRef},
};
use jiff::{SignedDuration, Timestamp};
use ring::hmac::{self, HMAC_SHA256, Key};

/// Text in front of the bytes of a touchpoint, so that a tag is good for nothing else.
const TOUCHPOINT: &[u8] = b"touchpoint";
/// Texts in front of an address, so that a hash is good for nothing else.
const REPLY: &[u8] = b"reply";
const PHONE: &[u8] = b"address phone ";
const EMAIL: &[u8] = b"address email ";

/// Time from the hand-over for which a token opens its touchpoint.
const REPLY_TIME: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Bytes of the tag of a token.
const REPLY_TAG: usize = 16;

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
        let is_of_account = touchpoint.account_id == account;
        (is_same(&tag, &expected) && is_of_account).then_some(touchpoint)
    }

    /// Returns the token with which the receiver of a touchpoint reports its outcome without an API key.
    /// It opens this touchpoint only, for 30 days from `now`.
    pub fn reply_token(&self, touchpoint: TouchpointRef, now: Timestamp) -> String {
        let until = now.saturating_add(REPLY_TIME).unwrap_or(now).as_second();
        let until = u32::try_from(until).unwrap_or_default().to_be_bytes();
        let tag = self.reply_tag(touchpoint, until);
        BASE64_URL_SAFE_NO_PAD.encode([&until[..], &tag[..]].concat())
    }

    /// Returns the touchpoint of an id that `token` opens at `now`. `None` if one of them was not made with
    /// this secret, if they are not of each other, or if the token is too old.
    pub fn opened_by(&self, token: &str, id: &str, now: Timestamp) -> Option<TouchpointRef> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
        let (until, tag) = bytes.split_first_chunk::<4>()?;
        let tag: [u8; REPLY_TAG] = tag.try_into().ok()?;
        let (touchpoint, tag_of_id) = TouchpointRef::parse(id)?;
        // Both tags are compared in any case, so that the time of the answer shows nothing.
        let is_id = is_same(&tag_of_id, &self.tag(touchpoint));
        let is_token = is_same(&tag, &self.reply_tag(touchpoint, *until));
        let is_in_time = now.as_second() < i64::from(u32::from_be_bytes(*until));
        (is_id & is_token & is_in_time).then_some(touchpoint)
    }

    fn reply_tag(&self, touchpoint: TouchpointRef, until: [u8; 4]) -> [u8; REPLY_TAG] {
        let bytes: Vec<u8> = touchpoint.to_bytes().into_iter().chain(until).collect();
        self.signed(REPLY, &bytes)
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

/// Compares two tags in a time that does not depend on them.
fn is_same<const N: usize>(one: &[u8; N], other: &[u8; N]) -> bool {
    let pairs = one.iter().zip(other);
    pairs.fold(0, |sum, (one, other)| sum | (one ^ other)) == 0
}

impl fmt::Debug for AccountSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountSecret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::{LeadId, RunId};

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

    #[test]
    fn a_token_opens_its_touchpoint_for_thirty_days() {
        let now: Timestamp = "2026-02-10T12:00:00Z".parse().unwrap();
        let touchpoint = |index| TouchpointRef {
            account_id: AccountId::new(now, [1; 10]),
            lead_id: LeadId::new(now, [2; 10]),
            run_id: RunId::new(now, [3; 10]),
            index,
        };
        let secret = AccountSecret([5; 32]);
        let (one, other) = (touchpoint(0), touchpoint(1));
        let token = secret.reply_token(one, now);
        assert_eq!(token.len(), 27);
        let (id, of_other) = (secret.touchpoint_id(one), secret.touchpoint_id(other));
        let last = now + REPLY_TIME - SignedDuration::from_secs(1);
        assert_eq!(secret.opened_by(&token, &id, last), Some(one));
        assert_eq!(secret.opened_by(&token, &id, now + REPLY_TIME), None);
        assert_eq!(secret.opened_by(&token, &of_other, now), None);
        assert_eq!(
            secret.opened_by(&token, &one.to_id([0; TAG_SIZE]), now),
            None
        );
        let another = AccountSecret([6; 32]);
        assert_eq!(another.opened_by(&token, &id, now), None);
        // A later end has another tag.
        let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(&token).unwrap();
        bytes[0] += 1;
        let longer = BASE64_URL_SAFE_NO_PAD.encode(bytes);
        for wrong in ["", "x", &token[1..], &longer, &format!("{token}=")] {
            assert_eq!(secret.opened_by(wrong, &id, now), None, "{wrong}");
        }
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
