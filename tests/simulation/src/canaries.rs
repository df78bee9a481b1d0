//! Bodies of requests that create leads. Each lead holds canaries: values that must not leak.

use local::demo;
use serde_json::{Value, json};

/// Values in every lead. No log, message or error may contain them.
pub const CANARIES: [&str; 5] = [
    "Canaryname",
    "canary@example.com",
    "+12345678901",
    "canary in the metadata",
    "canary in the message",
];

/// Returns the body of a request that creates a lead.
pub fn lead() -> Value {
    let [name, email, phone, note, message] = CANARIES;
    json!({
        "first_name": name, "email": email, "phone": phone, "metadata": {"note": note},
        "workflow_id": demo::WORKFLOW_ID, "force_first_message": {"channel": "sms", "content": message},
    })
}

/// Numbers and addresses of the persons who are contacted.
pub const PERSONS: [[&str; 2]; 3] = [
    ["+12345678902", "second@example.com"],
    ["+12345678903", "third@example.com"],
    ["+12345678904", "fourth@example.com"],
];

/// Returns the body of a request that creates a lead of one of the persons.
pub fn person(number: usize, workflow: &str) -> Value {
    let [phone, email] = PERSONS[number];
    let mut lead = lead();
    lead["phone"] = json!(phone);
    lead["email"] = json!(email);
    lead["workflow_id"] = json!(workflow);
    lead
}

/// Returns the body of a request that creates a lead without a workflow.
pub fn idle_lead() -> Value {
    let mut lead = lead();
    let fields = lead.as_object_mut().expect("a lead");
    fields.retain(|name, _| !["workflow_id", "force_first_message"].contains(&name.as_str()));
    lead
}

/// Returns an array of which only the first lead is valid.
pub fn half_valid() -> Value {
    json!([lead(), {}, {}])
}

/// Returns the array of [`half_valid`] with its other leads corrected. `company` is in these
/// leads.
pub fn corrected(company: &str) -> Value {
    let mut second = lead();
    second["company"] = json!(company);
    json!([lead(), second, second])
}

/// Returns the body of a request that creates `number` leads.
pub fn leads(number: usize) -> Value {
    vec![lead(); number].into()
}

/// Returns the body of another request. An array keeps its first lead, and a request for one lead
/// becomes an array of other leads.
pub fn rival(body: &Value) -> Value {
    let mut other = lead();
    other["company"] = json!(RIVAL);
    let mut leads = vec![other; body.as_array().map_or(2, Vec::len)];
    if body.is_array() {
        leads[0] = lead();
    }
    leads.into()
}

/// Company in the other leads of a rival.
pub const RIVAL: &str = "Rival";

/// Returns a change that adds 30 KB to a lead.
pub fn large_change(key: usize) -> Value {
    json!({"metadata": {format!("large {key}"): "x".repeat(30_000)}})
}

/// Returns a change that removes what [`large_change`] has added.
pub fn removal(key: usize) -> Value {
    json!({"metadata": {format!("large {key}"): null}})
}

/// Tells whether a text contains a canary.
pub fn reveals(text: &str) -> bool {
    CANARIES.iter().any(|canary| text.contains(canary))
}
