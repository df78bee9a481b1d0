//! Entry points of `tests/fuzz/`. Only `cargo fuzz` compiles them.

use domain::{account::Account, ids::AccountId, limit::Limits};

/// Reads a body as one lead of an account with this country.
pub fn read_lead(body: &[u8], default_country: Option<&str>) {
    let account = Account {
        id: AccountId::new(
            jiff::Timestamp::UNIX_EPOCH,
            aws::randomness::Randomness::System.bits(),
        ),
        default_country: default_country.and_then(|code| code.parse().ok()),
        limits: Limits::default(),
    };
    let _ = crate::leads::read_draft(body, &account, Some(""));
}
