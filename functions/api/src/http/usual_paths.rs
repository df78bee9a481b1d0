//! Paths that other APIs have, and that no route here is near to, for the error of an unknown path.

/// Parts in front of such a path.
const FRONT: [&str; 4] = ["api", "public", "v1", "v2"];
/// Names of pages and files about an API.
const DOCUMENTATION: [&str; 13] = [
    "doc",
    "docs",
    "documentation",
    "api-doc",
    "api-docs",
    "apidocs",
    "swagger",
    "swagger-ui",
    "swagger.json",
    "redoc",
    "reference",
    "openapi",
    "openapi.yaml",
];

/// Returns the sentences about a path of other APIs. `None` if it is not a usual one.
pub fn advice(path: &str) -> Option<&'static str> {
    let path = path.to_ascii_lowercase();
    let parts = path.split('/').filter(|part| !part.is_empty());
    let parts: Vec<_> = parts.skip_while(|part| FRONT.contains(part)).collect();
    match parts.as_slice() {
        [name] | [name, "index.html"] if DOCUMENTATION.contains(name) => {
            Some("Did you mean /openapi.json or /docs/errors?")
        }
        ["lead" | "leads", _, "run" | "runs"] => Some(
            "Did you mean /api/public/leads/{id}/runs/{run_id}? The run's id is workflow_run.id in the reply to POST \
             /api/public/leads, or active_workflow_run.id in that to GET /api/public/leads/{id}.",
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::routes::ROUTES;

    #[test]
    fn a_usual_path_of_documentation_gets_paths_that_the_function_serves() {
        for path in [
            "/doc",
            "/docs",
            "/swagger",
            "/Swagger/index.html",
            "/api-docs",
            "/v1/api-docs",
            "/api/public/docs",
            "/reference",
            "/openapi",
        ] {
            let advice = advice(path).unwrap();
            assert_eq!(advice, "Did you mean /openapi.json or /docs/errors?");
        }
        assert!(ROUTES.contains(&"/openapi.json") && ROUTES.contains(&"/docs/errors"));
    }

    #[test]
    fn a_path_to_the_runs_of_a_lead_gets_the_path_of_one_run_and_the_place_of_its_id() {
        for path in [
            "/leads/7/run",
            "/leads/7/runs",
            "/api/public/leads/7/runs",
            "/api/v1/lead/7/Runs",
        ] {
            let advice = advice(path).unwrap();
            let route = "/api/public/leads/{id}/runs/{run_id}";
            let expected = format!("Did you mean {route}? The run's id is workflow_run.id ");
            assert!(advice.starts_with(&expected), "{path}");
            assert!(ROUTES.contains(&route));
        }
    }

    #[test]
    fn another_path_gets_no_advice() {
        for path in [
            "/",
            "/leads",
            "/leads/7/runs/8",
            "/docs/errors",
            "/favicon.ico",
            "/run",
        ] {
            assert_eq!(advice(path), None, "{path}");
        }
    }
}
