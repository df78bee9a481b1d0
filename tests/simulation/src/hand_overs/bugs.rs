//! Bugs of hand-overs, as [`Mutation::HandOver`](crate::Mutation::HandOver) plants them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::run_item::{RunItem, State};
use crate::{
    answer::{Answer, text},
    call::{Call, Caller, DISPATCH_QUEUE_URL, TABLE},
};

/// Planted bug of a hand-over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// The claim of a caller does not depend on the run's revision.
    ClaimRevision,
    /// All claims of a touchpoint have one owner.
    OneOwner,
    /// dispatch-touchpoints acknowledges the hint of a run that is claimed, also of one whose lease has
    /// lapsed.
    LapsedClaimAcknowledged,
    /// dispatch-touchpoints takes the run from its hint, and not from the table.
    HintIsTruth,
    /// The suppressions of a claim are those from before the claim.
    SuppressionReadFirst,
    /// A claim does not check the window.
    WindowUnchecked,
    /// An extension or a release does not depend on the owner of the claim.
    AnyOwner,
    /// An outcome does not depend on the run's revision.
    OutcomeRevision,
    /// A late claim leaves the rest of the run as it was planned.
    LatenessIgnored,
    /// A stop drops a claim, and a lapsed lease.
    DroppedByStop,
    /// The order to release held runs is dropped as soon as it finds none in the index.
    ReleaseDropped,
    /// A lighter outcome replaces a heavier one.
    WeightIgnored,
    /// An erasure looks for the runs and the history of its lead only once.
    ErasureLooksOnce,
    /// A try that is repeated has a new id.
    NewIdForRetry,
    /// A request that does not reach its receiver uses up a try.
    LaneErrorUsesUpTry,
    /// A token of a lane stays in its bucket, and is spent again.
    TokenSpentTwice,
    /// A pushed touchpoint whose claim has lapsed counts as one that did not go out.
    LapseForgotten,
}

/// Everything that bugs remember.
#[derive(Debug, Default)]
pub struct Memory {
    /// Run of the newest hint, by the sort key of the run.
    hinted: BTreeMap<String, Value>,
    /// Suppressions at the newest read of the runs that a caller may claim, by partition.
    addresses: BTreeMap<String, Value>,
    /// Partitions that an erasure has looked at.
    looked_at: BTreeSet<String>,
}

impl Bug {
    pub const ALL: [Self; 17] = [
        Self::ClaimRevision,
        Self::OneOwner,
        Self::LapsedClaimAcknowledged,
        Self::HintIsTruth,
        Self::SuppressionReadFirst,
        Self::WindowUnchecked,
        Self::AnyOwner,
        Self::OutcomeRevision,
        Self::LatenessIgnored,
        Self::DroppedByStop,
        Self::ReleaseDropped,
        Self::WeightIgnored,
        Self::ErasureLooksOnce,
        Self::NewIdForRetry,
        Self::LaneErrorUsesUpTry,
        Self::TokenSpentTwice,
        Self::LapseForgotten,
    ];

    /// Changes a call, or answers it in place of the service. `ask` asks the table.
    pub fn intercept(
        self,
        call: &mut Call,
        memory: &mut Memory,
        ask: impl Fn(&str, Value) -> Value,
    ) -> Option<Answer> {
        let is_write = matches!(call.operation.as_str(), "PutItem" | "TransactWriteItems");
        let is_update = call.operation == "UpdateItem";
        let (caller, request) = (call.caller, &mut call.body);
        match self {
            Self::ClaimRevision if is_about(request, "touchpoint_claimed") => {
                runs_of(request).for_each(remove_condition);
            }
            Self::OutcomeRevision if is_about(request, "touchpoint_outcome") => {
                runs_of(request).for_each(remove_condition);
            }
            Self::HintIsTruth if text(&request["QueueUrl"]) == DISPATCH_QUEUE_URL => {
                let entries = request["Entries"].as_array();
                let bodies = entries.into_iter().flatten().map(|it| &it["MessageBody"]);
                for body in bodies.chain([&request["MessageBody"]]) {
                    if let Ok(hint) = serde_json::from_str::<Value>(text(body)) {
                        let key = run_key(&hint);
                        let run = ask("GetItem", key)["Item"].take();
                        memory.hinted.insert(text(&run["sk"]["S"]).to_owned(), run);
                    }
                }
            }
            Self::HintIsTruth if is_write && caller == Caller::DispatchTouchpoints => {
                runs_of(request).for_each(remove_condition);
            }
            Self::SuppressionReadFirst if reads_runs(request) => {
                let mut all = ask("Scan", json!({"TableName": TABLE}))["Items"].take();
                let addresses = all.as_array_mut().expect("items").drain(..);
                let addresses = addresses.filter(|it| text(&it["et"]["S"]) == "address");
                let keyed = addresses.map(|it| (text(&it["pk"]["S"]).to_owned(), it));
                memory.addresses = keyed.collect();
            }
            Self::LaneErrorUsesUpTry if is_about(request, "touchpoint_sent") => {
                runs_of(request).for_each(use_up_try);
            }
            Self::TokenSpentTwice
                if is_update && text(&request["Key"]["pk"]["S"]).starts_with("PUSHED#") =>
            {
                return Some((200, json!({"Attributes": {"empty_at": {"N": "0"}}})));
            }
            Self::LapseForgotten if is_write && caller == Caller::DispatchTouchpoints => {
                runs_of(request).for_each(|put| forget_lapse(put, &ask));
            }
            Self::LatenessIgnored if is_about(request, "touchpoint_claimed") => {
                runs_of(request).for_each(|put| keep_times(put, &ask));
            }
            Self::DroppedByStop if is_about(request, "automation_stopped") => {
                runs_of(request).for_each(drop_claim);
            }
            Self::WeightIgnored if is_write && caller == Caller::Api => {
                runs_of(request).for_each(|put| keep_outcomes(put, &ask));
            }
            Self::ErasureLooksOnce
                if text(&request["ProjectionExpression"]).contains("touchpoints[0]") =>
            {
                let partition = text(&request["ExpressionAttributeValues"][":pk"]["S"]);
                if !memory.looked_at.insert(partition.to_owned()) {
                    return Some((200, json!({"Items": [], "Count": 0, "ScannedCount": 0})));
                }
            }
            _ => {}
        }
        None
    }

