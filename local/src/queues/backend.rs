//! The queues as the storage of winterbaume's service. Operations whose result does not depend on
//! the time are winterbaume's own.

use std::{
    collections::HashMap,
    future::{Future, ready},
    pin::Pin,
    sync::PoisonError,
};

use winterbaume_sqs::{
    SendMessageOutput, SqsBackend, SqsStateView, StateViewError,
    state::SqsError,
    types::{Message, MessageAttribute, MessageMoveTask, Queue},
};

use super::{Queues, Reply, counts, hide, millis, queue, receive};

type Attributes = HashMap<String, String>;

impl SqsBackend for Queues {
    fn send_message(
        &self,
        _: String,
        _: String,
        name: String,
        body: String,
        delay: Option<u32>,
        attributes: HashMap<String, MessageAttribute>,
        group: Option<String>,
        deduplication: Option<String>,
    ) -> Reply<SendMessageOutput> {
        let now = self.now();
        self.on(|state| {
            let (group, deduplication) = (group.as_deref(), deduplication.as_deref());
            let sent = state.send_message(&name, &body, delay, attributes, group, deduplication)?;
            let queue = state.queues.get_mut(&name);
            let queue = queue.ok_or(SqsError::NonExistentQueue)?;
            let delay = delay.unwrap_or(queue.queue.delay_seconds);
            let last = queue.messages.last_mut();
            if let Some(message) = last.filter(|it| it.message_id == sent.message_id) {
                message.sent_timestamp = now;
                message.visible_at = now + millis(delay);
            }
            Ok(SendMessageOutput {
                message_id: sent.message_id,
                body_md5: sent.body_md5,
            })
        })
    }

    fn receive_messages(
        &self,
        _: String,
        _: String,
        name: String,
        most: usize,
        timeout: Option<u32>,
    ) -> Reply<Vec<Message>> {
        let now = self.now();
        self.on(|state| receive(state, &name, most, timeout, now))
    }

    fn change_message_visibility(
        &self,
        _: String,
        _: String,
        name: String,
        handle: String,
        timeout: u32,
    ) -> Reply<()> {
        let now = self.now();
        self.on(|state| hide(state, &name, &handle, timeout, now))
    }

    fn change_message_visibility_batch(
        &self,
        _: String,
        _: String,
        name: String,
        entries: Vec<(String, String, u32)>,
    ) -> Reply<Vec<String>> {
        let now = self.now();
        self.on(|state| {
            queue(state, &name, now)?;
            let changed = entries.into_iter().filter_map(|(id, handle, timeout)| {
                let changed = hide(state, &name, &handle, timeout, now);
                changed.is_ok().then_some(id)
            });
            Ok(changed.collect())
        })
    }

    fn get_queue_attributes(&self, _: String, _: String, name: String) -> Reply<Attributes> {
        let now = self.now();
        self.on(|state| {
            let counts = counts(queue(state, &name, now)?, now);
            let mut attributes = state.get_queue_attributes(&name)?;
            attributes.extend(counts.map(|(name, count)| (name.to_owned(), count.to_string())));
            Ok(attributes)
        })
    }

    fn create_queue(
        &self,
        account: String,
        region: String,
        name: String,
        attributes: Attributes,
        tags: Option<Attributes>,
    ) -> Reply<Queue> {
        self.on(|state| {
            let queue = state.create_queue(&name, &region, &account, &attributes, tags.as_ref());
            queue.cloned()
        })
    }

    fn delete_queue(&self, _: String, _: String, name: String) -> Reply<()> {
        self.on(|state| state.delete_queue(&name))
    }

    fn get_queue_url(&self, _: String, _: String, name: String) -> Reply<String> {
        self.on(|state| state.get_queue_url(&name).map(str::to_owned))
    }

    fn set_queue_attributes(
        &self,
        _: String,
        _: String,
        name: String,
        attributes: Attributes,
    ) -> Reply<()> {
        self.on(|state| state.set_queue_attributes(&name, &attributes))
    }

    fn list_queues(&self, _: String, _: String, prefix: Option<String>) -> Reply<Vec<Queue>> {
        self.on(|state| {
            let queues = state.list_queues(prefix.as_deref());
            Ok(queues.into_iter().cloned().collect())
        })
    }

    fn delete_message(&self, _: String, _: String, name: String, handle: String) -> Reply<()> {
        self.on(|state| state.delete_message(&name, &handle))
    }

    fn purge_queue(&self, _: String, _: String, name: String) -> Reply<()> {
        self.on(|state| state.purge_queue(&name))
    }

    fn list_queue_tags(&self, _: String, _: String, name: String) -> Reply<Attributes> {
        self.on(|state| state.list_queue_tags(&name))
    }

    fn tag_queue(&self, _: String, _: String, name: String, tags: Attributes) -> Reply<()> {
        self.on(|state| state.tag_queue(&name, &tags))
    }

    fn untag_queue(&self, _: String, _: String, name: String, tags: Vec<String>) -> Reply<()> {
        self.on(|state| state.untag_queue(&name, &tags))
    }

    fn add_permission(
        &self,
        _: String,
        _: String,
        name: String,
        label: String,
        accounts: Vec<String>,
        actions: Vec<String>,
    ) -> Reply<()> {
        self.on(|state| state.add_permission(&name, &label, accounts, actions))
    }

    fn remove_permission(&self, _: String, _: String, name: String, label: String) -> Reply<()> {
        self.on(|state| state.remove_permission(&name, &label))
    }

    fn list_dead_letter_source_queues(
        &self,
        _: String,
        _: String,
        name: String,
    ) -> Reply<Vec<String>> {
        self.on(|state| state.list_dead_letter_source_queues(&name))
    }

    fn start_message_move_task(
        &self,
        _: String,
        _: String,
        source: String,
        destination: Option<String>,
        rate: Option<i32>,
    ) -> Reply<String> {
        self.on(|state| state.start_message_move_task(&source, destination.as_deref(), rate))
    }

    fn cancel_message_move_task(&self, _: String, _: String, handle: String) -> Reply<i64> {
        self.on(|state| state.cancel_message_move_task(&handle))
    }

    fn list_message_move_tasks(
        &self,
        _: String,
        _: String,
        source: String,
    ) -> Reply<Vec<MessageMoveTask>> {
        self.on(|state| {
            let tasks = state.list_message_move_tasks(&source);
            Ok(tasks.into_iter().cloned().collect())
        })
    }

    fn scopes_with_state(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn snapshot(&self, _: String, _: String) -> Pin<Box<dyn Future<Output = SqsStateView> + Send>> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        Box::pin(ready(SqsStateView::from(&*state)))
    }

    fn restore(&self, _: String, _: String, view: SqsStateView) -> Reply<(), StateViewError> {
        self.on(|state| {
            *state = view.into();
            Ok(())
        })
    }

    fn merge(
        &self,
        account: String,
        region: String,
        view: SqsStateView,
    ) -> Reply<(), StateViewError> {
        self.restore(account, region, view)
    }
}
