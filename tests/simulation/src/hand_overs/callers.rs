//! Callers of the API who pull touchpoints: they claim, extend, release and report.

use std::sync::atomic::Ordering;

use aws::account_secret::AccountSecret;
use domain::{address::AddressKind, channel::Channel, email::Email, phone::Phone};
use serde_json::{Value, json};

use super::{bugs::Bug, log::HandedOver};
use crate::{answer::text, functions::Simulation};

/// Outcomes that a caller reports. Most leave the cadence as it is.
const OUTCOMES: [&str; 20] = [
    "no_answer",
    "no_answer",
    "no_answer",
    "busy",
    "voicemail",
    "failed",
    "failed",
    "failed",
    "delivered",
    "delivered",
    "delivered",
    "deferred",
    "deferred",
    "answered",
    "callback",
    "replied",
    "bounced",
    "invalid",
    "opted_out",
    "complained",
];

/// Count of the ids at each claim with [`Bug::OneOwner`].
const ONE_OWNER: u64 = 1 << 60;

impl Simulation {
    /// Claims touchpoints over HTTP, and notes down everything that the reply hands over.
    pub async fn pull(self) {
        let body = self.transport.draw(|rng| {
            let lease = ["PT30S", "PT1M", "PT5M", "PT1H"][rng.usize(..4)];
            let mut body = json!({"limit": rng.u8(1..=3), "lease": lease});
            if rng.u8(..4) == 0 {
                let channel = ["call", "sms", "email"][rng.usize(..3)];
                body["channels"] = json!([channel]);
            }
            body
        });
        if self.has(Bug::OneOwner) {
            self.ids.store(ONE_OWNER, Ordering::SeqCst);
        }
        let Some((status, reply)) = self
            .call("POST", "/touchpoints/claim", Some(&body), None)
            .await
        else {
            return;
        };
        if !matches!(status, 200 | 503) {
            return self.problem(format!("a claim answered {status} {reply}"));
        }
        let secret = self.secret;
        let address_of = |lead: &Value, channel| address_of(&secret, lead, channel);
        for due in reply["touchpoints"].as_array().into_iter().flatten() {
            let now = self.services.now();
            let taken = self.services.journal(|journal| {
                let received = HandedOver::read(due, journal, now, address_of)?;
                let (id, until) = (received.id.clone(), received.until);
                let breaches = self.observed().hand_overs.take(received, journal);
                Ok::<_, String>((format!("  received {id} until {until}"), breaches))
            });
            match taken {
                Ok((line, breaches)) => {
                    self.log(line);
                    breaches.into_iter().for_each(|it| self.problem(it));
                }
                Err(wrong) => self.problem(format!("{wrong}: {due}")),
            }
        }
    }

    /// Draws a hand-over, mostly one of the last three, with its position.
    fn draw_hand_over(&self) -> Option<(usize, HandedOver)> {
        let observed = self.observed();
        let all = &observed.hand_overs.handed_over;
        let first = self.transport.draw(|rng| {
            if rng.u8(..4) == 0 {
                0
            } else {
                all.len().saturating_sub(3)
            }
        });
        let position = self
            .transport
            .draw(|rng| rng.usize(first..all.len().max(first + 1)));
        all.get(position).map(|it| (position, it.clone()))
    }

    /// Returns the token of a lease.
    fn token(&self, lease: &HandedOver) -> String {
        let owner = self
            .has(Bug::AnyOwner)
            .then(|| self.services.owner(&lease.lead, &lease.run));
        owner.flatten().unwrap_or_else(|| lease.token.clone())
    }

    /// Extends a lease, also one that is over.
    pub async fn extend(self) {
        let Some((position, lease)) = self.draw_hand_over() else {
            return;
        };
        let suppressed = |simulation: &Self| {
            simulation
                .services
                .journal(|it| it.is_suppressed(&lease.address, lease.channel))
        };
        let was_suppressed = suppressed(&self);
        let body = json!({"token": self.token(&lease), "lease": "PT10M"});
        let path = format!("/touchpoints/{}/extend", lease.id);
        match self.call("POST", &path, Some(&body), None).await {
            Some((200, reply)) => {
                let until = text(&reply["lease"]["until"]).parse().expect("a time");
                let now = self.services.now();
                let breaches = self.observed().hand_overs.extend(position, now, until);
                breaches.into_iter().for_each(|it| self.problem(it));
                if was_suppressed && suppressed(&self) {
                    self.problem(format!(
                        "a lease was extended to a suppressed person: {lease:?}"
                    ));
                }
            }
            Some((409 | 503, _)) | None => {}
            Some((404, _)) if self.observed().erase_tries.contains_key(&lease.lead) => {}
            Some((status, reply)) => {
                self.problem(format!("an extension answered {status} {reply}"))
            }
        }
    }

