//! JSON objects and arrays as they come in: keys and the JSON texts of their values, and a digest that
//! is the same for the same request however it is written.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// How many keys that come twice are told; a body can hold a million of them.
const MOST_REPEATED: usize = 10;
/// Deeper values are refused anyway, and are digested as they stand.
const DEEPEST: u8 = 16;

/// An object's keys and the JSON texts of their values. A key that comes twice is remembered: which of
/// the two was meant cannot be known.
pub(super) struct Fields {
    pub(super) values: BTreeMap<String, Box<RawValue>>,
    pub(super) repeated: Vec<String>,
}

/// The first elements of an array, and how many there are.
pub(super) struct Elements {
    pub(super) first: Vec<Box<RawValue>>,
    pub(super) count: usize,
}

impl Elements {
    /// So many are kept.
    pub(super) const MOST: usize = 1_000;
}

impl Fields {
    /// Adds the object to a digest: white space, the order of keys and the way in which a string is
    /// escaped make no difference. Numbers count as they are written.
    pub(super) fn digest(&self, digest: &mut Sha256) {
        digest_object(digest, &self.values, 0);
    }
}

fn digest_object(digest: &mut Sha256, values: &BTreeMap<String, Box<RawValue>>, depth: u8) {
    digest.update("{");
    for (key, value) in values {
        digest_text(digest, key);
        digest_value(digest, value, depth + 1);
    }
    digest.update("}");
}

fn digest_value(digest: &mut Sha256, value: &RawValue, depth: u8) {
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'{') if depth < DEEPEST => {
            if let Ok(fields) = serde_json::from_str::<Fields>(text) {
                return digest_object(digest, &fields.values, depth);
            }
        }
        Some(b'[') if depth < DEEPEST => {
            if let Ok(elements) = serde_json::from_str::<Vec<Box<RawValue>>>(text) {
                digest.update("[");
                for element in &elements {
                    digest_value(digest, element, depth + 1);
                }
                return digest.update("]");
            }
        }
        Some(b'"') => {
            if let Ok(string) = serde_json::from_str::<String>(text) {
                return digest_text(digest, &string);
            }
        }
        _ => {}
    }
    digest.update("#");
    digest_text(digest, text);
}

/// With its length in front, so that two texts cannot run into each other.
fn digest_text(digest: &mut Sha256, text: &str) {
    digest.update(text.len().to_be_bytes());
    digest.update(text);
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Fields {
                    values: BTreeMap::new(),
                    repeated: Vec::new(),
                };
                while let Some((key, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    match fields.values.entry(key) {
                        Entry::Vacant(entry) => {
                            entry.insert(value);
                        }
                        Entry::Occupied(entry) => {
                            let told = fields.repeated.contains(entry.key());
                            if !told && fields.repeated.len() < MOST_REPEATED {
                                fields.repeated.push(entry.key().clone());
                            }
                        }
                    }
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(FieldsVisitor)
    }
}

impl<'de> Deserialize<'de> for Elements {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ElementsVisitor;

        impl<'de> Visitor<'de> for ElementsVisitor {
            type Value = Elements;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Elements, A::Error> {
                let mut elements = Elements {
                    first: Vec::new(),
                    count: 0,
                };
                while elements.count < Elements::MOST {
                    let Some(element) = seq.next_element()? else {
                        return Ok(elements);
                    };
                    elements.first.push(element);
                    elements.count += 1;
                }
                while seq.next_element::<IgnoredAny>()?.is_some() {
                    elements.count += 1;
                }
                Ok(elements)
            }
        }

        deserializer.deserialize_seq(ElementsVisitor)
    }
}
