//! Takes a definition file apart and writes down everything that is wrong with it.

use std::{fmt, str::FromStr};

use serde::{
    Deserialize,
    de::value::{Error as ValueError, StrDeserializer},
};

use super::{
    Problem,
    node::{Node, Value, join},
};

/// Reads values; what is wrong with them is kept until the end.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) problems: Vec<Problem>,
}

/// An object of the file.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    node: &'a Node,
    fields: &'a [(String, Node)],
}

impl<'a> Fields<'a> {
    /// A field that is given; one that is left empty is not.
    pub(super) fn get(self, name: &str) -> Option<&'a Node> {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, node)| node)
            .filter(|node| !matches!(node.value, Value::Nothing))
    }
}

impl Reader {
    /// What `take` reads of a file.
    ///
    /// # Errors
    /// All problems, in the file's order.
    pub(super) fn read<T>(
        root: &Node,
        take: impl FnOnce(&mut Self, &Node) -> Option<T>,
    ) -> Result<T, Vec<Problem>> {
        let mut reader = Self::default();
        match take(&mut reader, root) {
            Some(read) if reader.problems.is_empty() => Ok(read),
            _ => {
                reader.problems.sort();
                Err(reader.problems)
            }
        }
    }

    pub(super) fn problem(&mut self, node: &Node, what: impl fmt::Display) {
        let path = match node.path.as_str() {
            "" => "the file",
            path => path,
        };
        self.problem_at(node.line, format!("{path} {what}"));
    }

    pub(super) fn problem_at(&mut self, line: u64, message: String) {
        self.problems.push(Problem { line, message });
    }

    /// A field that must be given.
    pub(super) fn required<'a>(&mut self, fields: Fields<'a>, name: &str) -> Option<&'a Node> {
        let node = fields.get(name);
        if node.is_none() {
            let path = join(&fields.node.path, name);
            self.problem_at(fields.node.line, format!("{path} is required"));
        }
        node
    }

    /// An object that has no other fields than these.
    pub(super) fn fields<'a>(&mut self, node: &'a Node, known: &[&str]) -> Option<Fields<'a>> {
        let Value::Fields(fields) = &node.value else {
            self.problem(node, "must be an object");
            return None;
        };
        for (name, node) in fields {
            if !known.contains(&name.as_str()) {
                self.problem(
                    node,
                    format_args!("is no field: there are {}", known.join(", ")),
                );
            }
        }
        Some(Fields { node, fields })
    }

    pub(super) fn list<'a>(&mut self, node: &'a Node) -> Option<&'a [Node]> {
        if let Value::List(nodes) = &node.value {
            return Some(nodes);
        }
        self.problem(node, "must be a list");
        None
    }

    pub(super) fn text<'a>(&mut self, node: &'a Node) -> Option<&'a str> {
        match &node.value {
            Value::Text(text) if text.trim().is_empty() => {
                self.problem(node, "must not be empty");
                None
            }
            Value::Text(text) => Some(text),
            Value::Bool(_) | Value::Integer(_) | Value::Number(_) => {
                self.problem(node, "must be a text: put it in quotes");
                None
            }
            Value::Nothing | Value::List(_) | Value::Fields(_) => {
                self.problem(node, "must be a text");
                None
            }
        }
    }

    /// A text of at most so many characters.
    pub(super) fn text_up_to(&mut self, node: &Node, longest: usize) -> Option<String> {
        let text = self.text(node)?.trim();
        if text.chars().count() > longest {
            let what = format_args!("must not be longer than {longest} characters");
            self.problem(node, what);
            return None;
        }
        Some(text.to_owned())
    }

    /// A text that says what `T` wants.
    pub(super) fn parse<T: FromStr<Err: fmt::Display>>(&mut self, node: &Node) -> Option<T> {
        let parsed = self.text(node)?.parse();
        parsed.map_err(|error| self.problem(node, error)).ok()
    }

    /// One of some names, which `names` tells.
    pub(super) fn one_of<'a, T: Deserialize<'a>>(
        &mut self,
        node: &'a Node,
        names: &str,
    ) -> Option<T> {
        let text = self.text(node)?;
        let found = T::deserialize(StrDeserializer::<ValueError>::new(text));
        if found.is_err() {
            self.problem(node, format_args!("must be {names}"));
        }
        found.ok()
    }

    /// A number from 1 to `most`.
    pub(super) fn count(&mut self, node: &Node, most: u8) -> Option<u8> {
        let count = match node.value {
            Value::Integer(count) => u8::try_from(count).ok(),
            _ => None,
        };
        let count = count.filter(|count| (1..=most).contains(count));
        if count.is_none() {
            self.problem(node, format_args!("must be a number from 1 to {most}"));
        }
        count
    }

    /// A flag that is false when it is not given.
    pub(super) fn flag(&mut self, node: Option<&Node>) -> bool {
        match node.map(|node| (node, &node.value)) {
            None => false,
            Some((_, Value::Bool(flag))) => *flag,
            Some((node, _)) => {
                self.problem(node, "must be true or false");
                false
            }
        }
    }
}
