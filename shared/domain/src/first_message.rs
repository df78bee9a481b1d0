//! Messages of touchpoints, and the message that a client sets for the first one
//! ([contract](../../../docs/contract.md#force_first_message)).

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    channel::Channel,
    message_template::{Template, TemplateError},
};

/// Maximum length of a text in characters. [`message_template`](crate::message_template) bounds
/// `html`.
pub const MAX_TEXT_LENGTH: usize = 4_096;

/// A message that its channel can carry.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstMessage {
    channel: Channel,
    #[serde(flatten)]
    parts: MessageParts,
}

/// Parts of a message. Each channel takes some of them.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageParts {
    /// Text, on every channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// First words of a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begin_message: Option<String>,
    /// Subject of an email.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Text of an email as HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// Template of WhatsApp.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    /// Components of the template, as the JSON text of an array.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub components: Option<String>,
}

/// Error in a part of a message. Its text follows the name of the field.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum MessagePartError {
    /// The message has none of the parts of which its channel needs one.
    #[error("needs {needed} on the channel {channel}")]
    Missing {
        channel: Channel,
        /// Parts of which one is enough.
        needed: &'static str,
    },
    /// The channel does not take the part.
    #[error("is not for the channel {0}")]
    NotForChannel(Channel),
    #[error("must not be longer than {MAX_TEXT_LENGTH} characters")]
    TooLong,
    /// There are components without a template.
    #[error("needs template_id")]
    NoTemplate,
    #[error("must be an array")]
    NotAnArray,
    #[error(transparent)]
    Template(#[from] TemplateError),
}

impl FirstMessage {
    /// Returns a message of `parts` on `channel`.
    ///
    /// # Errors
    /// All fields that are wrong, each with its error. An empty field name stands for the message.
    pub fn new(
        channel: Channel,
        parts: MessageParts,
    ) -> Result<Self, Vec<(&'static str, MessagePartError)>> {
        let errors = parts.errors_on(channel);
        if errors.is_empty() {
            Ok(Self { channel, parts })
        } else {
            Err(errors)
        }
    }

    pub fn channel(&self) -> Channel {
        self.channel
    }

    pub fn parts(&self) -> &MessageParts {
        &self.parts
    }
}

impl MessageParts {
    /// Returns all fields by name.
    fn fields(&self) -> [(&'static str, Option<&str>); 6] {
        [
            ("content", self.content.as_deref()),
            ("begin_message", self.begin_message.as_deref()),
            ("subject", self.subject.as_deref()),
            ("html", self.html.as_deref()),
            ("template_id", self.template_id.as_deref()),
            ("components", self.components.as_deref()),
        ]
    }

    /// Returns the fields that are templates, by name.
    pub fn templates(&self) -> [(&'static str, Option<&str>); 4] {
        let [content, begin_message, subject, html, ..] = self.fields();
        [content, begin_message, subject, html]
    }

    /// Returns the fields that are wrong on every channel, each with its error.
    pub fn errors(&self) -> Vec<(&'static str, MessagePartError)> {
        let mut errors = Vec::new();
        for (field, text) in self.fields() {
            let Some(text) = text else { continue };
            match field {
                "html" => {}
                "components" if text.trim_start().starts_with('[') => {}
                "components" => errors.push((field, MessagePartError::NotAnArray)),
                _ if text.chars().count() <= MAX_TEXT_LENGTH => {}
                _ => errors.push((field, MessagePartError::TooLong)),
            }
        }
        for (field, text) in self.templates() {
            let is_wrong = errors.iter().any(|(wrong, _)| *wrong == field);
            let text = text.filter(|_| !is_wrong);
            if let Some(Err(error)) = text.map(Template::parse) {
                errors.push((field, error.into()));
            }
        }
        errors
    }

    fn errors_on(&self, channel: Channel) -> Vec<(&'static str, MessagePartError)> {
        let takes: &[&str] = match channel {
            Channel::Call => &["begin_message", "content"],
            Channel::Whatsapp => &["content", "template_id", "components"],
            Channel::Email => &["content", "html", "subject"],
            Channel::Sms => &["content"],
        };
        let mut errors = Vec::new();
        for (field, text) in self.fields() {
            if text.is_some() && !takes.contains(&field) {
                errors.push((field, MessagePartError::NotForChannel(channel)));
            }
        }
        errors.extend(self.errors());
        if self.components.is_some() && self.template_id.is_none() {
            errors.push(("components", MessagePartError::NoTemplate));
        }
        let (has_one, needed) = match channel {
            Channel::Call => (
                self.begin_message.is_some() || self.content.is_some(),
                "begin_message or content",
            ),
            Channel::Whatsapp => (
                self.content.is_some() || self.template_id.is_some(),
                "content or template_id",
            ),
            Channel::Email => (
                self.content.is_some() || self.html.is_some(),
                "content or html",
            ),
            Channel::Sms => (self.content.is_some(), "content"),
        };
        if !has_one {
            errors.push(("", MessagePartError::Missing { channel, needed }));
        }
        errors
    }
}

impl fmt::Debug for FirstMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FirstMessage({}, redacted)", self.channel)
    }
}

