//! The error of a wrong method. It names the methods that the description has for the path.

use std::{collections::BTreeMap, sync::LazyLock};

use axum::extract::MatchedPath;
use serde::{Deserialize, de::IgnoredAny};

use super::served::DOCUMENT;
use crate::http::error::ApiError;

/// Methods in the order of an error. Each route with GET takes HEAD too.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

#[derive(Default, Deserialize)]
struct Description {
    paths: BTreeMap<String, BTreeMap<String, IgnoredAny>>,
}

static DESCRIPTION: LazyLock<Description> =
    LazyLock::new(|| serde_json::from_str(DOCUMENT).unwrap_or_default());

pub async fn method_not_allowed(route: MatchedPath) -> ApiError {
    ApiError::MethodNotAllowed {
        allowed: methods_of(route.as_str()),
    }
}

/// Returns the methods of a route, such as "GET and POST".
fn methods_of(route: &str) -> String {
    let operations = DESCRIPTION.paths.get(route);
    let is_taken =
        |method: &&str| operations.is_some_and(|it| it.contains_key(&method.to_ascii_lowercase()));
    let taken: Vec<_> = METHODS.into_iter().filter(is_taken).collect();
    match taken.as_slice() {
        [others @ .., last] if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        taken => taken.concat(),
    }
}
