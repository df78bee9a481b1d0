//! Update expressions, built step by step.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::patch::Change;

use super::item::text;

/// The attributes that an UpdateItem sets and removes.
#[derive(Default)]
pub(super) struct Update {
    set: Vec<String>,
    pub(super) remove: Vec<String>,
    pub(super) names: HashMap<String, String>,
    pub(super) values: HashMap<String, AttributeValue>,
}

impl Update {
    /// Returns a placeholder for the name of an attribute, which can be any text.
    pub(super) fn name(&mut self, attribute: &str) -> String {
        let placeholder = format!("#{}", self.names.len());
        self.names.insert(placeholder.clone(), attribute.to_owned());
        placeholder
    }

    pub(super) fn set(&mut self, path: &str, value: AttributeValue) {
        let placeholder = format!(":{}", self.values.len());
        self.set.push(format!("{path}={placeholder}"));
        self.values.insert(placeholder, value);
    }

    /// Adds an assignment with one value of its own.
    pub(super) fn assign(&mut self, assignment: &str, placeholder: &str, value: AttributeValue) {
        self.set.push(assignment.to_owned());
        self.values.insert(placeholder.to_owned(), value);
    }

    pub(super) fn change<T: Into<String>>(&mut self, attribute: &str, change: Change<T>) {
        self.change_value(attribute, change.map(|value| text(value.into())));
    }

    pub(super) fn change_value(&mut self, attribute: &str, change: Change<AttributeValue>) {
        match change {
            Change::Keep => {}
            Change::Set(value) => {
                let name = self.name(attribute);
                self.set(&name, value);
            }
            Change::Remove => {
                let name = self.name(attribute);
                self.remove.push(name);
            }
        }
    }

    /// Returns the expression. DynamoDB refuses an empty one.
    pub(super) fn expression(&self) -> String {
        let clause = |verb, parts: &[String]| match parts {
            [] => String::new(),
            parts => format!("{verb} {} ", parts.join(",")),
        };
        clause("SET", &self.set) + &clause("REMOVE", &self.remove)
    }
}
