//! The parts of template.yaml that the local stack runs: the table with its indexes, the queues and
//! the event source. The local stack has no definition of its own, as decided in
//! [ADR 4](../../docs/adr/0004-the-local-stack-reads-the-template.md).

use std::collections::BTreeSet;

use aws_sdk_dynamodb::{
    operation::create_table::builders::CreateTableFluentBuilder,
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, Projection,
        TableDescription,
    },
};
use serde::Deserialize;

use crate::{LocalError, queue_names::QueueName};

const TEMPLATE: &str = include_str!("../../template.yaml");

/// Content of template.yaml, as far as the local stack needs it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct File {
    resources: Resources,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resources {
    table: Resource<Table>,
    start_queue: Resource<MainQueue>,
    start_dead_letter_queue: Resource<DeadLetterQueue>,
    start_workflow_function: Resource<Consumer>,
    dispatch_queue: Resource<MainQueue>,
    dispatch_dead_letter_queue: Resource<DeadLetterQueue>,
    dispatch_touchpoints_function: Resource<Consumer>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resource<P> {
    properties: P,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Table {
    attribute_definitions: Vec<Attribute>,
    key_schema: Vec<KeyElement>,
    global_secondary_indexes: Vec<Index>,
    time_to_live_specification: TimeToLive,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TimeToLive {
    attribute_name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_name: String,
    attribute_type: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyElement {
    attribute_name: String,
    key_type: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Index {
    index_name: String,
    key_schema: Vec<KeyElement>,
    projection: IndexProjection,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IndexProjection {
    projection_type: String,
    #[serde(default)]
    non_key_attributes: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MainQueue {
    /// Time for which a received message is hidden, in seconds.
    pub(super) visibility_timeout: u32,
    /// Time for which a message is kept, in seconds.
    pub(super) message_retention_period: u32,
    pub(super) redrive_policy: RedrivePolicy,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RedrivePolicy {
    /// Number of deliveries after which a message becomes a dead letter.
    pub(super) max_receive_count: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeadLetterQueue {
    /// Time for which a dead letter is kept, in seconds.
    pub(super) message_retention_period: u32,
}

/// A queue with its dead-letter queue.
pub(super) struct Queues<'a> {
    pub(super) main: &'a MainQueue,
    pub(super) dead_letter: &'a DeadLetterQueue,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Consumer {
    events: Events,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Events {
    #[serde(alias = "Hints")]
    starts: Resource<EventSource>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EventSource {
    batch_size: u8,
}

/// The table, the queues and the event source of the stack.
#[derive(Debug)]
pub(super) struct Template(Resources);

impl Template {
    pub(super) fn read() -> Result<Self, LocalError> {
        let file: File = serde_saphyr::from_str(TEMPLATE)
            .map_err(|error| LocalError::Template(error.to_string()))?;
        Ok(Self(file.resources))
    }

    /// Adds everything but the table's name to a request.
    pub(super) fn table(
        &self,
        request: CreateTableFluentBuilder,
    ) -> Result<CreateTableFluentBuilder, LocalError> {
        let table = &self.0.table.properties;
        let mut indexes = Vec::new();
        for index in &table.global_secondary_indexes {
            let projection = Projection::builder()
                .projection_type(index.projection.projection_type.as_str().into())
                .set_non_key_attributes(index.projection.non_key_attributes.clone())
                .build();
            indexes.push(
                GlobalSecondaryIndex::builder()
                    .index_name(&index.index_name)
                    .set_key_schema(Some(key_schema(&index.key_schema)?))
                    .projection(projection)
                    .build()
                    .map_err(incomplete)?,
            );
        }
        let attributes = table
            .attribute_definitions
            .iter()
            .map(|attribute| {
                AttributeDefinition::builder()
                    .attribute_name(&attribute.attribute_name)
                    .attribute_type(attribute.attribute_type.as_str().into())
                    .build()
            })
            .collect::<Result<_, _>>()
            .map_err(incomplete)?;
        Ok(request
            .billing_mode(BillingMode::PayPerRequest)
            .set_attribute_definitions(Some(attributes))
            .set_key_schema(Some(key_schema(&table.key_schema)?))
            .set_global_secondary_indexes(Some(indexes)))
    }

    /// Returns the attribute with the time at which DynamoDB may delete an item.
    pub(super) fn ttl_attribute(&self) -> &str {
        let table = &self.0.table.properties;
        &table.time_to_live_specification.attribute_name
    }

    /// Whether an existing table has the keys and the indexes of the template.
    pub(super) fn matches(&self, there: &TableDescription) -> bool {
        let wanted = &self.0.table.properties;
        let keys = |elements: &[KeySchemaElement]| -> BTreeSet<String> {
            let names = elements.iter().map(KeySchemaElement::attribute_name);
            names.map(str::to_owned).collect()
        };
        let wanted_keys = |elements: &[KeyElement]| -> BTreeSet<String> {
            let names = elements.iter().map(|element| &element.attribute_name);
            names.cloned().collect()
        };
        let indexes: BTreeSet<_> = there
            .global_secondary_indexes()
            .iter()
            .map(|index| {
                let projected = index.projection().map(Projection::non_key_attributes);
                let projected: BTreeSet<_> =
                    projected.unwrap_or_default().iter().cloned().collect();
                (
                    index.index_name().map(str::to_owned),
                    keys(index.key_schema()),
                    projected,
                )
            })
            .collect();
        let wanted_indexes: BTreeSet<_> = wanted
            .global_secondary_indexes
            .iter()
            .map(|index| {
                let projected = index.projection.non_key_attributes.iter().flatten();
                (
                    Some(index.index_name.clone()),
                    wanted_keys(&index.key_schema),
                    projected.cloned().collect(),
                )
            })
            .collect();
        keys(there.key_schema()) == wanted_keys(&wanted.key_schema) && indexes == wanted_indexes
    }

    /// Returns a queue with its dead-letter queue.
    pub(super) fn queues(&self, queue: QueueName) -> Queues<'_> {
        let (main, dead_letter) = match queue {
            QueueName::Start => (&self.0.start_queue, &self.0.start_dead_letter_queue),
            QueueName::Dispatch => (&self.0.dispatch_queue, &self.0.dispatch_dead_letter_queue),
        };
        Queues {
            main: &main.properties,
            dead_letter: &dead_letter.properties,
        }
    }

    /// Returns the maximum number of messages in one event of the function that handles a queue.
    pub(super) fn batch_size(&self, queue: QueueName) -> u8 {
        let consumer = match queue {
            QueueName::Start => &self.0.start_workflow_function,
            QueueName::Dispatch => &self.0.dispatch_touchpoints_function,
        };
        consumer.properties.events.starts.properties.batch_size
    }
}

fn key_schema(elements: &[KeyElement]) -> Result<Vec<KeySchemaElement>, LocalError> {
    elements
        .iter()
        .map(|element| {
            KeySchemaElement::builder()
                .attribute_name(&element.attribute_name)
                .key_type(element.key_type.as_str().into())
                .build()
        })
        .collect::<Result<_, _>>()
        .map_err(incomplete)
}

fn incomplete(error: aws_sdk_dynamodb::error::BuildError) -> LocalError {
    LocalError::Template(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use api::REQUEST_TIMEOUT;
    use aws::clients::{ATTEMPT_TIMEOUT, OPERATION_TIMEOUT};
    use start_workflow::RECORD_TIMEOUT;

    use super::*;
    use crate::schedule;

    /// Maximum time that an HTTP API waits for its integration, with the cold start.
    const GATEWAY: Duration = Duration::from_secs(30);
    /// Time that a function needs to write its last log line and its reply.
    const LAST_WORDS: Duration = Duration::from_secs(1);

    /// Timeouts of the functions in template.yaml.
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Limits {
        resources: Functions,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Functions {
        api_function: Resource<Function>,
        start_workflow_function: Resource<Function>,
        requeue_starts_function: Resource<Function>,
        dispatch_touchpoints_function: Resource<Function>,
        wake_runs_function: Resource<Function>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Function {
        timeout: u64,
    }

    impl Resource<Function> {
        fn timeout(&self) -> Duration {
            Duration::from_secs(self.properties.timeout)
        }
    }

    fn functions() -> Functions {
        let limits: Limits = serde_saphyr::from_str(TEMPLATE).unwrap();
        limits.resources
    }

    #[test]
    fn the_template_defines_what_the_local_stack_runs() {
        let template = Template::read().unwrap();
        assert_eq!(template.ttl_attribute(), "ttl");
        for (queue, visibility) in [(QueueName::Start, 190), (QueueName::Dispatch, 240)] {
            let Queues { main, dead_letter } = template.queues(queue);
            assert_eq!(template.batch_size(queue), 10);
            assert_eq!(main.redrive_policy.max_receive_count, 5);
            assert_eq!(main.visibility_timeout, visibility);
            assert_eq!(
                main.message_retention_period,
                dead_letter.message_retention_period
            );
        }
    }

    #[test]
    fn each_timeout_holds_those_inside_it() {
        let Functions {
            api_function: api,
            start_workflow_function: start_workflow,
            requeue_starts_function: requeue_starts,
            dispatch_touchpoints_function: dispatch,
            wake_runs_function: wake_runs,
        } = functions();
        // A call whose first attempt is lost has time for a second.
        assert!(2 * ATTEMPT_TIMEOUT < OPERATION_TIMEOUT);
        // Tests of functions/api and functions/start-workflow compare the calls of a request and of
        // a record with these two.
        assert!(OPERATION_TIMEOUT < REQUEST_TIMEOUT);
        assert!(OPERATION_TIMEOUT < RECORD_TIMEOUT);
        assert!(REQUEST_TIMEOUT + LAST_WORDS <= api.timeout());
        assert!(api.timeout() < GATEWAY);
        // The time of the records begins after the lookup of their leads.
        let hints = start_workflow::HINT_TIMEOUT;
        assert!(ATTEMPT_TIMEOUT + RECORD_TIMEOUT + hints + LAST_WORDS <= start_workflow.timeout());
        let record = dispatch_touchpoints::RECORD_TIMEOUT + dispatch_touchpoints::HINT_TIMEOUT;
        assert!(OPERATION_TIMEOUT < dispatch_touchpoints::RECORD_TIMEOUT);
        assert!(record + OPERATION_TIMEOUT + LAST_WORDS <= dispatch.timeout());
        // At the end of its time, requeue-starts may have begun a page: it reads, sends and clears
        // the page.
        let last = 3 * OPERATION_TIMEOUT;
        assert!(requeue_starts::BUDGET + last < requeue_starts.timeout());
        assert!(wake_runs::BUDGET + last < wake_runs.timeout());
        // A call ends before the next one begins.
        assert!(requeue_starts.timeout() < schedule::PERIOD);
        assert!(wake_runs.timeout() < schedule::PERIOD);
    }

    #[test]
    fn a_message_stays_hidden_for_six_times_as_long_as_its_consumer_may_take() {
        // AWS advises this for event sources, because Lambda retries a throttled batch in this
        // time.
        let template = Template::read().unwrap();
        let functions = functions();
        // Maximum value of StartBatchingWindow.
        let window = Duration::from_secs(10);
        for (queue, consumer, window) in [
            (QueueName::Start, functions.start_workflow_function, window),
            (
                QueueName::Dispatch,
                functions.dispatch_touchpoints_function,
                Duration::ZERO,
            ),
        ] {
            let visibility = template.queues(queue).main.visibility_timeout;
            assert!(Duration::from_secs(visibility.into()) >= 6 * consumer.timeout() + window);
        }
    }
}
