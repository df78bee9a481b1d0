//! Faults of calls, and how each one changes a call and its answer.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    answer::{Answer, refusal},
    call::Call,
};

/// Fault that a call meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection is refused. The service does nothing.
    Refused,
    /// The service does the call, and the connection breaks before the answer.
    ReplyLost,
    /// The connection died while the function was frozen. The service does nothing, and no answer
    /// comes.
    Dead,
    /// The call reaches the service after this time.
    Slow(Duration),
    /// The service refuses the call with `ThrottlingException`.
    Throttled,
    /// The service does nothing and answers 500.
    Failed,
    /// The service does the call and answers 500.
    FailedAfter,
    /// The service does the first half of a batch, and throttles any other call.
    Partial,
    /// SQS does not take these entries of a batch, and takes the others.
    FailedEntries(&'static [FailedEntry]),
    /// Another transaction has the item. The service does nothing.
    Conflict,
    /// The first text becomes the second one, wherever it stands in the request.
    Rewritten(&'static str, &'static str),
}

/// Entry of a batch that SQS does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailedEntry {
    /// Position in the batch, from 0.
    pub index: usize,
    /// Reason that SQS gives.
    pub code: &'static str,
    /// Whether SQS blames the sender.
    pub is_sender_fault: bool,
}

impl Fault {
    /// Delay of most of an attempt's time.
    pub const SLOW: Self = Self::Slow(Duration::from_millis(1_500));
    /// Delay beyond an attempt's time: the service does the call after the caller gave up.
    pub const LATE: Self = Self::Slow(Duration::from_secs(3));

    /// Faults that schedules draw from.
    pub const DRAWN: [Self; 9] = [
        Self::Refused,
        Self::ReplyLost,
        Self::Dead,
        Self::LATE,
        Self::SLOW,
        Self::Throttled,
        Self::Failed,
        Self::FailedAfter,
        Self::Partial,
    ];
    /// Faults of an outage: the service does nothing, or its answer is lost.
    pub const ERRORS: [Self; 5] = [
        Self::Refused,
        Self::ReplyLost,
        Self::Dead,
        Self::Throttled,
        Self::Failed,
    ];

    /// Changes a call before its service does it. Returns the answer if the service does nothing.
    pub fn before(self, call: &mut Call) -> Option<Answer> {
        match self {
            Self::Refused | Self::ReplyLost | Self::Dead | Self::Slow(_) | Self::FailedAfter => {
                None
            }
            Self::Throttled => Some(throttled()),
            Self::Failed => Some(failed()),
            Self::Partial => withhold_half(call),
            Self::FailedEntries(failed) => {
                withhold_entries(call, failed);
                None
            }
            Self::Conflict => Some(refusal(400, "TransactionConflictException")),
            Self::Rewritten(from, to) => {
                let body = call.body.to_string().replace(from, to);
                call.body = serde_json::from_str(&body).expect("a JSON body");
                None
            }
        }
    }

    /// Changes the answer of a call that its service has done.
    pub fn after(self, call: &mut Call, answer: &mut Answer) {
        if let Some((field, items)) = call.withheld.take() {
            answer.1[field] = items;
        }
        if self == Self::FailedAfter {
            *answer = failed();
        }
    }
}

fn throttled() -> Answer {
    refusal(400, "ThrottlingException")
}

fn failed() -> Answer {
    refusal(500, "InternalServerError")
}

/// Takes the second half out of a batch.
fn withhold_half(call: &mut Call) -> Option<Answer> {
    match call.operation.as_str() {
        "BatchWriteItem" => {
            let tables = call.body["RequestItems"].as_object_mut().expect("tables");
            let (table, requests) = tables.iter_mut().next().expect("a table");
            let requests = requests.as_array_mut().expect("requests");
            let withheld = requests.split_off(requests.len() / 2);
            // DynamoDB refuses an empty batch. It throttles a batch of which it can process
            // nothing.
            if requests.is_empty() {
                return Some(throttled());
            }
            call.withheld = Some(("UnprocessedItems", json!({ table: withheld })));
            None
        }
        "SendMessageBatch" => {
            let count = entries(call).len();
            let failed = (count / 2..count).map(|index| FailedEntry {
                index,
                code: "InternalError",
                is_sender_fault: false,
            });
            withhold_entries(call, &failed.collect::<Vec<_>>());
            None
        }
        _ => Some(throttled()),
    }
}

/// Takes entries out of a batch of messages.
fn withhold_entries(call: &mut Call, failed: &[FailedEntry]) {
    let all = std::mem::take(entries(call));
    let mut failures = Vec::new();
    for (index, entry) in all.into_iter().enumerate() {
        match failed.iter().find(|it| it.index == index) {
            None => entries(call).push(entry),
            Some(failed) => failures.push(json!({
                "Id": entry["Id"], "Code": failed.code, "SenderFault": failed.is_sender_fault,
                "Message": format!("refused: {}", entry["MessageBody"]),
            })),
        }
    }
    // SQS promises no order.
    failures.reverse();
    call.withheld = Some(("Failed", failures.into()));
}

fn entries(call: &mut Call) -> &mut Vec<Value> {
    call.body["Entries"].as_array_mut().expect("entries")
}
