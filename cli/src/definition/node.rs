//! Values of a YAML file with their places.

use std::fmt;

use local::text::cut;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::Spanned;

use super::problem::Place;

/// Maximum width of a text in a message, in columns.
pub const LONGEST_TEXT: usize = 40;

/// A value of the file, with its place.
#[derive(Debug)]
pub struct Node {
    /// Path from the root, such as `cadence.steps[2].delay`.
    pub path: String,
    /// Place of the value. It is the place of its name if the value begins on a line below it.
    pub place: Place,
    /// Place of the name of a field. `None` if the value is not a field.
    pub name_place: Option<Place>,
    pub value: Value,
}

/// A value of the file.
#[derive(Debug)]
pub enum Value {
    Nothing,
    Bool(bool),
    Integer(i64),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    Fields(Vec<(String, Node)>),
}

impl Node {
    /// Reads a text.
    ///
    /// # Errors
    /// The first problem, if the text is not YAML.
    pub fn read(yaml: &str) -> Result<Self, serde_saphyr::Error> {
        let mut root: Self = serde_saphyr::from_str(yaml)?;
        root.set_paths(String::new());
        Ok(root)
    }

    /// Sets the paths of a value and of all values in it.
    fn set_paths(&mut self, path: String) {
        self.path = path;
        match &mut self.value {
            Value::List(nodes) => {
                for (index, node) in nodes.iter_mut().enumerate() {
                    node.set_paths(format!("{}[{index}]", self.path));
                }
            }
            Value::Fields(fields) => {
                for (name, node) in fields {
                    node.set_paths(path_of(&self.path, name));
                }
            }
            Value::Nothing
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::Number(_)
            | Value::Text(_) => {}
        }
    }

    /// Returns a field. `None` if it is not given, or left empty.
    pub fn field(&self, name: &str) -> Option<&Self> {
        self.find(name)
            .filter(|node| !matches!(node.value, Value::Nothing))
    }

    /// Returns a field that is left empty.
    pub fn empty(&self, name: &str) -> Option<&Self> {
        self.find(name)
            .filter(|node| matches!(node.value, Value::Nothing))
    }

    /// Returns whether this is the file of an account. Its lists may be empty.
    pub fn is_account(&self) -> bool {
        ["workflows", "campaigns", "destinations"]
            .into_iter()
            .any(|list| self.find(list).is_some())
    }

    fn find(&self, name: &str) -> Option<&Self> {
        let Value::Fields(fields) = &self.value else {
            return None;
        };
        let mut fields = fields.iter();
        let (_, node) = fields.find(|(field, _)| field == name)?;
        Some(node)
    }

    /// Returns the elements of a list. There are none if the value is not a list.
    pub fn elements(&self) -> &[Self] {
        match &self.value {
            Value::List(elements) => elements,
            _ => &[],
        }
    }

    /// Returns the path of a field.
    pub fn path_of(&self, field: &str) -> String {
        path_of(&self.path, field)
    }
}

fn path_of(path: &str, field: &str) -> String {
    match path {
        "" => field.to_owned(),
        path => format!("{path}.{field}"),
    }
}

/// Writes a value as messages show it: a text in quotes, and no content of a list or an object.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("empty"),
            Self::Bool(flag) => write!(f, "{flag}"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{:?}", cut(text, LONGEST_TEXT)),
            Self::List(_) => f.write_str("a list"),
            Self::Fields(_) => f.write_str("an object"),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned {
            value, referenced, ..
        } = Spanned::deserialize(deserializer)?;
        Ok(Self {
            path: String::new(),
            place: referenced.into(),
            name_place: None,
            value,
        })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;

        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Nothing)
            }

            fn visit_none<E>(self) -> Result<Value, E> {
                Ok(Value::Nothing)
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
                Ok(Value::Bool(flag))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
                Ok(Value::Integer(number))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
                let number = i64::try_from(number);
                Ok(Value::Integer(number.map_err(E::custom)?))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
                Ok(Value::Number(number))
            }

            fn visit_str<E>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
                let mut nodes = Vec::new();
                while let Some(node) = list.next_element()? {
                    nodes.push(node);
                }
                Ok(Value::List(nodes))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
                let mut fields = Vec::new();
                while let Some((name, mut node)) = map.next_entry::<Spanned<String>, Node>()? {
                    let place = Place::from(name.referenced);
                    node.name_place = Some(place);
                    if node.place.line != place.line {
                        node.place = place;
                    }
                    fields.push((name.value, node));
                }
                Ok(Value::Fields(fields))
            }
        }

        deserializer.deserialize_any(ValueVisitor)
    }
}

/// Serializes a value without its places.
impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Value::Nothing => serializer.serialize_unit(),
            Value::Bool(flag) => serializer.serialize_bool(*flag),
            Value::Integer(number) => serializer.serialize_i64(*number),
            Value::Number(number) => serializer.serialize_f64(*number),
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(nodes) => serializer.collect_seq(nodes),
            Value::Fields(fields) => {
                serializer.collect_map(fields.iter().map(|(name, node)| (name, node)))
            }
        }
    }
}
