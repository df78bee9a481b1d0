//! Connections: addresses that are refused, names that change, ports and certificates.

use tokio::net::TcpListener;

use super::{
    receiver::{Certificate, tls},
    *,
};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

fn miss(sent: Sent) -> Miss {
    match sent.answer {
        Answer::Missed(miss) => miss,
        other => panic!("{other:?}"),
    }
}

fn ok() -> Script {
    Script::Answer(OK.to_vec())
}

#[tokio::test]
async fn no_notation_of_this_machine_is_called_outside_a_local_stack() {
    let receiver = Receiver::plain(ok()).await;
    let sender = Sender::new().unwrap();
    for host in [
        "127.0.0.1",
        "127.9.9.9",
        "0x7f.1",
        "2130706433",
        "017700000001",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::1]",
        "localhost",
    ] {
        let url = format!("https://{host}:{}/", receiver.port);
        assert_eq!(
            miss(send_to(&sender, &url).await),
            Miss::Forbidden,
            "{host}"
        );
    }
    let url = receiver.url();
    assert_eq!(miss(send_to(&sender, &url).await), Miss::Forbidden);
    assert_eq!(receiver.seen().len(), 0);
}

#[tokio::test]
async fn a_local_stack_calls_this_machine_but_no_other_closed_address() {
    let receiver = Receiver::plain(ok()).await;
    let sender = Sender::local().unwrap();
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("http://{host}:{}/", receiver.port);
        let sent = send_to(&sender, &url).await;
        assert_eq!(sent.answer.status(), Some(200), "{host} {sent:?}");
    }
    for host in [
        "10.0.0.1",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "[::ffff:127.0.0.1]",
    ] {
        let url = format!("https://{host}:{}/", receiver.port);
        assert_eq!(
            miss(send_to(&sender, &url).await),
            Miss::Forbidden,
            "{host}"
        );
    }
}

#[tokio::test]
async fn a_name_with_a_closed_address_is_not_called() {
    let receiver = Receiver::plain(ok()).await;
    let (here, port) = (format!("127.0.0.1:{}", receiver.port), receiver.port);
    for sender in [Sender::new().unwrap(), Sender::local().unwrap()] {
        for address in [
            here.as_str(),
            "10.0.0.1:8443",
            "[::1]:8443",
            "[fe80::1]:8443",
        ] {
            let sender = with_names(sender.clone(), &[&[address]]);
            let url = format!("https://rebind.example:{port}/");
            assert_eq!(
                miss(send_to(&sender, &url).await),
                Miss::Forbidden,
                "{address}"
            );
        }
    }
    assert_eq!(receiver.seen().len(), 0);
}

#[tokio::test]
async fn a_name_that_changes_after_its_look_up_changes_nothing() {
    let receiver = Receiver::plain(ok()).await;
    let here = format!("127.0.0.1:{}", receiver.port);
    let elsewhere = Receiver::plain(ok()).await;
    let there = format!("127.0.0.1:{}", elsewhere.port);
    let url = format!("http://localhost:{}/", receiver.port);
    // The first address is checked and dialled. Nothing asks for the second one.
    let sender = with_names(Sender::local().unwrap(), &[&[&here], &[&there]]);
    assert_eq!(send_to(&sender, &url).await.answer.status(), Some(200));
    assert_eq!((names_left(&sender), elsewhere.seen().len()), (1, 0));
    // Each request checks again: the name was good before, and is closed now.
    let sender = with_names(Sender::local().unwrap(), &[&[&here], &["10.0.0.1:80"]]);
    assert_eq!(send_to(&sender, &url).await.answer.status(), Some(200));
    assert_eq!(miss(send_to(&sender, &url).await), Miss::Forbidden);
    assert_eq!(receiver.seen().len(), 2);
}

#[tokio::test]
async fn closed_addresses_beside_an_open_one_are_left_out() {
    let receiver = Receiver::plain(ok()).await;
    let here = format!("127.0.0.1:{}", receiver.port);
    let url = format!("http://localhost:{}/", receiver.port);
    let lists: &[&[&str]] = &[&["10.0.0.1:80", "[fe80::1]:80", &here]];
    let sender = with_names(Sender::local().unwrap(), lists).with_timeout(Duration::from_secs(2));
    assert_eq!(send_to(&sender, &url).await.answer.status(), Some(200));
}

