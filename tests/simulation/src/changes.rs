//! Actors that change leads and report contacts, beside those of `actors`.

use serde_json::{Value, json};

use crate::{canaries, functions::Simulation};

impl Simulation {
    /// Sends an array of which one lead is invalid, and then two corrections with the same key.
    pub async fn correct(self, key: String, tries: u32) {
        let first = self.clone();
        first
            .create(canaries::half_valid(), Some(key.clone()), 1)
            .await;
        let other = canaries::corrected(canaries::RIVAL);
        let others = self.clone().create(other, Some(key.clone()), tries);
        let corrected = self.create(canaries::corrected("First"), Some(key), tries);
        tokio::join!(corrected, others);
    }

    /// Changes a lead. A lead that would be too large is refused.
    pub async fn change(self, lead: String, change: Value) {
        let path = format!("/leads/{lead}");
        match self.call("PATCH", &path, Some(&change), None).await {
            Some((200 | 409 | 413 | 503, _)) | None => {}
            Some((404, _)) if self.observed().erase_tries.contains_key(&lead) => {}
            Some((status, reply)) => {
                self.problem(format!("changing {lead} answered {status} {reply}"));
            }
        }
    }

    /// Makes a change that adds nothing to a lead.
    pub async fn rename(self, lead: String) {
        self.change(lead, json!({"last_name": null})).await;
    }

    /// Reports a contact outside of a touchpoint, with an idempotency key.
    pub async fn event(self, lead: String, key: String, outcome: &str) {
        let path = format!("/leads/{lead}/events");
        let body = json!({"type": outcome, "channel": "call"});
        match self.call("POST", &path, Some(&body), Some(&key)).await {
            Some((200, reply)) => {
                let reply = reply.to_string();
                let first = self.observed().event(&lead, &key, &reply);
                if first != reply {
                    self.problem(format!("{key} of {lead} got {first}, then {reply}"));
                }
            }
            Some((409 | 422 | 503, _)) | None => {}
            Some((404, _)) if self.observed().erase_tries.contains_key(&lead) => {}
            Some((status, reply)) => {
                self.problem(format!("an event of {lead} answered {status} {reply}"));
            }
        }
    }
}
