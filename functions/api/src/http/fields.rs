//! JSON objects and arrays of a body: keys and the JSON texts of their values, and the fingerprint of an
//! object, which does not depend on how the JSON is written.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// Maximum number of repeated keys that are reported. A body can have a million of them.
const MOST_REPEATED: usize = 10;
/// Maximum depth of normalised values. Deeper values are refused anyway, and are hashed as they are written.
const DEEPEST: u8 = 16;

/// An object's keys and the JSON texts of their values. Repeated keys are listed, because their meaning is
/// unclear.
pub struct Fields {
    pub values: BTreeMap<String, Box<RawValue>>,
    pub repeated: Vec<String>,
}

/// The first elements of an array, and their number.
pub struct Elements<'a> {
    pub first: Vec<&'a RawValue>,
    pub count: usize,
}

impl Elements<'_> {
    /// Maximum number of elements that are kept.
    pub const MOST: usize = 1_000;
}

impl Fields {
    /// Returns the SHA-256 of `prefix` and the object, in base64. White space, the order of keys and the
    /// escapes in strings make no difference. Numbers count as they are written.
    pub fn fingerprint(&self, prefix: &str) -> String {
        let mut hash = Sha256::new_with_prefix(prefix);
        hash_object(&mut hash, &self.values, 0);
        BASE64_URL_SAFE_NO_PAD.encode(hash.finalize())
    }
}

fn hash_object(hash: &mut Sha256, values: &BTreeMap<String, Box<RawValue>>, depth: u8) {
    hash.update("{");
    for (key, value) in values {
        hash_text(hash, key);
        hash_value(hash, value, depth + 1);
    }
    hash.update("}");
}

fn hash_value(hash: &mut Sha256, value: &RawValue, depth: u8) {
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'{') if depth < DEEPEST => {
            if let Ok(fields) = serde_json::from_str::<Fields>(text) {
                return hash_object(hash, &fields.values, depth);
            }
        }
        Some(b'[') if depth < DEEPEST => {
            if let Ok(elements) = serde_json::from_str::<Vec<Box<RawValue>>>(text) {
                hash.update("[");
                for element in &elements {
                    hash_value(hash, element, depth + 1);
                }
                return hash.update("]");
            }
        }
        Some(b'"') => {
            if let Ok(string) = serde_json::from_str::<String>(text) {
                return hash_text(hash, &string);
            }
        }
        _ => {}
    }
    hash.update("#");
    hash_text(hash, text);
}

/// Hashes a text with its length in front, so that two texts cannot run into each other.
fn hash_text(hash: &mut Sha256, text: &str) {
    hash.update(text.len().to_be_bytes());
    hash.update(text);
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
                            let is_listed = fields.repeated.contains(entry.key());
                            if !is_listed && fields.repeated.len() < MOST_REPEATED {
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

impl<'de> Deserialize<'de> for Elements<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ElementsVisitor;

        impl<'de> Visitor<'de> for ElementsVisitor {
            type Value = Elements<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Elements<'de>, A::Error> {
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
