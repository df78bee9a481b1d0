//! The document: the handlers' own annotations, and what holds for all of them.

use serde_json::{Map, Value, json};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        OpenApi as Document,
        security::{ApiKey, ApiKeyValue, SecurityScheme},
    },
};

use super::{errors, replies, rules, served};
use crate::{health, intake, leads, runs, schema::bodies, workflows};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Leadgate",
        description = "Takes leads and starts their outreach.\n\nTimestamps are RFC 3339 in UTC; ids are UUIDs in lower \
            case.\n\nWhere a new lead may leave a field out, `null` and `\"\"` mean the same; in a change, they remove a \
            field that may be removed. A reply can have more fields than are described here, and a text of a fixed set can have new \
            values, at any time: ignore what you do not know.\n\nEvery error of the API has a body of the same shape, \
            an unknown path (404) and a method that a path does not have (405, with `Allow`) included; docs/errors.md has \
            the cause and the cure of each. An error without a `code` is the gateway's before it: \
            `{\"message\": \"...\"}`, without the headers that are described here.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "The deployment that serves this document")),
    security(("key" = [])),
    tags(
        (name = "Leads", description = "Taking leads in, reading, changing and erasing them."),
        (name = "Runs", description = "A lead's way through a workflow."),
        (name = "Workflows", description = "What leads can be enrolled in."),
        (name = "Campaigns", description = "What leads can be tagged with."),
        (name = "Service", description = "About the service itself. Needs no key."),
    ),
    modifiers(&Key),
    components(schemas(bodies::NotGiven)),
    paths(
        intake::create::create,
        leads::list::list,
        leads::show::show,
        leads::change::change,
        leads::erase::erase,
        runs::assign::assign,
        runs::status::change,
        runs::automation::is_paused,
        runs::automation::stop,
        runs::automation::resume,
        runs::history::history,
        runs::show::show,
        workflows::read::list,
        workflows::read::show,
        workflows::preview::preview,
        workflows::campaigns::list,
        health::show,
        served::show,
    ),
)]
struct Handlers;

struct Key;

impl Modify for Key {
    fn modify(&self, document: &mut Document) {
        let key = ApiKeyValue::with_description(
            "X-API-Key",
            "Names the account; `leadgate key create` makes one.",
        );
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("key", SecurityScheme::ApiKey(ApiKey::Header(key)));
    }
}

/// The readers of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Clients and generators of clients: docs/openapi.json.
    Clients,
    /// Tests that make requests from it: with every keyword that JSON Schema has for them.
    Tests,
}

/// Returns the document.
///
/// # Errors
/// [`serde_json::Error`] if it cannot be written as JSON, which nothing in it can cause.
pub fn document(audience: Audience) -> Result<String, serde_json::Error> {
    let mut document = serde_json::to_value(Handlers::openapi())?;
    let components = &mut document["components"];
    components["headers"] = replies::headers();
    components["responses"] = replies::responses();
    let codes = errors::codes(&errors::errors());
    for schema in ["Error", "RefusedLead"] {
        components["schemas"][schema]["properties"]["code"]["enum"] = json!(codes);
    }
    extend(&mut components["schemas"], rules::schemas());
    match audience {
        Audience::Tests => {
            extend(&mut components["schemas"], rules::exact());
            rules::blank_is_null(&mut components["schemas"]);
        }
        Audience::Clients => {
            // Only the exact description refers to it.
            let schemas = components["schemas"].as_object_mut();
            schemas.and_then(|schemas| schemas.remove("NotGiven"));
        }
    }
    if let Some(paths) = document["paths"].as_object_mut() {
        // PUT behaves like PATCH, but is an operation of its own.
        for path in paths
            .values_mut()
            .filter(|path| path.get("patch").is_some())
        {
            path["put"] = path["patch"].clone();
            path["put"]["operationId"] = json!("changeLeadByPut");
            path["put"]["summary"] = json!("Change a lead (PUT)");
        }
        let operations = paths
            .values_mut()
            .filter_map(Value::as_object_mut)
            .flat_map(Map::values_mut);
        operations.for_each(replies::complete);
    }
    serde_json::to_string_pretty(&document).map(|text| text + "\n")
}

/// Adds `rules` to the schemas of the same name.
fn extend(schemas: &mut Value, rules: Value) {
    let Value::Object(rules) = rules else { return };
    for (name, rules) in rules {
        if let (Some(schema), Value::Object(mut rules)) = (schemas[&name].as_object_mut(), rules) {
            schema.append(&mut rules);
        }
    }
}
