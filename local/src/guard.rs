//! Protects the local stack from web pages of other hosts. Any page that is open in a browser can
//! send requests to a port of this machine. The headers `Origin` and `Host` show which page sent a
//! request.

use std::{net::IpAddr, sync::Arc};

use axum::{
    Json, Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header, uri::Authority};
use serde::Serialize;
use uuid::Uuid;

/// Names of this machine inside of containers. No public name ends in `internal`.
const NAMES_FROM_CONTAINERS: [&str; 2] = ["host.docker.internal", "host.containers.internal"];

const FOR_PROGRAMS: &str = "Web pages cannot use this port of the local stack. It is for programs.";

/// Rules for the requests that a port answers.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    /// Whether other machines can reach the port.
    listens_beyond: bool,
    /// Other origins whose pages may use the port. `None` if no page may.
    origins: Option<Arc<[HeaderValue]>>,
}

impl Guard {
    /// Returns a guard for a port on `address` that answers programs, its own pages, and pages of
    /// `origins`.
    pub(crate) fn for_pages_of(origins: &[HeaderValue], address: IpAddr) -> Self {
        Self {
            origins: Some(origins.into()),
            ..Self::for_programs(address)
        }
    }

    /// Returns a guard for a port on `address` that answers programs only.
    pub(crate) fn for_programs(address: IpAddr) -> Self {
        Self {
            listens_beyond: !address.is_loopback(),
            origins: None,
        }
    }

    /// Returns `routes` behind this guard.
    pub(crate) fn protect(self, routes: Router) -> Router {
        routes.layer(from_fn_with_state(self, check))
    }

    /// Returns the reason why a request is refused. `None` if it is answered.
    fn refusal(&self, host: Option<&str>, headers: &HeaderMap) -> Option<String> {
        let Some(host) = host else {
            return Some("The request needs one Host header.".to_owned());
        };
        if !self.is_own_name(host) {
            let instead = if self.listens_beyond {
                "its IP address"
            } else {
                "127.0.0.1 or localhost"
            };
            return Some(format!(
                "The local stack does not answer requests for the host {host}. Use {instead}."
            ));
        }
        if self.origins.is_none() && headers.contains_key("sec-fetch-site") {
            return Some(FOR_PROGRAMS.to_owned());
        }
        let Some(origin) = headers.get(header::ORIGIN) else {
            let refusal = "Other web pages cannot load parts from this local stack.";
            let refusal = refusal.to_owned();
            return is_part_of_another_page(headers).then_some(refusal);
        };
        let Some(origins) = &self.origins else {
            return Some(FOR_PROGRAMS.to_owned());
        };
        // A page of this port.
        let is_own = origin.as_bytes() == format!("http://{host}").as_bytes();
        if is_own || origins.contains(origin) {
            return None;
        }
        if origin == "null" {
            return Some(
                "A page from a file or in a sandbox cannot use this local stack. Serve the page over HTTP, and start \
                 the stack with --cors and the page's origin."
                    .to_owned(),
            );
        }
        let origin = String::from_utf8_lossy(origin.as_bytes());
        Some(format!(
            "A web page of {origin} cannot use this local stack. To allow it, start the stack with --cors {origin}"
        ))
    }

    /// Whether a host is a name of this machine. After DNS rebinding, a page still sends the name
    /// of its own host, so all other names are refused.
    fn is_own_name(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else {
            return false;
        };
        let name = authority.host().to_ascii_lowercase();
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(address) => self.listens_beyond || address.is_loopback(),
            Err(_) => name == "localhost" || NAMES_FROM_CONTAINERS.contains(&name.as_str()),
        }
    }
}

/// Whether a browser loads a part of another page, such as a picture or a script. Following a link
/// does not count.
fn is_part_of_another_page(headers: &HeaderMap) -> bool {
    let is = |name: &str, values: &[&str]| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| values.contains(&value))
    };
    is("sec-fetch-site", &["cross-site", "same-site"]) && !is("sec-fetch-mode", &["navigate"])
}

async fn check(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let host = host_of(&request);
    match guard.refusal(host.as_deref(), request.headers()) {
        None => next.run(request).await,
        Some(message) => refusal(StatusCode::FORBIDDEN, "Forbidden", "forbidden", &message),
    }
}

/// Body of an error.
#[derive(Serialize)]
struct Refusal<'a> {
    error: &'a str,
    message: &'a str,
    code: &'a str,
    request_id: &'a str,
    /// Kind of the error for the AWS SDKs.
    #[serde(rename = "__type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
}

