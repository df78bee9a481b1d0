//! How many bytes DynamoDB counts, and how many units it takes for a call.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html>

use aws_sdk_dynamodb::types::{GlobalSecondaryIndexDescription, ProjectionType, TableDescription};
use serde_json::{Value, json};

use crate::{Result, aws::Call};

const WRITE_UNIT: usize = 1_024;
const READ_UNIT: usize = 4_096;

/// The write units of a call and what they were made of. A new item: what an index held before counts too,
/// and was nothing.
///
/// # Errors
/// If the call writes in a way whose size cannot be told from the call alone.
pub(crate) fn write_units(call: &Call, table: &TableDescription) -> Result<Option<(f64, Value)>> {
    let items: Vec<&Value> = match call.operation.as_str() {
        "PutItem" => vec![&call.body["Item"]],
        "BatchWriteItem" => {
            let requests = call.body["RequestItems"].as_object().into_iter().flatten();
            let requests = requests
                .filter_map(|(_, requests)| requests.as_array())
                .flatten();
            requests
                .map(|request| &request["PutRequest"]["Item"])
                .collect()
        }
        "TransactWriteItems" => {
            let writes = call.body["TransactItems"].as_array().into_iter().flatten();
            writes.map(|write| &write["Put"]["Item"]).collect()
        }
        "UpdateItem" | "DeleteItem" => {
            return Err(format!("{} says nothing of the item's size", call.operation).into());
        }
        _ => return Ok(None),
    };
    if items.iter().any(|item| !item.is_object()) {
        return Err(format!("{} writes something else than new items", call.operation).into());
    }
    let prepared = if call.operation == "TransactWriteItems" {
        2.0
    } else {
        1.0
    };
    let mut units = 0.0;
    let mut parts = Vec::new();
    for item in items {
        let mut sizes = vec![("table".to_owned(), attributes(item, |_| true))];
        for index in table.global_secondary_indexes() {
            if let Some(bytes) = entry(item, index, table) {
                let name = index.index_name().unwrap_or_default();
                sizes.push((name.to_owned(), bytes));
            }
        }
        for (place, bytes) in sizes {
            let of_this = prepared * count(bytes, WRITE_UNIT);
            units += of_this;
            parts.push(
                json!({"item": item["et"]["S"], "in": place, "bytes": bytes, "units": of_this}),
            );
        }
    }
    Ok(Some((units, json!(parts))))
}

/// The read units of GetItem for an item of this many bytes.
pub(crate) fn read_units(call: &Call, bytes: usize) -> f64 {
    let consistent = call.body["ConsistentRead"] == true;
    count(bytes, READ_UNIT) * if consistent { 1.0 } else { 0.5 }
}

/// The bytes of an item.
pub(crate) fn item(item: &Value) -> usize {
    attributes(item, |_| true)
}

/// The bytes of an item's entry in an index; none: it is not in it.
fn entry(
    item: &Value,
    index: &GlobalSecondaryIndexDescription,
    table: &TableDescription,
) -> Option<usize> {
    let keys: Vec<&str> = index
        .key_schema()
        .iter()
        .map(|key| key.attribute_name())
        .collect();
    if keys.iter().any(|key| item[*key].is_null()) {
        return None;
    }
    let projection = index.projection()?;
    let all = projection.projection_type() == Some(&ProjectionType::All);
    let own_keys = table.key_schema().iter().map(|key| key.attribute_name());
    let projected = projection.non_key_attributes().iter().map(String::as_str);
    let kept: Vec<&str> = keys.into_iter().chain(own_keys).chain(projected).collect();
    Some(attributes(item, |name| all || kept.contains(&name)))
}

fn attributes(item: &Value, is_kept: impl Fn(&str) -> bool) -> usize {
    let attributes = item.as_object().into_iter().flatten();
    attributes
        .filter(|(name, _)| is_kept(name))
        .map(|(name, value)| name.len() + value_size(value))
        .sum()
}

fn value_size(value: &Value) -> usize {
    let Some((kind, value)) = value.as_object().and_then(|value| value.iter().next()) else {
        return 0;
    };
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => text.len(),
        // A byte for each two significant digits, and one; leading and trailing zeros do not count.
        ("N", Value::String(number)) => {
            let digits: String = number.chars().filter(char::is_ascii_digit).collect();
            digits.trim_matches('0').len().div_ceil(2) + 1
        }
        ("B", Value::String(base64)) => base64.trim_end_matches('=').len() * 3 / 4,
        ("L", Value::Array(values)) => {
            3 + values
                .iter()
                .map(|value| 1 + value_size(value))
                .sum::<usize>()
        }
        ("M", Value::Object(values)) => {
            let pairs = values
                .iter()
                .map(|(name, value)| 1 + name.len() + value_size(value));
            3 + pairs.sum::<usize>()
        }
        _ => 1, // BOOL and NULL
    }
}

fn count(bytes: usize, unit: usize) -> f64 {
    bytes.div_ceil(unit).max(1) as f64
}