    /// Gives a touchpoint back without a contact, also one whose lease is over.
    pub async fn give_back(self) {
        let Some((position, lease)) = self.draw_hand_over() else {
            return;
        };
        let now = self.services.now();
        let is_lapsed = lease.until <= now;
        if !is_lapsed {
            self.end_hand_over(position, true);
        }
        let body = json!({"token": self.token(&lease)});
        let path = format!("/touchpoints/{}/release", lease.id);
        match self.call("POST", &path, Some(&body), None).await {
            Some((200, _)) if is_lapsed => {
                self.problem(format!("a lease that was over was released: {lease:?}"));
            }
            Some((200 | 409 | 503, _)) | None => {}
            Some((404, _)) if self.observed().erase_tries.contains_key(&lease.lead) => {}
            Some((status, reply)) => self.problem(format!("a release answered {status} {reply}")),
        }
    }

    /// Reports the outcome of a hand-over: in time, late, twice, or after another one.
    pub async fn tell(self) {
        let Some((_, told)) = self.draw_hand_over() else {
            return;
        };
        let outcome = self
            .transport
            .draw(|rng| OUTCOMES[rng.usize(..OUTCOMES.len())]);
        let mut body = json!({"outcome": outcome});
        if outcome == "callback" {
            let hours = self.transport.draw(|rng| rng.i64(1..30));
            body["callback_at"] =
                json!(self.services.now() + jiff::SignedDuration::from_hours(hours));
        }
        // An outcome ends the claim of the touchpoint, also the claim of another caller.
        let of_touchpoint: Vec<_> = {
            let observed = self.observed();
            let all = observed.hand_overs.handed_over.iter().enumerate();
            all.filter(|(_, it)| it.id == told.id)
                .map(|(position, _)| position)
                .collect()
        };
        for position in of_touchpoint {
            self.end_hand_over(position, outcome == "deferred");
        }
        let path = format!("/touchpoints/{}/outcome", told.id);
        match self.call("POST", &path, Some(&body), None).await {
            Some((200, _)) => {
                let letter = letter(outcome);
                let key = (told.run, told.index);
                let observed = &mut *self.observed();
                let heaviest = observed.hand_overs.outcomes.entry(key).or_default();
                *heaviest = letter.map_or(0, super::run_item::weight).max(*heaviest);
            }
            Some((400 | 409 | 503, _)) | None => {}
            Some((404, _)) if self.observed().erase_tries.contains_key(&told.lead) => {}
            Some((status, reply)) => self.problem(format!("{outcome} answered {status} {reply}")),
        }
    }

    fn end_hand_over(&self, position: usize, is_back: bool) {
        let mut observed = self.observed();
        let ended = &mut observed.hand_overs.handed_over[position];
        ended.is_over = true;
        ended.is_back |= is_back;
    }
}

/// Returns the letter of an outcome in the table. `None` for a word that is no outcome.
fn letter(outcome: &str) -> Option<char> {
    Some(match outcome {
        "no_answer" => 'n',
        "busy" => 'b',
        "voicemail" => 'v',
        "failed" => 'f',
        "delivered" => 'd',
        "answered" => 'a',
        "callback" => 'c',
        "replied" => 'r',
        "bounced" => 'x',
        "invalid" => 'i',
        "opted_out" => 'u',
        "complained" => 'm',
        _ => return None,
    })
}

/// Returns the end of the part of an address's key that is the person's.
pub fn address_of(secret: &AccountSecret, lead: &Value, channel: Channel) -> String {
    let hash = match AddressKind::of(channel) {
        AddressKind::Phone => {
            let phone = Phone::try_from(text(&lead["phone"])).expect("a number");
            secret.phone_hash(&phone)
        }
        AddressKind::Email => {
            let email = Email::try_from(text(&lead["email"])).expect("an address");
            secret.email_hash(&email)
        }
    };
    hash.to_string()
}
