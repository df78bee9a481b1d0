//! Mutations: bugs that are planted into the service, and that the invariants must find. Each one
//! leaves a rule of the service out, in its calls and answers, or in the hands of the actor that
//! delivers messages.

use std::collections::BTreeMap;

use domain::ids::LeadId;
use local::demo;
use serde_json::{Value, json};

use crate::{
    answer::{Answer, text},
    call::{Call, Caller},
    conditions::Mutant,
    fault::Fault,
    hand_overs::{Bug, remove_condition},
    observed::{MOST_LEADS, Observed},
};

/// Maximum number of idempotent requests of a schedule.
const MOST_REQUESTS: usize = 16;

/// Planted bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// The PutItem of a run has no condition.
    RunCondition,
    /// The PutItem of a lead has no condition.
    LeadCondition,
    /// The message is deleted before it is handled.
    AcknowledgedFirst,
    /// start-workflow names no record as failed.
    FailuresDropped,
    /// start-workflow names all records as failed if one has failed.
    WholeBatchFailed,
    /// The run's id is made at each delivery, and not compared with the lead's.
    RunIdPerDelivery,
    /// A message whose lead is not there yet counts as an orphan at once.
    YoungOrphan,
    /// Items that BatchWriteItem leaves unprocessed count as stored.
    UnprocessedIgnored,
    /// A lead that DynamoDB has refused counts as stored.
    WriteFailureIgnored,
    /// A message that SQS has refused counts as sent.
    SendFailureIgnored,
    /// An entry of a batch that SQS has refused counts as sent.
    EntryFailureIgnored,
    /// A start that could not be sent does not become pending.
    PendingSkipped,
    /// requeue-starts does not read the pending starts.
    PendingUnread,
    /// requeue-starts clears pending starts without sending them.
    PendingClearedUnsent,
    /// An erased lead leaves no tombstone.
    LeadTombstoneSkipped,
    /// The runs of an erased lead leave no tombstones.
    RunTombstoneSkipped,
    /// The manifest of an idempotent array is not stored.
    ManifestSkipped,
    /// A change of a lead does not depend on the lead's room.
    RoomIgnored,
    /// A stop leaves the run's entry in the second index as it was.
    EntryForgottenOnStop,
    /// A resume leaves the run's entry in the second index as it was.
    EntryForgottenOnResume,
    /// An assignment leaves the entry of the run before as it was.
    EntryForgottenOnAssign,
    /// A release leaves the run's entry in the second index as it was.
    EntryForgottenOnRelease,
    /// The claim of a touchpoint does not depend on the run's revision.
    ClaimRevision,
    /// A change of a lead has no condition.
    ChangeCondition,
    /// The elements of a named array have one id.
    ElementsShareId,
    /// The receipt of a delayed start does not have the warning.
    DelayUnsaid,
    /// A start is taken off the pending starts, even if it is another one since.
    PendingClearedBlindly,
    /// An erasure does not depend on the start that it has read.
    ErasureOfOtherStart,
    /// A bug of a hand-over.
    HandOver(Bug),
    /// The condition of a write is weaker.
    Condition(&'static Mutant),
}

impl Mutation {
    /// All mutations but those of hand-overs, and [`Mutation::Condition`], which docs/mutations.md has.
    const OF_LEADS: [Self; 28] = [
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
        Self::PendingSkipped,
        Self::PendingUnread,
        Self::PendingClearedUnsent,
        Self::LeadTombstoneSkipped,
        Self::RunTombstoneSkipped,
        Self::ManifestSkipped,
        Self::RoomIgnored,
        Self::EntryForgottenOnStop,
        Self::EntryForgottenOnResume,
        Self::EntryForgottenOnAssign,
        Self::EntryForgottenOnRelease,
        Self::ClaimRevision,
        Self::ChangeCondition,
        Self::ElementsShareId,
        Self::DelayUnsaid,
        Self::PendingClearedBlindly,
        Self::ErasureOfOtherStart,
    ];

    /// Returns all mutations but [`Mutation::Condition`], which docs/mutations.md has.
    pub fn all() -> Vec<Self> {
        let of_hand_overs = Bug::ALL.into_iter().map(Self::HandOver);
        Self::OF_LEADS.into_iter().chain(of_hand_overs).collect()
    }

