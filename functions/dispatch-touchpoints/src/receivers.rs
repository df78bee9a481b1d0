//! The receivers of webhooks, as the function reaches them.

use tokio::sync::{mpsc, oneshot};
use webhook::{Answer, Delivery, Sender, Sent, Unknown};

/// The way to the receivers.
#[derive(Clone, Debug)]
pub enum Receivers {
    /// The network.
    Network(Sender),
    /// Receivers of a test. A request without an answer is one whose connection was cut.
    Simulated(mpsc::UnboundedSender<Request>),
}

/// A request to a receiver of a test.
#[derive(Debug)]
pub struct Request {
    pub url: String,
    /// Id of the touchpoint.
    pub id: String,
    pub body: Vec<u8>,
    pub answer: oneshot::Sender<Sent>,
}

impl Receivers {
    pub async fn send(&self, delivery: &Delivery<'_>) -> Sent {
        match self {
            Self::Network(sender) => sender.send(delivery).await,
            Self::Simulated(requests) => {
                let (answer, answered) = oneshot::channel();
                let request = Request {
                    url: delivery.url.reveal().to_owned(),
                    id: delivery.id.to_owned(),
                    body: delivery.body.to_vec(),
                    answer,
                };
                // A failure drops the request, and with it the way of the answer.
                let _ = requests.send(request);
                answered.await.unwrap_or(Sent {
                    answer: Answer::Unknown(Unknown::Cut),
                    took: std::time::Duration::ZERO,
                })
            }
        }
    }
}
