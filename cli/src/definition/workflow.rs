//! The definition of a workflow.

use domain::{
    cadence::Cadence,
    outcome::Outcomes,
    time::time_zone,
    workflow::{GoalType, Status, Workflow},
};
use jiff::tz::TimeZone;
use serde::Serialize;

use super::{
    cadence::CadenceForm,
    node::Node,
    reader::{Reader, object},
};
use crate::nearest::{nearest_zone, question};

/// Maximum number of statuses of a workflow.
pub const MOST_STATUSES: usize = 100;

/// A workflow in a file. Its ids, its version and its time of creation are not in the file.
#[derive(Clone, Debug, Serialize)]
pub struct WorkflowDefinition {
    /// Display name. No other workflow of the account has it.
    pub name: String,
    /// Purpose.
    pub goal_type: GoalType,
    /// Time zone of the calendar delays and of the windows.
    #[serde(with = "jiff::fmt::serde::tz::required")]
    pub timezone: TimeZone,
    /// Whether the workflow accepts leads but schedules nothing.
    pub is_paused: bool,
    /// Statuses: exactly one is initial, and at least one is terminal.
    pub statuses: Vec<StatusDefinition>,
    /// Steps, and the windows in which contacts may happen.
    #[serde(with = "CadenceForm")]
    pub cadence: Cadence,
    /// Effects of outcomes that differ from the defaults.
    #[serde(skip_serializing_if = "Outcomes::is_empty")]
    pub outcomes: Outcomes,
}

/// A status in a file. `apply` gives it an id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusDefinition {
    /// Name for clients. No other status of the workflow has it.
    pub key: String,
    /// Name for people.
    pub label: String,
    /// Group of statuses, such as `active` or `won`.
    pub category: String,
    /// Whether new leads have this status.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_initial: bool,
    /// Whether this status ends the cadence of a lead.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_terminal: bool,
}

impl From<&Workflow> for WorkflowDefinition {
    fn from(workflow: &Workflow) -> Self {
        let Workflow {
            id: _,
            version: _,
            name,
            goal_type,
            is_paused,
            timezone,
            statuses,
            cadence,
            outcomes,
            created_at: _,
        } = workflow;
        Self {
            name: name.clone(),
            goal_type: *goal_type,
            timezone: timezone.clone(),
            is_paused: *is_paused,
            statuses: statuses.iter().map(StatusDefinition::from).collect(),
            cadence: cadence.clone(),
            outcomes: outcomes.clone(),
        }
    }
}

impl From<&Status> for StatusDefinition {
    fn from(status: &Status) -> Self {
        let Status {
            id: _,
            key,
            label,
            category,
            is_initial,
            is_terminal,
        } = status.clone();
        Self {
            key,
            label,
            category,
            is_initial,
            is_terminal,
        }
    }
}

impl Reader {
    pub fn workflow(&mut self, node: &Node) -> Option<WorkflowDefinition> {
        Some(object!(
            self,
            node,
            WorkflowDefinition {
                name: required(Self::name),
                goal_type: required(Self::one_of),
                timezone: required(Self::timezone),
                is_paused: or(false, Self::flag),
                statuses: required(Self::statuses),
                cadence: required(Self::cadence),
                outcomes: or(Outcomes::default(), |reader, node| {
                    reader.outcomes(node, statuses.as_deref())
                }),
            }
        ))
    }

    fn timezone(&mut self, node: &Node) -> Option<TimeZone> {
        let text = self.text(node)?;
        let zone = time_zone(text).ok();
        if zone.is_none() {
            let meant = question(nearest_zone(text).as_deref());
            self.wrong(
                node,
                format_args!("an IANA time zone such as America/Santiago{meant}"),
            );
        }
        zone
    }

    fn statuses(&mut self, node: &Node) -> Option<Vec<StatusDefinition>> {
        let statuses = self.up_to(node, MOST_STATUSES, Self::status)?;
        let mut keys: Vec<&str> = Vec::new();
        for (status, node) in statuses.iter().zip(node.elements()) {
            let StatusDefinition {
                key,
                is_initial,
                is_terminal,
                ..
            } = status;
            if let (true, Some(node)) = (keys.contains(&key.as_str()), node.field("key")) {
                let value = &node.value;
                let problem =
                    format_args!("is {value}, which an earlier status has: choose another key");
                self.problem(node, problem);
            }
            keys.push(key);
            if *is_initial && *is_terminal {
                self.problem(node, "has both is_initial and is_terminal: remove one");
            }
        }
        let initial = statuses.iter().filter(|status| status.is_initial).count();
        if initial != 1 {
            let problem = format_args!(
                "has {initial} entries with is_initial: true, but must have exactly one"
            );
            self.problem(node, problem);
        }
        if !statuses.iter().any(|status| status.is_terminal) {
            let problem = "has no entry with is_terminal: true, but must have at least one";
            self.problem(node, problem);
        }
        Some(statuses)
    }

    fn status(&mut self, node: &Node) -> Option<StatusDefinition> {
        Some(object!(
            self,
            node,
            StatusDefinition {
                key: required(Self::name),
                label: required(Self::name),
                category: required(Self::name),
                is_initial: or(false, Self::flag),
                is_terminal: or(false, Self::flag),
            }
        ))
    }
}
