use super::*;

/// docs/errors.md.
const ERRORS: &str = include_str!("../../../../docs/errors.md");

#[test]
fn the_committed_description_is_what_the_handlers_say() {
    let is_current = document().unwrap() == DOCUMENT;
    assert!(
        is_current,
        "docs/openapi.json is stale: run `cargo leadgate openapi --output docs/openapi.json`"
    );
}

#[test]
fn the_committed_page_of_errors_is_what_the_errors_say() {
    let is_current = errors_page() == ERRORS;
    assert!(
        is_current,
        "docs/errors.md is stale: run `cargo leadgate errors --output docs/errors.md`"
    );
}
