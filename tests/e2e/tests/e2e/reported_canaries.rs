//! No personal data of a report about a contact reaches a log or an error.

use serde_json::{Value, json};
use simulation::CANARIES;

use crate::{
    canaries::{FIELD, check_refusal, checked},
    fixtures::{Live, Logs},
};

/// Returns reports of contacts full of canaries, right and wrong ones.
pub fn reports() -> Vec<Value> {
    let [name, email, phone, note, message] = CANARIES;
    let outcome = json!({
        "outcome": "replied", "note": note, "provider_id": name, "provider_code": message, "from": phone,
    });
    let event = json!({"type": "replied", "channel": "sms", "note": note});
    let mut many = json!([outcome, outcome, note, {"id": email, "outcome": note}]);
    many[0]["id"] = json!("TOUCHPOINT");
    many[1]["id"] = json!(note);
    let suppression = json!({"phone": phone, "reason": "opted_out"});
    let by_email = json!({"email": email, "reason": "manual"});
    let wrong = json!({"phone": name, "email": email, "channels": [note], "reason": message, "note": [note]});
    let removal =
        json!({"reason": note, "actor": name, "consent": {"at": note, "source": message}});
    let several = json!([suppression, by_email, wrong, note, suppression]);
    let mut reports = vec![outcome.clone(), event.clone(), many];
    reports.extend([suppression, by_email, wrong, removal, several]);
    for wrong in [json!(note), json!([note]), json!({ FIELD: note })] {
        for field in ["outcome", "at", "duration_s", "callback_at", "from", "note"] {
            let mut body = outcome.clone();
            body[field] = wrong.clone();
            reports.push(body);
        }
        for field in ["type", "channel", "at", "callback_at"] {
            let mut body = event.clone();
            body[field] = wrong.clone();
            reports.push(body);
        }
    }
    reports
}

#[tokio::test]
async fn no_report_about_a_touchpoint_reveals_anything() {
    let (logs, _guard) = Logs::capture();
    let live = Live::start().await;
    let mut taken_in = 0;
    for report in reports() {
        let lead = live.enrolled().await;
        let id = live.pulled(&lead).await;
        let text = report.to_string().replace("TOUCHPOINT", &id);
        let report = serde_json::from_str(&text).unwrap();
        for _ in 0..2 {
            for path in [
                format!("/touchpoints/{id}/outcome"),
                "/touchpoints/outcomes".to_owned(),
                format!("/leads/{lead}/events"),
            ] {
                let reply = live.call("POST", &path, Some(&report)).await;
                if reply.status.as_u16() >= 400 {
                    check_refusal(&reply);
                } else {
                    taken_in += 1;
                }
            }
        }
    }
    assert!(taken_in >= 6, "{taken_in}");
    checked(&logs);
    live.stop().await;
}
