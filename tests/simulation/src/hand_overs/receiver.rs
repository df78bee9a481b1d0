//! A receiver of webhooks, with its faults.

use std::{sync::PoisonError, time::Duration};

use aws::store::Store;
use dispatch_touchpoints::Request;
use domain::{
    channel::Channel,
    destination::{Destination, Destinations, Rate, Recipient, WebhookSecrets},
    timing::Timing,
    webhook_secret::WebhookSecret,
};
use local::demo;
use serde_json::{Value, json};
use tokio::{sync::mpsc::UnboundedReceiver, task::JoinHandle, time::sleep};
use webhook::{Answer, Body, Miss, Sent, Unknown};

use super::{bugs::Bug, callers::address_of, journal::Contacted};
use crate::{
    answer::text,
    call::{Caller, TABLE},
    cloud::{self, Cloud},
    faults::Faults,
    functions::Simulation,
    scenario::{Cancellations, Scenario},
};

/// Name of the destination of all channels.
const DIALER: &str = "dialer";
/// Time that a request may take.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Gives the account a webhook for all channels.
async fn set_webhook(cloud: &Cloud) {
    let transport = cloud.transport(&cloud::clock(), &Scenario::of_steps(&[]));
    let store = Store::new(cloud.clients(&transport, Caller::Operator).dynamodb, TABLE);
    let account = demo::ACCOUNT_ID.parse().expect("an id");
    let secrets = WebhookSecrets {
        current: WebhookSecret::new([7; 32]),
        previous: None,
        is_shown: false,
    };
    let put = store.put_webhook_secrets(account, DIALER, &secrets);
    put.await.expect("a table");
    let url = "https://dialer.example.com".parse().expect("a URL");
    let dialer = Destination {
        name: DIALER.to_owned(),
        channels: Channel::ALL.to_vec(),
        to: Recipient::Webhook(url),
        rate: Some(Rate::new(1, Some(1)).expect("a rate")),
        timing: Timing::default(),
    };
    let all = Destinations::new(vec![dialer], 0).expect("destinations");
    let replaced = store.replace_destinations(account, &all);
    replaced.await.expect("a table");
}

impl Simulation {
    /// Gives the account a webhook, and begins its receiver.
    pub async fn begin_pushes(&self, cloud: &Cloud, scenario: &Scenario) -> Option<JoinHandle<()>> {
        set_webhook(cloud).await;
        let has_no_faults = matches!(&scenario.faults, Faults::None | Faults::Random(0));
        let dies_nowhere = matches!(
            scenario.cancellations,
            Cancellations::None | Cancellations::Random(0)
        );
        {
            let pushes = &mut self.observed().pushes;
            pushes.is_on = true;
            pushes.is_exact = has_no_faults && dies_nowhere;
        }
        let requests = self.requests.lock();
        let requests = requests.unwrap_or_else(PoisonError::into_inner).take();
        requests.map(|requests| self.serve(requests))
    }

    /// Answers the requests to the webhook, until the task is aborted.
    fn serve(&self, mut requests: UnboundedReceiver<Request>) -> JoinHandle<()> {
        let simulation = self.clone();
        tokio::spawn(async move {
            while let Some(request) = requests.recv().await {
                tokio::spawn(simulation.clone().take_push(request));
            }
        })
    }

    async fn take_push(self, mut request: Request) {
        self.services.tick();
        let body: Value = serde_json::from_slice(&request.body).expect("JSON");
        let tries = body["data"]["touchpoint"]["try"].as_u64();
        if self.has(Bug::NewIdForRetry) && tries > Some(1) {
            request.id.push('x');
        }
        let now = self.services.now();
        let has_resumed = !self.observed().resume_tries.is_empty();
        let taken = self
            .observed()
            .pushes
            .take(&request.id, &body, now, has_resumed);
        let (position, breaches) = taken;
        breaches.into_iter().for_each(|it| self.problem(it));
        if let Some(reason) = self.forbids(&body["data"]) {
            self.problem(format!("a request came {reason}: {body}"));
        }
        let is_healthy = self.observed().pushes.is_healthy;
        let (kind, wait_ms) = self.transport.draw(|rng| {
            let kind = if is_healthy {
                rng.u8(..3)
            } else {
                rng.u8(..16)
            };
            let wait_ms = if rng.u8(..4) == 0 {
                rng.u64(..14_000)
            } else {
                rng.u64(..60)
            };
            (kind, wait_ms)
        });
        let wait = if kind == 8 {
            TIMEOUT
        } else {
            Duration::from_millis(wait_ms)
        };
        let has_died = tokio::select! {
            () = sleep(wait) => false,
            () = request.answer.closed() => true,
        };
        if kind == 2 && !has_died {
            self.report_early(&request.id).await;
        }
        let empty = Body::default;
        let whole = |outcome: &str| Body {
            bytes: json!({ "outcome": outcome }).to_string().into_bytes(),
            is_whole: true,
        };
        let accepted = |body| Answer::Accepted { status: 200, body };
        let status = |status| Unknown::Status {
            status,
            body: empty(),
        };
        let answer = match kind {
            1 => accepted(whole("failed")),
            3 => accepted(whole("deferred")),
            4 | 5 => Answer::Unknown(status(500)),
            6 | 7 => Answer::Unknown(Unknown::Cut),
            8 => Answer::Unknown(Unknown::Timeout),
            9 | 10 => Answer::Missed(Miss::Status {
                status: 404,
                body: empty(),
            }),
            11 => Answer::Missed(Miss::Dns),
            12 => Answer::Busy {
                status: 429,
                cool_for: Duration::from_secs(20),
                body: empty(),
            },
            13 => Answer::Refused {
                status: 400,
                body: empty(),
            },
            _ => accepted(empty()),
        };
        let (may_be_out, is_counted) = (!matches!(kind, 3 | 9..=13), !matches!(kind, 9..=12));
        self.observed()
            .pushes
            .end(position, has_died, may_be_out, is_counted);
        self.log(format!("the receiver answers {kind} to {}", request.id));
        // A worker that has died gets no answer.
        let _ = request.answer.send(Sent { answer, took: wait });
    }

    /// Returns why the person of a request must not be contacted.
    fn forbids(&self, data: &Value) -> Option<&'static str> {
        let word = text(&data["touchpoint"]["channel"]);
        let channel = Channel::of_word(word).expect("a channel");
        let contact = Contacted {
            run: text(&data["workflow_run"]["id"]),
            lead: text(&data["lead"]["id"]),
            workflow: text(&data["workflow_run"]["workflow"]["id"]),
            address: &address_of(&self.secret, &data["lead"], channel),
            channel,
            at: self.services.now(),
        };
        self.services.journal(|journal| journal.forbids(&contact))
    }

    /// Reports an outcome before the answer.
    async fn report_early(&self, id: &str) {
        let path = format!("/touchpoints/{id}/outcome");
        let body = json!({"outcome": "failed"});
        self.call("POST", &path, Some(&body), None).await;
    }

    /// Ends the faults of the receiver, and opens its lane.
    pub async fn heal_receiver(&self) {
        self.observed().pushes.is_healthy = true;
        let account = demo::ACCOUNT_ID.parse().expect("an id");
        let resumed = self.operator_store.resume_lane(account, DIALER).await;
        if let Err(error) = resumed {
            self.problem(format!("the lane cannot be resumed: {error:?}"));
        }
    }
}
