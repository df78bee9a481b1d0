//! `GET /openapi.json`: the description of the API, OpenAPI 3.1.
//!
//! `leadgate openapi` makes docs/openapi.json from the handlers and their types, and a test compares the two. The
//! function serves that file, and reads the methods of each path there. Everything else here is compiled only with the
//! feature `description`.

#![cfg_attr(
    feature = "description",
    expect(
        clippy::indexing_slicing,
        reason = "the document is made here, with the places that are read"
    )
)]

#[cfg(test)]
#[cfg(feature = "description")]
mod compatibility;
#[cfg(feature = "description")]
mod document;
#[cfg(feature = "description")]
mod error_page;
#[cfg(feature = "description")]
mod errors;
#[cfg(feature = "description")]
mod examples;
#[cfg(feature = "description")]
mod links;
mod methods;
#[cfg(feature = "description")]
mod replies;
#[cfg(feature = "description")]
mod rules;
pub mod served;
#[cfg(test)]
#[cfg(feature = "description")]
mod tests;

#[cfg(feature = "description")]
pub use self::{
    document::{Audience, document},
    error_page::error_page,
    errors::errors_page,
};
pub use self::{
    methods::method_not_allowed,
    served::{DOCUMENT, show},
};
