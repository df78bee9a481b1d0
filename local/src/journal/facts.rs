//! The most important fact of a reply, for a line of the journal.

use serde_json::Value;

use crate::text::{counted, cut, printable, short};

/// Maximum number of columns of a name. It leaves room for the rest of the line.
pub(super) const LONGEST_NAME: usize = 24;

/// Returns the fact of a reply of the API. `None` if it has none. `is_replay` marks the reply as a
/// replay.
pub(super) fn of(reply: &Value, is_replay: bool) -> Option<String> {
    let fact = refusal(reply)
        .or_else(|| many(reply))
        .or_else(|| one_lead(reply))
        .or_else(|| listed(reply))
        .or_else(|| done(reply))
        .or_else(|| moved(reply))
        .or_else(|| ringing(reply))?;
    let replay = if is_replay { " (replay)" } else { "" };
    Some(fact + replay)
}

/// Returns the new time of the stack's clock.
fn moved(reply: &Value) -> Option<String> {
    Some(format!("the clock shows {}", text(reply, "now")?))
}

/// Returns the contact that the practice dialer shows.
fn ringing(reply: &Value) -> Option<String> {
    Some(format!("the dialer rings: {}", text(reply, "ringing")?))
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

fn first_hint(reply: &Value) -> Option<&str> {
    reply.get("hints")?.get(0)?.as_str()
}

/// Returns the first problem, and the number of the others.
fn refusal(reply: &Value) -> Option<String> {
    text(reply, "error")?;
    // The guard's message is long, and its solution is at the end.
    if text(reply, "code") == Some("forbidden") {
        let message = text(reply, "message")?;
        let solution = message
            .rsplit_once("with --cors ")
            .map(|(_, origin)| origin);
        return Some(match solution {
            Some(origin) => format!("not allowed: add --cors {origin}"),
            None => message.to_owned(),
        });
    }
    let problems = reply.get("details").and_then(Value::as_array);
    let problems = problems.map(Vec::as_slice).unwrap_or_default();
    let Some(first) = problems.first().and_then(|it| text(it, "message")) else {
        // The message about a missing or wrong key is long. Its title is enough.
        let is_key = text(reply, "code").is_some_and(|code| code.ends_with("_api_key"));
        let fact = text(reply, if is_key { "error" } else { "message" })?;
        return Some(match first_hint(reply) {
            Some(hint) => format!("{fact}. Hint: {hint}"),
            None => fact.to_owned(),
        });
    };
    let total = reply.get("problems_total").and_then(Value::as_u64);
    Some(match total {
        None | Some(1) => first.to_owned(),
        Some(total) => format!("{first} (and {} more)", total.saturating_sub(1)),
    })
}

fn many(reply: &Value) -> Option<String> {
    let results = reply.get("results")?.as_array()?;
    let count = |name| reply.get(name).and_then(Value::as_u64).unwrap_or_default();
    let created = match reply.get("accepted") {
        Some(_) => format!("{} taken in", count("accepted")),
        None => format!("{} created", count("created")),
    };
    let first = results.iter().find_map(refusal);
    Some(match first {
        None => match results.iter().find_map(first_hint) {
            Some(hint) => format!("{created}. Hint: {hint}"),
            None => created,
        },
        Some(problem) => format!("{created}, {} failed: {problem}", count("failed")),
    })
}

/// Returns the name and the short id of the lead, its run or its status, and the warning.
fn one_lead(reply: &Value) -> Option<String> {
    let lead = reply.get("lead")?;
    let names = ["first_name", "last_name"].into_iter();
    let names: Vec<_> = names.filter_map(|name| text(lead, name)).collect();
    let mut fact = cut(&printable(&names.join(" ")), LONGEST_NAME);
    if let Some(id) = text(lead, "id") {
        fact = format!("{fact} {}", short(id));
    }
    if let Some(run) = reply.get("workflow_run") {
        let workflow = run.get("workflow").and_then(|it| text(it, "name"));
        fact += &format!(" → {}", workflow.unwrap_or("a workflow"));
        if let Some(channel) = run.get("cadence").and_then(|it| text(it, "channel")) {
            fact += &format!(": {channel}");
        }
    }
    if let Some(status) = lead
        .get("active_workflow_run")
        .and_then(|it| text(it, "run_status"))
    {
        fact += &format!(", {status}");
    }
    if let Some(entries) = reply.get("history").and_then(Value::as_array) {
        fact += &format!(", {} in its history", entries.len());
    }
    if let Some(warning) = text(reply, "warning") {
        fact += &format!(". Warning: {warning}");
    }
    if let Some(hint) = first_hint(reply) {
        fact += &format!(". Hint: {hint}");
    }
    Some(fact)
}

fn listed(reply: &Value) -> Option<String> {
    let (name, items) = ["leads", "workflows", "campaigns"]
        .into_iter()
        .find_map(|name| Some((name, reply.get(name)?.as_array()?)))?;
    let more = reply.get("pagination").and_then(|it| it.get("has_more"));
    let more = if more == Some(&Value::Bool(true)) {
        ", more follow"
    } else {
        ""
    };
    Some(match items.len() {
        1 => format!("1 {}{more}", name.trim_end_matches('s')),
        count => format!("{count} {name}{more}"),
    })
}

/// Returns the result of a change of a run, or the state of a run.
fn done(reply: &Value) -> Option<String> {
    let is = |name| reply.get(name).and_then(Value::as_bool);
    if let Some(workflow) = text(reply, "workflowName") {
        let run = text(reply, "workflowRunId").map(short).unwrap_or_default();
        return Some(format!("run {run} → {workflow}"));
    }
    if let Some((before, after)) = text(reply, "previous_status").zip(text(reply, "new_status")) {
        return Some(format!("{before} → {after}"));
    }
    if let Some(count) = reply.get("tasks_cancelled").and_then(Value::as_u64) {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        return Some(format!("{} cancelled", counted(count, "contact")));
    }
    if let Some(resumed) = is("cadence_resumed") {
        return Some(
            if resumed {
                "cadence resumed"
            } else {
                "cadence stays stopped"
            }
            .to_owned(),
        );
    }
    for (name, word) in [
        ("already_stopped", "stopped before"),
        ("already_running", "running before"),
    ] {
        if is(name) == Some(true) {
            return Some(word.to_owned());
        }
    }
    if let Some(paused) = is("paused") {
        return Some(if paused { "paused" } else { "not paused" }.to_owned());
    }
    let run = reply.get("workflow_run")?;
    let touchpoints = run.get("touchpoints")?.as_array()?.iter();
    let made = touchpoints.filter(|it| text(it, "state") != Some("skipped"));
    let contacts = counted(made.count(), "contact");
    Some(format!("{contacts}, {}", text(run, "run_status")?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "01a2056d-dbb5-7577-8f61-c089d9f9367d";

    #[test]
    fn each_reply_has_its_fact() {
        let lead = json!({"id": ID, "first_name": "John", "last_name": "Doe"});
        for (reply, fact) in [
            (
                json!({"lead": lead, "workflow_run": {"workflow": {"name": "Sales Outreach"}, "cadence": {"channel": "call"}}}),
                "John Doe d9f9367d → Sales Outreach: call",
            ),
            (
                json!({"lead": {"id": ID, "first_name": "John", "last_name": null}, "warning": "The campaign is unknown."}),
                "John d9f9367d. Warning: The campaign is unknown.",
            ),
            (
                json!({"lead": {"id": ID, "first_name": "John"}, "hints": ["Did you mean email?", "Other."]}),
                "John d9f9367d. Hint: Did you mean email?",
            ),
            (
                json!({"created": 1, "failed": 0, "results": [{"lead": lead, "hints": ["Did you mean email?"]}]}),
                "1 created. Hint: Did you mean email?",
            ),
            (
                json!({"error": "Missing API key", "message": "m", "code": "missing_api_key", "hints": ["Found x."]}),
                "Missing API key. Hint: Found x.",
            ),
            (
                json!({"error": "Validation error", "message": "all", "details": [
                    {"field": "first_name", "message": "first_name is required"}, {"field": "email", "message": "..."}],
                    "problems_total": 2}),
                "first_name is required (and 1 more)",
            ),
            (
                json!({"error": "Missing API key", "message": "Please ...", "code": "missing_api_key"}),
                "Missing API key",
            ),
            (
                json!({"error": "Not found", "message": "Lead not found"}),
                "Lead not found",
            ),
            (
                json!({"created": 2, "failed": 1, "results": [{"success": true, "lead": lead},
                    {"error": "Validation error", "message": "m", "details": [{"message": "first_name is required"}]}]}),
                "2 created, 1 failed: first_name is required",
            ),
            (
                json!({"leads": [lead], "pagination": {"has_more": false}}),
                "1 lead",
            ),
            (
                json!({"workflows": [1, 2], "pagination": {"has_more": true}}),
                "2 workflows, more follow",
            ),
            (
                json!({"workflowRunId": ID, "workflowName": "Sales Outreach"}),
                "run d9f9367d → Sales Outreach",
            ),
            (
                json!({"previous_status": "new", "new_status": "won"}),
                "new → won",
            ),
            (json!({"tasks_cancelled": 2}), "2 contacts cancelled"),
            (json!({"cadence_resumed": false}), "cadence stays stopped"),
            (json!({"already_stopped": true}), "stopped before"),
            (json!({"paused": true}), "paused"),
            (
                json!({"ringing": "call to John Doe, attempt 1 of 3"}),
                "the dialer rings: call to John Doe, attempt 1 of 3",
            ),
            (
                json!({"workflow_run": {"run_status": "running", "touchpoints": [{"state": "scheduled"}, {"state": "done"}, {"state": "skipped"}]}}),
                "2 contacts, running",
            ),
        ] {
            assert_eq!(of(&reply, false).as_deref(), Some(fact), "{reply}");
        }
        assert_eq!(of(&json!({"success": true}), false), None);
        assert_eq!(of(&Value::Null, false), None);
        let replay = of(&json!({"lead": lead}), true);
        assert_eq!(replay.as_deref(), Some("John Doe d9f9367d (replay)"));
    }
}