#[tokio::test]
async fn a_name_without_an_address_is_a_miss() {
    let none = with_names(Sender::new().unwrap(), &[&[]]);
    let url = "https://dialer.example/";
    assert_eq!(miss(send_to(&none, url).await), Miss::Dns);
    // The script has ended: the look-up fails.
    assert_eq!(miss(send_to(&none, url).await), Miss::Dns);
}

#[tokio::test]
async fn a_closed_port_is_a_miss_and_the_next_address_is_tried() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap().to_string();
    drop(listener);
    let sender = Sender::local().unwrap();
    let url = format!("http://{closed}/");
    assert_eq!(miss(send_to(&sender, &url).await), Miss::Refused);
    let receiver = Receiver::plain(ok()).await;
    let here = format!("127.0.0.1:{}", receiver.port);
    let sender = with_names(sender, &[&[&closed, &here]]);
    let sent = send_to(&sender, "http://localhost:4000/").await;
    assert_eq!(sent.answer.status(), Some(200));
}

async fn send_over_tls(certificate: Certificate, script: Script) -> (Sent, Receiver) {
    let (acceptor, roots) = tls(certificate);
    let receiver = Receiver::start(script, Some(acceptor)).await;
    let sender = Sender::with_roots(Reach::InternetAndThisMachine, roots).unwrap();
    let sender = sender.with_timeout(Duration::from_secs(5));
    let url = format!("https://localhost:{}/x", receiver.port);
    (send_to(&sender, &url).await, receiver)
}

#[tokio::test]
async fn a_request_over_tls_is_answered() {
    let (sent, receiver) = send_over_tls(Certificate::Good, ok()).await;
    assert_eq!(sent.answer.status(), Some(200), "{sent:?}");
    assert!(receiver.seen()[0].starts_with("POST /x HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_receiver_with_a_wrong_certificate_gets_no_byte_of_the_request() {
    for (certificate, word) in [
        (Certificate::Untrusted, "UnknownIssuer"),
        (Certificate::Expired, "expired"),
        (Certificate::OtherName, "not valid for name"),
    ] {
        let (sent, receiver) = send_over_tls(certificate, ok()).await;
        let Miss::Tls(text) = miss(sent) else {
            panic!("{certificate:?} is a miss of TLS");
        };
        assert!(text.contains(word), "{text}");
        assert_eq!(receiver.seen(), [""], "{certificate:?}");
    }
}

#[tokio::test]
async fn a_receiver_without_tls_gets_no_byte_of_the_request() {
    for script in [ok(), Script::Close] {
        let receiver = Receiver::plain(script).await;
        let sender = Sender::local()
            .unwrap()
            .with_timeout(Duration::from_secs(2));
        let url = format!("https://localhost:{}/", receiver.port);
        let result = miss(send_to(&sender, &url).await);
        // The receiver waits for the end of a head that never comes.
        let is_expected = matches!(result, Miss::Tls(_) | Miss::ConnectTimeout);
        assert!(is_expected, "{result:?}");
        assert!(!receiver.seen()[0].contains("POST"));
    }
}

#[tokio::test]
async fn a_handshake_that_hangs_is_a_timeout_of_the_connection() {
    let receiver = Receiver::plain(Script::Deaf).await;
    let sender = Sender::local().unwrap().with_timeout(SHORT);
    let sent = send_to(&sender, &format!("https://localhost:{}/", receiver.port)).await;
    assert!(sent.answer.is_timeout());
    assert_eq!(miss(sent), Miss::ConnectTimeout);
}

#[tokio::test]
async fn a_connection_that_is_not_ready_after_three_seconds_brings_no_request() {
    let receiver = Receiver::plain(Script::Deaf).await;
    let sender = Sender::local().unwrap();
    let sent = send_to(&sender, &format!("https://localhost:{}/", receiver.port)).await;
    assert!(
        sent.took >= CONNECT_TIMEOUT && sent.took < TIMEOUT,
        "{sent:?}"
    );
    assert_eq!(miss(sent), Miss::ConnectTimeout);
}

#[tokio::test]
async fn a_connection_over_tls_that_is_cut_may_have_brought_the_touchpoint() {
    let (sent, receiver) = send_over_tls(Certificate::Good, Script::Answer(Vec::new())).await;
    assert_eq!(sent.answer, Answer::Unknown(Unknown::Cut));
    assert!(receiver.seen()[0].contains("tp_4fJ"));
}
