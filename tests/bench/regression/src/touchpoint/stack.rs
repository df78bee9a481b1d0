//! The functions in this process, on the embedded services, with a clock that the story moves.

use std::time::Duration;

use api::{AppState, router};
use aws::{
    clients::Clients,
    clock::Clock,
    queue::{DispatchQueue, Hint, QueueMessage, StartQueue},
    store::{Hold, HoldScope, Store},
};
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use aws_sdk_dynamodb::types::TableDescription;
use axum::{
    Router,
    body::{Body, to_bytes},
};
use dispatch_touchpoints::{DispatchTouchpoints, Receivers};
use domain::{
    channel::Channel,
    destination::{Destination, Destinations, Rate, Recipient, WebhookSecrets},
    ids::{AccountId, LeadId},
    run::Run,
    timing::Timing,
    webhook_secret::WebhookSecret,
};
use harness::{
    Result,
    endpoints::{Call, Endpoints},
    events,
};
use http::Request;
use jiff::{SignedDuration, Timestamp};
use local::{Ports, Services, Storage, demo};
use serde_json::{Value, json};
use start_workflow::StartWorkflow;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tower::ServiceExt;
use wake_runs::{WakeRuns, wake};
use webhook::{Answer, Sent};

/// Time at which the story begins.
const BEGIN: &str = "2026-02-10T12:00:00Z";

/// The functions and everything that they call. Their calls are recorded.
pub struct Stack {
    pub table: TableDescription,
    services: Services,
    endpoints: Endpoints,
    clock: Clock,
    account: AccountId,
    api: Router,
    starts: StartWorkflow,
    dispatch: DispatchTouchpoints,
    requests: UnboundedReceiver<dispatch_touchpoints::Request>,
    wake: WakeRuns,
}

impl Stack {
    pub async fn start() -> Result<Self> {
        let clock = Clock::manual(BEGIN.parse()?);
        let services = Services::start(&Storage::Memory, Ports::ANY, &clock).await?;
        let endpoints = Endpoints::keeping(&services.dynamodb_url, &services.sqs_url).await?;
        let clients = Clients::local(&endpoints.dynamodb_url, &endpoints.sqs_url);
        let store = Store::new(clients.dynamodb.clone(), services.table());
        let hints = DispatchQueue::new(clients.sqs.clone(), &services.dispatch_queue_url);
        let queue = StartQueue::new(clients.sqs, &services.queue_url);
        let table = services.clients.dynamodb.describe_table();
        let table = table.table_name(services.table()).send().await?;
        let (sender, requests) = unbounded_channel();
        Ok(Self {
            table: table.table.ok_or("there is no table")?,
            account: demo::ACCOUNT_ID.parse()?,
            api: router(
                AppState::new(store.clone(), queue, clock.clone()).with_dispatch(hints.clone()),
            ),
            starts: StartWorkflow::new(store.clone(), hints.clone(), clock.clone()),
            dispatch: DispatchTouchpoints {
                receivers: Some(Receivers::Simulated(sender)),
                ..DispatchTouchpoints::new(store.clone(), hints.clone(), clock.clone())
            },
            requests,
            wake: WakeRuns::new(store, hints, clock.clone()),
            services,
            endpoints,
            clock,
        })
    }

    pub async fn stop(self) {
        self.services.stop().await;
    }

    /// Removes and returns the calls so far.
    pub fn take_calls(&self) -> Vec<Call> {
        self.endpoints.take_calls()
    }

    /// Removes all calls so far, and returns those with a lead's id.
    pub fn calls_about(&self, lead: LeadId) -> Vec<Call> {
        let mut calls = self.take_calls();
        calls.retain(|call| call.body.to_string().contains(&lead.to_string()));
        calls
    }

    pub fn forward(&self, time: SignedDuration) {
        self.clock.set(self.clock.now() + time);
    }

    /// Creates the README's lead and its run, and returns the lead's id.
    pub async fn enrol(&self) -> Result<LeadId> {
        let event: Value = serde_json::from_str(events::LEAD)?;
        let lead = event["body"].as_str().ok_or("the event has no body")?;
        let reply = self.post("/leads", lead.to_owned()).await?;
        let id = reply["lead"]["id"].as_str().ok_or("there is no lead")?;
        let (sqs, queue) = (&self.services.clients.sqs, &self.services.queue_url);
        let received = sqs.receive_message().queue_url(queue).send().await?;
        let received = received.messages.unwrap_or_default().into_iter().next();
        let message = received.ok_or("there is no start")?;
        let delete = sqs.delete_message().queue_url(queue);
        let delete = delete.set_receipt_handle(message.receipt_handle);
        delete.send().await?;
        self.take_calls();
        let event = event_of(message.body.unwrap_or_default());
        let reply = start_workflow::handle(&self.starts, event).await;
        if !reply.batch_item_failures.is_empty() {
            return Err("start-workflow failed to handle a start".into());
        }
        Ok(id.parse()?)
    }

    /// Hands the hint of a lead's run to dispatch-touchpoints.
    pub async fn look(&self, lead: LeadId) -> Result<()> {
        let run = self.run(lead).await?;
        let hint = Hint::of(&run, self.clock.now()).ok_or("the run is not due")?;
        let event = event_of(hint.to_body());
        let reply = dispatch_touchpoints::handle(&self.dispatch, event).await;
        if !reply.batch_item_failures.is_empty() {
            return Err("dispatch-touchpoints failed to handle a hint".into());
        }
        Ok(())
    }

