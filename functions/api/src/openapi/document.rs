//! The document: the handlers' own annotations, and what holds for all of them.

use serde_json::{Map, Value, json};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        OpenApi as Document,
        security::{ApiKey, ApiKeyValue, SecurityScheme},
    },
};

use super::{errors, examples, replies, rules, served};
use crate::{
    error_docs, health, intake, leads, runs, schema::bodies, suppressions, touchpoints, workflows,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Leadgate",
        description = "Leadgate stores leads, and plans the calls and messages to each of them.\n\n\
            **Start here.** Send a lead to `POST /api/public/leads`, and name a workflow in `workflow_id`. Then show the \
            lead's run: it has the planned touchpoints. Every request needs an API key in the header `X-API-Key`.\n\n\
            **Formats.** Times are RFC 3339 in UTC. Ids are UUIDs in lower case. For a new lead, `null` and `\"\"` mean that \
            a field is not given. In a change, they remove a field that may be removed.\n\n\
            **Later versions** can add fields to a reply, and values to a fixed set of texts. Ignore those that you do not \
            know.\n\n\
            **Errors** have one body, also for an unknown path (404) and a wrong method (405, with `Allow`). \
            The [page of errors](/docs/errors) has the cause and the solution of each. An error without a `code` comes from the \
            gateway: its body is `{\"message\": \"...\"}`, and it lacks the headers that are described here.\n\n\
            | field | content |\n\
            | --- | --- |\n\
            | `error` | a short title |\n\
            | `message` | one sentence for a person: what to change |\n\
            | `code` | the error, for a program |\n\
            | `request_id` | the id of the request, also in the log |\n\
            | `details` | for a validation error: `field` and `message` of each problem, up to 20 |\n\
            | `problems_total` | beside `details`: the number of all problems |\n\
            | `hints` | sentences about a likely mistake; absent if there is none |\n\
            | `doc_url` | the page about `code` |",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "The deployment that serves this document")),
    security(("key" = [])),
    tags(
        (name = "Leads", description = "Create, read, change and erase leads."),
        (name = "Runs", description = "Enrol a lead in a workflow, follow its run, and let a person take over."),
        (name = "Touchpoints", description = "Report how contacts went, and see what happened to each."),
        (name = "Suppressions", description = "Keep addresses that must not be contacted."),
        (name = "Workflows", description = "Find workflows, and preview their touchpoints. Operators define them in files."),
        (name = "Campaigns", description = "Find the campaigns that tag leads."),
        (name = "Service", description = "Check the service itself. Needs no key."),
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
        touchpoints::list::list,
        touchpoints::claim::claim,
        touchpoints::lease::extend,
        touchpoints::lease::release,
        touchpoints::show::show,
        touchpoints::one::report,
        touchpoints::many::report,
        touchpoints::event::report,
        suppressions::add::add,
        suppressions::list::list,
        suppressions::check::check,
        suppressions::remove::remove,
        workflows::read::list,
        workflows::read::show,
        workflows::preview::preview,
        workflows::campaigns::list,
        health::show,
        served::show,
        error_docs::show,
    ),
)]
struct Handlers;

struct Key;

impl Modify for Key {
    fn modify(&self, document: &mut Document) {
        let key = ApiKeyValue::with_description(
            "X-API-Key",
            "The key names the account. `leadgate key create` makes one.",
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
    let shared = replies::responses();
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
        let recorded = examples::recorded()?;
        for operation in operations {
            replies::complete(operation);
            examples::add(operation, &recorded, &shared);
        }
    }
    let paths = document["paths"].to_string();
    let used = shared
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| paths.contains(&format!("\"#/components/responses/{name}\"")));
    let used = used.map(|(name, reply)| (name.clone(), reply.clone()));
    document["components"]["responses"] = Value::Object(used.collect());
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
