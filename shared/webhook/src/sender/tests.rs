//! The sender against a receiver with faults.

mod answers;
mod connections;
mod receiver;

use std::{collections::VecDeque, net::SocketAddr, sync::Mutex};

use self::receiver::{Receiver, Script};
use super::*;
use crate::connector::Names;

const ID: &str = "tp_4fJ";
const BODY: &[u8] = br#"{"type":"touchpoint.due","name":"\u00e4"}"#;
const AT: i64 = 1_800_000_000;
/// Time of a request in a test of what is late. A busy machine must send the request within it.
const SHORT: Duration = Duration::from_secs(1);

fn secret() -> WebhookSecret {
    WebhookSecret::new([7; 32])
}

/// Sends a request to a URL.
async fn send_to(sender: &Sender, url: &str) -> Sent {
    let url: WebhookUrl = url.parse().unwrap();
    let delivery = Delivery {
        url: &url,
        id: ID,
        timestamp: Timestamp::from_second(AT).unwrap(),
        secrets: &[secret()],
        body: BODY,
    };
    sender.send(&delivery).await
}

/// Sends a request to a receiver without TLS, within [`SHORT`].
async fn send_shortly(script: Script) -> Sent {
    let receiver = Receiver::plain(script).await;
    let sender = Sender::local().unwrap().with_timeout(SHORT);
    send_to(&sender, &receiver.url()).await
}

/// Sends a request to a receiver without TLS that answers with these bytes.
async fn answer(bytes: impl Into<Vec<u8>>) -> Answer {
    let receiver = Receiver::plain(Script::Answer(bytes.into())).await;
    let sent = send_to(&Sender::local().unwrap(), &receiver.url()).await;
    assert_eq!(receiver.seen().len(), 1);
    sent.answer
}

/// Returns the sender with these addresses: one list for each look-up.
fn with_names(mut sender: Sender, lists: &[&[&str]]) -> Sender {
    let parse = |list: &&[&str]| list.iter().map(|it| it.parse().unwrap()).collect();
    let lists: VecDeque<Vec<SocketAddr>> = lists.iter().map(parse).collect();
    sender.connector.names = Names::Scripted(std::sync::Arc::new(Mutex::new(lists)));
    sender
}

/// Returns the number of look-ups that are left.
fn names_left(sender: &Sender) -> usize {
    match &sender.connector.names {
        Names::Scripted(lists) => lists.lock().unwrap().len(),
        Names::System => 0,
    }
}
