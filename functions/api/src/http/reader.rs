//! Reading of a JSON object field by field, with every problem collected.

use std::{collections::BTreeMap, fmt, str::FromStr};

use domain::{
    account::AccountSettings,
    channel::Channel,
    invisible::shows_nothing,
    json,
    lead::MAX_SIZE,
    metadata::Metadata,
    name::{Name, NameError},
    patch::Change,
    phone::{Dialled, Phone},
    report_limits,
    time::{read_time, time_zone},
};
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    body::malformed,
    error::{ApiError, Problem, Problems},
    fields::Fields,
    misspelling::Advice,
    problem::id_advice,
};

/// Maximum number of digits of a phone number that is sent as a JSON number. A program that reads numbers as
/// 64-bit floats keeps so many exactly.
const MOST_DIGITS: usize = 15;

/// Takes known fields out of an object, one by one, and collects what is wrong with them. The fields that
/// are left in the end are unknown fields, or metadata.
pub struct Reader {
    fields: BTreeMap<String, Box<RawValue>>,
    pub problems: Problems,
}

impl Reader {
    pub fn new(Fields { values, repeated }: Fields) -> Self {
        let twice = |field: String| Problem::new(&field, "is given more than once");
        Self {
            fields: values,
            problems: repeated.into_iter().map(twice).collect(),
        }
    }

    /// Reads a body that must be an object.
    ///
    /// # Errors
    /// [`ApiError::PayloadTooLarge`] and [`ApiError::MalformedJson`].
    pub fn of_object(body: &[u8]) -> Result<Self, ApiError> {
        if body.len() > MAX_SIZE {
            return Err(ApiError::PayloadTooLarge(
                "The body of this request must not be over 64 KiB",
            ));
        }
        let fields = serde_json::from_slice(body)
            .map_err(|error| malformed(&error, body, "The body must be a JSON object"))?;
        Ok(Self::new(fields))
    }

