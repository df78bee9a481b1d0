//! `POST /leads` ([contract](../../../../docs/contract.md#post-leads)): one lead, or an array of leads.
//!
//! A request goes through the modules in this order: `lead_request`, `references`, `enrol`, `accept`, `reply`.
//! `one` does this for one lead, and `array` for an array. `operator` is the way in without a request.

mod accept;
mod array;
mod array_reply;
pub mod create;
mod enrol;
mod first_message;
mod hints;
mod idempotency;
mod lead_request;
mod one;
pub mod operator;
mod outcome;
mod references;
mod reply;
mod reply_size;
mod wrapped_leads;

pub use self::create::create;
#[cfg(fuzzing)]
pub use self::{
    idempotency::{Place, Shape},
    lead_request::LeadRequest,
};
