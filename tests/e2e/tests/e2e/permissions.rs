//! The roles of the functions in template.yaml allow exactly what the functions do.

use std::collections::BTreeSet;

use e2e::cases::cases;
use local::demo;
use serde_json::{Value, json};
use simulation::{Cloud, Fault, FaultAt, Faults, Fleet, Passed, Permission, Scenario, Step, run};

const TEMPLATE: &str = include_str!("../../../../template.yaml");

/// Number of seeds that together take every way through the functions.
const SCHEDULES: u64 = 40;

/// Permissions that no test uses: role, action and reason.
const NOT_CALLED_HERE: [(&str, &str, &str); 4] = [
    (
        "ApiRole",
        "sqs:GetQueueAttributes",
        "opens the connection before the first request",
    ),
    ("StartWorkflowRole", "sqs:DeleteMessage", "Lambda's poller"),
    (
        "StartWorkflowRole",
        "sqs:GetQueueAttributes",
        "Lambda's poller",
    ),
    ("StartWorkflowRole", "sqs:ReceiveMessage", "Lambda's poller"),
];

/// Returns the values of a field in an IAM statement, which holds one value or a list.
fn many(value: &Value) -> Vec<Value> {
    value
        .as_array()
        .cloned()
        .unwrap_or_else(|| vec![value.clone()])
}

/// Returns what the policies `work` allow, without a customer's key (`HasKey`), on the stack's own
/// table (`IsRestored`). The policies `telemetry` are for Lambda, and not for the functions' code.
fn allowed() -> BTreeSet<Permission> {
    let template: Value = serde_saphyr::from_str(TEMPLATE).unwrap();
    let mut allowed = BTreeSet::new();
    for role in ["ApiRole", "StartWorkflowRole", "RequeueStartsRole"] {
        let policies = &template["Resources"][role]["Properties"]["Policies"];
        let policies = policies.as_array().unwrap();
        let work = policies.iter().find(|it| it["PolicyName"] == "work");
        let statements = work.unwrap()["PolicyDocument"]["Statement"].as_array();
        for statement in statements.unwrap().iter().filter(|it| it.is_object()) {
            // The reader makes a list of `!If [IsRestored, another, our own]`.
            let resource = many(&statement["Resource"]);
            let resource = resource.last().and_then(Value::as_str).unwrap();
            for action in many(&statement["Action"]) {
                allowed.insert(Permission {
                    role,
                    action: action.as_str().unwrap().to_owned(),
                    resource: resource.to_owned(),
                });
            }
        }
    }
    assert!(!allowed.is_empty());
    allowed
}

/// Sends every event of the API, about a lead that exists.
async fn every_request(cloud: &Cloud) -> BTreeSet<Permission> {
    let fleet = Fleet::new(cloud, 1);
    let lead =
        json!({ "first_name": "John", "phone": "+12025550100", "workflow_id": demo::WORKFLOW_ID });
    let mut lead_id = String::new();
    for case in cases("api") {
        let event: Value = serde_json::from_str(&case.event).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let path = text(&event["rawPath"]);
        let Some(path) = path.strip_prefix("/api/public") else {
            continue;
        };
        if fleet
            .call(0, demo::API_KEY, "GET", &format!("/leads/{lead_id}"), None)
            .await
            .status
            != 200
        {
            let created = fleet
                .call(0, demo::API_KEY, "POST", "/leads", Some(&lead))
                .await;
            lead_id = text(&created.body["lead"]["id"]);
        }
        // The demo's leads are not in this table.
        let path = path.split('/').map(|part| {
            if part.starts_with("019c0000-0000-7000-8000-0000000011") {
                &lead_id
            } else {
                part
            }
        });
        let query = text(&event["rawQueryString"]);
        let path = format!("{}?{query}", path.collect::<Vec<_>>().join("/"));
        // A request with an unreadable address calls nothing.
        if path.parse::<http::Uri>().is_err() {
            continue;
        }
        let body: Option<Value> = serde_json::from_str(&text(&event["body"])).ok();
        let method = text(&event["requestContext"]["http"]["method"]);
        fleet
            .call(0, demo::API_KEY, &method, &path, body.as_ref())
            .await;
    }
    fleet.needed()
}

async fn play(cloud: &Cloud, scenario: &Scenario) -> Passed {
    let played = run(cloud, scenario).await;
    played.unwrap_or_else(|failure| panic!("{failure}"))
}

/// Erases a lead, and leaves its history to requeue-starts.
async fn an_erasure_that_is_cut_short(cloud: &Cloud) -> BTreeSet<Permission> {
    let scenario = Scenario::of_steps(&[
        Step::CreateOne {
            is_idempotent: false,
        },
        Step::Stop,
        Step::Erase,
    ]);
    let calls = play(cloud, &scenario).await.calls;
    let fault = FaultAt {
        call: calls.iter().position(|call| call == "DeleteItem").unwrap(),
        fault: Fault::Refused,
        hits_retries: true,
    };
    let faults = Faults::At(vec![fault]);
    play(cloud, &Scenario { faults, ..scenario }).await.needed
}

#[tokio::test(start_paused = true)]
async fn each_function_may_do_what_it_does_and_nothing_else() {
    let cloud = Cloud::new().await;
    let mut needed = every_request(&cloud).await;
    for seed in 0..SCHEDULES {
        needed.extend(play(&cloud, &Scenario::of_seed(seed)).await.needed);
    }
    needed.extend(an_erasure_that_is_cut_short(&cloud).await);
    let mut allowed = allowed();
    let refused: Vec<_> = needed.difference(&allowed).collect();
    assert!(refused.is_empty(), "called and not allowed: {refused:#?}");
    for (role, action, _) in NOT_CALLED_HERE {
        let before = allowed.len();
        allowed.retain(|it| (it.role, it.action.as_str()) != (role, action));
        assert!(
            allowed.len() < before,
            "{role} does not allow {action} any more"
        );
    }
    let idle: Vec<_> = allowed.difference(&needed).collect();
    assert!(idle.is_empty(), "allowed and never called: {idle:#?}");
}
