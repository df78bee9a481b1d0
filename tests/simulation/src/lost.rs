//! Rules that hold at each write: no write loses what another one has stored.

use serde_json::{Value, json};

use crate::answer::text;

/// Returns the breaches of a write if it succeeds. `stored` returns the item of a table with a key.
pub fn lost_by(
    operation: &str,
    request: &Value,
    stored: impl Fn(&Value, Value) -> Value,
) -> Vec<String> {
    let breach = |part: &Value| {
        let item = &part["Item"];
        let key = match &part["Key"] {
            Value::Null => json!({"pk": item["pk"], "sk": item["sk"]}),
            key => key.clone(),
        };
        let before = stored(&part["TableName"], key);
        breach(item, &before, !part["UpdateExpression"].is_null())
    };
    match operation {
        "PutItem" | "UpdateItem" => breach(request).into_iter().collect(),
        _ => {
            let parts = request["TransactItems"].as_array().into_iter().flatten();
            let parts = parts.flat_map(|part| [&part["Put"], &part["Update"]]);
            let parts = parts.filter(|part| part.is_object());
            parts.filter_map(breach).collect()
        }
    }
}

/// Returns the breach of a write of `item`, or of an update, in the place of `before`.
fn breach(item: &Value, before: &Value, is_update: bool) -> Option<String> {
    let kind = |item: &Value| text(&item["et"]["S"]).to_owned();
    let revision = |item: &Value| text(&item["revision"]["N"]).parse::<u32>().ok();
    let (was, is) = (kind(before), kind(item));
    if was == "erased" && (is_update || is != "erased") {
        return Some(format!("a tombstone was written over: {before}"));
    }
    if was == "erased" && item["ttl"].is_null() {
        return Some(format!("an erasure began anew: {before}"));
    }
    if is == "lead" && was == "lead" {
        return Some(format!("a lead was written over: {before}"));
    }
    let is_next = revision(item) == revision(before).map(|it| it + 1);
    if is == "run" && was == "run" && !is_next {
        return Some(format!("a change of a run was lost: {before}"));
    }
    None
}
