//! Update expressions, put together step by step.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::domain::lead::Change;

/// What an UpdateItem writes and removes.
#[derive(Default)]
pub(super) struct Update {
    set: Vec<String>,
    pub(super) remove: Vec<String>,
    pub(super) names: HashMap<String, String>,
    pub(super) values: HashMap<String, AttributeValue>,
}

impl Update {
    /// A placeholder for an attribute's name, which can be any text.
    pub(super) fn name(&mut self, attribute: &str) -> String {
        let placeholder = format!("#{}", self.names.len());
        self.names.insert(placeholder.clone(), attribute.to_owned());
        placeholder
    }

    pub(super) fn set(&mut self, path: &str, value: String) {
        let placeholder = format!(":{}", self.values.len());
        self.set.push(format!("{path}={placeholder}"));
        self.values.insert(placeholder, AttributeValue::S(value));
    }

    pub(super) fn change<T: Into<String>>(&mut self, attribute: &str, change: Change<T>) {
        match change {
            Change::Keep => {}
            Change::Set(value) => {
                let name = self.name(attribute);
                self.set(&name, value.into());
            }
            Change::Remove => {
                let name = self.name(attribute);
                self.remove.push(name);
            }
        }
    }

    /// The expression; with nothing in it, DynamoDB refuses it.
    pub(super) fn expression(&self) -> String {
        let clause = |verb, parts: &[String]| match parts {
            [] => String::new(),
            parts => format!("{verb} {} ", parts.join(",")),
        };
        clause("SET", &self.set) + &clause("REMOVE", &self.remove)
    }
}
