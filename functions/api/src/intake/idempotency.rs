//! The leads of a request with an `Idempotency-Key` ([contract](../../../../docs/contract.md#idempotency-key)).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{account::AccountSettings, idempotency::IdempotencyKey, ids::LeadId};
use sha2::{Digest, Sha256};

use crate::http::fields::Fields;

/// The form of a body. The same lead alone and in an array of one are different requests.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    Single,
    Array,
}

/// The place of one lead in an idempotent request.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub key: &'a IdempotencyKey,
    /// The lead's index in the body, from 0.
    pub index: usize,
    pub shape: Shape,
}

/// One lead of an idempotent request.
#[derive(Clone, Debug, PartialEq)]
pub struct IdempotentRequest {
    /// The id of the lead, derived from the account, the key and the index.
    pub lead_id: LeadId,
    /// A hash of the parsed request: see [`Fields::fingerprint`]. Empty for an element that is no
    /// lead: no stored lead has that.
    pub fingerprint: String,
}

impl IdempotentRequest {
    pub fn new(place: Place<'_>, account: &AccountSettings, fields: &Fields) -> Self {
        let prefix = match place.shape {
            Shape::Single => "",
            Shape::Array => "array",
        };
        Self {
            lead_id: LeadId::of_request(account.id, place.key, place.index),
            fingerprint: fields.fingerprint(prefix),
        }
    }

    /// Makes the request of an element that is no lead.
    pub fn malformed(place: Place<'_>, account: &AccountSettings) -> Self {
        Self {
            lead_id: LeadId::of_request(account.id, place.key, place.index),
            fingerprint: String::new(),
        }
    }

    /// Returns the hash of this lead in the array's manifest: 66 bits. The key is in the hash, so
    /// that the table does not have all that is needed to guess the lead.
    pub fn hash(&self, key: &IdempotencyKey) -> String {
        let mut hash = Sha256::new_with_prefix(key.as_str());
        hash.update("#");
        hash.update(&self.fingerprint);
        let mut mark = BASE64_URL_SAFE_NO_PAD.encode(hash.finalize());
        mark.truncate(11);
        mark
    }
}
