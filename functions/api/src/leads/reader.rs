//! Takes the fields out of a body's JSON object one by one, and writes down what is wrong with them.

use std::{collections::BTreeMap, fmt, str::FromStr};

use domain::{
    account::Account,
    cadence::Channel,
    first_message::MessageParts,
    json,
    metadata::Metadata,
    name::{Name, NameError},
    patch::Change,
    phone::{Dialled, Phone},
};
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{body::malformed, draft::MessageDraft, fields::Fields};
use crate::error::{ApiError, Problem};

/// The longest note, in characters.
const LONGEST_NOTE: usize = 1_000;

/// Takes the known fields out of the object one by one; what is left are the extra keys.
pub(super) struct Reader {
    fields: BTreeMap<String, Box<RawValue>>,
    pub(super) problems: Vec<Problem>,
}

impl Reader {
    pub(super) fn new(Fields { values, repeated }: Fields) -> Self {
        let twice = |field: String| Problem::new(&field, "is given more than once");
        Self {
            fields: values,
            problems: repeated.into_iter().map(twice).collect(),
        }
    }

    /// Reads a body that must be an object.
    pub(super) fn of_object(body: &[u8]) -> Result<Self, ApiError> {
        let fields = serde_json::from_slice(body)
            .map_err(|error| malformed(&error, "The body must be a JSON object"))?;
        Ok(Self::new(fields))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Refuses what was not taken out, with every other problem.
    pub(super) fn finish(mut self) -> Result<(), ApiError> {
        for field in std::mem::take(&mut self.fields).into_keys() {
            self.problem(&field, "is not a field of this request");
        }
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(ApiError::Validation(self.problems))
        }
    }

    pub(super) fn has_problem_with(&self, field: &str) -> bool {
        self.problems.iter().any(|problem| problem.field == field)
    }

    pub(super) fn problem(&mut self, field: &str, what: impl fmt::Display) {
        self.problems.push(Problem::new(field, what));
    }

    /// A field's text; `null` and blank text mean that it was not given.
    fn text(&mut self, field: &str) -> Option<String> {
        let value = self.fields.remove(field)?;
        match serde_json::from_str::<Option<String>>(value.get()) {
            Ok(text) => text.filter(|text| !text.trim().is_empty()),
            // A string that is none is one with half of a surrogate pair.
            Err(_) if value.get().starts_with('"') => {
                self.problem(field, "must be valid Unicode");
                None
            }
            Err(_) => {
                self.problem(field, "must be a string");
                None
            }
        }
    }

    pub(super) fn first_name(&mut self) -> Option<Name> {
        let name = self.optional("first_name");
        if name.is_none() && !self.has_problem_with("first_name") {
            self.problem("first_name", NameError::Empty);
        }
        name
    }

    pub(super) fn optional<T>(&mut self, field: &str) -> Option<T>
    where
        T: for<'a> TryFrom<&'a str, Error: fmt::Display>,
    {
        let text = self.text(field)?;
        self.accept(field, &text)
    }

    fn accept<T>(&mut self, field: &str, text: &str) -> Option<T>
    where
        T: for<'a> TryFrom<&'a str, Error: fmt::Display>,
    {
        T::try_from(text)
            .map_err(|error| self.problem(field, error))
            .ok()
    }

    pub(super) fn id<T: FromStr<Err: fmt::Display>>(&mut self, field: &str) -> Option<T> {
        let text = self.text(field)?;
        text.trim()
            .parse()
            .map_err(|error| self.problem(field, error))
            .ok()
    }

    /// A field that must be given.
    pub(super) fn required<T: FromStr<Err: fmt::Display>>(&mut self, field: &str) -> Option<T> {
        let value = self.id(field);
        if value.is_none() && !self.has_problem_with(field) {
            self.problem(field, "is required");
        }
        value
    }

    pub(super) fn flag(&mut self, field: &str) -> Option<bool> {
        let value = self.fields.remove(field).filter(|it| !is_nothing(it))?;
        serde_json::from_str(value.get())
            .map_err(|_| self.problem(field, "must be true or false"))
            .ok()
    }

    pub(super) fn time(&mut self, field: &str) -> Option<Timestamp> {
        let text = self.text(field)?;
        let what = "must be a time in RFC 3339, such as 2026-02-10T12:00:00Z";
        text.parse().map_err(|_| self.problem(field, what)).ok()
    }

    pub(super) fn timezone(&mut self, field: &str) -> Option<TimeZone> {
        let text = self.text(field)?;
        let what = "must be a time zone of the IANA database, such as America/Santiago";
        TimeZone::get(&text)
            .map_err(|_| self.problem(field, what))
            .ok()
    }

    /// What people write for each other.
    pub(super) fn note(&mut self, field: &str) -> Option<String> {
        let text = self.text(field)?;
        if text.chars().count() > LONGEST_NOTE {
            let what = format!("must not be longer than {LONGEST_NOTE} characters");
            self.problem(field, what);
            return None;
        }
        Some(text)
    }

    pub(super) fn phone(&mut self, account: &Account) -> Option<Dialled> {
        let text = self.text("phone")?;
        Phone::read(&text, account.default_country)
            .map_err(|error| self.problem("phone", error))
            .ok()
    }