    /// Changes the answer of a service.
    pub fn amend(self, call: &Call, reply: &mut Value, memory: &mut Memory) {
        let (is_run, caller) = (text(&reply["Item"]["et"]["S"]) == "run", call.caller);
        match self {
            Self::HintIsTruth if is_run && caller == Caller::DispatchTouchpoints => {
                let run = memory.hinted.remove(text(&reply["Item"]["sk"]["S"]));
                reply["Item"] = run.unwrap_or_else(|| reply["Item"].take());
            }
            Self::SuppressionReadFirst if call.operation == "BatchGetItem" => {
                let tables = reply["Responses"].as_object_mut().into_iter();
                let items = tables.flat_map(|tables| tables.values_mut());
                for items in items.filter_map(Value::as_array_mut) {
                    items.retain_mut(|item| {
                        if text(&item["et"]["S"]) != "address" {
                            return true;
                        }
                        let before = memory.addresses.get(text(&item["pk"]["S"])).cloned();
                        before.map(|before| *item = before).is_some()
                    });
                }
            }
            Self::WindowUnchecked if caller == Caller::Api => {
                if let Some(windows) = reply["Item"].get_mut("windows") {
                    *windows = json!({"L": []});
                }
            }
            Self::ReleaseDropped if caller == Caller::WakeRuns => {
                let items = reply["Items"].as_array_mut().into_iter().flatten();
                for order in items.filter(|it| text(&it["et"]["S"]) == "release") {
                    order["empty_since"] = json!({"S": "1970-01-01T00:00:00Z"});
                }
            }
            Self::WeightIgnored if is_run && caller == Caller::Api => {
                change_lines(&mut reply["Item"], |_, words| {
                    if let Some(outcome) = words.get_mut(4).filter(|it| *it != "-") {
                        *outcome = LIGHTEST.to_owned();
                    }
                });
            }
            _ => {}
        }
    }
}

/// Letter of the lightest outcome.
const LIGHTEST: &str = "o";

/// Returns whether a transaction adds an entry of this kind to a history.
fn is_about(request: &Value, kind: &str) -> bool {
    let writes = request["TransactItems"].as_array().into_iter().flatten();
    writes
        .into_iter()
        .any(|it| it["Put"]["Item"]["kind"]["S"] == kind)
}

/// Returns whether a request reads runs together.
fn reads_runs(request: &Value) -> bool {
    let tables = request["RequestItems"].as_object().into_iter().flatten();
    let mut keys = tables.flat_map(|(_, table)| table["Keys"].as_array().into_iter().flatten());
    keys.any(|key| text(&key["sk"]["S"]).starts_with("RUN#"))
}

/// Returns the writes of runs in a request.
fn runs_of(request: &mut Value) -> impl Iterator<Item = &mut Value> {
    let puts: Vec<_> = match request.get("TransactItems").is_some() {
        false => vec![request],
        true => {
            let writes = request["TransactItems"]
                .as_array_mut()
                .into_iter()
                .flatten();
            writes.filter_map(|it| it.get_mut("Put")).collect()
        }
    };
    puts.into_iter()
        .filter(|put| text(&put["Item"]["et"]["S"]) == "run")
}

