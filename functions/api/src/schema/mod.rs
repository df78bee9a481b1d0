//! Types that describe requests in docs/openapi.json. They are never made.

pub mod bodies;
pub mod domain_types;
pub mod parameters;
pub mod refusals;