impl fmt::Debug for MessageParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MessageParts(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(fields: &[&str]) -> MessageParts {
        let given = |name: &str| fields.contains(&name).then(|| "[\"text\"]".to_owned());
        MessageParts {
            content: given("content"),
            begin_message: given("begin_message"),
            subject: given("subject"),
            html: given("html"),
            template_id: given("template_id"),
            components: given("components"),
        }
    }

    fn wrong(channel: Channel, fields: &[&str]) -> Vec<String> {
        let errors = FirstMessage::new(channel, parts(fields))
            .err()
            .unwrap_or_default();
        errors
            .into_iter()
            .map(|(field, error)| format!("{field} {error}"))
            .collect()
    }

    #[test]
    fn each_channel_takes_its_own_parts() {
        for (channel, fields) in [
            (Channel::Call, &["begin_message"][..]),
            (Channel::Call, &["content"]),
            (Channel::Whatsapp, &["content"]),
            (Channel::Whatsapp, &["template_id"]),
            (Channel::Whatsapp, &["template_id", "components"]),
            (Channel::Email, &["content"]),
            (Channel::Email, &["html", "subject"]),
            (Channel::Sms, &["content"]),
        ] {
            assert_eq!(wrong(channel, fields), [""; 0], "{channel} {fields:?}");
        }
    }

    #[test]
    fn a_channel_without_what_it_needs_or_with_what_it_cannot_use_is_refused() {
        for (channel, fields, error) in [
            (
                Channel::Call,
                &[][..],
                " needs begin_message or content on the channel call",
            ),
            (
                Channel::Whatsapp,
                &[],
                " needs content or template_id on the channel whatsapp",
            ),
            (
                Channel::Email,
                &["subject"],
                " needs content or html on the channel email",
            ),
            (
                Channel::Sms,
                &["content", "subject"],
                "subject is not for the channel sms",
            ),
            (
                Channel::Whatsapp,
                &["content", "components"],
                "components needs template_id",
            ),
        ] {
            assert_eq!(wrong(channel, fields), [error], "{channel} {fields:?}");
        }
    }

    #[test]
    fn texts_are_bounded_in_characters_and_html_is_not() {
        let long = |length| Some("é".repeat(length));
        let sms = |length| MessageParts {
            content: long(length),
            ..MessageParts::default()
        };
        assert!(FirstMessage::new(Channel::Sms, sms(4_096)).is_ok());
        assert!(FirstMessage::new(Channel::Sms, sms(4_097)).is_err());
        let html = MessageParts {
            html: long(5_000),
            ..MessageParts::default()
        };
        assert!(FirstMessage::new(Channel::Email, html).is_ok());
    }
}
