//! Messages whose templates are filled in with the values of a lead.

use std::{borrow::Cow, collections::BTreeMap};

use minijinja::HtmlEscape;
use serde_json::value::RawValue;
use thiserror::Error;

use crate::{
    cadence::Touchpoint,
    email::Email,
    first_message::{FirstMessage, MessageParts},
    invisible::shows_nothing,
    lead::Profile,
    message_template::{Operand, Part, Template, TemplateError, Variable},
    name::Name,
    workflow::Workflow,
};

/// Maximum size of the texts of a filled-in message, in bytes. A template of 64 KiB can hold all
/// values of a lead of 64 KiB once.
const MAX_SIZE: usize = 128 * 1024;
/// Maximum number of variables that are named. A person reads no more.
const MOST_NAMED: usize = 50;

/// A variable without a default in a field of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    pub field: &'static str,
    pub variable: Variable,
}

/// Reason why a message cannot be filled in.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FillError {
    /// The lead has no value for some variables without a default.
    #[error("the lead has no value for {}", names(.0).join(", "))]
    NoValue(Vec<Missing>),
    #[error("the message has more than {MAX_SIZE} bytes when its variables are filled in")]
    TooLong,
    /// A field has no valid template. An older version may have stored it.
    #[error("{0} {1}")]
    Template(&'static str, TemplateError),
}

impl Workflow {
    /// Returns the message of a touchpoint, filled in with the values of the lead: the client's first
    /// message, or that of the touchpoint's step. `None` if it has none.
    ///
    /// # Errors
    /// [`FillError`].
    pub fn filled_message(
        &self,
        touchpoint: &Touchpoint,
        lead: &Profile,
    ) -> Result<Option<MessageParts>, FillError> {
        let step = self.cadence.steps.get(usize::from(touchpoint.step_index));
        let of_step = step.and_then(|step| step.message.as_ref());
        let own = touchpoint.message.as_ref().map(FirstMessage::parts);
        own.or(of_step).map(|it| it.render(lead)).transpose()
    }
}

impl MessageParts {
    /// Returns the message with its templates filled in. Only `html` escapes the values.
    ///
    /// # Errors
    /// [`FillError`].
    pub fn render(&self, lead: &Profile) -> Result<Self, FillError> {
        let mut filling = Filling {
            lead,
            missing: Vec::new(),
            read: 0,
            written: 0,
        };
        let filled = Self {
            content: filling.fill("content", self.content.as_deref())?,
            begin_message: filling.fill("begin_message", self.begin_message.as_deref())?,
            subject: filling.fill("subject", self.subject.as_deref())?,
            html: filling.fill("html", self.html.as_deref())?,
            template_id: self.template_id.clone(),
            components: self.components.clone(),
        };
        if filling.missing.is_empty() {
            Ok(filled)
        } else {
            Err(FillError::NoValue(filling.missing))
        }
    }

    /// Returns the variables for which a lead may have no value, and that have no default: each once
    /// for a field.
    pub fn variables_that_may_be_missing(&self) -> Vec<Missing> {
        let mut found = Vec::new();
        for (field, text) in self.templates() {
            let template = text.and_then(|text| Template::parse(text).ok());
            for variable in template
                .iter()
                .flat_map(Template::variables_without_default)
            {
                add(&mut found, field, variable);
            }
        }
        found
    }
}

/// Work of filling in one message.
struct Filling<'a> {
    lead: &'a Profile,
    missing: Vec<Missing>,
    /// Number of bytes of the values that were looked at.
    read: usize,
    /// Number of bytes of the finished texts.
    written: usize,
}

