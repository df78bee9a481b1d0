//! The queues and messages of the embedded SQS, by the clock of the stack ([ADR
//! 20](../../../docs/adr/0020-the-queue-lives-by-the-clock-of-the-stack.md)).
//!
//! winterbaume keeps the queues, but its own rules for messages read the clock of the machine. This
//! module has the rules that depend on the time: delays, visibility, dead letters and retention.

mod backend;

use std::{
    future::{Future, ready},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use aws::clock::Clock;
use serde_json::Value;
use uuid::Uuid;
use winterbaume_sqs::{
    SqsState,
    state::{QueueState, SqsError},
    types::Message,
};

type Reply<T, E = SqsError> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// The queues of one stack. It has one account and one region.
pub(super) struct Queues {
    state: Arc<Mutex<SqsState>>,
    clock: Clock,
}

impl Queues {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            state: Arc::default(),
            clock,
        }
    }

    /// Carries out an operation at once, because none waits.
    fn on<T: Send + 'static, E: Send + 'static>(
        &self,
        operation: impl FnOnce(&mut SqsState) -> Result<T, E>,
    ) -> Reply<T, E> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        Box::pin(ready(operation(&mut state)))
    }

    fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }
}

/// Returns a queue, without the messages that are too old for it at `now`.
fn queue<'a>(
    state: &'a mut SqsState,
    name: &str,
    now: i64,
) -> Result<&'a mut QueueState, SqsError> {
    let found = state.queues.get_mut(name);
    let found = found.ok_or(SqsError::NonExistentQueue)?;
    let oldest = now - millis(found.queue.message_retention_period);
    found.messages.retain(|it| it.sent_timestamp > oldest);
    Ok(found)
}

fn millis(seconds: u32) -> i64 {
    i64::from(seconds) * 1_000
}

/// Returns the number of deliveries after which a message is a dead letter.
fn most_deliveries(queue: &QueueState) -> u32 {
    let policy = queue.redrive_policy.as_deref().unwrap_or_default();
    let policy: Value = serde_json::from_str(policy).unwrap_or_default();
    let most = policy.get("maxReceiveCount");
    let most = most.and_then(|it| it.as_u64().or_else(|| it.as_str()?.parse().ok()));
    most.and_then(|most| most.try_into().ok())
        .unwrap_or(u32::MAX)
}

/// Receives up to `most` messages that are visible at `now`. A message with too many deliveries
/// moves to the dead-letter queue instead.
fn receive(
    state: &mut SqsState,
    name: &str,
    most: usize,
    timeout: Option<u32>,
    now: i64,
) -> Result<Vec<Message>, SqsError> {
    let source = queue(state, name, now)?;
    let most_deliveries = most_deliveries(source);
    let hidden_until = now + millis(timeout.unwrap_or(source.queue.visibility_timeout));
    let (mut received, mut dead) = (Vec::new(), Vec::new());
    let mut index = 0;
    while let Some(message) = source.messages.get_mut(index)
        && received.len() < most
    {
        let is_due = message.visible_at <= now;
        if is_due && message.approximate_receive_count >= most_deliveries {
            dead.push(source.messages.remove(index));
            continue;
        }
        if is_due {
            let handle = Uuid::new_v4().to_string();
            message.receipt_handle = Some(handle.clone());
            message.all_receipt_handles.push(handle);
            message.approximate_receive_count += 1;
            message
                .approximate_first_receive_timestamp
                .get_or_insert(now);
            message.visible_at = hidden_until;
            received.push(message.clone());
        }
        index += 1;
    }
    let target = source.dead_letter_target_arn.clone();
    let mut queues = state.queues.values_mut();
    if let Some(target) = queues.find(|it| target.as_ref() == Some(&it.queue.arn)) {
        target
            .messages
            .extend(dead.into_iter().map(|message| Message {
                receipt_handle: None,
                all_receipt_handles: Vec::new(),
                approximate_receive_count: 0,
                approximate_first_receive_timestamp: None,
                visible_at: now,
                ..message
            }));
    }
    Ok(received)
}

/// Hides a message for `timeout` seconds from `now` on.
fn hide(
    state: &mut SqsState,
    name: &str,
    handle: &str,
    timeout: u32,
    now: i64,
) -> Result<(), SqsError> {
    state.change_message_visibility(name, handle, timeout)?;
    let messages = &mut queue(state, name, now)?.messages;
    let message = messages
        .iter_mut()
        .find(|it| it.receipt_handle.as_deref() == Some(handle));
    if let Some(message) = message {
        message.visible_at = now + millis(timeout);
    }
    Ok(())
}

/// Returns the numbers of messages that are visible, in flight and delayed.
fn counts(queue: &QueueState, now: i64) -> [(&'static str, usize); 3] {
    let count = |is: fn(bool, bool) -> bool| {
        let messages = queue.messages.iter();
        let is = |it: &&Message| is(it.visible_at > now, it.approximate_receive_count > 0);
        messages.filter(is).count()
    };
    [
        ("ApproximateNumberOfMessages", count(|hidden, _| !hidden)),
        (
            "ApproximateNumberOfMessagesNotVisible",
            count(|hidden, received| hidden && received),
        ),
        (
            "ApproximateNumberOfMessagesDelayed",
            count(|hidden, received| hidden && !received),
        ),
    ]
}
