//! The sizes of items, and the units of calls, by the rules of DynamoDB.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html>

use aws_sdk_dynamodb::types::{GlobalSecondaryIndexDescription, ProjectionType, TableDescription};
use harness::{
    Result,
    endpoints::{Call, Change},
};
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

/// Returns the write units of a call whose changes were recorded: those of the table and those of
/// its indexes. A write that its condition has refused costs as much as one of the same item.
///
/// An index whose entry stays the same costs nothing. An entry that moves is deleted and put.
pub fn units_of_changes(call: &Call, table: &TableDescription) -> (f64, f64) {
    let times = if call.operation == "TransactWriteItems" {
        2.0
    } else {
        1.0
    };
    let (mut of_table, mut of_indexes) = (0.0, 0.0);
    for Change { before, after } in &call.changes {
        let bytes = item(before).max(item(after));
        of_table += times * count(bytes, WRITE_UNIT);
        for index in table.global_secondary_indexes() {
            let keys = || index.key_schema().iter().map(|key| key.attribute_name());
            let entry_of = |item: &Value| Some((entry(item, index, table)?, item.clone()));
            of_indexes += times
                * match (entry_of(before), entry_of(after)) {
                    (None, None) => 0.0,
                    (Some((bytes, _)), None) | (None, Some((bytes, _))) => count(bytes, WRITE_UNIT),
                    (Some((old, before)), Some((new, after))) => {
                        if keys().any(|key| before[key] != after[key]) {
                            count(old, WRITE_UNIT) + count(new, WRITE_UNIT)
                        } else if projected(&before, index, table)
                            == projected(&after, index, table)
                        {
                            0.0
                        } else {
                            count(old.max(new), WRITE_UNIT)
                        }
                    }
                };
        }
    }
    (of_table, of_indexes)
}

/// Returns the read units of a call whose reply was recorded. 0 if the call reads nothing.
pub fn units_of_reads(call: &Call) -> f64 {
    let unit = |consistent: &Value| if *consistent == true { 1.0 } else { 0.5 };
    match call.operation.as_str() {
        "GetItem" => {
            unit(&call.body["ConsistentRead"]) * count(item(&call.reply["Item"]), READ_UNIT)
        }
        "BatchGetItem" => {
            let tables = call.body["RequestItems"].as_object().into_iter().flatten();
            let units = tables.map(|(table, request)| {
                let found = call.reply["Responses"][table].as_array();
                let found: Vec<_> = found.into_iter().flatten().collect();
                let keys = request["Keys"].as_array().map_or(0, Vec::len);
                // A key without an item costs as much as a small item.
                let missing = keys.saturating_sub(found.len()) as f64;
                let sizes = found.into_iter().map(|it| count(item(it), READ_UNIT));
                unit(&request["ConsistentRead"]) * (missing + sizes.sum::<f64>())
            });
            units.sum()
        }
        "Query" => {
            let items = call.reply["Items"].as_array().into_iter().flatten();
            let bytes = items.map(item).sum();
            unit(&call.body["ConsistentRead"]) * count(bytes, READ_UNIT)
        }
        _ => 0.0,
    }
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
    let mut keys = index.key_schema().iter().map(|key| key.attribute_name());
    if keys.any(|key| item[key].is_null()) {
        return None;
    }
    let entry = projected(item, index, table)?;
    Some(attributes(&entry, |_| true))
}

/// Returns the attributes of an item that an index has. `None` if the index has no projection.
fn projected(
    item: &Value,
    index: &GlobalSecondaryIndexDescription,
    table: &TableDescription,
) -> Option<Value> {
    let projection = index.projection()?;
    let all = projection.projection_type() == Some(&ProjectionType::All);
    let keys = index.key_schema().iter().chain(table.key_schema());
    let keys = keys.map(|key| key.attribute_name());
    let projected = projection.non_key_attributes().iter().map(String::as_str);
    let kept: Vec<&str> = keys.chain(projected).collect();
    let attributes = item.as_object().into_iter().flatten();
    let attributes = attributes.filter(|(name, _)| all || kept.contains(&name.as_str()));
    let attributes = attributes.map(|(name, value)| (name.clone(), value.clone()));
    Some(attributes.collect())
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
