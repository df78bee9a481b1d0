//! Keywords of JSON Schema for the schemas of `schema/bodies.rs`: a few for clients, and all of them for tests that
//! make requests from the description.

use domain::invisible::is_invisible;
use serde_json::{Value, json};

/// Schemas of requests that are read field by field.
const REQUESTS: [&str; 11] = [
    "ClaimBody",
    "NewSuppression",
    "SuppressionRemoval",
    "LeadEvent",
    "OutcomeDetails",
    "OutcomeOfTouchpoint",
    "NewLead",
    "FirstMessage",
    "LeadChange",
    "StatusChange",
    "PreviewRequest",
];

/// Lets a field of a request be blank text wherever it may be `null`.
///
/// Turns `oneOf` into `anyOf`: to a validator that does not check formats, blank text is also a time or the name
/// of a time zone, and `oneOf` refuses what fits two alternatives.
pub fn blank_is_null(schemas: &mut Value) {
    let not_given = json!({"$ref": "#/components/schemas/NotGiven"});
    for name in REQUESTS {
        let properties = schemas[name]["properties"].as_object_mut();
        for property in properties.into_iter().flat_map(serde_json::Map::values_mut) {
            let null = json!("null");
            let is_nullable = |types: &Value| types.as_array().is_some_and(|it| it.contains(&null));
            if property.get("type").is_some_and(is_nullable) {
                *property = json!({"anyOf": [property.take(), not_given]});
                continue;
            }
            let alternatives = property.as_object_mut().and_then(|it| it.remove("oneOf"));
            let Some(Value::Array(mut alternatives)) = alternatives else {
                continue;
            };
            for alternative in &mut alternatives {
                if *alternative == json!({"type": "null"}) {
                    *alternative = not_given.clone();
                }
            }
            property["anyOf"] = json!(alternatives);
        }
    }
}

/// Returns keywords for clients, which hold for requests and for replies.
pub fn schemas() -> Value {
    json!({
        "NewLeadArray": {"minItems": 1, "maxItems": 1000},
        "OutcomeReports": {"minItems": 1, "maxItems": 100},
        "NewSuppressionArray": {"minItems": 1, "maxItems": 1000},
        "Instant": {"format": "date-time", "example": "2026-02-10T12:00:00Z"},
        "TimeZoneName": {"format": "timezone", "example": "America/Santiago", "minLength": 1},
        "WindowParts": {"additionalProperties": true},
        "ChangedMetadata": {"maxProperties": 100},
    })
}

/// Returns keywords for tests. A request that fits them is accepted, and a request that breaks them is refused. They
/// narrow some fields, such as phone numbers, to a part of the accepted values. Patterns are ECMA-262.
pub fn exact() -> Value {
    // Unicode's white space, its control characters, and the characters that show nothing. The readers trim
    // white space and byte order marks off a name.
    let blank = r"\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";
    let control = r"\u0000-\u001f\u007f-\u009f";
    let invisible = ranges(is_invisible);
    let around = format!(r"{blank}\ufeff");
    let not_given = json!({"$ref": "#/components/schemas/NotGiven"});
    let value = json!({"$ref": "#/components/schemas/MetadataValue"});
    let too_deep = json!({"$ref": "#/components/schemas/MetadataValue/$defs/9"});
    json!({
        "Text": {
            "maxLength": 200,
            "pattern": format!(
                "^[{around}]*([^{control}{around}][^{control}]*)?[^{control}{blank}{invisible}]\
                 ([^{control}]*[^{control}{around}])?[{around}]*$"
            ),
        },
        "Email": {"format": "email", "pattern": "@", "maxLength": 254},
        // No trunk 0 behind a country code, and no fraction.
        "Phone": {"pattern": r"^\+[1-9]([ -]?[1-9]){3}([ -]?[0-9]){3,11}$"},
        "Note": {"maxLength": 1000},
        "ShortText": {"maxLength": 200},
        "MessageText": {"maxLength": 4096},
        "NotGiven": {"pattern": format!("^[{blank}{invisible}]*$")},
        "Flag": {"type": ["boolean", "string", "null"], "enum": [true, false, null, ""]},
        "GivenMetadata": {"type": ["object", "string", "null"], "maxLength": 0},
        "NewLead": {
            "anyOf": [
                {
                    "required": ["workflow_id"],
                    "properties": {"workflow_id": {"$ref": "#/components/schemas/WorkflowId"}},
                },
                {"properties": {"force_first_message": not_given}},
            ],
        },
        "NewSuppression": {
            "oneOf": [
                {
                    "required": ["phone"],
                    "properties": {
                        "phone": {"$ref": "#/components/schemas/Phone"}, "email": not_given,
                        "channels": channels_of(&["call", "whatsapp", "sms"]),
                    },
                },
                {
                    "required": ["email"],
                    "properties": {
                        "email": {"$ref": "#/components/schemas/Email"}, "phone": not_given,
                        "channels": channels_of(&["email"]),
                    },
                },
            ],
        },
        "FirstMessage": {
            "type": ["object", "string", "null"], "maxLength": 0, "additionalProperties": not_given,
            "not": {"type": "object", "required": ["components"], "properties": {"components": too_deep}},
        },
        "MetadataValue": {
            "oneOf": [
                {"type": ["null", "boolean", "string"]},
                {"const": 0},
                {"type": "number", "minimum": 1e-130, "exclusiveMaximum": 1e126},
                {"type": "number", "exclusiveMinimum": -1e126, "maximum": -1e-130},
                {"type": "array", "items": value},
                {"type": "object", "additionalProperties": value},
            ],
            "$defs": nested(),
            "not": too_deep,
        },
    })
}

/// Returns the characters for a class of a regular expression, as ranges: a class with thousands of characters
/// takes a validator long.
fn ranges(is_meant: impl Fn(char) -> bool) -> String {
    let mut ranges: Vec<(char, char)> = Vec::new();
    for c in ('\0'..=char::MAX).filter(|c| is_meant(*c)) {
        match ranges.last_mut() {
            Some((_, last)) if u32::from(*last) + 1 == u32::from(c) => *last = c,
            _ => ranges.push((c, c)),
        }
    }
    ranges
        .iter()
        .map(|(first, last)| format!("{first}-{last}"))
        .collect()
}

/// Returns the schema of the channels of an address that has these channels.
fn channels_of(channels: &[&str]) -> Value {
    json!({
        "anyOf": [
            {"enum": [null, "", "all"]},
            {"type": "array", "minItems": 1, "items": {"enum": channels}},
        ],
    })
}

/// Returns a schema for each depth up to the first that is refused: values that nest as deep, or deeper.
fn nested() -> Value {
    let mut nested = json!({"1": {"type": ["array", "object"]}});
    for levels in 2..=9 {
        let within = format!("#/components/schemas/MetadataValue/$defs/{}", levels - 1);
        let within = json!({"$ref": within});
        nested[levels.to_string()] = json!({
            "anyOf": [
                {"type": "array", "contains": within},
                {"type": "object", "not": {"additionalProperties": {"not": within}}},
            ],
        });
    }
    nested
}