/// Returns an error of the local stack in the envelope of the API.
pub(crate) fn refusal(status: StatusCode, error: &str, code: &str, message: &str) -> Response {
    let id = Uuid::new_v4().to_string();
    let body = Refusal {
        error,
        message,
        code,
        request_id: &id,
        kind: (status == StatusCode::FORBIDDEN).then_some("AccessDeniedException"),
    };
    let body = Json(body).into_response();
    (status, [("x-request-id", id)], body).into_response()
}

/// Returns the host of a request, with its port. `None` if the request has no host or several.
fn host_of(request: &Request) -> Option<String> {
    let named = |headers: &HeaderMap| {
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = hosts.next()?.to_str().ok()?.to_owned();
        hosts.next().is_none().then_some(host)
    };
    // In HTTP/2, the address has the host.
    let authority = request.uri().authority().map(ToString::to_string);
    named(request.headers()).or(authority)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use http::HeaderName;

    use super::*;

    fn guard(address: [u8; 4]) -> Guard {
        let origins = [HeaderValue::from_static("http://localhost:5173")];
        Guard::for_pages_of(&origins, Ipv4Addr::from(address).into())
    }

    fn with(headers: &[(&'static str, &str)]) -> HeaderMap {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        headers.collect()
    }

    #[test]
    fn only_names_of_this_machine_are_answered() {
        let (here, beyond) = (guard([127, 0, 0, 1]), guard([0, 0, 0, 0]));
        for (host, is_answered, is_answered_beyond) in [
            ("127.0.0.1:3000", true, true),
            ("localhost:3000", true, true),
            ("LOCALHOST", true, true),
            ("[::1]:3000", true, true),
            ("127.0.0.2", true, true),
            ("172.17.0.1:8000", false, true),
            ("host.docker.internal:8000", true, true),
            ("evil.example", false, false),
            ("evil.example:3000", false, false),
            ("127.0.0.1.evil.example", false, false),
            ("localhost.evil.example", false, false),
            ("evil.example@127.0.0.1.evil.example", false, false),
            ("", false, false),
            ("127.0.0.1:3000, evil.example", false, false),
        ] {
            let is = |guard: &Guard| guard.refusal(Some(host), &HeaderMap::new()).is_none();
            assert_eq!(is(&here), is_answered, "{host}");
            assert_eq!(is(&beyond), is_answered_beyond, "{host}");
        }
        assert!(here.refusal(None, &HeaderMap::new()).is_some());
    }

    #[test]
    fn only_pages_of_its_own_and_those_named_are_answered() {
        let pages = guard([127, 0, 0, 1]);
        let programs = Guard::for_programs(Ipv4Addr::LOCALHOST.into());
        for (origin, is_answered) in [
            ("http://127.0.0.1:3000", true),
            ("http://localhost:5173", true),
            // Another port is another origin, for example of another program under development.
            ("http://127.0.0.1:3001", false),
            ("http://localhost:3000", false),
            ("https://127.0.0.1:3000", false),
            ("http://localhost:51730", false),
            ("https://evil.example", false),
            // A page from a file or in a sandbox.
            ("null", false),
            ("", false),
        ] {
            let headers = with(&[("origin", origin)]);
            let refusal = pages.refusal(Some("127.0.0.1:3000"), &headers);
            assert_eq!(refusal.is_none(), is_answered, "{origin}: {refusal:?}");
            let refusal = programs.refusal(Some("127.0.0.1:3000"), &headers);
            assert!(refusal.is_some(), "{origin}");
        }
    }

    #[test]
    fn parts_of_other_pages_are_refused_and_links_are_followed() {
        let guard = guard([127, 0, 0, 1]);
        for (site, mode, is_answered) in [
            ("none", "navigate", true),
            ("same-origin", "cors", true),
            ("cross-site", "navigate", true),
            ("cross-site", "no-cors", false),
            // A page of another port.
            ("same-site", "no-cors", false),
        ] {
            let headers = with(&[("sec-fetch-site", site), ("sec-fetch-mode", mode)]);
            let refusal = guard.refusal(Some("127.0.0.1:3000"), &headers);
            assert_eq!(refusal.is_none(), is_answered, "{site} {mode}");
            // A port for programs has no links either.
            let programs = Guard::for_programs(Ipv4Addr::LOCALHOST.into());
            assert!(programs.refusal(Some("127.0.0.1"), &headers).is_some());
        }
    }
}
