//! The cadence of a workflow definition: its steps, its windows and their messages.
//!
//! The types are the domain's own. The types `...Form` have the same fields and serialize them as
//! they are in a file.

use domain::{
    cadence::{Cadence, Channel, ClockTime, Day, Interval, Step, Window},
    first_message::{FirstMessage, MessageParts},
};
use jiff::{Span, civil::Time};
use serde::{Serialize, Serializer, ser::Error};

use super::{
    node::{Node, Value},
    reader::{Reader, object},
};

/// Maximum number of steps of a cadence.
pub const MOST_STEPS: usize = 50;
/// Maximum number of windows of a cadence.
pub const MOST_WINDOWS: usize = 50;
/// Maximum number of attempts of a step.
pub const MOST_ATTEMPTS: u8 = 10;
/// Maximum size of the messages of all steps, in bytes. A run keeps them in one item of at most 400
/// KB, together with a first message of up to 64 KiB and up to 500 touchpoints.
const LONGEST_MESSAGES: usize = 256 * 1024;

/// Form of a cadence in a file.
#[derive(Serialize)]
#[serde(remote = "Cadence")]
pub struct CadenceForm {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    windows: Vec<Window>,
    gate_all_channels: bool,
    #[serde(serialize_with = "steps")]
    steps: Vec<Step>,
}

#[derive(Serialize)]
#[serde(remote = "Step")]
struct StepForm {
    channel: Channel,
    max_attempts: u8,
    attempt_interval: Interval,
    delay: Interval,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "message")]
    message: Option<MessageParts>,
}

#[derive(Serialize)]
#[serde(remote = "MessageParts")]
struct MessageForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    begin_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "components")]
    components: Option<String>,
}

fn steps<S: Serializer>(steps: &[Step], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Form<'a>(#[serde(with = "StepForm")] &'a Step);
    serializer.collect_seq(steps.iter().map(Form))
}

fn message<S: Serializer>(
    message: &Option<MessageParts>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    message_form(message.as_ref(), serializer)
}

/// Serializes a message as it is in a file.
pub fn message_form<S: Serializer>(
    message: Option<&MessageParts>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Form<'a>(#[serde(with = "MessageForm")] &'a MessageParts);
    message.map(Form).serialize(serializer)
}

/// Serializes the JSON text of a template's components as YAML, with its keys in their order.
fn components<S: Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    let text = text.as_deref().unwrap_or("null");
    // JSON is YAML.
    let node = Node::read(text).map_err(S::Error::custom)?;
    node.serialize(serializer)
}

/// Returns a duration in ISO 8601 that is written in another way, such as `2 hours`. `None` if it is no
/// duration.
pub fn iso_duration(text: &str) -> Option<String> {
    // jiff also reads its own notation.
    let span: Span = text.parse().ok()?;
    Some(span.to_string())
}

impl Reader {
    pub fn cadence(&mut self, node: &Node) -> Option<Cadence> {
        Some(object!(
            self,
            node,
            Cadence {
                windows: or(Vec::new(), Self::windows),
                gate_all_channels: or(false, Self::flag),
                steps: required(Self::steps),
            }
        ))
    }

    fn windows(&mut self, node: &Node) -> Option<Vec<Window>> {
        self.up_to(node, MOST_WINDOWS, Self::window)
    }

    fn window(&mut self, node: &Node) -> Option<Window> {
        struct Parts {
            days: Vec<Day>,
            start: ClockTime,
            end: ClockTime,
        }
        let Parts { days, start, end } = object!(
            self,
            node,
            Parts {
                days: required(|reader, node| reader.each(node, Self::one_of)),
                start: required(Self::clock_time),
                end: required(Self::clock_time),
            }
        );
        let window = Window::new(days, start, end);
        // The error's text begins with the name of the field.
        window
            .map_err(|error| self.problem_at(node.place, node.path_of(&error.to_string())))
            .ok()
    }

    fn clock_time(&mut self, node: &Node) -> Option<ClockTime> {
        self.parse_like(node, |text| {
            let text = text.to_lowercase().replace(' ', "");
            let forms = ["%H:%M", "%I:%M%P", "%I%P", "%H"];
            let mut times = forms.iter().map(|form| Time::strptime(form, &text));
            let time = times.find_map(Result::ok)?;
            Some(time.strftime("%H:%M").to_string())
        })
    }

    fn interval(&mut self, node: &Node) -> Option<Interval> {
        self.parse_like(node, iso_duration)
    }

    fn steps(&mut self, node: &Node) -> Option<Vec<Step>> {
        if matches!(&node.value, Value::List(steps) if steps.is_empty()) {
            self.problem(node, format_args!("must have 1 to {MOST_STEPS} entries"));
        }
        let steps = self.up_to(node, MOST_STEPS, Self::step)?;
        let messages = steps.iter().filter_map(|step| step.message.as_ref());
        let size = messages.map(size).sum::<usize>();
        if size > LONGEST_MESSAGES {
            let problem = format_args!(
                "has messages of {size} bytes in all, but at most {LONGEST_MESSAGES} (256 KiB) are allowed"
            );
            self.problem(node, problem);
        }
        Some(steps)
    }

    fn step(&mut self, node: &Node) -> Option<Step> {
        let attempts = node.field("max_attempts").map(|node| &node.value);
        // Several attempts at the same moment are never intended.
        if matches!(attempts, Some(Value::Integer(2..))) && node.field("attempt_interval").is_none()
        {
            self.missing(node, "attempt_interval");
        }
        Some(object!(
            self,
            node,
            Step {
                channel: required(Self::one_of),
                max_attempts: or(1, |reader, node| reader.count(node, MOST_ATTEMPTS)),
                attempt_interval: or(Interval::default(), Self::interval),
                delay: or(Interval::default(), Self::interval),
                message: if_given(|reader, node| reader.message(node, channel)),
            }
        ))
    }

    fn message(&mut self, node: &Node, channel: Option<Channel>) -> Option<MessageParts> {
        let parts = object!(
            self,
            node,
            MessageParts {
                content: if_given(Self::owned_text),
                begin_message: if_given(Self::owned_text),
                subject: if_given(Self::owned_text),
                html: if_given(Self::owned_text),
                template_id: if_given(Self::owned_text),
                components: if_given(|_, node| serde_json::to_string(node).ok()),
            }
        );
        let errors = FirstMessage::new(channel?, parts.clone()).err();
        for (field, error) in errors.unwrap_or_default() {
            self.problem(node.field(field).unwrap_or(node), error);
        }
        Some(parts)
    }
}

/// Returns the size of a message's texts, in bytes.
fn size(message: &MessageParts) -> usize {
    let MessageParts {
        content,
        begin_message,
        subject,
        html,
        template_id,
        components,
    } = message;
    let texts = [
        content,
        begin_message,
        subject,
        html,
        template_id,
        components,
    ];
    texts.into_iter().flatten().map(String::len).sum()
}
