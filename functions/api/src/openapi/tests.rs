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
fn the_committed_web_page_of_errors_is_what_the_errors_say() {
    let page = include_str!("../../../../docs/errors.html");
    assert!(
        error_page() == page,
        "docs/errors.html is stale: run `cargo leadgate errors --html --to docs/errors.html`"
    );
    // The function's zip has little room.
    assert!(page.len() < 25_000, "{} bytes", page.len());
    for code in errors::codes(&errors::errors()) {
        assert!(page.contains(&format!("<section id=\"{code}\">")), "{code}");
    }
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
            "/health" | "/openapi.json" | "/docs/errors" => "",
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

/// Returns the operations of the description, with their ids.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let paths = document["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|methods| methods.as_object().unwrap().values());
    operations.map(|it| (it["operationId"].as_str().unwrap(), it))
}

fn are_named(content: &Value) -> bool {
    let examples = content["content"]["application/json"]["examples"].as_object();
    examples.is_some_and(|it| !it.is_empty() && it.values().all(|it| it["summary"].is_string()))
}

#[test]
fn every_request_and_every_status_of_an_operation_has_named_examples() {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    for (id, operation) in operations(&document) {
        let body = operation.get("requestBody");
        assert!(body.is_none_or(are_named), "{id}: the request");
        for (status, reply) in operation["responses"].as_object().unwrap() {
            let place = reply["$ref"].as_str().map(|it| it.trim_start_matches('#'));
            let reply = place.map_or(reply, |it| document.pointer(it).unwrap());
            // The description itself, and pages.
            let is_left_out = (id, status.as_str()) == ("showDescription", "200")
                || reply["content"].get("application/json").is_none();
            assert_eq!(are_named(reply), !is_left_out, "{id}: {status}");
        }
    }
}

#[test]
fn every_recorded_example_belongs_to_a_described_status() {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    for (id, by_status) in examples::recorded().unwrap().as_object().unwrap() {
        let operation = operations(&document).find(|it| it.0 == id);
        let (_, operation) = operation.expect(id);
        for status in by_status.as_object().unwrap().keys() {
            let reply = operation["responses"].get(status);
            assert!(
                status == "request" || reply.unwrap()["description"].is_string(),
                "{id}: {status}"
            );
        }
    }
}

#[test]
fn every_operation_is_described_in_sentences() {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    for (id, operation) in operations(&document) {
        let text = operation["description"].as_str().expect(id);
        assert!(text.split(". ").count() > 1, "{id}: {text}");
    }
}

#[tokio::test]
async fn the_description_is_served_as_json_that_may_be_kept() {
    let response = show().await.into_response();
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["cache-control"], "public, max-age=300");
}
