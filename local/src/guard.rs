//! Keeps web pages of other hosts away from the local stack. Every port on this machine can be reached by any page
//! that a browser has open: the browser says in `Origin` and `Host` for which page it asks.

use std::{net::IpAddr, sync::Arc};

use axum::{
    Json, Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header, uri::Authority};
use serde_json::json;

/// Names under which a container finds the machine that it runs on.
const NAMES_FROM_CONTAINERS: [&str; 2] = ["host.docker.internal", "host.containers.internal"];

/// Decides which requests a port answers.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    listens_beyond: bool,
    origins: Arc<[HeaderValue]>,
}

impl Guard {
    /// A guard for a port on `address` that answers programs, its own pages, and pages of `origins`.
    pub(crate) fn new(address: IpAddr, origins: &[HeaderValue]) -> Self {
        Self {
            listens_beyond: !address.is_loopback(),
            origins: origins.into(),
        }
    }

    /// `routes`, behind this guard.
    pub(crate) fn protect(self, routes: Router) -> Router {
        routes.layer(from_fn_with_state(self, check))
    }

    fn refusal(&self, host: Option<&str>, origin: Option<&HeaderValue>) -> Option<String> {
        let Some(host) = host else {
            return Some("The request has no Host.".to_owned());
        };
        if !self.is_own_name(host) {
            return Some(format!(
                "This is a local stack: it does not answer for the host {host}. Use 127.0.0.1 or localhost."
            ));
        }
        let origin = origin?;
        // The browser of a page that this port served.
        let is_own = origin.as_bytes() == format!("http://{host}").as_bytes();
        if is_own || self.origins.contains(origin) {
            return None;
        }
        let origin = String::from_utf8_lossy(origin.as_bytes());
        Some(format!(
            "A web page of {origin} may not use this local stack. To allow it, start the stack with --cors {origin}"
        ))
    }

    /// Whether a host is this machine. A page of another host that lets its name point here still sends its
    /// own name (DNS rebinding), so any other name is refused.
    fn is_own_name(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else {
            return false;
        };
        let name = authority.host().to_ascii_lowercase();
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(address) => self.listens_beyond || address.is_loopback(),
            Err(_) => {
                name == "localhost"
                    || (self.listens_beyond && NAMES_FROM_CONTAINERS.contains(&name.as_str()))
            }
        }
    }
}

async fn check(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let host = host_of(&request);
    match guard.refusal(host.as_deref(), request.headers().get(header::ORIGIN)) {
        None => next.run(request).await,
        Some(message) => {
            let body = json!({"error": "Forbidden", "message": message, "code": "forbidden"});
            (StatusCode::FORBIDDEN, Json(body)).into_response()
        }
    }
}

/// The host that a request names, with its port; `None` if it names none, or several.
fn host_of(request: &Request) -> Option<String> {
    let named = |headers: &HeaderMap| {
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = hosts.next()?.to_str().ok()?.to_owned();
        hosts.next().is_none().then_some(host)
    };
    // HTTP/2 has it in the address instead.
    let authority = request.uri().authority().map(ToString::to_string);
    named(request.headers()).or(authority)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn guard(address: [u8; 4]) -> Guard {
        let origins = [HeaderValue::from_static("http://localhost:5173")];
        Guard::new(Ipv4Addr::from(address).into(), &origins)
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
            ("host.docker.internal:8000", false, true),
            ("evil.example", false, false),
            ("evil.example:3000", false, false),
            ("127.0.0.1.evil.example", false, false),
            ("localhost.evil.example", false, false),
            ("evil.example@127.0.0.1.evil.example", false, false),
            ("", false, false),
            ("127.0.0.1:3000, evil.example", false, false),
        ] {
            assert_eq!(
                here.refusal(Some(host), None).is_none(),
                is_answered,
                "{host}"
            );
            assert_eq!(
                beyond.refusal(Some(host), None).is_none(),
                is_answered_beyond,
                "{host}"
            );
        }
        assert!(here.refusal(None, None).is_some());
    }

    #[test]
    fn only_pages_of_its_own_and_those_named_are_answered() {
        let guard = guard([127, 0, 0, 1]);
        for (origin, is_answered) in [
            ("http://127.0.0.1:3000", true),
            ("http://localhost:5173", true),
            // Another port is another page, such as of another program under development.
            ("http://127.0.0.1:3001", false),
            ("http://localhost:3000", false),
            ("https://127.0.0.1:3000", false),
            ("http://localhost:51730", false),
            ("https://evil.example", false),
            // A file, or a page in a sandbox.
            ("null", false),
            ("", false),
        ] {
            let refusal = guard.refusal(
                Some("127.0.0.1:3000"),
                Some(&HeaderValue::from_str(origin).unwrap()),
            );
            assert_eq!(refusal.is_none(), is_answered, "{origin}: {refusal:?}");
        }
    }
}
