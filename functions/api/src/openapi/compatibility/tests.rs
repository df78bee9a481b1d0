use serde_json::Value;

use super::{super::DOCUMENT, broken};

/// The released description.
const RELEASED: &str = include_str!("../../../../../docs/openapi-baseline.json");

#[test]
fn no_promise_of_the_released_description_is_broken() {
    let broken = broken(&json(RELEASED), &json(DOCUMENT));
    assert!(
        broken.is_empty(),
        "docs/openapi.json breaks what was released:\n  {}\nTo accept it knowingly, commit it together with the output of \
         `cargo leadgate openapi --output docs/openapi-baseline.json`, and say why",
        broken.join("\n  ")
    );
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Returns the broken promises after the value at a pointer is replaced, or removed if `value` is `None`.
fn after(pointer: &str, value: Option<Value>) -> Vec<String> {
    let old = json(DOCUMENT);
    let mut new = old.clone();
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    let last = last.replace("~1", "/");
    match (new.pointer_mut(parent).unwrap(), value) {
        (Value::Object(parent), Some(value)) => drop(parent.insert(last, value)),
        (Value::Object(parent), None) => drop(parent.remove(&last).unwrap()),
        (Value::Array(parent), Some(value)) => parent.push(value),
        (Value::Array(parent), None) => drop(parent.remove(last.parse().unwrap())),
        _ => panic!("{parent} holds nothing"),
    }
    broken(&old, &new)
}

#[test]
fn what_breaks_a_client_is_told_by_its_place() {
    let string = serde_json::json!({"type": "string"});
    for (pointer, value, told) in [
        (
            "/paths/~1api~1public~1campaigns/get",
            None,
            "GET /api/public/campaigns: is gone",
        ),
        (
            "/paths/~1api~1public~1leads/post/responses/207",
            None,
            "POST /api/public/leads reply 207: is gone",
        ),
        (
            "/components/schemas/Campaign/properties/name",
            None,
            "GET /api/public/campaigns reply 200 campaigns [] name: is gone",
        ),
        (
            "/components/schemas/Person/properties/email/type",
            Some(serde_json::json!("integer")),
            r#"GET /api/public/leads reply 200 leads [] email: was {"null", "string"}, is {"integer"}"#,
        ),
        (
            "/components/schemas/Channel/enum/3",
            None,
            r#"GET /api/public/workflows reply 200 workflows [] channels []: "sms" is gone"#,
        ),
        (
            "/components/schemas/Channel/enum/3",
            None,
            r#"POST /api/public/leads request force_first_message channel: "sms" is gone"#,
        ),
        (
            "/components/schemas/NewLead/required/9",
            Some(serde_json::json!("email")),
            "POST /api/public/leads request email: is required now",
        ),
        (
            "/components/schemas/Assignment/required/9",
            Some(serde_json::json!("reason")),
            "POST /api/public/leads/{id}/assign-workflow request reason: is required now",
        ),
        (
            "/components/schemas/NewLead/properties/phone",
            None,
            "POST /api/public/leads request phone: is gone",
        ),
        (
            "/components/schemas/Pagination/required/0",
            None,
            "GET /api/public/leads reply 200 pagination limit: can be missing now",
        ),
        (
            "/paths/~1api~1public~1leads/get/parameters/9",
            Some(
                serde_json::json!({"name": "region", "in": "query", "required": true, "schema": string}),
            ),
            "GET /api/public/leads query:region: is new and required",
        ),
        (
            "/components/headers/Retry-After/required",
            Some(serde_json::json!(false)),
            "GET /api/public/leads reply 429 header Retry-After: can be missing now",
        ),
    ] {
        let broken = after(pointer, value);
        assert!(
            broken.iter().any(|line| line == told),
            "{pointer}: {broken:#?}"
        );
    }
}

#[test]
fn what_is_added_breaks_nobody() {
    let string = serde_json::json!({"type": "string"});
    for (pointer, value) in [
        (
            "/paths/~1api~1public~1tags",
            serde_json::json!({"get": {"responses": {}}}),
        ),
        (
            "/components/schemas/Campaign/properties/colour",
            string.clone(),
        ),
        ("/components/schemas/NewLead/properties/colour", string),
        (
            "/components/schemas/Channel/enum/9",
            serde_json::json!("telegram"),
        ),
        (
            "/components/schemas/Note/type/9",
            serde_json::json!("integer"),
        ),
    ] {
        assert_eq!(after(pointer, Some(value)), [""; 0], "{pointer}");
    }
}
