//! Permissions that calls need, in the words of IAM.

use serde_json::Value;

use crate::{answer::text, call::Caller};

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

/// Returns the permissions that one call needs. A transaction needs those of its parts
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html>).
pub fn needed(caller: Caller, operation: &str, request: &Value) -> Vec<Permission> {
    let role = match caller {
        Caller::Api => "ApiRole",
        Caller::StartWorkflow => "StartWorkflowRole",
        Caller::RequeueStarts => "RequeueStartsRole",
    };
    let permission = |action: String, resource: String| Permission {
        role,
        action,
        resource,
    };
    let on_table = |action: &str| permission(format!("dynamodb:{action}"), "Table.Arn".into());
    match operation {
        // IAM has no action for a batch.
        "SendMessage" | "SendMessageBatch" => {
            vec![permission(
                "sqs:SendMessage".into(),
                "StartQueue.Arn".into(),
            )]
        }
        "TransactWriteItems" => {
            let parts = request["TransactItems"].as_array().expect("a transaction");
            let kinds = parts.iter().filter_map(Value::as_object);
            let kinds = kinds.flat_map(|part| part.keys());
            kinds
                .map(|kind| match kind.as_str() {
                    "ConditionCheck" => on_table("ConditionCheckItem"),
                    kind => on_table(&format!("{kind}Item")),
                })
                .collect()
        }
        "Query" if !request["IndexName"].is_null() => {
            let index = text(&request["IndexName"]);
            vec![permission(
                "dynamodb:Query".into(),
                format!("${{Table.Arn}}/index/{index}"),
            )]
        }
        operation => vec![on_table(operation)],
    }
}
