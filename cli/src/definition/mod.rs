//! Definitions as files: YAML, read with every problem at once. A workflow is written as in CONTRACT section 7.

mod file;
mod node;
mod reader;
#[cfg(test)]
mod tests;

use std::fmt;

use domain::{
    cadence::{Cadence, Channel, ClockTime, Day, Interval, Step, Window},
    first_message::{FirstMessage, MessageParts},
    workflow::GoalType,
};
use jiff::tz::TimeZone;
use serde_saphyr::UserMessageFormatter;

pub use self::file::{AccountDefinition, File, FileError};
pub(crate) use self::node::Node;
use self::{
    node::join,
    reader::{Fields, Reader},
};

const GOAL_TYPES: &str = "appointment, sale, qualification, information, payment_link, support, \
                          custom, quote or document_collection";
const CHANNELS: &str = "call, whatsapp, email or sms";
const DAYS: &str = "mon, tue, wed, thu, fri, sat or sun";

const LONGEST_NAME: usize = 200;
const MOST_STEPS: usize = 50;
const MOST_STATUSES: usize = 100;
const MOST_WINDOWS: usize = 50;
const MOST_ATTEMPTS: u8 = 10;

/// The messages of all steps, in bytes: a run keeps them, beside a first message of up to 64 KiB and up to
/// 500 touchpoints, in an item of at most 400 KB.
const LONGEST_MESSAGES: usize = 256 * 1024;

/// What a file says of a workflow.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Its display name.
    pub name: String,
    /// What it is meant to reach.
    pub goal_type: GoalType,
    /// The zone in which calendar delays and windows are counted.
    pub timezone: TimeZone,
    /// A paused workflow takes leads but schedules nothing.
    pub is_paused: bool,
    /// Where a lead can stand in it; exactly one is initial, and at least one terminal.
    pub statuses: Vec<StatusDefinition>,
    /// Which contacts, and when.
    pub cadence: Cadence,
}

/// A status, which gets its id when it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusDefinition {
    /// The name that clients use; no other status has it.
    pub key: String,
    /// The name that people see.
    pub label: String,
    /// A group of statuses, such as `active` or `won`.
    pub category: String,
    /// A new lead starts here.
    pub is_initial: bool,
    /// A lead that comes here has left the cadence.
    pub is_terminal: bool,
}

/// Something that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where, from 1; 0 where the parser does not tell.
    pub line: u64,
    /// What, with the path of the field.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl Definition {
    /// Reads a file's text.
    ///
    /// # Errors
    /// All problems, in the file's order; only the first one where it is no YAML.
    pub fn read(yaml: &str) -> Result<Self, Vec<Problem>> {
        let root = Node::read(yaml).map_err(|error| vec![not_yaml(&error)])?;
        Reader::read(&root, Reader::definition)
    }
}

fn not_yaml(error: &serde_saphyr::Error) -> Problem {
    let error = error.without_snippet();
    Problem {
        line: error.location().map_or(0, |location| location.line()),
        message: error.render_with_formatter(&UserMessageFormatter),
    }
}

impl Reader {
    fn definition(&mut self, root: &Node) -> Option<Definition> {
        let known = [
            "name",
            "goal_type",
            "timezone",
            "is_paused",
            "statuses",
            "cadence",
        ];
        let fields = self.fields(root, &known)?;
        let name = self.required(fields, "name");
        let name = name.and_then(|node| self.text_up_to(node, LONGEST_NAME));
        let goal_type = self.required(fields, "goal_type");
        let goal_type = goal_type.and_then(|node| self.one_of(node, GOAL_TYPES));
        let timezone = self.required(fields, "timezone");
        let timezone = timezone.and_then(|node| self.timezone(node));
        let is_paused = self.flag(fields.get("is_paused"));
        let statuses = self.required(fields, "statuses");
        let statuses = statuses.and_then(|node| self.statuses(node));
        let cadence = self.required(fields, "cadence");
        let cadence = cadence.and_then(|node| self.cadence(node));
        Some(Definition {
            name: name?,
            goal_type: goal_type?,
            timezone: timezone?,
            is_paused,
            statuses: statuses?,
            cadence: cadence?,
        })
    }

    fn timezone(&mut self, node: &Node) -> Option<TimeZone> {
        let zone = TimeZone::get(self.text(node)?).ok();
        if zone.is_none() {
            self.problem(node, "must be an IANA time zone such as America/Santiago");
        }
        zone
    }

    fn statuses(&mut self, node: &Node) -> Option<Vec<StatusDefinition>> {
        let nodes = self.list(node)?;
        if nodes.len() > MOST_STATUSES {
            self.problem(node, format_args!("must not be more than {MOST_STATUSES}"));
        }
        let read: Vec<_> = nodes.iter().map(|node| self.status(node)).collect();
        let statuses: Vec<_> = read.into_iter().collect::<Option<_>>()?;
        let mut keys: Vec<&str> = Vec::new();
        for (status, node) in statuses.iter().zip(nodes) {
            if keys.contains(&status.key.as_str()) {
                let what = format_args!("has the key {} of one before", status.key);
                self.problem(node, what);
            }
            keys.push(&status.key);
            if status.is_initial && status.is_terminal {
                self.problem(node, "cannot be both is_initial and is_terminal");
            }
        }
        let initial = statuses.iter().filter(|status| status.is_initial).count();
        if initial != 1 {
            let what = format_args!("must have exactly one with is_initial, and has {initial}");
            self.problem(node, what);
        }
        if !statuses.iter().any(|status| status.is_terminal) {
            self.problem(node, "must have at least one with is_terminal");
        }
        Some(statuses)
    }

