//! Page at `/`, for people who open the local stack in a browser.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use http::{HeaderValue, Method, header};

use crate::demo;

const ACCEPT: HeaderValue = HeaderValue::from_static("accept");

const PAGE: &str = include_str!("home.html");
/// Part of the page about the practice dialer.
const DIALER: &str =
    "  <p>Then answer its call on the <a href=\"/dev/dialer\">practice dialer</a>.</p>\n";

/// Answers a browser's `GET /` with the page. Passes all other requests on.
pub(crate) async fn serve(State(home): State<String>, request: Request, next: Next) -> Response {
    let is_root = request.uri().path() == "/";
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_root && is_read && wants_html(&request) {
        let mut reply = unframed(home);
        reply.headers_mut().append(header::VARY, ACCEPT);
        reply
    } else {
        let mut reply = next.run(request).await;
        if is_root {
            reply.headers_mut().append(header::VARY, ACCEPT);
        }
        reply
    }
}

/// Whether a request accepts HTML by name. Browsers do that, programs do not.
fn wants_html(request: &Request) -> bool {
    let accepted = request.headers().get_all(header::ACCEPT).iter();
    accepted
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|kind| kind.trim_start().starts_with("text/html"))
}

/// Returns a page that other pages cannot show in a frame, where people would click on it
/// unintentionally.
pub(crate) fn unframed(page: String) -> Response {
    ([(header::X_FRAME_OPTIONS, "DENY")], Html(page)).into_response()
}

/// Returns the page. `has_dialer`: the stack has a practice dialer.
pub(crate) fn page(api_url: &str, has_dialer: bool) -> String {
    PAGE.replace("{{api_key}}", demo::API_KEY)
        .replace("{{curl}}", &escaped(&demo::curl(api_url)))
        .replace("{{dialer}}", if has_dialer { DIALER } else { "" })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
