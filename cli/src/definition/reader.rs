//! Reads the values of a definition file and collects every problem.
//!
//! A method reads one value and returns `None` if it is wrong. The reader then has the problem, and
//! goes on with the value beside it.

use std::{fmt, str::FromStr};

use domain::{
    invisible::shows_nothing,
    name::{NameError, trim},
};
use local::text::cut;
use serde::de::{self, DeserializeOwned, value::StrDeserializer};

use super::{
    node::{LONGEST_TEXT, Node, Value},
    problem::{Place, Problem},
};
use crate::{
    name::check_no_key,
    nearest::{nearest, question},
};

/// Maximum length of a name, in characters.
pub const LONGEST_NAME: usize = 200;

/// Reader of one file, with the problems that it has found so far.
#[derive(Default)]
pub struct Reader {
    problems: Vec<Problem>,
}

/// Reads an object of the file into a struct. Returns `None` from the function around it if a field
/// is wrong, after all fields are read.
///
/// The compiler checks the list of fields against the struct. Each field has the method of
/// [`Reader`] that finds it, and how its value is read.
macro_rules! object {
    ($reader:ident, $node:ident, $type:ident {
        $($field:ident: $kind:ident($($argument:expr),+)),+ $(,)?
    }) => {
        {
            $reader.object($node, &[$(stringify!($field)),+])?;
            $(let $field = $reader.$kind($node, stringify!($field), $($argument),+);)+
            $type { $($field: $field?),+ }
        }
    };
}
pub(crate) use object;

/// Fields of an object.
impl Reader {
    /// Checks that a value is an object, and that it has no other fields than `known`.
    pub fn object(&mut self, node: &Node, known: &[&str]) -> Option<()> {
        let Value::Fields(fields) = &node.value else {
            self.wrong(node, "an object");
            return None;
        };
        for (name, field) in fields {
            if !known.contains(&name.as_str()) {
                self.unknown(node, name, field, "field", known);
            }
        }
        Some(())
    }

    /// Adds the problem that `field` of an object has an unknown name. `what` is the kind of name.
    pub fn unknown(&mut self, node: &Node, name: &str, field: &Node, what: &str, known: &[&str]) {
        let suggestion = question(nearest(name, known));
        let known = either(known);
        let path = node.path_of(&cut(name, LONGEST_TEXT));
        self.problem_at(
            field.name_place.unwrap_or(field.place),
            format!("{path} is not a known {what}{suggestion}: use {known}"),
        );
    }

    /// Reads a field that must be given.
    pub fn required<T>(
        &mut self,
        node: &Node,
        name: &str,
        read: impl FnOnce(&mut Self, &Node) -> Option<T>,
    ) -> Option<T> {
        let field = node.field(name);
        if field.is_none() {
            self.missing(node, name);
        }
        read(self, field?)
    }

    /// Adds the problem that a required field is missing.
    pub fn missing(&mut self, node: &Node, name: &str) {
        let place = node.empty(name).map_or(node.place, |empty| empty.place);
        self.problem_at(place, node.path_of(name) + " is required");
    }

    /// Reads a field that has a default.
    pub fn or<T>(
        &mut self,
        node: &Node,
        name: &str,
        default: T,
        read: impl FnOnce(&mut Self, &Node) -> Option<T>,
    ) -> Option<T> {
        match node.field(name) {
            None => Some(default),
            Some(node) => read(self, node),
        }
    }

    /// Reads a field that need not be given.
    pub fn if_given<T>(
        &mut self,
        node: &Node,
        name: &str,
        read: impl FnOnce(&mut Self, &Node) -> Option<T>,
    ) -> Option<Option<T>> {
        self.or(node, name, None, |reader, node| {
            read(reader, node).map(Some)
        })
    }
}

/// Values.
impl Reader {
    /// Reads a list.
    pub fn each<T>(
        &mut self,
        node: &Node,
        read: impl Fn(&mut Self, &Node) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Value::List(elements) = &node.value else {
            self.wrong(node, "a list");
            return None;
        };
        let elements: Vec<_> = elements.iter().map(|node| read(self, node)).collect();
        elements.into_iter().collect()
    }

    /// Reads a list with a maximum number of elements.
    pub fn up_to<T>(
        &mut self,
        node: &Node,
        most: usize,
        read: impl Fn(&mut Self, &Node) -> Option<T>,
    ) -> Option<Vec<T>> {
        let count = node.elements().len();
        if count > most {
            let problem = format_args!("has {count} entries, but at most {most} are allowed");
            self.problem(node, problem);
        }
        self.each(node, read)
    }

