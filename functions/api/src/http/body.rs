//! The request's body as JSON text: media type, size and syntax
//! ([contract](../../../../docs/contract.md#errors)).

use axum::{body::Bytes, extract::FromRequest};
use http::{HeaderMap, Request, header};

use super::error::ApiError;
use crate::state::AppState;

/// Maximum size of a body, in bytes.
///
/// Each such body fits Lambda's event of 6,291,456 bytes. The gateway writes the body as a JSON string, which is
/// at most three times as long: `\"` and `\\` take two bytes, `\u00e9` takes six bytes for two, a pair of
/// surrogates takes twelve for four, and base64 takes four for three. 291,456 bytes are left for the headers
/// and the context. Only raw control characters could take more, and JSON forbids them.
pub const BODY_LIMIT: usize = 2_000_000;

/// A body of UTF-8 text with a JSON content type or none.
pub struct JsonBody(pub Bytes);

impl FromRequest<AppState> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(
        request: Request<axum::body::Body>,
        state: &AppState,
    ) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::UnsupportedMediaType);
        }
        let body = Bytes::from_request(request, state).await?;
        // RFC 8259 section 8.1: a byte order mark may be ignored.
        let body = match body.strip_prefix(b"\xef\xbb\xbf") {
            Some(rest) => body.slice_ref(rest),
            None => body,
        };
        match str::from_utf8(&body) {
            Ok(_) => Ok(Self(body)),
            Err(error) => {
                let read = body.get(..error.valid_up_to()).unwrap_or_default();
                let mut lines = read.split(|byte| *byte == b'\n');
                Err(ApiError::MalformedJson {
                    what: "The body is not UTF-8: send it as UTF-8, and uncompressed",
                    line: lines.clone().count(),
                    column: lines.next_back().map_or(0, <[u8]>::len) + 1,
                })
            }
        }
    }
}

/// `application/json` and `application/*+json`, with any parameters; no content type is read as JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return true;
    };
    let Ok(value) = value.to_str() else {
        return false;
    };
    let essence = value
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Returns the error of a body that is not the expected JSON. It has no text of the body, which may be personal
/// data. `expected` is the message for JSON of another type.
pub fn malformed(error: &serde_json::Error, body: &[u8], expected: &'static str) -> ApiError {
    if body.trim_ascii().is_empty() {
        return ApiError::EmptyBody;
    }
    let what = match error.classify() {
        serde_json::error::Category::Eof => "The body ends before its JSON does",
        serde_json::error::Category::Data => expected,
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
            syntax(error, body)
        }
    };
    ApiError::MalformedJson {
        what,
        line: error.line(),
        column: error.column(),
    }
}

/// Returns the message for a text that is no JSON. It names the usual mistakes.
fn syntax(error: &serde_json::Error, body: &[u8]) -> &'static str {
    if !matches!(body.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return "The body is not valid JSON: it must begin with { or [";
    }
    let line = body
        .split(|byte| *byte == b'\n')
        .nth(error.line().saturating_sub(1));
    let before = error.column().saturating_sub(1);
    let rest = line.and_then(|line| line.get(before..)).unwrap_or_default();
    // serde_json stops behind the first byte of a longer character.
    let text = String::from_utf8_lossy(rest.get(..4).unwrap_or(rest));
    match text.chars().next() {
        Some('\'' | '‘' | '’' | '“' | '”') => {
            "The body is not valid JSON: keys and texts need double quotes (\") around them"
        }
        Some(']' | '}') => "The body is not valid JSON: a value is missing, or a comma is too many",
        Some(letter) if letter.is_ascii_alphabetic() => {
            "The body is not valid JSON: keys and texts need double quotes (\") around them"
        }
        _ => "The body is not valid JSON",
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn json_media_types_and_none_are_read() {
        for (value, read) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/vnd.api+json", true),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("application/jsonp", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(value));
            assert_eq!(is_json(&headers), read, "{value}");
        }
        assert!(is_json(&HeaderMap::new()));
    }
}
