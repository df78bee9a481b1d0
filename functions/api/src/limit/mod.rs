//! Limits on the requests of an account and of a key
//! ([ADR 12](../../../../docs/adr/0012-a-limit-is-kept-by-shares-of-one-bucket.md)).
//!
//! [`crate::auth::Caller`] charges a request after it is authenticated and before its body is read. A request
//! without a limit costs nothing.

mod charges;
mod fields;
mod limiter;
mod outage;
mod share;

pub use self::{charges::Charges, limiter::Limiter};
