//! The calls of the practice dialer: the touchpoints that were delivered, in memory.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::touchpoint_id::TouchpointRef;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

/// Maximum number of calls on the page. An older call gets its outcome from `leadgate touchpoint outcome`.
const MOST: usize = 20;

/// A delivered touchpoint.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// Id of the touchpoint.
    pub(super) id: String,
    pub(super) touchpoint: TouchpointRef,
    received_at: Timestamp,
    /// Field `data` of the delivery.
    data: Value,
}

/// The newest calls, newest first.
#[derive(Debug, Default)]
pub(super) struct Calls(Mutex<VecDeque<Call>>);

impl Call {
    /// Reads the body of a delivery. `None` if it has no touchpoint.
    pub(super) fn read(mut delivery: Value, received_at: Timestamp) -> Option<Self> {
        let data = delivery.get_mut("data")?.take();
        let id = data.pointer("/touchpoint/id")?.as_str()?.to_owned();
        // The signature is valid, so the id is one of Leadgate's.
        let (touchpoint, _) = TouchpointRef::parse(&id)?;
        Some(Self {
            id,
            touchpoint,
            received_at,
            data,
        })
    }

    /// Returns the contact in words, for the journal.
    pub(super) fn summary(&self) -> String {
        let text = |path| self.data.pointer(path).and_then(Value::as_str);
        let number = |path| self.data.pointer(path).and_then(Value::as_u64);
        let names = ["/lead/first_name", "/lead/last_name"].into_iter();
        let names: Vec<_> = names.filter_map(text).collect();
        format!(
            "{} to {}, attempt {} of {}",
            text("/touchpoint/channel").unwrap_or("contact"),
            names.join(" "),
            number("/touchpoint/attemptNumber").unwrap_or(1),
            number("/touchpoint/maxAttempts").unwrap_or(1),
        )
    }

    /// Returns the call as the page reads it.
    pub(super) fn out(&self, progress: &impl Serialize) -> Value {
        json!({
            "id": self.id,
            "received_at": self.received_at,
            "data": self.data,
            "progress": progress,
        })
    }
}

impl Calls {
    /// Adds a call. A touchpoint that is delivered again replaces its call and keeps its place.
    pub(super) fn add(&self, call: Call) {
        let mut calls = self.locked();
        if let Some(known) = calls.iter_mut().find(|it| it.id == call.id) {
            *known = call;
            return;
        }
        calls.push_front(call);
        calls.truncate(MOST);
    }

    pub(super) fn newest(&self) -> Vec<Call> {
        self.locked().iter().cloned().collect()
    }

    pub(super) fn remove(&self, id: &str) {
        self.locked().retain(|it| it.id != id);
    }

    fn locked(&self) -> MutexGuard<'_, VecDeque<Call>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(index: u16, number: u64) -> Call {
        let zero = uuid::Uuid::nil();
        let touchpoint = TouchpointRef {
            account_id: zero.into(),
            lead_id: zero.into(),
            run_id: zero.into(),
            index,
        };
        let id = touchpoint.to_id([0; 10]);
        let touchpoint = json!({"id": id, "channel": "call", "attemptNumber": 1, "maxAttempts": 3, "try": number});
        let lead = json!({"first_name": "John", "last_name": null});
        let delivery = json!({"data": {"touchpoint": touchpoint, "lead": lead}});
        Call::read(delivery, Timestamp::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn a_call_is_shown_once_and_the_newest_come_first() {
        let calls = Calls::default();
        for (index, number) in [(0, 1), (1, 1), (0, 2)] {
            calls.add(call(index, number));
        }
        let shown: Vec<_> = calls
            .newest()
            .iter()
            .map(|it| {
                let number = it.data.pointer("/touchpoint/try").unwrap().as_u64();
                (it.touchpoint.index, number.unwrap())
            })
            .collect();
        assert_eq!(shown, [(1, 1), (0, 2)]);
        for index in 0..100 {
            calls.add(call(index, 1));
        }
        assert_eq!(calls.newest().len(), MOST);
        calls.remove(&call(99, 1).id);
        assert_eq!(calls.newest().first().unwrap().touchpoint.index, 98);
    }

    #[test]
    fn the_journal_says_who_is_called() {
        assert_eq!(call(0, 1).summary(), "call to John, attempt 1 of 3");
    }

    #[test]
    fn a_delivery_without_a_touchpoint_is_no_call() {
        for delivery in [
            json!({}),
            json!({"data": {}}),
            json!({"data": {"touchpoint": {"id": "tp_1"}}}),
        ] {
            assert!(Call::read(delivery, Timestamp::UNIX_EPOCH).is_none());
        }
    }
}