/// Removes the condition of a write.
pub fn remove_condition(request: &mut Value) {
    for part in [
        "ConditionExpression",
        "ExpressionAttributeNames",
        "ExpressionAttributeValues",
    ] {
        request.as_object_mut().expect("a request").remove(part);
    }
}

/// Returns the request that reads the run of a hint.
pub fn run_key(hint: &Value) -> Value {
    let [account, lead, run] = ["account_id", "lead_id", "run_id"].map(|name| text(&hint[name]));
    let pk = format!("LEAD#{account}#{lead}");
    let key = json!({"pk": {"S": pk}, "sk": {"S": format!("RUN#{run}")}});
    json!({"TableName": TABLE, "Key": key})
}

/// Returns the item that a write is about to replace.
fn before(put: &Value, ask: &impl Fn(&str, Value) -> Value) -> Value {
    let key = json!({"pk": put["Item"]["pk"], "sk": put["Item"]["sk"]});
    ask(
        "GetItem",
        json!({"TableName": put["TableName"], "Key": key}),
    )["Item"]
        .take()
}

/// Changes the words of each touchpoint of a run.
fn change_lines(run: &mut Value, change: impl Fn(usize, &mut Vec<String>)) {
    let lines = run["touchpoints"]["L"].as_array_mut().into_iter().flatten();
    for (index, line) in lines.enumerate() {
        let mut words: Vec<_> = text(&line["S"]).split(' ').map(str::to_owned).collect();
        change(index, &mut words);
        *line = json!({"S": words.join(" ")});
    }
}

fn words_of(run: &Value, index: usize) -> Vec<String> {
    let line = text(&run["touchpoints"]["L"][index]["S"]);
    line.split(' ').map(str::to_owned).collect()
}

/// Gives the scheduled touchpoints of a run the times that they have.
fn keep_times(put: &mut Value, ask: &impl Fn(&str, Value) -> Value) {
    let before = before(put, ask);
    let turn = RunItem::read(&put["Item"]).and_then(|run| run.turn);
    change_lines(&mut put["Item"], |index, words| {
        let before = words_of(&before, index);
        if turn.as_ref().is_none_or(|turn| turn.index != index) && before.len() > 2 {
            words[2].clone_from(&before[2]);
        }
    });
}

/// Gives the touchpoints of a run the outcomes that they have, in the place of the lightest one.
fn keep_outcomes(put: &mut Value, ask: &impl Fn(&str, Value) -> Value) {
    let before = before(put, ask);
    change_lines(&mut put["Item"], |index, words| {
        if words.get(4).is_some_and(|it| it == LIGHTEST) {
            words[4..].clone_from_slice(words_of(&before, index).get(4..).unwrap_or_default());
        }
    });
}

/// Counts a request that has not reached its receiver as a try.
fn use_up_try(put: &mut Value) {
    let line = text(&put["Item"]["hand_over"]["S"]).to_owned();
    let mut words: Vec<_> = line.split(' ').map(str::to_owned).collect();
    let Some(counts) = words.get_mut(2) else {
        return;
    };
    let mut numbers: Vec<_> = counts.split('/').map(str::to_owned).collect();
    if let [tries, _, _, _] = numbers.as_mut_slice() {
        *tries = (tries.parse::<u16>().expect("a number") + 1).to_string();
        *counts = numbers.join("/");
        put["Item"]["hand_over"] = json!({"S": words.join(" ")});
    }
}

/// Cancels the touchpoint whose lapsed claim makes it unconfirmed.
fn forget_lapse(put: &mut Value, ask: &impl Fn(&str, Value) -> Value) {
    let before = RunItem::read(&before(put, ask));
    let turn = before.and_then(|run| run.turn);
    let Some(turn) = turn.filter(|it| it.claim.is_some() && !it.is_open) else {
        return;
    };
    change_lines(&mut put["Item"], |index, words| {
        if index == turn.index && words[3].starts_with('u') {
            words[3].replace_range(..1, "c");
        }
    });
}

/// Cancels the touchpoint that is claimed or whose lease has lapsed.
fn drop_claim(put: &mut Value) {
    let run = RunItem::read(&put["Item"]).expect("a run");
    let Some(index) = run
        .turn
        .as_ref()
        .map(|turn| turn.index)
        .filter(|it| run.may_be_out(*it))
    else {
        return;
    };
    change_lines(&mut put["Item"], |at, words| {
        let is_meant =
            at == index && matches!(run.touchpoints[at].state, State::Claimed | State::Scheduled);
        if is_meant {
            words[3].replace_range(..1, "c");
        }
    });
    let item = put["Item"].as_object_mut().expect("an item");
    for name in ["hand_over", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk"] {
        item.remove(name);
    }
}