    /// Returns whether no field is left.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Refuses unknown fields, with every other problem. `known` are the fields of the request.
    ///
    /// # Errors
    /// [`ApiError::Validation`].
    pub fn finish(mut self, known: &[&str]) -> Result<(), ApiError> {
        let mut advice = Advice::new(known);
        for field in std::mem::take(&mut self.fields).into_keys() {
            let advice = advice.about(&field);
            self.problem(
                &field,
                format_args!("is not a field of this request{advice}"),
            );
        }
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(ApiError::Validation(self.problems))
        }
    }

    /// Same as [`Reader::finish`], and unwraps the value of a [`Reader::required`] field.
    pub fn finish_with<T>(self, known: &[&str], required: Option<T>) -> Result<T, ApiError> {
        self.finish(known)?;
        required.ok_or(ApiError::Internal(None))
    }

    pub fn has_problem_with(&self, field: &str) -> bool {
        self.problems.iter().any(|problem| problem.field == field)
    }

    /// Collects a problem. `what` goes on after the field's name, such as "is required".
    pub fn problem(&mut self, field: &str, what: impl fmt::Display) {
        self.problems.push(Problem::new(field, what));
    }

    /// Collects a problem of a value. `what` goes on after the value, such as "is not a valid email address".
    pub fn refuse(&mut self, field: &str, value: &str, what: impl fmt::Display) {
        self.problems.push(Problem::of_value(field, value, what));
    }

    /// Takes a field that has a value. `None` if it is absent, `null` or `""`.
    pub fn take_value(&mut self, field: &str) -> Option<Box<RawValue>> {
        self.fields.remove(field).filter(|value| !is_nothing(value))
    }

    /// Returns the names of the fields that are left and have a value.
    pub fn given_fields(&self) -> impl Iterator<Item = &str> {
        let given = self.fields.iter().filter(|(_, value)| !is_nothing(value));
        given.map(|(field, _)| field.as_str())
    }

    /// Takes a text. `None` if it is absent or `null`, or if it shows nothing.
    pub fn text(&mut self, field: &str) -> Option<String> {
        self.text_or(field, format_args!("must be a string"))
    }

    /// Takes a text as [`Reader::text`] does. `what` is the problem of another JSON value.
    fn text_or(&mut self, field: &str, what: fmt::Arguments<'_>) -> Option<String> {
        let value = self.fields.remove(field)?;
        match serde_json::from_str::<Option<String>>(value.get()) {
            Ok(text) => text.filter(|text| !shows_nothing(text)),
            // The only string that cannot be read has half of a surrogate pair.
            Err(_) if value.get().starts_with('"') => {
                self.problem(field, "must be valid Unicode");
                None
            }
            Err(_) => {
                self.problem(field, what);
                None
            }
        }
    }

    /// Takes the first name, which is required.
    pub fn first_name(&mut self) -> Option<Name> {
        let name = self.optional("first_name");
        if name.is_none() && !self.has_problem_with("first_name") {
            self.problem("first_name", NameError::Empty);
        }
        name
    }

    /// Takes a text and parses it.
    pub fn optional<T>(&mut self, field: &str) -> Option<T>
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
            .map_err(|error| self.refuse(field, text, error))
            .ok()
    }

    /// Takes a text, trims it and parses it.
    pub fn id<T: FromStr<Err: fmt::Display>>(&mut self, field: &str) -> Option<T> {
        let text = self.text(field)?;
        let advice = id_advice(field);
        text.trim()
            .parse()
            .map_err(|error| self.refuse(field, &text, format_args!("{error}{advice}")))
            .ok()
    }

    /// Takes a field that must be given; see [`Reader::finish_with`].
    pub fn required<T: FromStr<Err: fmt::Display>>(&mut self, field: &str) -> Option<T> {
        let value = self.id(field);
        if value.is_none() && !self.has_problem_with(field) {
            self.problem(field, "is required");
        }
        value
    }

    /// Takes `true` or `false`.
    pub fn flag(&mut self, field: &str) -> Option<bool> {
        let value = self.take_value(field)?;
        serde_json::from_str(value.get())
            .map_err(|_| self.problem(field, "must be true or false"))
            .ok()
    }

    /// Takes the name of a channel.
    pub fn channel(&mut self, field: &str) -> Option<Channel> {
        let text = self.text(field)?;
        let channel = Channel::of_word(&text);
        if channel.is_none() {
            self.refuse(field, &text, "must be call, whatsapp, email or sms");
        }
        channel
    }

    /// Takes a list of names of channels, each once. `None` if it is absent or empty.
    pub fn channels(&mut self, field: &str) -> Option<Vec<Channel>> {
        let value = self.take_value(field)?;
        let Ok(words) = serde_json::from_str::<Vec<String>>(value.get()) else {
            self.problem(field, "must be a list of channels, such as [\"call\"]");
            return None;
        };
        let mut channels = Vec::new();
        for word in words {
            match Channel::of_word(&word) {
                Some(channel) if channels.contains(&channel) => {}
                Some(channel) => channels.push(channel),
                None => self.refuse(field, &word, "must be call, whatsapp, email or sms"),
            }
        }
        (!channels.is_empty()).then_some(channels)
    }

    /// Takes a time in RFC 3339.
    pub fn time(&mut self, field: &str) -> Option<Timestamp> {
        let text = self.text(field)?;
        read_time(&text)
            .map_err(|error| self.refuse(field, &text, error))
            .ok()
    }

    /// Takes the name of an IANA time zone.
    pub fn timezone(&mut self, field: &str) -> Option<TimeZone> {
        let text = self.text(field)?;
        time_zone(&text)
            .map_err(|error| self.refuse(field, &text, error))
            .ok()
    }

    /// Takes a text of up to 1,000 characters for people.
    pub fn note(&mut self, field: &str) -> Option<String> {
        self.text_of(field, report_limits::NOTE)
    }

    /// Takes a text of up to 200 characters for programs, such as an id.
    pub fn short_text(&mut self, field: &str) -> Option<String> {
        self.text_of(field, report_limits::SHORT)
    }

    fn text_of(&mut self, field: &str, limit: usize) -> Option<String> {
        let text = self.text(field)?;
        if text.chars().count() > limit {
            self.problem(field, format!("must not be longer than {limit} characters"));
            return None;
        }
        Some(text)
    }

    /// Takes a whole number from 0.
    pub fn count(&mut self, field: &str) -> Option<u32> {
        let value = self.take_value(field)?;
        serde_json::from_str(value.get())
            .map_err(|_| self.problem(field, "must be a whole number from 0 to 4294967295"))
            .ok()
    }

    /// Takes `phone`, read in the country of the account if it has no country code. A JSON number is read as its
    /// digits.
    pub fn phone(&mut self, account: &AccountSettings) -> Option<Dialled> {
        let number = self.fields.get("phone").map(|value| value.get());
        let number =
            number.filter(|text| text.starts_with(|c: char| c == '-' || c.is_ascii_digit()));
        let text = match number.map(str::to_owned) {
            None => self.text_or(
                "phone",
                format_args!("must be a string, or a whole number of at most {MOST_DIGITS} digits"),
            )?,
            Some(number) => {
                self.fields.remove("phone");
                if let Some(what) = problem_of_number(&number) {
                    self.refuse("phone", &number, what);
                    return None;
                }
                number
            }
        };
        Phone::read(&text, account.default_country)
            .map_err(|error| self.refuse("phone", &text, error))
            .ok()
    }

    /// Takes a field of a change with `read`: an absent field is kept, and a field without a value is
    /// removed.
    pub fn change<T>(
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

    /// Takes the new value of a field that every lead has. `None` if the field is kept.
    pub fn replacement<T>(
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

    /// Takes `metadata`, and adds the fields that are left and the phone's extension. A key of `metadata`
    /// wins over a field of the same name.
    pub fn metadata_and_rest(&mut self, extension: Option<String>) -> Metadata {
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

    /// Takes the `metadata` of a change. The extension belongs to the phone number: a new number sets its
    /// own extension, or removes the old one.
    pub fn changed_metadata(&mut self, extension: Change<String>) -> Metadata {
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
        let Some(value) = self.take_value("metadata") else {
            return Metadata::default();
        };
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

/// Returns why a JSON number is not read as the digits of a phone number. `None` if it is.
fn problem_of_number(number: &str) -> Option<&'static str> {
    let digits = number.strip_prefix('-').unwrap_or(number);
    if digits.len() > MOST_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(
            "is a JSON number whose digits may not be exact: send it as a string, such as \"+442079460958\"",
        );
    }
    (digits != number).then_some(
        "is a JSON number with a sign: send its digits, or a string such as \"+442079460958\"",
    )
}

fn with_extension(mut metadata: Metadata, extension: impl Serialize) -> Metadata {
    if let Ok(extension) = serde_json::value::to_raw_value(&extension) {
        metadata.set_if_absent("phone_extension".to_owned(), extension);
    }
    metadata
}

/// Returns the problem of a value that cannot be read as an object. The only such object has a key that is
/// not valid Unicode.
pub fn not_an_object(value: &RawValue) -> &'static str {
    if value.get().starts_with('{') {
        "must have keys of valid Unicode"
    } else {
        "must be an object"
    }
}

/// Returns whether a value is `null` or `""`: web forms send them for an optional field that is not given.
fn is_nothing(value: &RawValue) -> bool {
    matches!(value.get(), "null" | r#""""#)
}
