//! An array of leads that is the only value of an object, as other APIs take it: `{"leads": [...]}`.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;

use crate::http::fields::Fields;

const HINT: &str = "Send the array itself: [{\"first_name\": ...}, ...].";
/// Fields of a lead whose values are objects.
const OBJECTS: [&str; 2] = ["metadata", "force_first_message"];

/// Returns the hint for an object whose only value is an array of objects. `None` for another object.
pub fn hint(fields: &Fields) -> Option<String> {
    let mut values = fields.values.iter();
    let (key, value) = values.next()?;
    if values.next().is_some() || OBJECTS.contains(&key.as_str()) {
        return None;
    }
    let elements: Vec<BTreeMap<String, IgnoredAny>> = serde_json::from_str(value.get()).ok()?;
    (!elements.is_empty()).then(|| HINT.to_owned())
}
