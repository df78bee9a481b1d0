//! Fields that the columns of a file are read as.

use std::collections::HashSet;

use local::text::counted;
use serde_json::{Map, Value};
use thiserror::Error;

use super::{
    references::References,
    sheet::{Row, Sheet},
};
use crate::{
    lead::{
        assignment::Assignment,
        field::{Field, UnknownField},
    },
    nearest::{nearest, question},
};

/// Headings of the columns that a report of refused lines adds.
pub const REPORTED: [&str; 2] = ["refused line", "refused reason"];
/// Target of `--map` for a column that is left out.
const LEFT_OUT: &str = "-";

/// A `--map`: a heading, and the field that its column is read as. `None` leaves the column out.
#[derive(Clone, Debug)]
pub struct Mapping {
    heading: String,
    field: Option<Field>,
}

/// Headings and fields of the columns, in the order of the file. `None` is left out.
#[derive(Debug)]
pub struct Columns(Vec<(String, Option<Field>)>);

/// Reason why it is not clear how to read the columns.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ColumnError {
    #[error("there is no column {heading}{}: the columns are {columns}", question(nearest.as_deref()))]
    NoColumn {
        heading: String,
        nearest: Option<String>,
        columns: String,
    },
    #[error("two columns are called {0}: give one of them another name")]
    SameHeading(String),
    #[error("column {0} has values but no name: name it in the first line of the file")]
    NoHeading(usize),
    #[error(
        "the columns {first} and {second} both look like {field}: choose one with --map \"{first}={field}\", and \
         leave the other out with --map \"{second}=-\""
    )]
    SameField {
        field: Field,
        first: String,
        second: String,
    },
    #[error(
        "no column is read as first_name: name one with --map COLUMN=first_name, or a value for all lines with \
         --default first_name=VALUE (the columns are {0})"
    )]
    NoFirstName(String),
}

impl Mapping {
    /// Reads `column=field`.
    ///
    /// # Errors
    /// The message for a text without `=`, or with an unknown field.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (heading, field) = text
            .rsplit_once('=')
            .ok_or("write it as COLUMN=FIELD, or COLUMN=- to leave the column out")?;
        let field = match field {
            LEFT_OUT => None,
            name => Some(Field::parse(name).map_err(|error: UnknownField| error.to_string())?),
        };
        let heading = heading.to_owned();
        Ok(Self { heading, field })
    }
}

/// How surely a column means its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    Usual,
    Exact,
    Mapped,
}

impl Columns {
    /// Finds the field of each column: by its `--map`, by its exact name, or by its usual name, in
    /// this order. Every other column is a key of the metadata.
    pub fn new(
        sheet: &Sheet,
        mappings: &[Mapping],
        defaults: &[(Field, String)],
    ) -> Result<Self, ColumnError> {
        check_headings(sheet)?;
        let headings = &sheet.headings;
        let columns = headings.join(", ");
        if let Some(unknown) = mappings.iter().find(|it| !headings.contains(&it.heading)) {
            let known: Vec<_> = headings.iter().map(String::as_str).collect();
            return Err(ColumnError::NoColumn {
                heading: unknown.heading.clone(),
                nearest: nearest(&unknown.heading, &known).map(str::to_owned),
                columns,
            });
        }
        let claims: Vec<_> = headings.iter().map(|it| claim(it, mappings)).collect();
        let mut fields = Vec::with_capacity(headings.len());
        for (at, (field, claim)) in claims.iter().enumerate() {
            let heading = headings.get(at).map(String::as_str).unwrap_or_default();
            let rivals = || {
                let others = headings.iter().zip(&claims).enumerate();
                others.filter(|(other, (_, (rival, _)))| {
                    *other != at && field.is_some() && rival == field
                })
            };
            let own = Some(Field::Metadata(heading.to_owned()));
            if rivals().any(|(_, (_, (_, rival)))| rival > claim) && *field != own {
                fields.push(own);
                continue;
            }
            let rival = rivals().find(|(_, (_, (_, rival)))| rival >= claim);
            if let (Some((_, (second, _))), Some(field)) = (rival, field) {
                return Err(ColumnError::SameField {
                    field: field.clone(),
                    first: heading.to_owned(),
                    second: second.clone(),
                });
            }
            fields.push(field.clone());
        }
        let of_defaults = defaults.iter().map(|(field, _)| field);
        let mut given = fields.iter().flatten().chain(of_defaults);
        if !given.any(|field| *field == Field::FIRST_NAME) {
            return Err(ColumnError::NoFirstName(columns));
        }
        Ok(Self(headings.iter().cloned().zip(fields).collect()))
    }