impl<'a> Filling<'a> {
    fn fill(
        &mut self,
        field: &'static str,
        text: Option<&str>,
    ) -> Result<Option<String>, FillError> {
        let Some(text) = text else { return Ok(None) };
        let template = Template::parse(text).map_err(|error| FillError::Template(field, error))?;
        let mut filled = String::new();
        for part in &template.parts {
            match part {
                Part::Text(text) => filled += text,
                Part::Value(operands) => match self.first_value(operands) {
                    Some(value) if field == "html" => {
                        filled += &HtmlEscape(&value).to_string();
                    }
                    Some(value) => filled += &value,
                    None => {
                        if let Some(Operand::Variable(variable)) = operands.first() {
                            add(&mut self.missing, field, variable);
                        }
                    }
                },
            }
            if self.read.max(self.written + filled.len()) > MAX_SIZE {
                return Err(FillError::TooLong);
            }
        }
        self.written += filled.len();
        Ok(Some(filled))
    }

    /// Returns the first value that there is. `None` if there is none, or if too much was read.
    fn first_value<'b>(&mut self, operands: &'b [Operand<'_>]) -> Option<Cow<'b, str>>
    where
        'a: 'b,
    {
        for operand in operands {
            let (value, size) = value(self.lead, operand);
            self.read += size;
            if value.is_some() || self.read > MAX_SIZE {
                return value;
            }
        }
        None
    }
}

/// Returns a value, and the number of bytes that were read for it. `None` if the lead has none, or
/// if it shows nothing: web forms send such texts for a field that is not given.
fn value<'a>(lead: &'a Profile, operand: &'a Operand<'_>) -> (Option<Cow<'a, str>>, usize) {
    let name = |name: &'a Option<Name>| name.as_ref().map(Name::as_str);
    let of_metadata = |first: &str, rest: &[String]| {
        let json = lead.metadata.get(first);
        (
            json.and_then(|json| text_of(json, rest)),
            json.map_or(0, str::len),
        )
    };
    let field = match operand {
        Operand::Literal(text) => return (Some(Cow::Borrowed(text)), text.len()),
        Operand::Variable(variable) => match variable {
            Variable::Metadata(keys) => match keys.split_first() {
                Some((first, rest)) => return of_metadata(first, rest),
                None => None,
            },
            // `POST /leads` keeps these two in the metadata.
            Variable::Company if lead.company.is_none() => return of_metadata("company", &[]),
            Variable::Title if lead.title.is_none() => return of_metadata("title", &[]),
            Variable::Company => name(&lead.company),
            Variable::Title => name(&lead.title),
            Variable::FirstName => Some(lead.first_name.as_str()),
            Variable::LastName => name(&lead.last_name),
            Variable::Email => lead.email.as_ref().map(Email::as_str),
            Variable::Phone => lead.phone.as_ref().map(|phone| phone.as_str()),
        },
    };
    (field.map(Cow::Borrowed), field.map_or(0, str::len))
}

/// Returns the value of the keys `path` in a JSON text: a string without its quotes, and another
/// value as it was sent.
fn text_of<'a>(json: &'a str, path: &[String]) -> Option<Cow<'a, str>> {
    let Some((key, rest)) = path.split_first() else {
        let text = match json {
            "null" => return None,
            json if json.starts_with('"') => Cow::Owned(serde_json::from_str(json).ok()?),
            json => Cow::Borrowed(json),
        };
        return Some(text).filter(|text: &Cow<'_, str>| !shows_nothing(text));
    };
    let fields: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(json).ok()?;
    text_of(fields.get(key.as_str())?.get(), rest)
}

/// Adds a variable of a field once, if there are not many.
fn add(found: &mut Vec<Missing>, field: &'static str, variable: &Variable) {
    let variable = variable.clone();
    let missing = Missing { field, variable };
    if found.len() < MOST_NAMED && !found.contains(&missing) {
        found.push(missing);
    }
}

impl FillError {
    /// Returns the names of the variables for which the lead has no value, each once.
    pub fn variables(&self) -> Vec<String> {
        match self {
            Self::NoValue(missing) => names(missing),
            Self::TooLong | Self::Template(..) => Vec::new(),
        }
    }
}

fn names(missing: &[Missing]) -> Vec<String> {
    let mut names = Vec::new();
    for name in missing.iter().map(|it| it.variable.to_string()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests;
