//! Parts of a reply of the API.

use serde_json::Value;

/// Returns a part of a reply. It is null if there is none.
pub fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    value.pointer(path).unwrap_or(&Value::Null)
}

/// Returns a text of a reply. It is empty if there is none.
pub fn text_at<'a>(value: &'a Value, path: &str) -> &'a str {
    at(value, path).as_str().unwrap_or_default()
}

/// Returns a list of a reply. It is empty if there is none.
pub fn list_at<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    let list = at(value, path).as_array();
    list.map(Vec::as_slice).unwrap_or_default()
}

/// Returns the cursor of the next page of a list. `None` after the last page.
pub fn next_cursor(reply: &Value) -> Option<String> {
    let cursor = at(reply, "/pagination/next_cursor").as_str();
    cursor.map(str::to_owned)
}
