//! Mutants: writes whose condition is weaker than that of the code.

use serde_json::Value;

use super::{
    expression::Expression,
    write::{Write, change_parts, condition, writes},
};

/// Conditional write with a weaker condition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mutant {
    /// Write, with the condition of the code.
    pub write: Write,
    /// Condition that is left. Empty if none is left.
    pub left: String,
}

impl Mutant {
    /// Returns the mutants of a write: each lacks one part of its condition, and one lacks all.
    pub fn all(write: &Write) -> Vec<Self> {
        let parts = Expression::read(&write.condition, str::to_owned).weaker();
        let mut left: Vec<_> = parts.iter().map(ToString::to_string).collect();
        left.push(String::new());
        let mutant = |left| Self {
            write: write.clone(),
            left,
        };
        left.into_iter().map(mutant).collect()
    }

    /// Returns a text that only this mutant has.
    pub fn key(&self) -> String {
        let Write { name, condition } = &self.write;
        format!("{name}: {condition} -> {}", self.left)
    }

    /// Returns whether a call has the write.
    pub fn is_in(&self, operation: &str, request: &Value) -> bool {
        writes(operation, request).contains(&self.write)
    }

    /// Weakens the condition of the write in a call. Other calls stay as they are.
    pub fn weaken(&self, operation: &str, request: &mut Value) {
        // A check without a condition is no part of a transaction.
        let is_check = self.write.name.starts_with("ConditionCheck");
        change_parts(operation, request, &self.write, |part| {
            let weaker = condition(part).into_iter().flat_map(|it| it.weaker());
            let left = weaker.into_iter().find(|it| it.to_string() == self.left);
            let has_condition = left.is_some();
            set_condition(part, left);
            has_condition || !is_check
        });
    }
}

/// Sets the condition of a write.
fn set_condition(part: &mut Value, left: Option<Expression>) {
    let names = part["ExpressionAttributeNames"].clone();
    let placeholder = |name: &str| {
        let names = names.as_object().into_iter().flatten();
        let mut placeholders = names.filter(|(_, it)| *it == name);
        placeholders
            .next()
            .map(|(placeholder, _)| placeholder.clone())
    };
    let fields = part.as_object_mut().expect("a write");
    match left {
        Some(left) => {
            let text = left.to_string();
            let name = |word: &str| placeholder(word).unwrap_or_else(|| word.to_owned());
            let with_placeholders = Expression::read(&text, name).to_string();
            fields.insert("ConditionExpression".to_owned(), with_placeholders.into());
        }
        None => {
            fields.remove("ConditionExpression");
        }
    }
    remove_unused(part);
}

/// Removes the placeholders that no expression uses. DynamoDB refuses them.
fn remove_unused(part: &mut Value) {
    let expressions = ["ConditionExpression", "UpdateExpression"].map(|it| part[it].clone());
    let expressions: Vec<_> = expressions.iter().filter_map(Value::as_str).collect();
    let is_end = |it: char| !(it.is_ascii_alphanumeric() || "_#:".contains(it));
    let is_used = |placeholder: &str| {
        let mut words = expressions.iter().flat_map(|it| it.split(is_end));
        words.any(|word| word == placeholder)
    };
    let fields = part.as_object_mut().expect("a write");
    for field in ["ExpressionAttributeNames", "ExpressionAttributeValues"] {
        let Some(placeholders) = fields.get_mut(field).and_then(Value::as_object_mut) else {
            continue;
        };
        placeholders.retain(|placeholder, _| is_used(placeholder));
        if placeholders.is_empty() {
            fields.remove(field);
        }
    }
}
