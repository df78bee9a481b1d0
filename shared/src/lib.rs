//! What all of Leadgate's functions share.
//!
//! Dependencies go one way: `store` and `queue` know `domain`; `domain` knows no AWS and no HTTP type.

pub mod aws;
pub mod cache;
pub mod catalogue;
pub mod clock;
pub mod config;
pub mod domain;
pub mod lambda;
pub mod queue;
pub mod store;
pub mod telemetry;
