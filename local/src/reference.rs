//! The reference page: the description of the API, in one HTML file that can send requests. It
//! loads nothing from other hosts. `leadgate dev` serves it, and `leadgate reference` writes it for
//! a deployment.

use http::Uri;
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::demo;

const PAGE: &str = include_str!("../reference/page.html");
const SCALAR: &str = include_str!("../reference/scalar.js");

/// Reason why there is no page.
#[derive(Debug, Error)]
pub enum ReferenceError {
    /// `--url` is not a complete URL.
    #[error("--url {0} is not a complete URL: give one such as https://example.com")]
    Url(Uri),
    /// The description of the API is not JSON.
    #[error("the description of the API is not valid JSON")]
    Description(#[from] serde_json::Error),
}

/// Returns the page for the API on the host that serves the page.
pub fn page_for_own_host() -> String {
    page("'self'", api::OPENAPI, "")
}

/// Returns the page of the local stack. It has the key of the demo account, so that its requests
/// work at once.
pub(crate) fn page_with_demo_key() -> String {
    page("'self'", api::OPENAPI, demo::API_KEY)
}

/// Returns the page for the API at `url`, for any host.
///
/// # Errors
/// [`ReferenceError`].
pub fn page_for(url: &Uri) -> Result<String, ReferenceError> {
    let (Some(scheme), Some(authority)) = (url.scheme_str(), url.authority()) else {
        return Err(ReferenceError::Url(url.clone()));
    };
    let mut openapi: Map<String, Value> = serde_json::from_str(api::OPENAPI)?;
    let base = url.to_string();
    let base = base.trim_end_matches('/');
    openapi.insert("servers".to_owned(), json!([{"url": base}]));
    let openapi = serde_json::to_string(&openapi)?;
    // The page can be on another host than the API, which has the page of errors.
    let openapi = openapi.replace("(/docs/errors)", &format!("({base}/docs/errors)"));
    Ok(page(&format!("{scheme}://{authority}"), &openapi, ""))
}

fn page(api_origin: &str, openapi: &str, key: &str) -> String {
    // In a script element, `</script` would end the element.
    let openapi = openapi.replace('<', r"\u003c");
    let values = [
        ("{{api_origin}}", api_origin),
        ("{{scalar}}", SCALAR),
        ("{{openapi}}", &openapi),
        ("{{key}}", &format!("\"{key}\"")),
    ];
    let mut page = String::with_capacity(PAGE.len() + SCALAR.len() + openapi.len());
    let mut rest = PAGE;
    for (name, value) in values {
        if let Some((before, after)) = rest.split_once(name) {
            page.push_str(before);
            page.push_str(value);
            rest = after;
        }
    }
    page + rest
}
