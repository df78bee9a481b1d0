//! Stand-ins for the macros of utoipa that expand to nothing.
//!
//! The function `api` is built with them instead of utoipa, which only makes docs/openapi.json (feature
//! `description`). They keep the annotations of handlers and replies free of `cfg_attr`.

use proc_macro::TokenStream;

/// Accepts the attribute `#[schema(...)]`, and adds nothing to the type.
#[proc_macro_derive(ToSchema, attributes(schema))]
pub fn to_schema(_: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// Returns the handler as it is.
#[proc_macro_attribute]
pub fn path(_: TokenStream, handler: TokenStream) -> TokenStream {
    handler
}
