//! `POST /leads` ([contract](../../../../docs/contract.md#post-leads)): one lead, or an array of leads.
//!
//! A request goes through the modules in this order: `request`, `references`, `enrol`, `accept`, `reply`.
//! `batch` does the same for an array.

mod accept;
mod batch;
pub mod create;
mod enrol;
mod first_message;
mod idempotency;
mod many_reply;
mod outcome;
mod references;
mod reply;
mod request;

pub use self::create::create;
#[cfg(fuzzing)]
pub use self::request::LeadRequest;
