//! Hours in which nothing finds or hands out touchpoints, and what follows them.

use std::collections::BTreeMap;

use domain::{cadence::Window, channel::Channel, time::time_zone};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use crate::fixtures::{Live, START, another_workflow, consume, due_of};

/// Number of leads that wait through an outage.
const LEADS: usize = 8;

/// A contact: the lead, the channel and the time.
type Contact = (String, String, Timestamp);

fn zone() -> TimeZone {
    time_zone("America/Santiago").unwrap()
}

/// Creates leads over three hours, in a workflow with office hours for every channel.
async fn leads(live: &Live) -> Vec<String> {
    let days = ["mon", "tue", "wed", "thu", "fri"];
    let office: Window =
        serde_json::from_value(json!({"days": days, "start": "09:00", "end": "18:00"})).unwrap();
    let workflow = another_workflow(&live.container, |workflow| {
        workflow.cadence.windows = vec![office];
        workflow.cadence.gate_all_channels = true;
    })
    .await;
    let mut leads = Vec::new();
    for _ in 0..LEADS {
        let lead = json!({"first_name": "Ana", "phone": "+12015550123", "email": "ana@example.com",
                          "workflow_id": workflow.id});
        leads.push(live.container.create(&lead).await);
        consume(&live.container.services, &live.clock).await;
        live.forward(SignedDuration::from_mins(20));
    }
    leads
}

/// Claims everything that is due now, and reports it.
async fn contact_all(live: &Live, contacts: &mut Vec<Contact>) {
    loop {
        let request = json!({"limit": 25});
        let reply = live
            .call("POST", "/touchpoints/claim", Some(&request))
            .await;
        let claimed = reply.body["touchpoints"].as_array().unwrap().clone();
        if claimed.is_empty() {
            return;
        }
        for it in claimed {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let touchpoint = &it["touchpoint"];
            let channel = text(&touchpoint["channel"]);
            contacts.push((text(&it["lead"]["id"]), channel.clone(), live.clock.now()));
            let is_call = channel == Channel::Call.as_str();
            let outcome = if is_call { "no_answer" } else { "delivered" };
            live.outcome(&text(&touchpoint["id"]), outcome).await;
        }
    }
}

/// Lives on for some hours, with a tick and contacts every half hour.
async fn live_on(live: &Live, hours: i64, contacts: &mut Vec<Contact>) {
    for _ in 0..hours * 2 {
        live.tick().await;
        contact_all(live, contacts).await;
        live.forward(SignedDuration::from_mins(30));
    }
}

#[tokio::test]
async fn after_six_hours_of_outage_nobody_is_contacted_at_night_or_twice_within_the_gap() {
    for outage_begins in [2, 7] {
        let live = Live::start().await;
        let leads = leads(&live).await;
        let mut contacts = Vec::new();
        // The leads came in the morning, from 9 to 12. The outage is over the lunch or the evening.
        let start: Timestamp = START.parse().unwrap();
        live.clock.set(
            live.clock
                .now()
                .max(start + SignedDuration::from_hours(outage_begins)),
        );
        live_on(&live, 1, &mut contacts).await;
        live.forward_hours(6);
        live_on(&live, 2 * 24, &mut contacts).await;

        let mut of_lead: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (lead, channel, at) in &contacts {
            let local = zone().to_datetime(*at);
            let is_office =
                (9..18).contains(&local.hour()) && local.weekday().to_monday_one_offset() < 6;
            assert!(is_office, "{channel} at {local}");
            of_lead.entry(lead).or_default().push((*at, channel));
        }
        assert_eq!(of_lead.len(), leads.len(), "some leads were not contacted");
        for (lead, contacts) in of_lead {
            for pair in contacts.windows(2) {
                let [(one, _), (other, channel)] = pair else {
                    unreachable!()
                };
                let gap = other.duration_since(*one);
                // Calls are two hours apart, and messages a day.
                let least = if *channel == "call" { 2 } else { 15 };
                assert!(
                    gap >= SignedDuration::from_hours(least),
                    "{lead}: {gap} before a {channel}"
                );
            }
            // The rest is planned from the last contact.
            let run = live.run(lead).await;
            let touchpoints = run["touchpoints"].as_array().unwrap();
            let next = touchpoints.iter().find(|it| it["state"] == "scheduled");
            let (last, _) = contacts.last().unwrap();
            assert!(next.is_none_or(|next| due_of(next) > *last), "{run}");
        }
        live.check_table().await;
        live.stop().await;
    }
}
