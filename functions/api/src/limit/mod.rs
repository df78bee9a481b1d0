//! Limits of accounts and of keys ([ADR
//! 12](../../../../docs/adr/0012-containers-lease-tokens-from-a-bucket.md)).
//!
//! [`crate::auth::Caller`] charges a request after authentication and before its body is read.
//! Requests without a limit make no extra calls.

mod charges;
mod fields;
mod lease;
mod limiter;

pub use self::{charges::Charges, limiter::Limiter};
