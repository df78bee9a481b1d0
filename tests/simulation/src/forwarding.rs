//! Services on this machine, behind transports: their calls can be seen, and can meet faults.

use std::ops::RangeInclusive;

use aws::clients::Clients;
use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents, SharedHttpClient};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_types::byte_stream::ByteStream;
use fastrand::Rng;
use serde_json::json;

use crate::{
    answer::Answer,
    call::{Call, Caller},
    fault::Fault,
    faults::Faults,
    transport::{Backend, Transport},
};

/// Backend that forwards calls over HTTP.
#[derive(Clone)]
pub struct Forwarding {
    client: SharedHttpClient,
    /// Connections of the client. `None` until the SDK asks for them.
    connector: Option<SharedHttpConnector>,
}

/// Clients of services on this machine, each with a transport of its own.
pub struct Intercepted {
    /// Clients whose calls take the transports.
    pub clients: Clients,
    /// Transport of the calls to DynamoDB.
    pub dynamodb: Transport<Forwarding>,
    /// Transport of the calls to SQS.
    pub sqs: Transport<Forwarding>,
}

impl Intercepted {
    /// Puts transports in front of the services of `clients`.
    pub fn new(clients: &Clients) -> Self {
        let transport = |client: Option<SharedHttpClient>| {
            let forwarding = Forwarding {
                client: client.expect("an HTTP client"),
                connector: None,
            };
            Transport::new(forwarding, Rng::new(), Faults::None)
        };
        let dynamodb = transport(clients.dynamodb.config().http_client());
        let sqs = transport(clients.sqs.config().http_client());
        Self {
            clients: Clients {
                dynamodb: dynamodb.clients(clients, Caller::Api).dynamodb,
                sqs: sqs.clients(clients, Caller::Api).sqs,
            },
            dynamodb,
            sqs,
        }
    }
}

impl Forwarding {
    /// Sends a call to the service. `None` if the connection breaks.
    async fn forward(&self, call: &mut Call) -> Option<Answer> {
        // SQS refuses an empty batch.
        if call.body["Entries"].as_array().is_some_and(Vec::is_empty) {
            return Some((200, json!({"Successful": []})));
        }
        let body = call.body.to_string();
        let request = &mut call.request;
        let length = body.len().to_string();
        request.headers_mut().insert("content-length", length);
        *request.body_mut() = body.into();
        let request = request.try_clone().expect("a body in memory");
        let connector = self.connector.as_ref().expect("a connector");
        let response = connector.call(request).await.ok()?;
        let status = response.status().as_u16();
        let body = ByteStream::new(response.into_body()).collect().await.ok()?;
        let body = serde_json::from_slice(&body.into_bytes());
        Some((status, body.expect("a JSON body")))
    }
}

impl Backend for Forwarding {
    const LATENCY: RangeInclusive<u64> = 0..=0;

    fn connected(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> Self {
        Self {
            client: self.client.clone(),
            connector: Some(self.client.http_connector(settings, components)),
        }
    }

    async fn answer(&self, mut call: Call, fault: Option<Fault>) -> Option<Answer> {
        if let Some(answer) = fault.and_then(|it| it.before(&mut call)) {
            return Some(answer);
        }
        let mut answer = self.forward(&mut call).await?;
        if let Some(fault) = fault {
            fault.after(&mut call, &mut answer);
        }
        Some(answer)
    }
}
