//! Workflows.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem, builders::PutBuilder};
use domain::{
    cadence::{Cadence, Step, Window},
    ids::{AccountId, WorkflowId},
    outcome::Outcomes,
    page::{Page, PageRequest},
    time::time_zone,
    workflow::{GoalType, Status, Workflow, first_version},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError,
    error::DamageError,
    hold_scope::HoldScope,
    item::{Entity, damaged, encode, text},
    keys,
    transaction::{incomplete, written},
};

#[derive(Serialize, Deserialize)]
pub(super) struct WorkflowItem {
    id: WorkflowId,
    #[serde(default = "first_version")]
    version: u32,
    name: String,
    goal_type: GoalType,
    is_paused: bool,
    timezone: String,
    statuses: Vec<Status>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    windows: Vec<Window>,
    #[serde(default)]
    gate_all_channels: bool,
    steps: Vec<Step>,
    #[serde(default, skip_serializing_if = "Outcomes::is_empty")]
    outcomes: Outcomes,
    created_at: Timestamp,
}

impl Entity for WorkflowItem {
    const NAME: &'static str = "workflow";
    const VERSION: u8 = 1;
}

impl TryFrom<WorkflowItem> for Workflow {
    type Error = StoreError;

    fn try_from(item: WorkflowItem) -> Result<Self, StoreError> {
        let WorkflowItem {
            id,
            version,
            name,
            goal_type,
            is_paused,
            timezone,
            statuses,
            windows,
            gate_all_channels,
            steps,
            outcomes,
            created_at,
        } = item;
        let timezone = time_zone(&timezone)
            .map_err(|_| damaged::<WorkflowItem>(DamageError::Value("timezone")))?;
        Ok(Self {
            id,
            version,
            name,
            goal_type,
            is_paused,
            timezone,
            statuses,
            cadence: Cadence {
                windows,
                gate_all_channels,
                steps,
            },
            outcomes,
            created_at,
        })
    }
}

impl From<&Workflow> for WorkflowItem {
    fn from(workflow: &Workflow) -> Self {
        let timezone = workflow.timezone_name().to_owned();
        let Workflow {
            id,
            version,
            name,
            goal_type,
            is_paused,
            timezone: _,
            statuses,
            cadence:
                Cadence {
                    windows,
                    gate_all_channels,
                    steps,
                },
            outcomes,
            created_at,
        } = workflow.clone();
        Self {
            id,
            version,
            name,
            goal_type,
            is_paused,
            timezone,
            statuses,
            windows,
            gate_all_channels,
            steps,
            outcomes,
            created_at,
        }
    }
}

impl Store {
    /// Returns a workflow of an account. `None` if there is none, or if it was removed.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads). [`StoreError::Damaged`] also for a time zone that
    /// does not exist.
    pub async fn workflow(
        &self,
        account: AccountId,
        id: WorkflowId,
    ) -> Result<Option<Workflow>, StoreError> {
        let item: Option<WorkflowItem> = self.read(&keys::workflow(account, id)).await?;
        item.map(Workflow::try_from).transpose()
    }

    /// Returns the workflow of a run, even if it was removed since. `None` if there never was one.
    ///
    /// # Errors
    /// Same as [`Store::workflow`].
    pub async fn workflow_of_run(
        &self,
        account: AccountId,
        id: WorkflowId,
    ) -> Result<Option<Workflow>, StoreError> {
        if let Some(workflow) = self.workflow(account, id).await? {
            return Ok(Some(workflow));
        }
        let key = keys::removed_workflow(account, id);
        let item: Option<WorkflowItem> = self.read(&key).await?;
        item.map(Workflow::try_from).transpose()
    }

