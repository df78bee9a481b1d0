//! The rules of leads, workflows and cadences.
//!
//! This crate has no types of AWS or HTTP. It reads no clock, no environment and no random numbers:
//! callers pass them in. It does not panic on any input.

pub mod account;
pub mod activity;
pub mod address;
pub mod api_key;
mod base62;
pub mod bucket;
pub mod cadence;
pub mod campaign;
pub mod channel;
pub mod country;
pub mod destination;
pub mod email;
pub mod field_names;
pub mod filled_message;
pub mod first_message;
pub mod idempotency;
pub mod ids;
pub mod invisible;
pub mod json;
pub mod lane;
pub mod lead;
pub mod limit;
pub mod limited;
pub mod message_template;
pub mod metadata;
pub mod name;
pub mod outcome;
pub mod page;
pub mod patch;
pub mod phone;
pub mod report_limits;
pub mod run;
pub mod spelling;
pub mod suppression;
pub mod time;
pub mod timing;
pub mod touchpoint_filter;
pub mod touchpoint_id;
pub mod webhook_secret;
pub mod webhook_url;
pub mod workflow;
