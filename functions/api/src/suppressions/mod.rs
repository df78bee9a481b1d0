//! Suppressions: addresses that must not be contacted ([contract](../../../../docs/contract.md#suppressions)).
//!
//! No log line, no item and no reply shows an address. Only the message about a wrong value repeats it, to its
//! sender.

pub mod add;
pub mod check;
pub mod list;
mod many;
pub mod remove;
mod reply;
mod request;
mod write;

pub use self::{add::add, check::check, list::list, remove::remove, write::suppress_lead};
