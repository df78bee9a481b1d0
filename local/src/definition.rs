//! What the stack consists of, read from template.yaml itself: the table and its indexes, the queues and
//! the event source. There is no second definition that could differ.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::{
    operation::create_table::builders::CreateTableFluentBuilder,
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, Projection,
        TableDescription,
    },
};
use serde::Deserialize;

use super::LocalError;

const TEMPLATE: &str = include_str!("../../template.yaml");

/// The part of template.yaml that the local stack runs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Template {
    resources: Resources,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resources {
    table: Resource<Table>,
    start_queue: Resource<StartQueue>,
    start_dead_letter_queue: Resource<Queue>,
    start_workflow_function: Resource<StartWorkflowFunction>,
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
struct StartQueue {
    visibility_timeout: u32,
    message_retention_period: u32,
    redrive_policy: RedrivePolicy,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RedrivePolicy {
    max_receive_count: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Queue {
    message_retention_period: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StartWorkflowFunction {
    events: Events,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Events {
    starts: Resource<EventSource>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EventSource {
    batch_size: u8,
}

/// The stack's table, queues and event source.
#[derive(Debug)]
pub(super) struct Definition(Resources);

impl Definition {
    pub(super) fn read() -> Result<Self, LocalError> {
        let template: Template = serde_saphyr::from_str(TEMPLATE)
            .map_err(|error| LocalError::Template(error.to_string()))?;
        Ok(Self(template.resources))
    }

    /// `request` with everything but the table's name.
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

    /// The attribute that says when DynamoDB may drop an item.
    pub(super) fn ttl_attribute(&self) -> &str {
        let table = &self.0.table.properties;
        &table.time_to_live_specification.attribute_name
    }

    /// Whether a table that is there has the keys and the indexes that this version works with.
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

    /// Seconds for which a start that was received is hidden.
    pub(super) fn visibility_timeout(&self) -> u32 {
        self.0.start_queue.properties.visibility_timeout
    }

    /// Seconds for which a start is kept.
    pub(super) fn retention(&self) -> u32 {
        self.0.start_queue.properties.message_retention_period
    }

    /// Seconds for which a dead letter is kept.
    pub(super) fn dead_letter_retention(&self) -> u32 {
        self.0
            .start_dead_letter_queue
            .properties
            .message_retention_period
    }

    /// How often a start is delivered before it becomes a dead letter.
    pub(super) fn max_receive_count(&self) -> u32 {
        self.0
            .start_queue
            .properties
            .redrive_policy
            .max_receive_count
    }

    /// How many starts are handed to start-workflow at once.
    pub(super) fn batch_size(&self) -> u8 {
        self.0
            .start_workflow_function
            .properties
            .events
            .starts
            .properties
            .batch_size
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

    /// What API Gateway waits for an integration of an HTTP API, at most. It counts a cold start as well.
    const GATEWAY: Duration = Duration::from_secs(30);
    /// What a function needs to say how it ended.
    const LAST_WORDS: Duration = Duration::from_secs(1);

    /// The limits of the functions in template.yaml.
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
        let definition = Definition::read().unwrap();
        assert_eq!(definition.batch_size(), 10);
        assert_eq!(definition.ttl_attribute(), "ttl");
        assert_eq!(definition.max_receive_count(), 5);
        assert_eq!(definition.visibility_timeout(), 190);
        assert_eq!(definition.retention(), definition.dead_letter_retention());
    }

    #[test]
    fn each_timeout_holds_those_inside_it() {
        let Functions {
            api_function: api,
            start_workflow_function: start_workflow,
            requeue_starts_function: requeue_starts,
        } = functions();
        // A call whose first attempt is lost has the time of another.
        assert!(2 * ATTEMPT_TIMEOUT < OPERATION_TIMEOUT);
        // What a request or a record may wait for, functions/api and functions/start-workflow hold
        // against these two, call by call.
        assert!(OPERATION_TIMEOUT < REQUEST_TIMEOUT);
        assert!(OPERATION_TIMEOUT < RECORD_TIMEOUT);
        assert!(REQUEST_TIMEOUT + LAST_WORDS <= api.timeout());
        assert!(api.timeout() < GATEWAY);
        // A batch's leads are looked up before its records' time begins.
        assert!(ATTEMPT_TIMEOUT + RECORD_TIMEOUT + LAST_WORDS <= start_workflow.timeout());
        // What is under way when its time is over: a page is read, sent and cleared.
        let last = 3 * OPERATION_TIMEOUT;
        assert!(requeue_starts::BUDGET + last < requeue_starts.timeout());
        // One run is over when the next is due.
        assert!(requeue_starts.timeout() < schedule::PERIOD);
    }

    #[test]
    fn a_start_stays_hidden_for_six_times_as_long_as_its_consumer_may_take() {
        // AWS's advice for an event source: a batch that is throttled is tried again meanwhile.
        let visibility = Definition::read().unwrap().visibility_timeout();
        let consumer = functions().start_workflow_function.timeout();
        // StartBatchingWindow's largest value.
        let window = Duration::from_secs(10);
        assert!(Duration::from_secs(visibility.into()) >= 6 * consumer + window);
    }
}
