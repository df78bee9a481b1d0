//! A YAML value with its place: what a problem with it names.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::Spanned;

/// A value of the file.
#[derive(Debug)]
pub(crate) struct Node {
    /// Its path from the root, such as `cadence.steps[2].delay`.
    pub(super) path: String,
    /// Its line, from 1.
    pub(super) line: u64,
    pub(super) value: Value,
}

/// What a value is.
#[derive(Debug)]
pub(crate) enum Value {
    Nothing,
    Bool(bool),
    Integer(i64),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    Fields(Vec<(String, Node)>),
}

impl Node {
    /// The root of a file.
    pub(crate) fn read(yaml: &str) -> Result<Self, serde_saphyr::Error> {
        let mut root: Self = serde_saphyr::from_str(yaml)?;
        root.place(String::new());
        Ok(root)
    }

    fn place(&mut self, path: String) {
        match &mut self.value {
            Value::List(nodes) => {
                for (index, node) in nodes.iter_mut().enumerate() {
                    node.place(format!("{path}[{index}]"));
                }
            }
            Value::Fields(fields) => {
                for (name, node) in fields {
                    node.place(join(&path, name));
                }
            }
            Value::Nothing
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::Number(_)
            | Value::Text(_) => {}
        }
        self.path = path;
    }
}

/// The path of a field.
pub(super) fn join(path: &str, field: &str) -> String {
    match path {
        "" => field.to_owned(),
        path => format!("{path}.{field}"),
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned {
            value, referenced, ..
        } = Spanned::deserialize(deserializer)?;
        Ok(Self {
            path: String::new(),
            line: referenced.line(),
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
                    // A value that begins below its name is looked for at its name.
                    node.line = name.referenced.line();
                    fields.push((name.value, node));
                }
                Ok(Value::Fields(fields))
            }
        }

        deserializer.deserialize_any(ValueVisitor)
    }
}

/// As JSON: a template's components are free.
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
