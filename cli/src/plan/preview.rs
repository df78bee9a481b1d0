//! Preview of a workflow's contacts with one lead.

use domain::{
    cadence::{Touchpoint, TouchpointState},
    filled_message::FillError,
    first_message::{FirstMessage, MessageParts},
    lead::Profile,
};
use jiff::Timestamp;

use crate::definition::WorkflowDefinition;

/// Touchpoints of a workflow for one lead.
pub struct Preview {
    pub definition: WorkflowDefinition,
    pub enrolled_at: Timestamp,
    pub touchpoints: Vec<Touchpoint>,
    /// Message of each touchpoint. `None` if it has no message.
    pub messages: Vec<Option<Message>>,
    /// The lead of `--lead`. `None` if the plan is for any lead.
    pub lead: Option<Profile>,
    /// Sentences about likely mistakes.
    pub hints: Vec<String>,
}

/// A message that is filled in for the lead. It stays a template if there is no lead.
pub type Message = Result<MessageParts, FillError>;

impl Preview {
    /// Fills in the messages of the touchpoints.
    pub fn new(
        definition: WorkflowDefinition,
        enrolled_at: Timestamp,
        touchpoints: Vec<Touchpoint>,
        lead: Option<Profile>,
        hints: Vec<String>,
    ) -> Self {
        let messages = touchpoints.iter().map(|touchpoint| {
            let forced = touchpoint.message.as_ref().map(FirstMessage::parts);
            let step = definition
                .cadence
                .steps
                .get(usize::from(touchpoint.step_index));
            let message = forced.or(step?.message.as_ref())?;
            Some(match &lead {
                Some(lead) => message.render(lead),
                None => Ok(message.clone()),
            })
        });
        Self {
            messages: messages.collect(),
            definition,
            enrolled_at,
            touchpoints,
            lead,
            hints,
        }
    }

    /// Returns the touchpoints with their messages.
    pub fn planned(&self) -> impl Iterator<Item = (&Touchpoint, Option<&Message>)> {
        let messages = self.messages.iter().map(Option::as_ref);
        self.touchpoints.iter().zip(messages)
    }
}

/// Returns why a touchpoint fails when it is due. `None` if it does not fail.
pub fn failure<'a>(touchpoint: &Touchpoint, message: Option<&'a Message>) -> Option<&'a FillError> {
    let error = message?.as_ref().err();
    error.filter(|_| touchpoint.state == TouchpointState::Scheduled)
}