    /// Returns each column's field, as a person reads it, with a hint for a heading that is nearly a field
    /// without a column.
    pub fn shown(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(_, field)| match field {
            Some(Field::Metadata(key)) => {
                let meant = Field::misspelt(key).filter(|meant| !self.has(meant));
                let hint = meant.map(|meant| format!(" (or --map \"{key}={meant}\"?)"));
                format!("metadata.{key}{}", hint.unwrap_or_default())
            }
            Some(field) => field.to_string(),
            None => "left out".to_owned(),
        })
    }

    /// Returns whether a column is read as a field.
    pub fn has(&self, field: &Field) -> bool {
        self.0.iter().any(|(_, it)| it.as_ref() == Some(field))
    }

    /// Returns the body of the request for a row. Empty cells are not given, and have the default
    /// of their field.
    ///
    /// # Errors
    /// The reason why the row has no body.
    pub fn body(
        &self,
        row: &Row,
        assignment: Assignment,
        defaults: &[(Field, String)],
        references: &mut References,
    ) -> Result<Map<String, Value>, String> {
        let (cells, columns) = (row.cells.len(), self.0.len());
        if cells != columns {
            return Err(format!(
                "has {}, and the first line has {}",
                counted(cells, "value"),
                counted(columns, "column")
            ));
        }
        let mut body = Map::new();
        assignment.set(&mut body);
        for (field, value) in defaults {
            field.set(&mut body, value.clone());
        }
        for ((heading, field), cell) in self.0.iter().zip(&row.cells) {
            if let Some(field) = field
                && !cell.trim().is_empty()
            {
                let value = references.value(field, cell);
                let value = value.map_err(|reason| match Field::parse(heading) {
                    Ok(_) => reason,
                    Err(_) => format!(
                        "{reason}; --map \"{heading}=metadata.{heading}\" keeps the column as metadata"
                    ),
                })?;
                field.set(&mut body, value);
            }
        }
        Ok(body)
    }
}

/// Returns the field that a heading means on its own, and how surely.
fn claim(heading: &str, mappings: &[Mapping]) -> (Option<Field>, Claim) {
    if let Some(mapping) = mappings.iter().rfind(|it| it.heading == heading) {
        return (mapping.field.clone(), Claim::Mapped);
    }
    if heading.is_empty() || REPORTED.contains(&heading) {
        return (None, Claim::Mapped);
    }
    if let Ok(field) = Field::parse(heading) {
        return (Some(field), Claim::Exact);
    }
    let usual = Field::usual(heading);
    let field = usual.unwrap_or_else(|| Field::Metadata(heading.to_owned()));
    (Some(field), Claim::Usual)
}

