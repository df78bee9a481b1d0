//! Entry points of `tests/fuzz/`. Only `cargo fuzz` compiles them.

use domain::{account::AccountSettings, ids::AccountId, limit::Limits};

use crate::intake::{LeadRequest, Place, Shape};

/// Parses a body as one lead of an account with this country.
pub fn read_lead(body: &[u8], default_country: Option<&str>) {
    let account = AccountSettings {
        id: AccountId::new(jiff::Timestamp::UNIX_EPOCH, [0; 10]),
        default_country: default_country.and_then(|code| code.parse().ok()),
        limits: Limits::default(),
    };
    let Ok(key) = "fuzz".parse() else { return };
    let place = Place {
        key: &key,
        index: 0,
        shape: Shape::Single,
    };
    let _ = LeadRequest::parse(body, &account, Some(place));
}
