//! Bugs that the checks must find: what the service would do if a rule of its were left out. Each is planted
//! at the wire or in the hands of who delivers; docs/architecture.md lists them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    aws::{Answer, text},
    wire::{Caller, Fault},
};

/// A bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    /// A run is written without its condition.
    RunCondition,
    /// A lead is written without its condition.
    LeadCondition,
    /// A message is deleted before it is handled.
    AcknowledgedFirst,
    /// start-workflow names no record as failed.
    FailuresDropped,
    /// start-workflow names all records as failed if one has failed.
    WholeBatchFailed,
    /// The run's id is made when its message is delivered, and not compared with the lead's.
    RunIdPerDelivery,
    /// A lead that is not there yet makes its message an orphan at once.
    YoungOrphan,
    /// What DynamoDB leaves unprocessed is taken as stored.
    UnprocessedIgnored,
    /// A lead that DynamoDB has refused is taken as stored.
    WriteFailureIgnored,
    /// A message that SQS has refused is taken as sent.
    SendFailureIgnored,
    /// What SQS refuses of a batch is taken as sent.
    EntryFailureIgnored,
    /// A start that could not be sent is not marked.
    MarkSkipped,
    /// requeue-starts does not see the marks.
    MarksUnread,
    /// requeue-starts takes marks off and sends nothing.
    ClearedUnsent,
    /// A lead is deleted, and no trace of it left.
    LeadTraceSkipped,
    /// Runs are deleted, and no trace of them left.
    RunTraceSkipped,
}

impl Planted {
    /// Each of them.
    pub const ALL: [Self; 16] = [
        Self::RunCondition,
        Self::LeadCondition,
        Self::AcknowledgedFirst,
        Self::FailuresDropped,
        Self::WholeBatchFailed,
        Self::RunIdPerDelivery,
        Self::YoungOrphan,
        Self::UnprocessedIgnored,
        Self::WriteFailureIgnored,
        Self::SendFailureIgnored,
        Self::EntryFailureIgnored,
        Self::MarkSkipped,
        Self::MarksUnread,
        Self::ClearedUnsent,
        Self::LeadTraceSkipped,
        Self::RunTraceSkipped,
    ];

    /// Spoils a request, or answers it in the place of the service.
    pub(super) fn instead(
        self,
        caller: Caller,
        (operation, request): (&mut &str, &mut Value),
        fault: Option<Fault>,
    ) -> Option<Answer> {
        let is_refused = matches!(
            fault,
            Some(Fault::Throttled | Fault::Failed | Fault::Partial)
        );
        let sk = text(&request["Item"]["sk"]["S"]).to_owned();
        let et = text(&request["Item"]["et"]["S"]).to_owned();
        match (self, *operation) {
            (Self::RunCondition, "PutItem") if et == "run" => without_condition(request),
            (Self::LeadCondition, "PutItem") if et == "lead" => without_condition(request),
            (Self::WriteFailureIgnored, "PutItem") if et == "lead" && is_refused => {
                return Some((200, json!({})));
            }
            (Self::SendFailureIgnored, "SendMessage") if is_refused => {
                return Some((200, all_sent(request)));
            }
            (Self::MarkSkipped, "UpdateItem")
                if text(&request["UpdateExpression"]).starts_with("SET gsi2pk") =>
            {
                return Some((200, json!({})));
            }
            (Self::MarksUnread, "Query") if request["IndexName"] == "gsi2" => {
                return Some((200, json!({"Items": [], "Count": 0, "ScannedCount": 0})));
            }
            (Self::ClearedUnsent, "SendMessage" | "SendMessageBatch")
                if caller == Caller::RequeueStarts =>
            {
                return Some((200, all_sent(request)));
            }
            // The first trace of a lead says that there is more to erase; the last one has a `ttl`.
            (Self::LeadTraceSkipped, "PutItem")
                if et == "erased" && sk == "SELF" && request["Item"]["ttl"].is_object() =>
            {
                *operation = "DeleteItem";
                *request = deletion(request);
            }
            (Self::RunTraceSkipped, "PutItem") if et == "erased" && sk != "SELF" => {
                *operation = "DeleteItem";
                *request = deletion(request);
            }
            _ => {}
        }
        None
    }

    /// Spoils an answer.
    pub(super) fn amend(
        self,
        caller: Caller,
        operation: &str,
        answer: &mut Answer,
        renamed: &BTreeMap<String, String>,
    ) {
        match (self, operation) {
            (Self::UnprocessedIgnored, "BatchWriteItem") if answer.0 == 200 => {
                answer.1["UnprocessedItems"] = json!({});
            }
            (Self::EntryFailureIgnored, "SendMessageBatch") if answer.0 == 200 => {
                let failed = std::mem::replace(&mut answer.1["Failed"], json!([]));
                let taken = answer.1["Successful"].as_array_mut().expect("a list");
                taken.extend(failed.as_array().into_iter().flatten().map(sent));
            }
            (Self::RunIdPerDelivery, "GetItem") if caller == Caller::StartWorkflow => {
                rename(&mut answer.1["Item"], renamed);
            }
            (Self::RunIdPerDelivery, "BatchGetItem") if answer.0 == 200 => {
                let tables = answer.1["Responses"].as_object_mut().expect("tables");
                let items = tables.values_mut().flat_map(|table| table.as_array_mut());
                items.flatten().for_each(|item| rename(item, renamed));
            }
            _ => {}
        }
    }
}

/// Gives a lead's item the id of another run.
fn rename(item: &mut Value, renamed: &BTreeMap<String, String>) {
    let lead = text(&item["id"]["S"]).to_owned();
    if let (Some(run), true) = (renamed.get(&lead), item["start"].is_object()) {
        item["start"]["M"]["run_id"] = json!({ "S": run });
    }
}

fn without_condition(request: &mut Value) {
    for part in [
        "ConditionExpression",
        "ExpressionAttributeNames",
        "ExpressionAttributeValues",
    ] {
        request.as_object_mut().expect("a request").remove(part);
    }
}

/// The deletion of what a request would put.
fn deletion(put: &Value) -> Value {
    let item = &put["Item"];
    json!({"TableName": put["TableName"], "Key": {"pk": item["pk"], "sk": item["sk"]}})
}

fn sent(entry: &Value) -> Value {
    json!({"Id": entry["Id"], "MessageId": "none", "MD5OfMessageBody": ""})
}

/// SQS's answer if it had taken all.
fn all_sent(request: &Value) -> Value {
    match request["Entries"].as_array() {
        None => sent(request),
        Some(entries) => {
            json!({"Successful": entries.iter().map(sent).collect::<Vec<_>>(), "Failed": []})
        }
    }
}
