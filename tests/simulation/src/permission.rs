//! Permissions that calls need, in the words of IAM.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    answer::text,
    call::{Caller, DISPATCH_QUEUE_URL},
};

/// Right of a function to do an action on a resource of the stack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// The function's role in template.yaml.
    pub role: &'static str,
    /// Action, such as `dynamodb:Query`.
    pub action: String,
    /// Resource by its name in template.yaml: the table, one of its indexes, or a queue.
    pub resource: String,
}

/// Use of a permission by one call, with the values that a policy can have conditions on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Access {
    /// The permission.
    pub permission: Permission,
    /// Kinds of the partition keys that the call writes, such as `KEY#` or `OPERATOR`: a part of
    /// `dynamodb:LeadingKeys`. Empty for a read.
    pub leading_keys: BTreeSet<String>,
    /// `dynamodb:Attributes` of a write.
    pub attributes: BTreeSet<String>,
}

/// Words of expressions that are no attributes.
const WORDS: [&str; 11] = [
    "SET",
    "REMOVE",
    "AND",
    "OR",
    "NOT",
    "BETWEEN",
    "IN",
    "attribute_exists",
    "attribute_not_exists",
    "if_not_exists",
    "size",
];

/// Returns the uses of permissions by one call. A transaction needs those of its parts
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html>).
pub fn needed(caller: Caller, operation: &str, request: &Value) -> Vec<Access> {
    let role = match caller {
        Caller::Api => "ApiRole",
        Caller::StartWorkflow => "StartWorkflowRole",
        Caller::RequeueStarts => "RequeueStartsRole",
        Caller::WakeRuns => "WakeRunsRole",
        Caller::DispatchTouchpoints => "DispatchTouchpointsRole",
        Caller::Operator => return Vec::new(),
    };
    let access = |action: String, resource: String, writes: &[&Value]| Access {
        permission: Permission {
            role,
            action,
            resource,
        },
        leading_keys: writes.iter().map(|write| leading_key(write)).collect(),
        attributes: writes.iter().flat_map(|write| attributes(write)).collect(),
    };
    let on_table = |action: &str, writes: &[&Value]| {
        access(format!("dynamodb:{action}"), "Table.Arn".into(), writes)
    };
    match operation {
        // IAM has no action for a batch.
        "SendMessage" | "SendMessageBatch" => {
            let queue = match text(&request["QueueUrl"]) == DISPATCH_QUEUE_URL {
                true => "DispatchQueue.Arn",
                false => "StartQueue.Arn",
            };
            vec![access("sqs:SendMessage".into(), queue.into(), &[])]
        }
        "TransactWriteItems" => {
            let parts = request["TransactItems"].as_array().expect("a transaction");
            let parts = parts.iter().filter_map(Value::as_object).flatten();
            parts
                .map(|(kind, part)| match kind.as_str() {
                    "ConditionCheck" => on_table("ConditionCheckItem", &[]),
                    kind => on_table(&format!("{kind}Item"), &[part]),
                })
                .collect()
        }
        "BatchWriteItem" => {
            let tables = request["RequestItems"].as_object().expect("a batch");
            let writes = tables.values().filter_map(Value::as_array).flatten();
            let writes = writes
                .filter_map(Value::as_object)
                .flat_map(|it| it.values());
            vec![on_table(operation, &writes.collect::<Vec<_>>())]
        }
        "Query" if !request["IndexName"].is_null() => {
            let index = text(&request["IndexName"]);
            let resource = format!("${{Table.Arn}}/index/{index}");
            vec![access("dynamodb:Query".into(), resource, &[])]
        }
        "DeleteItem" | "PutItem" | "UpdateItem" => vec![on_table(operation, &[request])],
        operation => vec![on_table(operation, &[])],
    }
}

/// Returns the kind of the partition key of a write.
fn leading_key(write: &Value) -> String {
    let key = if write["Item"].is_null() {
        &write["Key"]
    } else {
        &write["Item"]
    };
    let partition = text(&key["pk"]["S"]);
    match partition.split_once('#') {
        Some((kind, _)) => format!("{kind}#"),
        // The partition of the operator, which is alone of its kind.
        None => partition.to_owned(),
    }
}

/// Returns the attributes of a write: those of its item or key, and those in its expressions.
fn attributes(write: &Value) -> BTreeSet<String> {
    let of_item = [&write["Item"], &write["Key"]].map(Value::as_object);
    let of_item = of_item.into_iter().flatten().flat_map(|item| item.keys());
    let expressions = [&write["UpdateExpression"], &write["ConditionExpression"]];
    let expressions = expressions.into_iter().filter_map(Value::as_str);
    let words = expressions.flat_map(|it| {
        it.split(|it: char| !(it.is_ascii_alphanumeric() || matches!(it, '_' | '#' | ':' | '.')))
    });
    let names = words.filter_map(|word| {
        // An attribute inside a map is named by the map.
        let name = word.split('.').next().unwrap_or_default();
        let is_name = !name.is_empty() && !name.starts_with(':') && !WORDS.contains(&name);
        is_name.then(|| match write["ExpressionAttributeNames"][name].as_str() {
            Some(name) => name.to_owned(),
            None => name.to_owned(),
        })
    });
    of_item.cloned().chain(names).collect()
}
