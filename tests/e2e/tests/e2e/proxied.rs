//! The API in this process, with a proxy in front of each service: what it calls is seen, and can be made
//! to fail.

use api::{AppState, router};
use aws::{clients::Clients, clock::Clock, queue::StartQueue, store::Store};
use e2e::proxy::Proxy;
use lambda_http::http::{HeaderMap, Request, StatusCode, header};
use local::{Services, demo};
use serde_json::Value;
use tokio::task::JoinHandle;
use tower::ServiceExt;

use crate::support::services_at;

pub struct Proxied {
    pub services: Services,
    pub dynamodb: Proxy,
    pub sqs: Proxy,
    pub store: Store,
    pub queue: StartQueue,
    pub api: axum::Router,
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Reply {
    pub fn retry_after(&self) -> bool {
        self.headers.contains_key(header::RETRY_AFTER)
    }
}

impl Proxied {
    pub async fn start() -> Self {
        Self::at(Clock::System).await
    }

    /// With a clock of its own.
    pub async fn at(clock: Clock) -> Self {
        Self::of(services_at(&clock).await, clock).await
    }

    /// A process with empty caches, on services that are there.
    pub async fn of(services: Services, clock: Clock) -> Self {
        let dynamodb = Proxy::start(&services.dynamodb_url).await;
        let sqs = Proxy::start(&services.sqs_url).await;
        let clients = Clients::local(&dynamodb.url, &sqs.url);
        let store = Store::new(clients.dynamodb, services.table());
        let queue = StartQueue::new(clients.sqs, &services.queue_url);
        let api = router(AppState::new(store.clone(), queue.clone(), clock));
        Self {
            services,
            dynamodb,
            sqs,
            store,
            queue,
            api,
        }
    }

    /// The API as another process has it: with nothing in its caches.
    pub fn fresh_api(&self, clock: Clock) -> axum::Router {
        router(AppState::new(self.store.clone(), self.queue.clone(), clock))
    }

    /// With the demo account's key, and what `lead` needs, in the caches.
    pub async fn warm(lead: &Value) -> Self {
        let proxied = Self::start().await;
        assert_eq!(proxied.post(lead, None).await.status, StatusCode::CREATED);
        proxied.dynamodb.take_calls();
        proxied.sqs.take_calls();
        proxied
    }

    pub async fn post(&self, lead: &Value, key: Option<&str>) -> Reply {
        let name = key.map(|key| ("idempotency-key", key));
        self.send(demo::API_KEY, "POST", "/leads", Some(lead), name)
            .await
    }

    /// Creates a lead and gives its id.
    pub async fn create(&self, lead: &Value) -> String {
        let reply = self.post(lead, None).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        reply.body["lead"]["id"].as_str().unwrap().to_owned()
    }

    pub async fn get(&self, id: &str) -> Reply {
        self.call("GET", &format!("/leads/{id}"), None).await
    }

    /// Calls the public API with the demo account's key.
    pub async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        self.call_as(demo::API_KEY, method, path, body).await
    }

    pub async fn call_as(
        &self,
        key: &str,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Reply {
        self.send(key, method, path, body, None).await
    }

    pub async fn send(
        &self,
        key: &str,
        method: &str,
        path: &str,
        body: Option<&Value>,
        header: Option<(&str, &str)>,
    ) -> Reply {
        send(self.api.clone(), key, method, path, body, header).await
    }

    /// Calls the public API with the demo account's key, on a task of its own.
    pub fn spawn(&self, method: &'static str, path: String, body: &Value) -> JoinHandle<Reply> {
        let (api, body) = (self.api.clone(), body.clone());
        tokio::spawn(
            async move { send(api, demo::API_KEY, method, &path, Some(&body), None).await },
        )
    }

    /// How many starts are in the queue.
    pub async fn queued(&self) -> usize {
        let mut bodies = std::collections::HashSet::new();
        loop {
            let received = self
                .services
                .clients
                .sqs
                .receive_message()
                .queue_url(&self.services.queue_url)
                .max_number_of_messages(10)
                .send()
                .await
                .unwrap();
            let messages = received.messages.unwrap_or_default();
            if messages.is_empty() {
                return bodies.len();
            }
            bodies.extend(messages.into_iter().map(|message| message.message_id));
        }
    }

    pub async fn stop(self) {
        self.services.stop().await;
    }
}

async fn send(
    api: axum::Router,
    key: &str,
    method: &str,
    path: &str,
    body: Option<&Value>,
    header: Option<(&str, &str)>,
) -> Reply {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("/api/public{path}"))
        .header("x-api-key", key);
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    let request = request
        .body(body.map(Value::to_string).unwrap_or_default())
        .unwrap();
    let response = api.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let text = String::from_utf8(body.to_vec()).unwrap();
    Reply {
        status: parts.status,
        headers: parts.headers,
        body: serde_json::from_str(&text).unwrap(),
        text,
    }
}
