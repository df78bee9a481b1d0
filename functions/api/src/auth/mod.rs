//! Authentication ([contract](../../../../docs/contract.md#authentication)).

mod caller;
mod key_cache;
mod reporter;

pub use self::{caller::Caller, key_cache::KeyCache, reporter::Reporter};