    /// What a change does to a field that `read` takes out: one that is not named is kept, one without a
    /// value is removed.
    pub(super) fn change<T>(
        &mut self,
        field: &str,
        read: impl FnOnce(&mut Self, &str) -> Option<T>,
    ) -> Change<T> {
        if !self.fields.contains_key(field) {
            return Change::Keep;
        }
        match read(self, field) {
            Some(value) => Change::Set(value),
            None if self.has_problem_with(field) => Change::Keep,
            None => Change::Remove,
        }
    }

    /// The new value of a field that every lead has.
    pub(super) fn replacement<T>(
        &mut self,
        field: &str,
        read: impl FnOnce(&mut Self, &str) -> Option<T>,
    ) -> Option<T> {
        match self.change(field, read) {
            Change::Set(value) => Some(value),
            Change::Keep => None,
            Change::Remove => {
                self.problem(field, "cannot be removed");
                None
            }
        }
    }

    pub(super) fn message(&mut self) -> Option<MessageDraft> {
        let value = self.fields.remove("force_first_message")?;
        if is_nothing(&value) {
            return None;
        }
        let Ok(fields) = serde_json::from_str::<Fields>(value.get()) else {
            self.problem("force_first_message", not_an_object(&value));
            return None;
        };
        let mut inner = Self::new(fields);
        let channel = inner.channel();
        let parts = MessageParts {
            content: inner.text("content"),
            begin_message: inner.text("begin_message"),
            subject: inner.text("subject"),
            html: inner.text("html"),
            template_id: inner.text("template_id"),
            components: inner
                .fields
                .remove("components")
                .filter(|value| !is_nothing(value))
                .map(|value| value.get().to_owned()),
        };
        if let Some(Err(error)) = parts.components.as_deref().map(json::check) {
            inner.problem("components", error);
        }
        // Whatever its channel turns out to be.
        for (field, error) in parts.errors() {
            inner.problem(field, error);
        }
        for (field, value) in std::mem::take(&mut inner.fields) {
            if !is_nothing(&value) {
                inner.problem(&field, "is not a field of force_first_message");
            }
        }
        for Problem { field, message } in inner.problems {
            let prefix = "force_first_message.";
            self.problems.push(Problem {
                field: format!("{prefix}{field}"),
                message: format!("{prefix}{message}"),
            });
        }
        Some(MessageDraft { channel, parts })
    }

    fn channel(&mut self) -> Option<Channel> {
        let text = self.text("channel")?;
        let channel = Channel::ALL
            .into_iter()
            .find(|channel| channel.to_string() == text);
        if channel.is_none() {
            self.problem("channel", "must be call, whatsapp, email or sms");
        }
        channel
    }

    /// `metadata`, the extra keys that it does not have itself, and the phone's extension.
    pub(super) fn metadata_and_rest(&mut self, extension: Option<String>) -> Metadata {
        let mut metadata = self.given_metadata();
        for (key, value) in std::mem::take(&mut self.fields) {
            if let Err(error) = json::check(value.get()) {
                self.problem(&key, error);
            }
            metadata.set_if_absent(key, value);
        }
        match extension {
            Some(extension) => with_extension(metadata, extension),
            None => metadata,
        }
    }

    /// What a change does to the metadata. The extension belongs to the phone number: a new number brings
    /// its own, or none.
    pub(super) fn changed_metadata(&mut self, extension: Change<String>) -> Metadata {
        if self.fields.get("metadata").is_some_and(|it| is_nothing(it)) {
            self.problem("metadata", "must be an object; null removes a key of it");
        }
        let metadata = self.given_metadata();
        match extension {
            Change::Keep => metadata,
            Change::Set(extension) => with_extension(metadata, Some(&extension)),
            Change::Remove => with_extension(metadata, None::<&str>),
        }
    }

    fn given_metadata(&mut self) -> Metadata {
        let Some(value) = self.fields.remove("metadata") else {
            return Metadata::default();
        };
        if is_nothing(&value) {
            return Metadata::default();
        }
        match serde_json::from_str::<Fields>(value.get()) {
            Ok(fields) => {
                for key in fields.repeated {
                    self.problem(&format!("metadata.{key}"), "is given more than once");
                }
                for (key, value) in &fields.values {
                    if let Err(error) = json::check(value.get()) {
                        self.problem(&format!("metadata.{key}"), error);
                    }
                }
                fields.values.into_iter().collect()
            }
            Err(_) => {
                self.problem("metadata", not_an_object(&value));
                Metadata::default()
            }
        }
    }
}

fn with_extension(mut metadata: Metadata, extension: impl Serialize) -> Metadata {
    if let Ok(extension) = serde_json::value::to_raw_value(&extension) {
        metadata.set_if_absent("phone_extension".to_owned(), extension);
    }
    metadata
}

/// An object that cannot be read as one has a key that is not Unicode.
fn not_an_object(value: &RawValue) -> &'static str {
    if value.get().starts_with('{') {
        "must have keys of valid Unicode"
    } else {
        "must be an object"
    }
}

/// `null` and `""` mean that an optional field was not given.
fn is_nothing(value: &RawValue) -> bool {
    matches!(value.get(), "null" | r#""""#)
}