/// Checks that each column with values has a name of its own.
fn check_headings(sheet: &Sheet) -> Result<(), ColumnError> {
    let mut seen = HashSet::new();
    for (at, heading) in sheet.headings.iter().enumerate() {
        let has_values = || {
            let cells = sheet.rows.iter().filter_map(|row| row.cells.get(at));
            cells.into_iter().any(|cell| !cell.trim().is_empty())
        };
        if heading.is_empty() {
            if has_values() {
                return Err(ColumnError::NoHeading(at + 1));
            }
        } else if !seen.insert(heading) {
            return Err(ColumnError::SameHeading(heading.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn columns(text: &str, mappings: &[&str]) -> Result<Vec<String>, String> {
        let sheet = Sheet::read(text.as_bytes(), None).unwrap();
        let mappings: Vec<_> = mappings
            .iter()
            .map(|it| Mapping::parse(it).unwrap())
            .collect();
        let columns = Columns::new(&sheet, &mappings, &[]);
        columns
            .map(|it| it.shown().collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_column_is_read_by_its_mapping_or_its_name_and_else_as_metadata() {
        for (text, mappings, expected) in [
            (
                "First Name,E-Mail,Company",
                &[][..],
                &["first_name", "email", "metadata.Company"][..],
            ),
            (
                "first_name,Handy,Notes,x=y",
                &["Handy=phone", "Notes=-", "x=y=metadata.z"],
                &["first_name", "phone", "left out", "metadata.z"],
            ),
            // A mapping goes before an exact name, and that before a usual one.
            (
                "First,phone,Mobile",
                &[],
                &["first_name", "phone", "metadata.Mobile"],
            ),
            (
                "First,phone,Mobile",
                &["Mobile=phone"],
                &["first_name", "metadata.phone", "phone"],
            ),
            // A heading that is nearly a field is shown with the option to type.
            (
                "First,emial,Last Nmae,last_game",
                &[],
                &[
                    "first_name",
                    "metadata.emial (or --map \"emial=email\"?)",
                    "metadata.Last Nmae (or --map \"Last Nmae=last_name\"?)",
                    "metadata.last_game",
                ],
            ),
            (
                "First,email,emial",
                &[],
                &["first_name", "email", "metadata.emial"],
            ),
            (
                "First,Workflow,Campaign",
                &[],
                &["first_name", "workflow_id", "campaign_id"],
            ),
            (
                "First,refused line,refused reason,",
                &[],
                &["first_name", "left out", "left out", "left out"],
            ),
        ] {
            assert_eq!(columns(text, mappings).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn a_doubtful_column_is_an_error_that_says_what_to_pass() {
        for (text, mappings, expected) in [
            (
                "First,Mobile,Tel",
                &[][..],
                "the columns Mobile and Tel both look like phone: choose one with --map \"Mobile=phone\", and \
                 leave the other out with --map \"Tel=-\"",
            ),
            (
                "Name,Phone",
                &[],
                "no column is read as first_name: name one with --map COLUMN=first_name, or a value for all \
                 lines with --default first_name=VALUE (the columns are Name, Phone)",
            ),
            (
                "First,Notes",
                &["Note=-"],
                "there is no column Note (did you mean Notes?): the columns are First, Notes",
            ),
            (
                "First,a,a",
                &[],
                "two columns are called a: give one of them another name",
            ),
            (
                "First,\nAda,1",
                &[],
                "column 2 has values but no name: name it in the first line of the file",
            ),
        ] {
            assert_eq!(columns(text, mappings).unwrap_err(), expected, "{text}");
        }
    }

    #[test]
    fn an_empty_cell_is_not_given_and_has_the_default_of_its_field() {
        let text = "First,Phone,Town\nAda, ,\nBob,1,Leeds\nEve,2\n";
        let sheet = Sheet::read(text.as_bytes(), None).unwrap();
        let defaults = ["phone=+442079460958", "metadata.list=spring"];
        let defaults = defaults.map(|it| Field::with_value(it).unwrap());
        let columns = Columns::new(&sheet, &[], &defaults).unwrap();
        let body = |at: usize| {
            let mut references = References::default();
            columns.body(
                &sheet.rows[at],
                Assignment::default(),
                &defaults,
                &mut references,
            )
        };
        assert_eq!(
            Value::from(body(0).unwrap()),
            json!({"first_name": "Ada", "phone": "+442079460958", "metadata": {"list": "spring"}})
        );
        assert_eq!(
            Value::from(body(1).unwrap()),
            json!({"first_name": "Bob", "phone": "1", "metadata": {"list": "spring", "Town": "Leeds"}})
        );
        let reason = "has 2 values, and the first line has 3 columns";
        assert_eq!(body(2).unwrap_err(), reason);
    }
}
