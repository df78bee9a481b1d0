//! Fields of a lead, as options and the columns of a file name them.

use std::fmt;

use domain::field_names::{Meaning, meaning};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::nearest::{nearest, question};

/// Names of the fields.
const NAMES: [&str; 6] = [
    "first_name",
    "last_name",
    "email",
    "phone",
    "workflow_id",
    "campaign_id",
];
/// Prefix of a key of the metadata.
const METADATA: &str = "metadata.";

/// A field of a lead, or a key of its metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    Core(&'static str),
    Metadata(String),
}

/// Error for a text that names no field.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{name} is not a field of a lead{}: the fields are {}, and metadata.KEY", question(nearest(name, &NAMES)), NAMES.join(", "))]
pub struct UnknownField {
    name: String,
}

impl Field {
    /// The fields whose values name a workflow and a campaign.
    pub const WORKFLOW: Self = Self::Core(NAMES[4]);
    pub const CAMPAIGN: Self = Self::Core(NAMES[5]);
    /// The one field that every lead has.
    pub const FIRST_NAME: Self = Self::Core(NAMES[0]);

    /// Reads the name of a field.
    pub fn parse(text: &str) -> Result<Self, UnknownField> {
        if let Some(name) = NAMES.into_iter().find(|name| *name == text) {
            return Ok(Self::Core(name));
        }
        match text.strip_prefix(METADATA) {
            Some(key) if !key.is_empty() => Ok(Self::Metadata(key.to_owned())),
            _ => Err(UnknownField {
                name: text.to_owned(),
            }),
        }
    }

    /// Reads `field=value`.
    ///
    /// # Errors
    /// The message for a text without `=`, or with an unknown field.
    pub fn with_value(text: &str) -> Result<(Self, String), String> {
        let (name, value) = text.split_once('=').ok_or("write it as field=value")?;
        let field = Self::parse(name).map_err(|error| error.to_string())?;
        Ok((field, value.to_owned()))
    }

    /// Returns the field that the heading of a column usually means. `None` if it means none.
    pub fn usual(heading: &str) -> Option<Self> {
        match meaning(heading)? {
            Meaning::Spelling(name) | Meaning::OtherName(name) => Self::parse(name).ok(),
            Meaning::WholeName | Meaning::Misspelling(_) | Meaning::Numbered(_) => None,
        }
    }

    /// Returns the field that a heading is a misspelling of. `None` if it is none.
    pub fn misspelt(heading: &str) -> Option<Self> {
        match meaning(heading)? {
            Meaning::Misspelling(name) => Self::parse(name).ok(),
            _ => None,
        }
    }

    /// Sets the field in the body of a request.
    pub fn set(&self, body: &mut Map<String, Value>, value: String) {
        match self {
            Self::Core(name) => {
                body.insert((*name).to_owned(), value.into());
            }
            Self::Metadata(key) => {
                let metadata = body.entry("metadata").or_insert_with(|| Map::new().into());
                if let Some(metadata) = metadata.as_object_mut() {
                    metadata.insert(key.clone(), value.into());
                }
            }
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Core(name) => f.write_str(name),
            Self::Metadata(key) => write!(f, "{METADATA}{key}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_headings_name_their_field() {
        for (headings, expected) in [
            (
                "first_name|First Name|FIRSTNAME|first-name|Vorname",
                "first_name",
            ),
            ("last_name|Last Name|Surname", "last_name"),
            ("email|E-Mail|E-mail Address|mail", "email"),
            (
                "phone|Phone Number|Mobile|Tel.|Cellnumber|phone_number",
                "phone",
            ),
            ("workflow_id|Workflow", "workflow_id"),
            ("campaignId|Campaign", "campaign_id"),
        ] {
            for heading in headings.split('|') {
                let field = Field::usual(heading).map(|field| field.to_string());
                assert_eq!(field.as_deref(), Some(expected), "{heading}");
            }
        }
        for other in [
            "",
            "Name",
            "Company",
            "Notes",
            "emial",
            "Phone type",
            "Meta Data",
        ] {
            assert_eq!(Field::usual(other), None, "{other}");
        }
    }

    #[test]
    fn an_unknown_field_is_answered_with_the_nearest() {
        let message = |text| Field::parse(text).unwrap_err().to_string();
        assert_eq!(
            message("fist_name"),
            "fist_name is not a field of a lead (did you mean first_name?): the fields are first_name, \
             last_name, email, phone, workflow_id, campaign_id, and metadata.KEY"
        );
        assert!(message("xyz").starts_with("xyz is not a field of a lead: the fields are"));
        assert!(message("metadata.").contains("is not a field"));
        let field = Field::parse("metadata.Notes").unwrap();
        assert_eq!(field, Field::Metadata("Notes".to_owned()));
    }
}
