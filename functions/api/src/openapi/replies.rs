//! Headers and error replies of all operations.

use serde_json::{Map, Value, json};

use super::{errors, examples, links};
use crate::{http::error::ApiError, schema::refusals};

/// Returns the headers of replies.
pub fn headers() -> Value {
    let text = json!({"type": "string"});
    json!({
        "X-Request-Id": {
            "description": "The request's id, as the log has it.",
            "required": true,
            "schema": {"type": "string", "minLength": 1},
        },
        "RateLimit": {
            "description": "Where the limits of the account and of the key stand, if they have any: `r` requests are left, \
                and in `t` seconds all are (draft-ietf-httpapi-ratelimit-headers).",
            "schema": text,
            "example": "\"account\";r=999;t=1",
        },
        "RateLimit-Policy": {
            "description": "The limits of the account and of the key, if they have any: `q` requests in `w` seconds.",
            "schema": text,
            "example": "\"account\";q=1000;w=100",
        },
        "Retry-After": {
            "description": "Seconds after which the same request may work.",
            "required": true,
            "schema": {"type": "integer", "minimum": 1},
        },
        "Location": {
            "description": "The lead's path, if the request was one lead.",
            "schema": {"type": "string", "format": "uri-reference"},
            "example": "/api/public/leads/019c0000-0000-7000-8000-000000001101",
        },
        "Idempotency-Replayed": {
            "description": "The reply is the first one to this `Idempotency-Key`, and nothing was done again.",
            "schema": {"type": "string", "enum": ["true"]},
        },
    })
}

fn with_headers(names: &[&str]) -> Value {
    let reference = |name: &&str| {
        let there = json!({"$ref": format!("#/components/headers/{name}")});
        ((*name).to_owned(), there)
    };
    Value::Object(names.iter().map(reference).collect())
}

/// Returns the error replies that operations share, one for each status.
pub fn responses() -> Value {
    let errors = errors::errors();
    let mut responses = Map::new();
    for status in errors.iter().map(ApiError::status) {
        let of_status = errors.iter().filter(|error| error.status() == status);
        let shared: Vec<_> = of_status
            .filter(|error| examples::belongs(error, "", true))
            .collect();
        let (description, examples) = examples::of_status(&shared);
        let mut names = vec!["X-Request-Id", "RateLimit", "RateLimit-Policy"];
        if matches!(status.as_u16(), 429 | 503) {
            names.push("Retry-After");
        }
        let response = json!({
            "description": description,
            "headers": with_headers(&names),
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}, "examples": examples}},
        });
        responses.insert(refusals::name(status), response);
    }
    Value::Object(responses)
}

/// Adds the headers and the links to an operation's own replies.
pub fn complete(operation: &mut Value) {
    let id = operation["operationId"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let is_keyed = operation.get("security").is_none();
    // As in a body, an empty value means "not given".
    let parameters = operation
        .get_mut("parameters")
        .and_then(Value::as_array_mut);
    for parameter in parameters
        .into_iter()
        .flatten()
        .filter(|it| it["in"] == "query")
    {
        parameter["allowEmptyValue"] = json!(true);
    }
    let Some(replies) = operation["responses"].as_object_mut() else {
        return;
    };
    for (status, reply) in replies
        .iter_mut()
        .filter(|(_, reply)| reply.get("$ref").is_none())
    {
        let mut names = vec!["X-Request-Id"];
        if is_keyed {
            names.extend(["RateLimit", "RateLimit-Policy"]);
        }
        match (id.as_str(), status.as_str()) {
            ("createLeads", "201") => names.extend(["Location", "Idempotency-Replayed"]),
            ("createLeads", "207") => names.push("Idempotency-Replayed"),
            _ => {}
        }
        reply["headers"] = with_headers(&names);
        links::add(&id, status, reply);
    }
}