    /// Removes a workflow. It takes no more leads, but [`Store::workflow_of_run`] still returns it.
    /// It holds no runs any more.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if the stored version
    /// is another, or if there is no such workflow.
    pub async fn remove_workflow(
        &self,
        account: AccountId,
        workflow: &Workflow,
    ) -> Result<(), StoreError> {
        let key = keys::workflow(account, workflow.id);
        let delete = Delete::builder()
            .table_name(&*self.table)
            .set_key(Some(key.into_item()))
            .condition_expression(is_version(workflow.version))
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":workflow", text(WorkflowItem::NAME))
            .expression_attribute_values(":before", number(workflow.version))
            .build()
            .map_err(incomplete)?;
        // The condition of the other write holds for all.
        let removed = keys::removed_workflow(account, workflow.id);
        let removed = encode(removed, &WorkflowItem::from(workflow))?;
        self.transact(vec![
            TransactWriteItem::builder().delete(delete).build(),
            written(self.put(removed))?,
            self.pause_write(account, workflow.id, false)?,
            self.order_release(HoldScope::Workflow(account, workflow.id))?,
        ])
        .await
    }

    /// Returns a page of an account's workflows, oldest first.
    ///
    /// # Errors
    /// Same as [`Store::workflow`].
    pub async fn workflows(
        &self,
        account: AccountId,
        request: &PageRequest,
    ) -> Result<Page<Workflow>, StoreError> {
        self.workflow_page(account, keys::WORKFLOWS, request).await
    }

    /// Returns a page of an account's removed workflows, oldest first.
    ///
    /// # Errors
    /// Same as [`Store::workflow`].
    pub async fn removed_workflows(
        &self,
        account: AccountId,
        request: &PageRequest,
    ) -> Result<Page<Workflow>, StoreError> {
        self.workflow_page(account, keys::REMOVED_WORKFLOWS, request)
            .await
    }

    async fn workflow_page(
        &self,
        account: AccountId,
        prefix: &str,
        request: &PageRequest,
    ) -> Result<Page<Workflow>, StoreError> {
        let partition = keys::account_partition(account);
        let page: Page<WorkflowItem> = self.page(partition, prefix, request).await?;
        page.try_map(Workflow::try_from)
    }

    /// Creates a workflow, and its first version.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if the workflow exists.
    pub async fn create_workflow(
        &self,
        account: AccountId,
        workflow: &Workflow,
    ) -> Result<(), StoreError> {
        let item = encode(
            keys::workflow(account, workflow.id),
            &WorkflowItem::from(workflow),
        )?;
        let put = self.put(item).condition_expression(IS_NEW);
        self.write_version(account, workflow, put, None).await
    }

    /// Replaces a workflow with its next version. The runs of the version before keep following it.
    /// Orders the release of the runs that a pause has held, unless the workflow is paused.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if the stored version
    /// is not the one before, or if there is no such workflow.
    pub async fn replace_workflow(
        &self,
        account: AccountId,
        workflow: &Workflow,
    ) -> Result<(), StoreError> {
        let key = keys::workflow(account, workflow.id);
        let before = workflow.version.saturating_sub(1);
        let put = self
            .put(encode(key, &WorkflowItem::from(workflow))?)
            .condition_expression(is_version(before))
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":workflow", text(WorkflowItem::NAME))
            .expression_attribute_values(":before", number(before));
        let scope = HoldScope::Workflow(account, workflow.id);
        let release = match workflow.is_paused {
            true => self.cancel_release(scope)?,
            false => self.order_release(scope)?,
        };
        self.write_version(account, workflow, put, Some(release))
            .await
    }

    /// Does `put` together with the writes of the workflow's version, of its pause and of the release
    /// order.
    async fn write_version(
        &self,
        account: AccountId,
        workflow: &Workflow,
        put: PutBuilder,
        release: Option<TransactWriteItem>,
    ) -> Result<(), StoreError> {
        let key = keys::workflow_version(account, workflow.id, workflow.version);
        let version = self
            .put(encode(key, &WorkflowItem::from(workflow))?)
            .condition_expression(IS_NEW);
        let mut writes = vec![
            written(put)?,
            written(version)?,
            self.pause_write(account, workflow.id, workflow.is_paused)?,
        ];
        writes.extend(release);
        self.transact(writes).await
    }

    /// Returns a version of a workflow. It never changes. `None` if there is no such version.
    ///
    /// # Errors
    /// Same as [`Store::workflow`].
    pub async fn workflow_version(
        &self,
        account: AccountId,
        id: WorkflowId,
        version: u32,
    ) -> Result<Option<Workflow>, StoreError> {
        let key = keys::workflow_version(account, id, version);
        let item: Option<WorkflowItem> = self.read(&key).await?;
        match item {
            Some(item) => Workflow::try_from(item).map(Some),
            // A workflow from before there were versions has its own item alone.
            None => {
                let present = self.workflow_of_run(account, id).await?;
                Ok(present.filter(|workflow| workflow.version == version))
            }
        }
    }

    /// Returns whether a workflow is paused, from an item of its own that costs one read unit.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn is_paused(&self, account: AccountId, id: WorkflowId) -> Result<bool, StoreError> {
        let pause: Option<Pause> = self.read(&keys::pause(account, id)).await?;
        Ok(pause.is_some())
    }

    fn pause_write(
        &self,
        account: AccountId,
        id: WorkflowId,
        is_paused: bool,
    ) -> Result<TransactWriteItem, StoreError> {
        let key = keys::pause(account, id);
        if is_paused {
            return written(self.put(encode(key, &Pause {})?));
        }
        let delete = Delete::builder()
            .table_name(&*self.table)
            .set_key(Some(key.into_item()))
            .build()
            .map_err(incomplete)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}

/// Condition of a write of an item that must not exist.
const IS_NEW: &str = "attribute_not_exists(pk)";

/// The pause of a workflow. It exists while the workflow is paused.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pause {}

impl Entity for Pause {
    const NAME: &'static str = "pause";
    const VERSION: u8 = 1;
}

/// Returns the condition that the workflow is stored in version `:before`. A workflow without a
/// version is in the first one.
fn is_version(before: u32) -> &'static str {
    if before == first_version() {
        "et = :workflow AND (attribute_not_exists(#version) OR #version = :before)"
    } else {
        "et = :workflow AND #version = :before"
    }
}

fn number(version: u32) -> AttributeValue {
    AttributeValue::N(version.to_string())
}
