//! Access to AWS for all functions: clients, the store, the queue, configuration and telemetry.
//!
//! The crate `domain` has the rules. This crate has no HTTP type of the API.

pub mod account_secret;
pub mod cache;
pub mod catalogue;
pub mod clients;
pub mod clock;
pub mod config;
pub mod lambda;
pub mod queue;
pub mod randomness;
pub mod store;
pub mod telemetry;