    /// Sends the touchpoint of a lead's run to its webhook, which answers 200 with this body. Returns the id of
    /// the touchpoint.
    pub async fn push(&mut self, lead: LeadId, body: &str) -> Result<String> {
        let run = self.run(lead).await?;
        let hint = Hint::of(&run, self.clock.now()).ok_or("the run is not due")?;
        let event = event_of(hint.to_body());
        let handling = dispatch_touchpoints::handle(&self.dispatch, event);
        let answering = async {
            let request = self.requests.recv().await.ok_or("no request")?;
            let answer = Answer::Accepted {
                status: 200,
                body: webhook::Body {
                    bytes: body.as_bytes().to_vec(),
                    is_whole: true,
                },
            };
            let took = Duration::from_millis(50);
            // A function that has failed does not wait for the answer.
            let _ = request.answer.send(Sent { answer, took });
            Ok(request.id)
        };
        let (reply, id): (_, Result<String>) = tokio::join!(handling, answering);
        if !reply.batch_item_failures.is_empty() {
            return Err("dispatch-touchpoints failed to handle a hint".into());
        }
        id
    }

    /// Calls wake-runs, and returns the number of hints that it sent.
    pub async fn wake(&self) -> Result<u32> {
        Ok(wake(&self.wake).await?.sent)
    }

    /// Claims a call, and returns the id of its touchpoint.
    pub async fn claim(&self) -> Result<String> {
        let body = json!({"channels": ["call"], "limit": 1}).to_string();
        let reply = self.post("/touchpoints/claim", body).await?;
        let id = reply["touchpoints"][0]["touchpoint"]["id"].as_str();
        Ok(id
            .ok_or_else(|| format!("nothing to claim: {reply}"))?
            .to_owned())
    }

    /// Reports a call that was not answered.
    pub async fn report(&self, touchpoint: &str) -> Result<()> {
        let path = format!("/touchpoints/{touchpoint}/outcome");
        let body = json!({"outcome": "no_answer", "provider_id": "CA123"}).to_string();
        self.post(&path, body).await.map(|_| ())
    }

    /// Begins a hold of the account.
    pub async fn hold(&self) -> Result<()> {
        let hold = Hold {
            since: self.clock.now(),
            reason: None,
        };
        let scope = HoldScope::Account(self.account);
        Ok(self.services.store.hold(scope, &hold).await?)
    }

    /// Ends the hold of the account.
    pub async fn unhold(&self) -> Result<()> {
        let scope = HoldScope::Account(self.account);
        Ok(self.services.store.unhold(scope).await?)
    }

    /// Gives the account's calls a destination with a rate.
    pub async fn set_rate(&self) -> Result<()> {
        let destination = Destination {
            name: "dialer".to_owned(),
            channels: vec![Channel::Call],
            to: Recipient::Pull,
            rate: Some(Rate::new(100, Some(100))?),
            timing: Timing::default(),
        };
        let all = Destinations::new(vec![destination], 0)?;
        let store = &self.services.store;
        Ok(store.replace_destinations(self.account, &all).await?)
    }

    /// Gives the account's calls a webhook.
    pub async fn set_webhook(&self) -> Result<()> {
        let destination = Destination {
            name: "dialer".to_owned(),
            channels: vec![Channel::Call],
            to: Recipient::Webhook("https://dialer.example.com".parse()?),
            rate: Some(Rate::new(100, Some(100))?),
            timing: Timing::default(),
        };
        let secrets = WebhookSecrets {
            current: WebhookSecret::new([7; 32]),
            previous: None,
            is_shown: true,
        };
        let store = &self.services.store;
        let name = &destination.name;
        store
            .put_webhook_secrets(self.account, name, &secrets)
            .await?;
        let all = Destinations::new(vec![destination], 0)?;
        Ok(store.replace_destinations(self.account, &all).await?)
    }

    /// Returns the run of a lead.
    pub async fn run(&self, lead: LeadId) -> Result<Run> {
        let runs = self.services.store.runs(self.account, lead, 1).await?;
        Ok(runs.into_iter().next().ok_or("the lead has no run")?)
    }

    /// Returns the time until the run of a lead is due next.
    pub fn until(&self, at: Timestamp) -> SignedDuration {
        at.duration_since(self.clock.now())
    }

    async fn post(&self, path: &str, body: String) -> Result<Value> {
        let request = Request::post(format!("/api/public{path}"))
            .header("x-api-key", demo::API_KEY)
            .header("content-type", "application/json")
            .body(Body::from(body))?;
        let reply = self.api.clone().oneshot(request).await?;
        let is_success = reply.status().is_success();
        let body = to_bytes(reply.into_body(), usize::MAX).await?;
        let reply: Value = serde_json::from_slice(&body)?;
        if is_success {
            Ok(reply)
        } else {
            Err(format!("{path}: {reply}").into())
        }
    }
}

fn event_of(body: String) -> SqsEvent {
    let mut record = SqsMessage::default();
    record.message_id = Some("1".to_owned());
    record.body = Some(body);
    let mut event = SqsEvent::default();
    event.records.push(record);
    event
}
