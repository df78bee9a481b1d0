//! What a reply says of the limits: `RateLimit-Policy` and `RateLimit`
//! (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/>, lists of structured fields).

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::SignedDuration;
use shared::domain::limit::{Limit, Limited};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STANDING: HeaderName = HeaderName::from_static("ratelimit");

/// Where one limit stands after a request.
pub(crate) struct Standing {
    name: &'static str,
    limit: Limit,
    remaining: u32,
    /// Of a request that it refused: how long until another may pass.
    wait: Option<SignedDuration>,
}

/// The name by which replies call a limit.
pub(super) fn name(limited: &Limited) -> &'static str {
    match limited {
        Limited::Account(_) => "account",
        Limited::Key(_) => "key",
    }
}

impl Standing {
    pub(super) fn new(
        limited: &Limited,
        limit: Limit,
        remaining: u32,
        wait: Option<SignedDuration>,
    ) -> Self {
        Self {
            name: name(limited),
            limit,
            remaining,
            wait,
        }
    }

    pub(super) fn passes(&self) -> bool {
        self.wait.is_none()
    }

    /// So many more have been taken.
    pub(super) fn charge(&mut self, requests: u32) {
        self.remaining = self.remaining.saturating_sub(requests);
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn rate(&self) -> u32 {
        self.limit.rate()
    }

    /// Whole seconds, at least 1: until another request may pass, or else until the bucket is full.
    pub(super) fn seconds(&self) -> u32 {
        let until = self.wait.unwrap_or_else(|| {
            let missing = self.limit.burst().saturating_sub(self.remaining);
            self.limit.time_of(missing)
        });
        u32::try_from(until.as_millis().max(1).unsigned_abs().div_ceil(1_000)).unwrap_or(u32::MAX)
    }

    fn item(&self) -> String {
        let remaining = if self.passes() { self.remaining } else { 0 };
        format!(r#""{}";r={remaining};t={}"#, self.name, self.seconds())
    }
}

/// Says which limits there are, and where they stand, if that is known.
pub(super) fn show(headers: &mut HeaderMap, bounds: &[(Limited, Limit)], standings: &[Standing]) {
    let policies = bounds
        .iter()
        .map(|(limited, limit)| format!(r#""{}";q={};w=1"#, name(limited), limit.rate()));
    insert(headers, POLICY, policies);
    insert(headers, STANDING, standings.iter().map(Standing::item));
}

fn insert(headers: &mut HeaderMap, field: HeaderName, items: impl Iterator<Item = String>) {
    let list = items.collect::<Vec<_>>().join(", ");
    if let (false, Ok(value)) = (list.is_empty(), HeaderValue::from_str(&list)) {
        headers.insert(field, value);
    }
}
