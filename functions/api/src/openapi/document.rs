//! The whole document: what the handlers say, and around it what holds for all of them.

use serde_json::{Map, Value, json};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        OpenApi as Document,
        security::{ApiKey, ApiKeyValue, SecurityScheme},
    },
};

use super::{bodies, errors, refusals, rules};
use crate::{
    campaigns,
    error::ApiError,
    health,
    leads::{self, runs},
    workflows,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Leadgate",
        description = "Takes leads and starts their outreach.\n\nTimestamps are RFC 3339 in UTC; ids are UUIDs in lower \
            case. Where a request may leave a field out, `null` and `\"\"` mean the same. A reply can have more \
            fields than are described here, and new ones can come at any time: ignore what you do not know. \
            Every error has a body of the same shape; docs/errors.md has the cause and the cure of each.",
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
        leads::create::create,
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
        workflows::list,
        workflows::show,
        runs::preview::preview,
        campaigns::list,
        health::show,
        super::show,
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

/// Where the reply to an operation leads: its status, the operations, and what of it goes into their
/// parameters and, after `body.`, into their bodies.
const LINKS: [(&str, &str, &[&str], &str); 6] = [
    (
        "createLeads",
        "201",
        &[
            "showLead",
            "changeLead",
            "replaceLead",
            "eraseLead",
            "isPaused",
            "showHistory",
            "assignWorkflow",
        ],
        "id=$response.body#/lead/id",
    ),
    (
        "assignWorkflow",
        "201",
        &["showRun"],
        "id=$request.path.id run_id=$response.body#/workflowRunId",
    ),
    (
        "assignWorkflow",
        "201",
        &["changeStatus", "stopAutomation", "resumeAutomation"],
        "id=$request.path.id body.workflow_id=$response.body#/workflowId",
    ),
    (
        "listWorkflows",
        "200",
        &["showWorkflow", "previewWorkflow"],
        "id=$response.body#/workflows/0/id",
    ),
    (
        "listWorkflows",
        "200",
        &["assignWorkflow"],
        "body.workflowId=$response.body#/workflows/0/id",
    ),
    (
        "showHistory",
        "200",
        &["showHistory"],
        "id=$request.path.id cursor=$response.body#/pagination/next_cursor",
    ),
];

/// The document, as docs/openapi.json has it.
///
/// # Errors
/// None that is known of: everything in it can be written as JSON.
pub fn document() -> Result<String, serde_json::Error> {
    let mut document = serde_json::to_value(Handlers::openapi())?;
    let components = &mut document["components"];
    components["headers"] = headers();
    components["responses"] = responses();
    let codes = errors::codes(&errors::errors());
    for schema in ["Error", "RefusedLead"] {
        components["schemas"][schema]["properties"]["code"]["enum"] = json!(codes);
    }
    extend(&mut components["schemas"], rules::schemas());
    rules::blank_is_null(&mut components["schemas"]);
    if let Some(paths) = document["paths"].as_object_mut() {
        // The same behaviour under another method, and an operation of its own.
        for path in paths
            .values_mut()
            .filter(|path| path.get("patch").is_some())
        {
            path["put"] = path["patch"].clone();
            path["put"]["operationId"] = json!("replaceLead");
            path["put"]["summary"] = json!("Change a lead (PUT)");
        }
        let operations = paths
            .values_mut()
            .filter_map(Value::as_object_mut)
            .flat_map(Map::values_mut);
        operations.for_each(complete);
    }
    serde_json::to_string_pretty(&document).map(|text| text + "\n")
}

/// What every reply carries, and what some do.
fn headers() -> Value {
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

/// The refusals, one for each status. That a path or a method is unknown is no operation's.
fn responses() -> Value {
    let mut errors = errors::errors();
    errors.retain(|error| !matches!(error, ApiError::UnknownRoute | ApiError::MethodNotAllowed));
    let mut responses = Map::new();
    for status in errors.iter().map(ApiError::status) {
        let of_status = errors.iter().filter(|error| error.status() == status);
        let examples: Map<_, _> = (1..)
            .zip(of_status.clone())
            .map(|(number, error)| {
                let example = json!({"summary": error.title(), "value": errors::body(error)});
                (format!("{}_{number}", error.code()), example)
            })
            .collect();
        let mut titles: Vec<_> = of_status.map(ApiError::title).collect();
        titles.dedup();
        let mut names = vec!["X-Request-Id", "RateLimit", "RateLimit-Policy"];
        if matches!(status.as_u16(), 429 | 503) {
            names.push("Retry-After");
        }
        let response = json!({
            "description": format!("{}.", titles.join(", or ")),
            "headers": with_headers(&names),
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}, "examples": examples}},
        });
        responses.insert(refusals::name(status), response);
    }
    Value::Object(responses)
}

/// Adds the headers and the links to an operation's own replies.
fn complete(operation: &mut Value) {
    let id = operation["operationId"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let is_keyed = operation.get("security").is_none();
    // As in a body, what is empty was not given.
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
        for (_, _, targets, values) in LINKS.iter().filter(|it| (it.0, it.1) == (&id, status)) {
            for target in *targets {
                reply["links"][target] = link(target, values);
            }
        }
    }
}

fn link(target: &str, values: &str) -> Value {
    let mut link = json!({"operationId": target});
    for (name, value) in values.split(' ').filter_map(|it| it.split_once('=')) {
        match name.strip_prefix("body.") {
            Some(field) => link["requestBody"][field] = json!(value),
            None => link["parameters"][name] = json!(value),
        }
    }
    link
}

/// Adds to each schema what is said of it elsewhere.
fn extend(schemas: &mut Value, rules: Value) {
    let Value::Object(rules) = rules else { return };
    for (name, rules) in rules {
        if let (Some(schema), Value::Object(mut rules)) = (schemas[&name].as_object_mut(), rules) {
            schema.append(&mut rules);
        }
    }
}
