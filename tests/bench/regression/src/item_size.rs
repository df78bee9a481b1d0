//! The sizes of items, and the units of calls, by the rules of DynamoDB.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html>

use aws_sdk_dynamodb::types::{GlobalSecondaryIndexDescription, ProjectionType, TableDescription};
use harness::{Result, endpoints::Call};
use serde_json::{Value, json};

/// Bytes of a write unit.
const WRITE_UNIT: usize = 1_024;
/// Bytes of a read unit.
const READ_UNIT: usize = 4_096;

/// Returns the write units of a call and their parts. `None` if the call writes nothing.
///
/// The items are new, so no index has an old entry, which would take units too.
///
/// # Errors
/// A write whose size depends on an item that the call does not contain.
pub fn write_units(call: &Call, table: &TableDescription) -> Result<Option<(f64, Value)>> {
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
            return Err(format!("the size of the item is not in {}", call.operation).into());
        }
        _ => return Ok(None),
    };
    if items.iter().any(|item| !item.is_object()) {
        return Err(format!("{} writes more than new items", call.operation).into());
    }
    // Each item of a transaction is prepared, then committed.
    let times = if call.operation == "TransactWriteItems" {
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
            let place_units = times * count(bytes, WRITE_UNIT);
            units += place_units;
            parts.push(
                json!({"item": item["et"]["S"], "in": place, "bytes": bytes, "units": place_units}),
            );
        }
    }
    Ok(Some((units, json!(parts))))
}

/// Returns the read units of a GetItem for an item of `bytes`.
pub fn read_units(call: &Call, bytes: usize) -> f64 {
    let consistent = call.body["ConsistentRead"] == true;
    count(bytes, READ_UNIT) * if consistent { 1.0 } else { 0.5 }
}

/// Returns the bytes of an item.
pub fn item(item: &Value) -> usize {
    attributes(item, |_| true)
}

/// Returns the bytes of an item's entry in an index. `None` if the item has no entry there.
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
        // One byte for each two significant digits, and one more. Leading and trailing zeros are free.
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
