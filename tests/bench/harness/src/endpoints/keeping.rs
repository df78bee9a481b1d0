//! Sends calls to the embedded services, and notes the items that writes find and leave.

use axum::body::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::{call::Change, recorder::Recorder, server::TARGET};
use crate::result::Result;

const GET_ITEM: HeaderValue = HeaderValue::from_static("DynamoDB_20120810.GetItem");

impl Recorder {
    /// Sends a call to the service that it is for. Returns the reply, and the changes of a write.
    pub(super) async fn pass_on(
        &self,
        sqs: &str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes, Vec<Change>)> {
        let target = headers
            .get(TARGET)
            .and_then(|target| target.to_str().ok())
            .unwrap_or_default();
        let Some(operation) = target.strip_prefix("DynamoDB_20120810.") else {
            let (status, reply) = self.send_to(sqs, headers, body).await?;
            return Ok((status, reply, Vec::new()));
        };
        let request: Value = serde_json::from_slice(&body)?;
        let written = written(operation, &request);
        let before = self.items(headers, &written).await?;
        let (status, reply) = self.send_to(&self.source, headers, body).await?;
        let after = self.items(headers, &written).await?;
        let changes = before.into_iter().zip(after);
        let changes = changes.map(|(before, after)| Change { before, after });
        Ok((status, reply, changes.collect()))
    }

    /// Reads items, in the order of their tables and keys. Null stands for one that is missing.
    async fn items(&self, headers: &HeaderMap, keys: &[(Value, Value)]) -> Result<Vec<Value>> {
        let mut headers = headers.clone();
        headers.insert(TARGET, GET_ITEM);
        let mut items = Vec::new();
        for (table, key) in keys {
            let request = json!({"TableName": table, "Key": key, "ConsistentRead": true});
            let body = request.to_string().into();
            let (_, reply) = self.send_to(&self.source, &headers, body).await?;
            let mut reply: Value = serde_json::from_slice(&reply)?;
            items.push(reply["Item"].take());
        }
        Ok(items)
    }
}

/// Returns the tables and the keys of the items that a call writes or checks.
fn written(operation: &str, request: &Value) -> Vec<(Value, Value)> {
    match operation {
        "PutItem" | "UpdateItem" | "DeleteItem" => vec![place(&request["TableName"], request)],
        "TransactWriteItems" => {
            let writes = request["TransactItems"].as_array().into_iter().flatten();
            let writes = writes.filter_map(|write| write.as_object()?.values().next());
            writes
                .map(|write| place(&write["TableName"], write))
                .collect()
        }
        "BatchWriteItem" => {
            let tables = request["RequestItems"].as_object().into_iter().flatten();
            let writes = tables.flat_map(|(table, writes)| {
                let writes = writes.as_array().into_iter().flatten();
                let writes = writes.filter_map(|write| write.as_object()?.values().next());
                writes.map(move |write| place(&json!(table), write))
            });
            writes.collect()
        }
        _ => Vec::new(),
    }
}

fn place(table: &Value, write: &Value) -> (Value, Value) {
    let item = match &write["Key"] {
        Value::Null => &write["Item"],
        key => key,
    };
    (table.clone(), json!({"pk": item["pk"], "sk": item["sk"]}))
}
