//! The page at `/`, for a person who opens the local stack in a browser.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use http::{Method, header};

use crate::demo;

const PAGE: &str = include_str!("home.html");

/// Answers a browser's `GET /` with a page, and hands everything else on.
pub(crate) async fn serve(State(api_url): State<String>, request: Request, next: Next) -> Response {
    let is_page = request.uri().path() == "/"
        && matches!(*request.method(), Method::GET | Method::HEAD)
        && wants_html(&request);
    if is_page {
        unframed(page(&api_url))
    } else {
        next.run(request).await
    }
}

/// Whether a request names HTML as what it accepts, as browsers do and programs do not.
fn wants_html(request: &Request) -> bool {
    let accepted = request.headers().get_all(header::ACCEPT).iter();
    accepted
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|kind| kind.trim_start().starts_with("text/html"))
}

/// A page that no other page shows in a frame, where a person would click on it without knowing.
pub(crate) fn unframed(page: String) -> Response {
    let headers = [(header::X_FRAME_OPTIONS, "DENY"), (header::VARY, "accept")];
    (headers, Html(page)).into_response()
}

fn page(api_url: &str) -> String {
    PAGE.replace("{{api_key}}", demo::API_KEY)
        .replace("{{curl}}", &escaped(&demo::curl(api_url)))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
