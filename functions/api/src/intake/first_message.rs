//! `force_first_message` ([contract](../../../../docs/contract.md#force_first_message)).

use domain::{cadence::Channel, first_message::MessageParts, json};

use crate::http::{
    fields::Fields,
    misspelling::Advice,
    reader::{Reader, not_an_object},
};

const FIELD: &str = "force_first_message";
/// Fields inside of it.
const FIELDS: [&str; 7] = [
    "channel",
    "content",
    "begin_message",
    "subject",
    "html",
    "template_id",
    "components",
];

/// `force_first_message` as it was sent. Its channel defaults to the first one of the workflow.
#[derive(Debug, PartialEq)]
pub struct FirstMessageRequest {
    pub channel: Option<Channel>,
    pub parts: MessageParts,
    /// Names of the fields inside that have a problem.
    pub wrong: Vec<String>,
}

/// Takes `force_first_message`. `None` if it is not given or is no object.
pub fn parse(reader: &mut Reader) -> Option<FirstMessageRequest> {
    let value = reader.take_value(FIELD)?;
    let Ok(fields) = serde_json::from_str::<Fields>(value.get()) else {
        reader.problem(FIELD, not_an_object(&value));
        return None;
    };
    let mut inner = Reader::new(fields);
    let channel = inner.channel("channel");
    let parts = MessageParts {
        content: inner.text("content"),
        begin_message: inner.text("begin_message"),
        subject: inner.text("subject"),
        html: inner.text("html"),
        template_id: inner.text("template_id"),
        components: inner
            .take_value("components")
            .map(|value| value.get().to_owned()),
    };
    if let Some(Err(error)) = parts.components.as_deref().map(json::check) {
        inner.problem("components", error);
    }
    // These hold for every channel.
    for (field, error) in parts.errors() {
        inner.problem(field, error);
    }
    let unknown: Vec<String> = inner.given_fields().map(str::to_owned).collect();
    let mut advice = Advice::new(&FIELDS);
    for field in unknown {
        let advice = advice.about(&field);
        inner.problem(&field, format_args!("is not a field of {FIELD}{advice}"));
    }
    let wrong = inner
        .problems
        .iter()
        .map(|problem| problem.field.clone())
        .collect();
    let problems = &mut reader.problems;
    problems.extend(inner.problems, |problem| problem.within(FIELD));
    Some(FirstMessageRequest {
        channel,
        parts,
        wrong,
    })
}