    /// Gives the runs that a call writes the entry that they have. `stored` answers GetItem.
    pub fn forget_entry(self, call: &mut Call, stored: impl Fn(Value) -> Value) {
        let writes = call.body["TransactItems"].as_array();
        let writes: Vec<_> = writes.into_iter().flatten().collect();
        let is_about = |kind: &str| {
            writes
                .iter()
                .any(|it| it["Put"]["Item"]["kind"]["S"] == kind)
        };
        let is_assignment = writes.iter().any(|it| it["Update"].is_object());
        let is_release = call.operation == "PutItem" && call.caller == Caller::Operator;
        let is_meant = match self {
            Self::EntryForgottenOnStop => is_about("automation_stopped"),
            Self::EntryForgottenOnResume => is_about("automation_resumed"),
            Self::EntryForgottenOnAssign => is_assignment,
            Self::EntryForgottenOnRelease => is_release,
            _ => false,
        };
        if !is_meant {
            return;
        }
        let request = &mut call.body;
        let puts: Vec<_> = match request.get("TransactItems").is_some() {
            false => vec![request],
            true => {
                let writes = request["TransactItems"].as_array_mut();
                let writes = writes.into_iter().flatten();
                writes.filter_map(|it| it.get_mut("Put")).collect()
            }
        };
        for put in puts {
            let table = put["TableName"].clone();
            let item = &mut put["Item"];
            if text(&item["et"]["S"]) != "run" {
                continue;
            }
            let key = json!({"pk": item["pk"], "sk": item["sk"]});
            let before = stored(json!({"TableName": table, "Key": key}));
            let item = item.as_object_mut().expect("an item");
            for name in ["gsi2pk", "gsi2sk"] {
                match before.get(name) {
                    Some(value) => item.insert(name.to_owned(), value.clone()),
                    None => item.remove(name),
                };
            }
        }
    }

    /// Changes a call, or answers it in place of the service. `None` if the service is to answer.
    pub fn intercept(self, call: &mut Call, fault: Option<Fault>) -> Option<Answer> {
        let is_refused = matches!(
            fault,
            Some(Fault::Throttled | Fault::Failed | Fault::Partial)
        );
        if let Self::Condition(mutant) = self {
            mutant.weaken(&call.operation, &mut call.body);
        }
        let request = &mut call.body;
        let expression = text(&request["UpdateExpression"]).to_owned();
        let sk = text(&request["Item"]["sk"]["S"]).to_owned();
        let et = text(&request["Item"]["et"]["S"]).to_owned();
        match (self, call.operation.as_str()) {
            (Self::RunCondition, "PutItem")
                if et == "run" && call.caller == Caller::StartWorkflow =>
            {
                remove_condition(request);
            }
            (Self::ClaimRevision, "PutItem") if et == "run" && call.caller == Caller::Api => {
                remove_condition(request);
            }
            (Self::LeadCondition, "PutItem") if et == "lead" => remove_condition(request),
            (Self::WriteFailureIgnored, "PutItem") if et == "lead" && is_refused => {
                return Some((200, json!({})));
            }
            (Self::SendFailureIgnored, "SendMessage") if is_refused => {
                return Some((200, all_sent(request)));
            }
            (Self::PendingSkipped, "UpdateItem")
                if text(&request["UpdateExpression"]).starts_with("SET gsi2pk") =>
            {
                return Some((200, json!({})));
            }
            (Self::PendingUnread, "Query") if request["IndexName"] == "gsi2" => {
                return Some((200, json!({"Items": [], "Count": 0, "ScannedCount": 0})));
            }
            (Self::PendingClearedUnsent, "SendMessage" | "SendMessageBatch")
                if call.caller == Caller::RequeueStarts =>
            {
                return Some((200, all_sent(request)));
            }
            // The first tombstone of a lead says that there is more to erase. The last one has a
            // `ttl`.
            (Self::LeadTombstoneSkipped, "PutItem")
                if et == "erased" && sk == "SELF" && request["Item"]["ttl"].is_object() =>
            {
                delete_instead(call);
            }
            (Self::RunTombstoneSkipped, "PutItem") if et == "erased" && sk != "SELF" => {
                delete_instead(call);
            }
            (Self::ManifestSkipped, "PutItem") if et == "manifest" => {
                return Some((200, json!({})));
            }
            (Self::ChangeCondition, "UpdateItem")
                if text(&request["ConditionExpression"]).starts_with("et = :lead") =>
            {
                request["ConditionExpression"] = json!("attribute_exists(pk)");
                let values = request["ExpressionAttributeValues"].as_object_mut();
                values
                    .expect("values")
                    .retain(|name, _| expression.contains(name));
            }
            (Self::ElementsShareId, "PutItem") if et == "lead" => share_id(&mut request["Item"]),
            (Self::DelayUnsaid, "UpdateItem") if expression.contains(", receipt.reply = :rest") => {
                let unsaid = expression.replace(", receipt.reply = :rest", "");
                request["UpdateExpression"] = json!(unsaid);
                let values = request["ExpressionAttributeValues"].as_object_mut();
                values.expect("values").remove(":rest");
            }
            (Self::PendingClearedBlindly, "UpdateItem")
                if expression.starts_with("REMOVE gsi2pk") =>
            {
                remove_condition(request);
            }
            (Self::ErasureOfOtherStart, "PutItem") if et == "erased" && sk == "SELF" => {
                forget_start(request);
            }
            (Self::RoomIgnored, "UpdateItem")
                if text(&request["ConditionExpression"]).starts_with("et = :lead AND") =>
            {
                request["ConditionExpression"] = json!("et = :lead");
                let values = request["ExpressionAttributeValues"].as_object_mut();
                values.expect("values").remove(":revision");
            }
            _ => {}
        }
        None
    }

