//! The secret of an account, and the ids of touchpoints that are made with it.

use std::fmt;

use domain::{
    ids::AccountId,
    touchpoint_id::{TAG_SIZE, TouchpointRef},
};
use ring::hmac::{self, HMAC_SHA256, Key};

/// Text in front of the bytes of a touchpoint, so that a tag is good for nothing else.
const TOUCHPOINT: &[u8] = b"touchpoint";

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

    fn tag(&self, touchpoint: TouchpointRef) -> [u8; TAG_SIZE] {
        let mut signing = hmac::Context::with_key(&Key::new(HMAC_SHA256, &self.0));
        signing.update(TOUCHPOINT);
        signing.update(&touchpoint.to_bytes());
        let tag = signing.sign();
        tag.as_ref().first_chunk().copied().unwrap_or_default()
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
}
