//! Comparison of a reply with the expected one. In an expected text, `<uuid>` stands for any id,
//! `<time>` for any time in the contract's format, and `<any>` for anything. All other text stands
//! for itself.

use serde_json::Value;

/// Returns the first difference between `expected` and `actual`, with its place. `None` if they
/// match.
pub fn difference(expected: &Value, actual: &Value) -> Option<String> {
    find("$", expected, actual)
}

fn find(path: &str, expected: &Value, actual: &Value) -> Option<String> {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            let names = expected.keys().chain(actual.keys());
            names
                .into_iter()
                .find_map(|name| match (expected.get(name), actual.get(name)) {
                    (Some(expected), Some(actual)) => {
                        find(&format!("{path}.{name}"), expected, actual)
                    }
                    (Some(_), None) => Some(format!("{path}.{name} is missing")),
                    (None, _) => Some(format!("{path}.{name} is not expected")),
                })
        }
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            expected
                .iter()
                .zip(actual)
                .enumerate()
                .find_map(|(index, (expected, actual))| {
                    find(&format!("{path}[{index}]"), expected, actual)
                })
        }
        (Value::String(expected), _) if expected == "<any>" => None,
        (Value::String(expected), Value::String(actual)) if matches(expected, actual) => None,
        (expected, actual) if expected == actual => None,
        (expected, actual) => Some(format!("{path} should be {expected} and is {actual}")),
    }
}

fn matches(expected: &str, actual: &str) -> bool {
    let Some(start) = expected.find('<') else {
        return expected == actual;
    };
    let (Some(rest), Some(end)) = (actual.strip_prefix(&expected[..start]), expected.find('>'))
    else {
        return false;
    };
    let length = match &expected[start..=end] {
        "<uuid>" => rest
            .chars()
            .take_while(|c| c.is_ascii_hexdigit() || *c == '-')
            .count(),
        "<time>" => "2026-02-10T12:00:00Z".len(),
        "<any>" => return true,
        _ => return expected == actual,
    };
    let Some((value, rest)) = rest.split_at_checked(length) else {
        return false;
    };
    let is_one = match &expected[start..=end] {
        "<uuid>" => is_shaped_like("00000000-0000-0000-0000-000000000000", value),
        _ => is_shaped_like("0000-00-00T00:00:00Z", value),
    };
    is_one && matches(&expected[end + 1..], rest)
}

/// Tells whether `value` has a lower-case hexadecimal digit where `shape` has 0, and equals it
/// elsewhere.
fn is_shaped_like(shape: &str, value: &str) -> bool {
    shape.len() == value.len()
        && shape
            .chars()
            .zip(value.chars())
            .all(|(shape, c)| match shape {
                '0' => c.is_ascii_digit() || matches!(c, 'a'..='f'),
                other => c == other,
            })
}
