//! Requests and replies in general: bodies, fields, paths, pages, errors, and the exchange around them.

pub mod body;
pub mod dispatch_counts;
pub mod envelope;
pub mod error;
pub mod error_spec;
pub mod exchange;
pub mod failed;
pub mod fields;
pub mod idempotency;
pub mod misspelling;
pub mod outcome_counts;
pub mod paging;
pub mod path;
pub mod problem;
pub mod reader;
pub mod results;
pub mod routes;
pub mod size;
mod usual_paths;
