//! docs/errors.html, the page at `GET /docs/errors`. It is made from the table of errors, as docs/errors.md is.

use std::fmt::Write;

use http::StatusCode;

use super::errors::{codes, errors};
use crate::http::error_spec::ErrorSpec;

/// Returns the page. Each code is an anchor.
pub fn error_page() -> String {
    let errors = errors();
    let mut page = HEAD.to_owned();
    for code in codes(&errors) {
        // Writing to a String cannot fail.
        let _ = write!(page, "<li><a href=\"#{code}\">{code}</a>");
    }
    page.push_str("</ul>\n");
    for code in codes(&errors) {
        let of_code: Vec<_> = errors.iter().filter(|error| error.code() == code).collect();
        let status = of_code
            .first()
            .map_or(StatusCode::OK, |error| error.status());
        let _ = writeln!(
            page,
            "<section id=\"{code}\">\n<h2>{code}</h2>\n<p>Status {status}."
        );
        for error in of_code {
            let ErrorSpec {
                cause, solution, ..
            } = error.spec();
            let (title, message) = (html(error.title()), html(&error.to_string()));
            let (cause, solution) = (html(cause), html(solution));
            let _ = writeln!(
                page,
                "<h3>{title}</h3>\n<blockquote>{message}</blockquote>\n<dl><dt>Cause<dd>{cause}<dt>Solution<dd>{solution}</dl>"
            );
        }
        page.push_str("</section>\n");
    }
    page
}

/// Returns a text of the table of errors as HTML. It may have `code` and [links](openapi.json).
fn html(text: &str) -> String {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;");
    let mut shown = String::new();
    for (index, part) in text.split('`').enumerate() {
        let _ = match index % 2 {
            0 => write!(shown, "{part}"),
            _ => write!(shown, "<code>{part}</code>"),
        };
    }
    shown.replace(
        "[openapi.json](openapi.json)",
        "<a href=\"/openapi.json\">openapi.json</a>",
    )
}

const HEAD: &str = "\
<!doctype html>
<!-- Made by `cargo leadgate errors --html --to docs/errors.html`; edit functions/api/src/http/error_spec.rs. -->
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<title>Errors of the Leadgate API</title>
<style>
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}
ul{padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1rem}
section{border-top:1px solid #8888;margin-top:2rem}
section:target h2{background:#fc06}
h2,code{font-family:ui-monospace,monospace}
h3{margin-bottom:0}
blockquote{margin:.25rem 0;padding-left:.75rem;border-left:3px solid #8888}
dt{font-weight:600}
dd{margin:0 0 .5rem}
</style>
<h1>Errors</h1>
<p>A reply with a status of 400 or more has an <code>error</code> (a title), a <code>message</code> (a sentence), a
<code>code</code> for programs, and a <code>request_id</code>. Wrong fields are in <code>details</code>, and
<code>hints</code> may show the cause. Replies without a <code>code</code> come from the gateway in front of the API.
<ul>
";
