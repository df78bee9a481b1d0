//! Leads, workflows, cadences: the rules, and nothing else. Knows no AWS and no HTTP type, reads no
//! clock and no environment, and never panics on input.

pub mod account;
pub mod activity;
pub mod api_key;
pub mod cadence;
pub mod campaign;
pub mod country;
pub mod email;
pub mod first_message;
pub mod idempotency;
pub mod ids;
pub mod json;
pub mod lead;
pub mod limit;
pub mod metadata;
pub mod name;
pub mod page;
pub mod phone;
pub mod run;
pub mod workflow;