    fn status(&mut self, node: &Node) -> Option<StatusDefinition> {
        let known = ["key", "label", "category", "is_initial", "is_terminal"];
        let fields = self.fields(node, &known)?;
        let mut text = |name| {
            let node = self.required(fields, name)?;
            self.text_up_to(node, LONGEST_NAME)
        };
        let (key, label, category) = (text("key"), text("label"), text("category"));
        let is_initial = self.flag(fields.get("is_initial"));
        let is_terminal = self.flag(fields.get("is_terminal"));
        Some(StatusDefinition {
            key: key?,
            label: label?,
            category: category?,
            is_initial,
            is_terminal,
        })
    }

    fn cadence(&mut self, node: &Node) -> Option<Cadence> {
        let fields = self.fields(node, &["windows", "gate_all_channels", "steps"])?;
        let windows = match fields.get("windows") {
            None => Some(Vec::new()),
            Some(node) => self.each(node, Self::window),
        };
        if let (Some(node), Some(windows)) = (fields.get("windows"), &windows)
            && windows.len() > MOST_WINDOWS
        {
            self.problem(node, format_args!("must not be more than {MOST_WINDOWS}"));
        }
        let gate_all_channels = self.flag(fields.get("gate_all_channels"));
        let steps = self.required(fields, "steps");
        let steps = steps.and_then(|node| self.steps(node));
        Some(Cadence {
            windows: windows?,
            gate_all_channels,
            steps: steps?,
        })
    }

    /// The elements of a list, each read for its problems.
    fn each<T>(
        &mut self,
        node: &Node,
        mut read: impl FnMut(&mut Self, &Node) -> Option<T>,
    ) -> Option<Vec<T>> {
        let nodes = self.list(node)?;
        let read: Vec<_> = nodes.iter().map(|node| read(self, node)).collect();
        read.into_iter().collect()
    }

    fn window(&mut self, node: &Node) -> Option<Window> {
        let fields = self.fields(node, &["days", "start", "end"])?;
        let days = self.required(fields, "days");
        let days = days.and_then(|node| self.each(node, |reader, day| reader.day(day)));
        let mut time = |name| {
            let node = self.required(fields, name)?;
            self.parse::<ClockTime>(node)
        };
        let (start, end) = (time("start"), time("end"));
        let window = Window::new(days?, start?, end?);
        // The error names the field.
        let told = window
            .map_err(|error| self.problem_at(node.line, join(&node.path, &error.to_string())));
        told.ok()
    }

    fn day(&mut self, node: &Node) -> Option<Day> {
        self.one_of(node, DAYS)
    }

    fn steps(&mut self, node: &Node) -> Option<Vec<Step>> {
        let count = self.list(node)?.len();
        if !(1..=MOST_STEPS).contains(&count) {
            let what = format_args!("must have 1 to {MOST_STEPS} steps, and has {count}");
            self.problem(node, what);
        }
        let steps = self.each(node, Self::step)?;
        let messages = steps.iter().filter_map(|step| step.message.as_ref());
        if messages.map(length).sum::<usize>() > LONGEST_MESSAGES {
            self.problem(node, "must not have more than 256 KiB of messages");
        }
        Some(steps)
    }

    fn step(&mut self, node: &Node) -> Option<Step> {
        let known = [
            "channel",
            "max_attempts",
            "attempt_interval",
            "delay",
            "message",
        ];
        let fields = self.fields(node, &known)?;
        let channel = self.required(fields, "channel");
        let channel = channel.and_then(|node| self.one_of(node, CHANNELS));
        let max_attempts = match fields.get("max_attempts") {
            None => Some(1),
            Some(node) => self.count(node, MOST_ATTEMPTS),
        };
        // All attempts at once cannot be meant: it must be written.
        if max_attempts.is_some_and(|attempts| attempts > 1) {
            self.required(fields, "attempt_interval");
        }
        let attempt_interval = self.interval(fields, "attempt_interval");
        let delay = self.interval(fields, "delay");
        let message = match (fields.get("message"), channel) {
            (None, _) => Some(None),
            (Some(node), channel) => self.message(node, channel).map(Some),
        };
        Some(Step {
            channel: channel?,
            max_attempts: max_attempts?,
            attempt_interval: attempt_interval?,
            delay: delay?,
            message: message?,
        })
    }

    /// An interval, which is none when it is not given.
    fn interval(&mut self, fields: Fields<'_>, name: &str) -> Option<Interval> {
        match fields.get(name) {
            None => Some(Interval::default()),
            Some(node) => self.parse(node),
        }
    }

    fn message(&mut self, node: &Node, channel: Option<Channel>) -> Option<MessageParts> {
        let known = [
            "content",
            "begin_message",
            "subject",
            "html",
            "template_id",
            "components",
        ];
        let fields = self.fields(node, &known)?;
        let before = self.problems.len();
        let mut text = |name| self.text(fields.get(name)?).map(str::to_owned);
        let parts = MessageParts {
            content: text("content"),
            begin_message: text("begin_message"),
            subject: text("subject"),
            html: text("html"),
            template_id: text("template_id"),
            components: fields
                .get("components")
                .and_then(|node| serde_json::to_string(node).ok()),
        };
        if self.problems.len() > before {
            return None;
        }
        for (field, error) in FirstMessage::new(channel?, parts.clone())
            .err()
            .unwrap_or_default()
        {
            self.problem(fields.get(field).unwrap_or(node), error);
        }
        Some(parts)
    }
}

fn length(message: &MessageParts) -> usize {
    let MessageParts {
        content,
        begin_message,
        subject,
        html,
        template_id,
        components,
    } = message;
    [
        content,
        begin_message,
        subject,
        html,
        template_id,
        components,
    ]
    .into_iter()
    .flatten()
    .map(String::len)
    .sum()
}