    /// Changes the answer of a service.
    pub fn amend(
        self,
        call: &Call,
        (status, reply): &mut Answer,
        renamed_runs: &BTreeMap<String, String>,
    ) {
        if *status != 200 {
            return;
        }
        match (self, call.operation.as_str()) {
            (Self::UnprocessedIgnored, "BatchWriteItem") => reply["UnprocessedItems"] = json!({}),
            (Self::EntryFailureIgnored, "SendMessageBatch") => {
                let failed = std::mem::replace(&mut reply["Failed"], json!([]));
                let taken = reply["Successful"].as_array_mut().expect("a list");
                taken.extend(failed.as_array().into_iter().flatten().map(sent));
            }
            (Self::RunIdPerDelivery, "GetItem") if call.caller == Caller::StartWorkflow => {
                rename_run(&mut reply["Item"], renamed_runs);
            }
            (Self::RunIdPerDelivery, "BatchGetItem") => {
                let tables = reply["Responses"].as_object_mut().expect("tables");
                let items = tables.values_mut().flat_map(|table| table.as_array_mut());
                items
                    .flatten()
                    .for_each(|item| rename_run(item, renamed_runs));
            }
            _ => {}
        }
    }
}

/// Gives an element of a named array the id of the array's first lead.
fn share_id(item: &mut Value) {
    let account = demo::ACCOUNT_ID.parse().expect("an id");
    let id = text(&item["id"]["S"]).to_owned();
    for number in 0..MOST_REQUESTS {
        let key = Observed::key(number).parse().expect("a key");
        let id_at = |index| LeadId::of_request(account, &key, index).to_string();
        if (1..MOST_LEADS).any(|index| id_at(index) == id) {
            let first = id_at(0);
            item["pk"]["S"] = json!(text(&item["pk"]["S"]).replace(&id, &first));
            item["id"]["S"] = json!(first);
        }
    }
}

/// Removes the start from the condition of an erasure.
fn forget_start(request: &mut Value) {
    if request["ConditionExpression"].is_null() {
        return;
    }
    request["ConditionExpression"] = json!("et <> :erased");
    let fields = request.as_object_mut().expect("a request");
    fields.remove("ExpressionAttributeNames");
    let values = fields.get_mut("ExpressionAttributeValues");
    let values = values.and_then(Value::as_object_mut).expect("values");
    values.remove(":run");
}

/// Puts the id of another run into a lead's item.
fn rename_run(item: &mut Value, renamed_runs: &BTreeMap<String, String>) {
    let lead = text(&item["id"]["S"]).to_owned();
    if let (Some(run), true) = (renamed_runs.get(&lead), item["start"].is_object()) {
        item["start"]["M"]["run_id"] = json!({ "S": run });
    }
}

/// Turns a PutItem into the deletion of the item.
fn delete_instead(call: &mut Call) {
    let item = &call.body["Item"];
    let key = json!({"pk": item["pk"], "sk": item["sk"]});
    call.body = json!({"TableName": call.body["TableName"], "Key": key});
    call.operation = "DeleteItem".to_owned();
}

fn sent(entry: &Value) -> Value {
    json!({"Id": entry["Id"], "MessageId": "none", "MD5OfMessageBody": ""})
}

/// Returns the reply of SQS to a request of which it has taken everything.
fn all_sent(request: &Value) -> Value {
    match request["Entries"].as_array() {
        None => sent(request),
        Some(entries) => {
            json!({"Successful": entries.iter().map(sent).collect::<Vec<_>>(), "Failed": []})
        }
    }
}
