//! The reference page: the API's description with a "try it", in one file that asks no other host for
//! anything. `leadgate dev` serves it; `leadgate reference` writes it, to be put beside a deployment.

use http::Uri;
use serde_json::{Map, Value, json};
use thiserror::Error;

const PAGE: &str = include_str!("../reference/page.html");
const SWAGGER_UI: &str = include_str!("../reference/swagger-ui-bundle.js");
const STYLE: &str = include_str!("../reference/swagger-ui.css");

/// Why there is no page.
#[derive(Debug, Error)]
pub enum ReferenceError {
    /// `--url` is not a whole URL.
    #[error("--url {0}: give a whole URL, such as https://example.com")]
    Url(Uri),
    /// The API's description is not JSON.
    #[error("the API's description is damaged")]
    Description(#[from] serde_json::Error),
}

/// The page for the API on the host that serves it.
pub fn page_for_own_host() -> String {
    page("'self'", api::OPENAPI)
}

/// The page for the API at `url`, wherever the page is.
pub fn page_for(url: &Uri) -> Result<String, ReferenceError> {
    let (Some(scheme), Some(authority)) = (url.scheme_str(), url.authority()) else {
        return Err(ReferenceError::Url(url.clone()));
    };
    let mut openapi: Map<String, Value> = serde_json::from_str(api::OPENAPI)?;
    let base = url.to_string();
    let servers = json!([{"url": base.trim_end_matches('/')}]);
    openapi.insert("servers".to_owned(), servers);
    let openapi = serde_json::to_string(&openapi)?;
    Ok(page(&format!("{scheme}://{authority}"), &openapi))
}

fn page(api_origin: &str, openapi: &str) -> String {
    // Within a script element, `<` could end it.
    let openapi = openapi.replace('<', r"\u003c");
    let values = [
        ("{{api_origin}}", api_origin),
        ("{{style}}", STYLE),
        ("{{swagger_ui}}", SWAGGER_UI),
        ("{{openapi}}", &openapi),
    ];
    let mut page =
        String::with_capacity(PAGE.len() + STYLE.len() + SWAGGER_UI.len() + openapi.len());
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
