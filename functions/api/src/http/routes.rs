//! The paths of the API, for the error of a path that is nearly right.

use std::fmt;

use strsim::osa_distance;

use super::{problem::shown_name, usual_paths};

/// Prefix of the routes that need a key.
const PREFIX: &str = "/api/public";
/// Every path of the router. A test compares it with docs/openapi.json.
pub const ROUTES: [&str; 27] = [
    "/api/public/leads",
    "/api/public/leads/{id}",
    "/api/public/leads/{id}/assign-workflow",
    "/api/public/leads/{id}/status",
    "/api/public/leads/{id}/is_paused",
    "/api/public/leads/{id}/automation/stop",
    "/api/public/leads/{id}/automation/resume",
    "/api/public/leads/{id}/history",
    "/api/public/leads/{id}/runs/{run_id}",
    "/api/public/leads/{id}/events",
    "/api/public/touchpoints",
    "/api/public/touchpoints/claim",
    "/api/public/touchpoints/outcomes",
    "/api/public/touchpoints/{id}",
    "/api/public/touchpoints/{id}/extend",
    "/api/public/touchpoints/{id}/outcome",
    "/api/public/touchpoints/{id}/release",
    "/api/public/suppressions",
    "/api/public/suppressions/check",
    "/api/public/suppressions/{id}",
    "/api/public/workflows",
    "/api/public/workflows/{id}",
    "/api/public/workflows/{id}/preview",
    "/api/public/campaigns",
    "/health",
    "/openapi.json",
    "/docs/errors",
];
/// Parts in front of a route that other APIs have, or that are left out here.
const FRONT: [&str; 4] = ["api", "public", "v1", "v2"];
/// Maximum number of wrong letters in a part of a path.
const MOST_WRONG: usize = 2;
/// Maximum number of parts of a path that is compared. The longest route has 6.
const MOST_PARTS: usize = 8;

/// A path that no route has. Its message shows the path and the nearest route.
pub struct UnknownPath {
    path: String,
    nearest: Option<&'static str>,
    /// Advice about a usual path of other APIs.
    advice: Option<&'static str>,
}

impl UnknownPath {
    pub fn new(path: &str) -> Self {
        Self {
            // The parts `.` and `..` are encoded twice.
            path: shown_name(&path.replace("%252e", ".")).into_owned(),
            nearest: nearest(path),
            advice: usual_paths::advice(path),
        }
    }
}

impl fmt::Display for UnknownPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "There is nothing at {}. ", self.path)?;
        match (self.advice, self.nearest) {
            (Some(advice), _) => f.write_str(advice),
            (None, Some(route)) => write!(f, "Did you mean {route}?"),
            (None, None) => write!(
                f,
                "The API is under {PREFIX}; /openapi.json lists its paths."
            ),
        }
    }
}

/// Shows nothing of the path, because it may hold personal data.
impl fmt::Debug for UnknownPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnknownPath(redacted)")
    }
}

/// Returns the route with the fewest wrong letters. `None` if no route is near.
fn nearest(path: &str) -> Option<&'static str> {
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    if parts.len() > MOST_PARTS {
        return None;
    }
    let parts = without_front(&parts);
    let near = ROUTES.iter().filter_map(|route| {
        let path = route.strip_prefix(PREFIX).unwrap_or(route);
        Some((wrong_letters(parts, path)?, *route))
    });
    near.min_by_key(|(wrong, _)| *wrong).map(|(_, route)| route)
}

fn without_front<'a>(mut parts: &'a [&'a str]) -> &'a [&'a str] {
    let is_front = |part: &str| FRONT.iter().any(|known| distance(part, known).is_some());
    while let Some((first, rest)) = parts.split_first()
        && is_front(first)
    {
        parts = rest;
    }
    parts
}

/// Returns the number of wrong letters, if each fixed part is near. Upper case counts as one.
fn wrong_letters(parts: &[&str], route: &str) -> Option<usize> {
    let known: Vec<_> = route.split('/').skip(1).collect();
    if parts.len() != known.len() {
        return None;
    }
    let pairs = parts.iter().zip(known);
    pairs
        .map(|(part, known)| match known {
            known if known.starts_with('{') => Some(0),
            known => distance(part, known),
        })
        .sum()
}

/// Returns the number of wrong letters of one part. `None` if there are too many.
fn distance(part: &str, known: &str) -> Option<usize> {
    let most = MOST_WRONG.min(known.len() / 3);
    if part.len().abs_diff(known.len()) > most {
        return None;
    }
    let lower = part.to_ascii_lowercase();
    let wrong = osa_distance(&lower, known);
    (wrong <= most).then(|| wrong + usize::from(lower != part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_of_the_description_is_offered_and_nothing_else() {
        let document: serde_json::Value = serde_json::from_str(crate::OPENAPI).unwrap();
        let mut described: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
        let mut offered = ROUTES.to_vec();
        described.sort();
        offered.sort_unstable();
        assert_eq!(described, offered);
    }

    #[test]
    fn a_path_that_is_nearly_right_gets_the_right_one() {
        for (path, route) in [
            ("/leads", "/api/public/leads"),
            ("/lead", "/api/public/leads"),
            ("/api/leads", "/api/public/leads"),
            ("/api/v1/leads", "/api/public/leads"),
            ("/v1/leads", "/api/public/leads"),
            ("/api/public/lead", "/api/public/leads"),
            ("/api/public/Leads", "/api/public/leads"),
            ("/API/PUBLIC/LEADS", "/api/public/leads"),
            ("/api/pubic/leads", "/api/public/leads"),
            ("/api/public//leads", "/api/public/leads"),
            ("/api/public/leads//", "/api/public/leads"),
            ("/api/public/lead/7", "/api/public/leads/{id}"),
            (
                "/api/public/leads/7/histroy",
                "/api/public/leads/{id}/history",
            ),
            (
                "/api/public/leads/7/is-paused",
                "/api/public/leads/{id}/is_paused",
            ),
            (
                "/leads/7/assign_workflow",
                "/api/public/leads/{id}/assign-workflow",
            ),
            ("/leads/7/automation/pause", ""),
            (
                "/leads/7/automation/stopp",
                "/api/public/leads/{id}/automation/stop",
            ),
            ("/leads/7/run/8", "/api/public/leads/{id}/runs/{run_id}"),
            ("/workflow", "/api/public/workflows"),
            ("/campaign", "/api/public/campaigns"),
            ("/api/public/health", "/health"),
            ("/healthz", "/health"),
            ("/openapi.yml", ""),
            ("/openapi.jsn", "/openapi.json"),
            ("/", ""),
            ("/api/public", ""),
            ("/favicon.ico", ""),
            ("/a/b/c/d/e/f/g/h/i/j", ""),
        ] {
            let message = UnknownPath::new(path).to_string();
            let expected = match route {
                "" => "The API is under /api/public; /openapi.json lists its paths.".to_owned(),
                route => format!("Did you mean {route}?"),
            };
            assert_eq!(message, format!("There is nothing at {path}. {expected}"));
        }
    }

    #[test]
    fn a_path_is_shown_within_a_bound_and_without_a_key() {
        let long = UnknownPath::new(&format!("/{}", "x/".repeat(100_000)));
        assert!(long.to_string().len() < 200, "{long}");
        let key = UnknownPath::new("/api/public/lead/nxr_live_secret/x");
        assert!(!format!("{key} {key:?}").contains("secret"), "{key}");
    }
}
