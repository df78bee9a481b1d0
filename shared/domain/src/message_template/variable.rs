//! Variables of templates.

use std::fmt;

use crate::api_key::PREFIX;

/// Maximum length of a name in an error, in characters. A name can be as long as its template.
const LONGEST_NAME: usize = 60;
/// Name of the lead's metadata, whose keys are variables.
pub const METADATA: &str = "metadata";
/// Name of a value of a lead.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Variable {
    FirstName,
    LastName,
    Email,
    Phone,
    Company,
    Title,
    /// A key of the metadata, and keys of the objects inside of its value.
    Metadata(Vec<String>),
}

impl Variable {
    /// All variables but the keys of the metadata.
    pub const FIELDS: [(&'static str, Self); 6] = [
        ("first_name", Self::FirstName),
        ("last_name", Self::LastName),
        ("email", Self::Email),
        ("phone", Self::Phone),
        ("company", Self::Company),
        ("title", Self::Title),
    ];

    /// Returns the variable with a name. `None` if there is none.
    pub fn of(name: &str) -> Option<Self> {
        let mut fields = Self::FIELDS.into_iter();
        fields.find(|(field, _)| *field == name).map(|(_, it)| it)
    }

    /// Returns whether a lead may have no value for the variable. Every lead has a first name.
    pub fn may_be_missing(&self) -> bool {
        *self != Self::FirstName
    }
}

/// Writes the variable as it is in a template.
impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Metadata(keys) = self {
            f.write_str(METADATA)?;
            return keys.iter().try_for_each(|key| {
                let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_';
                let is_name = key.starts_with(is_letter)
                    && key.chars().all(|c| is_letter(c) || c.is_ascii_digit());
                let key = shown(key);
                if is_name {
                    write!(f, ".{key}")
                } else {
                    write!(f, "[{key:?}]")
                }
            });
        }
        let mut fields = Self::FIELDS.iter();
        let (name, _) = fields.find(|(_, it)| it == self).ok_or(fmt::Error)?;
        f.write_str(name)
    }
}

/// Writes no key of the metadata, because it may be personal data.
impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metadata(_) => f.write_str("metadata(redacted)"),
            field => write!(f, "{field}"),
        }
    }
}

/// Returns a name as an error may show it: cut, and without an API key.
pub fn shown(name: &str) -> String {
    let key = name.to_ascii_lowercase().find(PREFIX);
    let end = key.map_or(name.len(), |at| at + PREFIX.len());
    let kept = name.get(..end).unwrap_or_default();
    let cut: String = kept.chars().take(LONGEST_NAME).collect();
    if cut.len() < name.len() {
        cut + "..."
    } else {
        cut
    }
}
