//! The headers `RateLimit-Policy` and `RateLimit` of a reply.
//!
//! Both are lists of structured fields
//! (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/>).

use domain::{limit::Limit, limited::Limited};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::SignedDuration;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STANDING: HeaderName = HeaderName::from_static("ratelimit");

/// The state of one limit after a request.
pub struct Standing {
    name: &'static str,
    limit: Limit,
    remaining: u32,
    /// Tokens until the bucket is full: more than the burst if the bucket is in debt.
    missing: u32,
    /// Time until another request may pass. `None` if this one passed.
    wait: Option<SignedDuration>,
}

/// Returns the name of a limit in replies.
pub fn name(limited: &Limited) -> &'static str {
    match limited {
        Limited::Account(_) => "account",
        Limited::Touchpoints(_) => "touchpoints",
        Limited::Key(_) => "key",
    }
}

impl Standing {
    pub fn new(
        limited: &Limited,
        limit: Limit,
        remaining: u32,
        wait: Option<SignedDuration>,
    ) -> Self {
        Self {
            name: name(limited),
            limit,
            remaining,
            missing: limit.burst().saturating_sub(remaining),
            wait,
        }
    }

    pub fn passes(&self) -> bool {
        self.wait.is_none()
    }

    /// Returns the state without the refusal.
    pub fn forgiven(self) -> Self {
        Self { wait: None, ..self }
    }

    /// Takes tokens from the remaining ones.
    pub fn charge(&mut self, tokens: u32) {
        self.remaining = self.remaining.saturating_sub(tokens);
        self.missing = self.missing.saturating_add(tokens);
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    pub fn rate(&self) -> u32 {
        self.limit.rate()
    }

    /// Returns the whole seconds, at least 1, until another request may pass. If this one passed:
    /// until the bucket is full.
    pub fn seconds(&self) -> u32 {
        let full = || self.limit.time_of(self.missing);
        seconds(self.wait.unwrap_or_else(full))
    }

    fn item(&self) -> String {
        let remaining = if self.passes() { self.remaining } else { 0 };
        format!(r#""{}";r={remaining};t={}"#, self.name, self.seconds())
    }
}

/// Returns one policy: `q` is the burst, and `w` is the time in which an empty bucket fills.
fn policy((limited, limit): &(Limited, Limit)) -> String {
    let burst = limit.burst();
    let window = seconds(limit.time_of(burst));
    format!(r#""{}";q={burst};w={window}"#, name(limited))
}

/// Returns whole seconds, rounded up, at least 1.
fn seconds(time: SignedDuration) -> u32 {
    u32::try_from(time.as_millis().max(1).unsigned_abs().div_ceil(1_000)).unwrap_or(u32::MAX)
}

/// Sets `RateLimit-Policy` for all limits, and `RateLimit` for those that were checked.
pub fn show(headers: &mut HeaderMap, bounds: &[(Limited, Limit)], standings: &[Standing]) {
    insert(headers, POLICY, bounds.iter().map(policy));
    insert(headers, STANDING, standings.iter().map(Standing::item));
}

fn insert(headers: &mut HeaderMap, field: HeaderName, items: impl Iterator<Item = String>) {
    let list = items.collect::<Vec<_>>().join(", ");
    if let (false, Ok(value)) = (list.is_empty(), HeaderValue::from_str(&list)) {
        headers.insert(field, value);
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::AccountId;
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_policy_has_the_burst_and_the_time_in_which_it_comes_back() {
        for (rate, burst, charge, policy, standing) in [
            (10, 1_000, 0, "q=1000;w=100", "r=999;t=1"),
            (10, 1_000, 999, "q=1000;w=100", "r=0;t=100"),
            (10, 20, 99, "q=20;w=2", "r=0;t=10"),
            (2, 3, 0, "q=3;w=2", "r=2;t=1"),
            (3, 10, 9, "q=10;w=4", "r=0;t=4"),
            (100, 1, 0, "q=1;w=1", "r=0;t=1"),
            (1, 1, 0, "q=1;w=1", "r=0;t=1"),
        ] {
            let limited = Limited::Account(AccountId::new(
                Timestamp::UNIX_EPOCH,
                aws::randomness::Randomness::System.bits(),
            ));
            let limit = Limit::new(rate, burst).unwrap();
            let mut at = Standing::new(&limited, limit, burst - 1, None);
            at.charge(charge);
            let mut headers = HeaderMap::new();
            show(&mut headers, &[(limited, limit)], &[at]);
            assert_eq!(headers[POLICY], format!(r#""account";{policy}"#));
            assert_eq!(headers[STANDING], format!(r#""account";{standing}"#));
        }
    }
}
