use std::collections::BTreeSet;

use axum::response::IntoResponse;
use serde_json::Value;

use super::*;

/// docs/errors.md.
const ERRORS: &str = include_str!("../../../../docs/errors.md");

#[test]
fn the_committed_description_is_what_the_handlers_say() {
    let is_current = document(Audience::Clients).unwrap() == DOCUMENT;
    assert!(
        is_current,
        "docs/openapi.json is stale: run `cargo leadgate openapi --to docs/openapi.json`"
    );
}

#[test]
fn the_committed_page_of_errors_is_what_the_errors_say() {
    let is_current = errors_page().unwrap() == ERRORS;
    assert!(
        is_current,
        "docs/errors.md is stale: run `cargo leadgate errors --to docs/errors.md`"
    );
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let (router, _tests) = include_str!("../lib.rs")
        .split_once("#[cfg(test)]")
        .unwrap();
    let mut routes = BTreeSet::new();
    for rest in router.split(".route(").skip(1) {
        let path = rest.split('"').nth(1).unwrap();
        let prefix = match path {
            "/health" | "/openapi.json" => "",
            _ => "/api/public",
        };
        for method in ["get", "post", "patch", "put", "delete"] {
            if rest.contains(&format!("{method}(")) {
                routes.insert(format!("{method} {prefix}{path}"));
            }
        }
    }
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let methods = methods.as_object().unwrap().keys();
        described.extend(methods.map(|method| format!("{method} {path}")));
    }
    assert_eq!(described, routes);
}

#[tokio::test]
async fn the_description_is_served_as_json_that_may_be_kept() {
    let response = show().await.into_response();
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["cache-control"], "public, max-age=300");
}
