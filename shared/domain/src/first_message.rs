//! What a client wants said first, in the place of the cadence's first touchpoint (CONTRACT section 3.3).

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::channel::Channel;

/// The longest text, in characters; `html` is bounded by the lead's own limit.
const LONGEST_TEXT: usize = 4_096;

/// A first message that its channel can carry.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstMessage {
    channel: Channel,
    #[serde(flatten)]
    parts: MessageParts,
}

/// The parts of a message, each for some channels only. `None` means that it was not given.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageParts {
    /// The text; on every channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// What a call begins with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begin_message: Option<String>,
    /// An e-mail's subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// An e-mail's text as HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// A WhatsApp template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    /// The template's components: the JSON text of an array.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub components: Option<String>,
}

/// What is wrong with a message; reads on from the field's name.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum MessagePartError {
    /// The channel cannot do without one of these.
    #[error("needs {needed} on the channel {channel}")]
    Missing {
        /// The channel.
        channel: Channel,
        /// The fields, one of which it takes.
        needed: &'static str,
    },
    /// The channel has no use for the field.
    #[error("is not for the channel {0}")]
    NotForChannel(Channel),
    /// It is longer than 4,096 characters.
    #[error("must not be longer than {LONGEST_TEXT} characters")]
    TooLong,
    /// Components come with a template only.
    #[error("needs template_id")]
    NoTemplate,
    /// Components are an array.
    #[error("must be an array")]
    NoArray,
}

impl FirstMessage {
    /// A message of `parts` on `channel`.
    ///
    /// # Errors
    /// Every field that is wrong, with why; the empty field stands for the message itself.
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

    /// How it reaches the lead.
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// What it says.
    pub fn parts(&self) -> &MessageParts {
        &self.parts
    }
}

impl MessageParts {
    fn given(&self) -> [(&'static str, Option<&str>); 6] {
        [
            ("content", self.content.as_deref()),
            ("begin_message", self.begin_message.as_deref()),
            ("subject", self.subject.as_deref()),
            ("html", self.html.as_deref()),
            ("template_id", self.template_id.as_deref()),
            ("components", self.components.as_deref()),
        ]
    }

    /// What no channel can carry: every field that is wrong, with why.
    pub fn errors(&self) -> Vec<(&'static str, MessagePartError)> {
        let mut errors = Vec::new();
        for (field, text) in self.given() {
            let Some(text) = text else { continue };
            match field {
                "html" => {}
                "components" if text.trim_start().starts_with('[') => {}
                "components" => errors.push((field, MessagePartError::NoArray)),
                _ if text.chars().count() <= LONGEST_TEXT => {}
                _ => errors.push((field, MessagePartError::TooLong)),
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
        for (field, text) in self.given() {
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
