//! The sample that `leadgate destination test` sends: a touchpoint as Leadgate sends it, of a person who does
//! not exist.

use domain::{
    channel::Channel, destination::Destination, time::whole_second, touchpoint_id::TouchpointRef,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

/// Id of everything in the sample, and host of its `reply_url`. No account has such an id.
const NOBODY: Uuid = Uuid::nil();
const HOST: &str = "https://leadgate.example";

/// Returns the id and the body of a sample. Another `number` gives another id.
pub fn sample(destination: &Destination, number: u16, now: Timestamp) -> (String, String) {
    let touchpoint = TouchpointRef {
        account_id: NOBODY.into(),
        lead_id: NOBODY.into(),
        run_id: NOBODY.into(),
        index: number,
    };
    // The tag is not Leadgate's, so no outcome is taken for this id.
    let id = touchpoint.to_id([0; 10]);
    let channel = destination.channels.first().copied();
    let body = body(&id, channel.unwrap_or(Channel::Call), now);
    (id, body.to_string())
}

fn body(id: &str, channel: Channel, now: Timestamp) -> Value {
    let now = whole_second(now);
    let not_after = now
        .saturating_add(SignedDuration::from_hours(1))
        .unwrap_or(now);
    let message = match channel {
        Channel::Call => json!({"begin_message": "Hello, this is a test."}),
        Channel::Email => json!({"subject": "A test", "content": "Hello, this is a test."}),
        Channel::Whatsapp | Channel::Sms => json!({"content": "Hello, this is a test."}),
    };
    json!({
        "type": "touchpoint.due",
        "timestamp": now,
        "test": true,
        "data": {
            "touchpoint": {
                "id": id, "channel": channel, "stepIndex": 0, "attemptNumber": 1, "maxAttempts": 1,
                "due_at": now, "not_after": not_after, "try": 1,
            },
            "message": message,
            "lead": {
                "id": NOBODY, "first_name": "Test", "last_name": null, "email": "test@example.com",
                "phone": "+15550100000", "source": "test", "company": null, "title": null, "metadata": {},
            },
            "campaign": null,
            "workflow_run": {
                "id": NOBODY,
                "workflow": {"id": NOBODY, "name": "Test", "goal_type": "custom"},
                "current_status": {"id": NOBODY, "key": "new", "label": "New", "category": "active"},
            },
            "reply_url": format!("{HOST}/api/public/touchpoints/{id}/outcome?token=test"),
        },
    })
}

#[cfg(test)]
mod tests {
    use domain::{destination::Recipient, timing::Timing};

    use super::*;

    #[test]
    fn a_sample_is_marked_as_a_test_and_has_a_channel_of_the_destination() {
        let destination = Destination {
            name: "dialer".to_owned(),
            channels: vec![Channel::Sms, Channel::Call],
            to: Recipient::Pull,
            rate: None,
            timing: Timing::default(),
        };
        let now: Timestamp = "2026-02-10T12:00:00.4Z".parse().unwrap();
        let (id, body) = sample(&destination, 1, now);
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["test"], true);
        assert_eq!(body["timestamp"], "2026-02-10T12:00:00Z");
        let touchpoint = &body["data"]["touchpoint"];
        assert_eq!(
            (&touchpoint["id"], &touchpoint["channel"]),
            (&json!(id), &json!("sms"))
        );
        assert_ne!(sample(&destination, 2, now).0, id);
    }
}