    /// Reads a text that shows something.
    pub fn text<'a>(&mut self, node: &'a Node) -> Option<&'a str> {
        match &node.value {
            Value::Text(text) if shows_nothing(text) => {
                self.problem(node, "must not be empty");
                None
            }
            Value::Text(text) => Some(text),
            Value::Bool(_) | Value::Integer(_) | Value::Number(_) => {
                self.wrong(node, "text: put it in quotes");
                None
            }
            Value::Nothing | Value::List(_) | Value::Fields(_) => {
                self.wrong(node, "text");
                None
            }
        }
    }

    pub fn owned_text(&mut self, node: &Node) -> Option<String> {
        self.text(node).map(str::to_owned)
    }

    /// Reads a name, without the blanks around it.
    pub fn name(&mut self, node: &Node) -> Option<String> {
        let name = trim(self.text(node)?);
        // The same rules as for `--name`.
        if let Err(error) = check_no_key(name) {
            self.problem(node, error);
            return None;
        }
        if name.chars().any(char::is_control) {
            self.problem(node, NameError::ControlCharacter);
            return None;
        }
        let length = name.chars().count();
        if length > LONGEST_NAME {
            let problem =
                format_args!("has {length} characters, but at most {LONGEST_NAME} are allowed");
            self.problem(node, problem);
            return None;
        }
        Some(name.to_owned())
    }

    /// Reads a text in the form of `T`. Its error reads on from the field's path.
    pub fn parse<T: FromStr<Err: fmt::Display>>(&mut self, node: &Node) -> Option<T> {
        self.parse_like(node, |_| None)
    }

    /// Same as [`Reader::parse`]. Suggests the right form of a wrong text, if `meant` returns one.
    pub fn parse_like<T: FromStr<Err: fmt::Display>>(
        &mut self,
        node: &Node,
        meant: impl FnOnce(&str) -> Option<String>,
    ) -> Option<T> {
        let text = self.text(node)?;
        let parsed = text.parse();
        parsed
            .map_err(|error| {
                let meant = meant(text).filter(|meant| meant.parse::<T>().is_ok());
                let meant = question(meant.as_deref());
                self.problem(node, format_args!("is {}, but {error}{meant}", node.value));
            })
            .ok()
    }

    /// Reads the name of a variant of `T`.
    pub fn one_of<T: DeserializeOwned>(&mut self, node: &Node) -> Option<T> {
        let text = self.text(node)?;
        let found = T::deserialize(StrDeserializer::new(text));
        found
            .map_err(|Variants(known)| {
                let suggestion = question(nearest(text, known));
                let known = either(known);
                self.wrong(node, format_args!("{known}{suggestion}"));
            })
            .ok()
    }

    /// Reads a number from 1 to `most`.
    pub fn count(&mut self, node: &Node, most: u8) -> Option<u8> {
        let count = match node.value {
            Value::Integer(count) => u8::try_from(count).ok(),
            _ => None,
        };
        let count = count.filter(|count| (1..=most).contains(count));
        if count.is_none() {
            self.wrong(node, format_args!("a number from 1 to {most}"));
        }
        count
    }

    pub fn flag(&mut self, node: &Node) -> Option<bool> {
        if let Value::Bool(flag) = node.value {
            return Some(flag);
        }
        let meant = match &node.value {
            Value::Text(text) => nearest(text, &["true", "false"]),
            _ => None,
        };
        self.wrong(node, format_args!("true or false{}", question(meant)));
        None
    }
}

/// Problems.
impl Reader {
    /// Reads a whole file.
    ///
    /// # Errors
    /// All problems, in the file's order.
    pub fn read<T>(
        root: &Node,
        read: impl FnOnce(&mut Self, &Node) -> Option<T>,
    ) -> Result<T, Vec<Problem>> {
        let mut reader = Self::default();
        match read(&mut reader, root) {
            Some(value) if reader.problems.is_empty() => Ok(value),
            _ => {
                reader.problems.sort();
                Err(reader.problems)
            }
        }
    }

    /// Adds a problem of a value. `problem` reads on from the value's path.
    pub fn problem(&mut self, node: &Node, problem: impl fmt::Display) {
        let path = match node.path.as_str() {
            "" => "the file",
            path => path,
        };
        self.problem_at(node.place, format!("{path} {problem}"));
    }

    pub fn problem_at(&mut self, place: Place, message: String) {
        self.problems.push(Problem::new(place, &message));
    }

    /// Adds the problem that a value is not `expected`.
    pub fn wrong(&mut self, node: &Node, expected: impl fmt::Display) {
        let value = &node.value;
        self.problem(node, format_args!("is {value}, but must be {expected}"));
    }
}

/// Names that an enum accepts. It is serde's error for another name.
#[derive(Debug)]
struct Variants(&'static [&'static str]);

impl fmt::Display for Variants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&either(self.0))
    }
}

impl std::error::Error for Variants {}

impl de::Error for Variants {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(&[])
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self(expected)
    }
}

/// Returns the names that an enum accepts.
pub fn names_of<T: DeserializeOwned>() -> &'static [&'static str] {
    let names = T::deserialize(StrDeserializer::new(""));
    names.map_or_else(|Variants(names)| names, |_: T| &[])
}

/// Joins names, such as `call, email or sms`.
pub fn either(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
