//! Answers: each row of the table, late, cut, long and strange ones.

use super::*;
use crate::signature::verify;

fn whole(bytes: &[u8]) -> Body {
    Body {
        bytes: bytes.to_vec(),
        is_whole: true,
    }
}

#[tokio::test]
async fn a_request_has_the_headers_of_standard_webhooks_and_the_whole_body() {
    let receiver = Receiver::plain(Script::Answer(b"HTTP/1.1 204 No Content\r\n\r\n".into())).await;
    let sent = send_to(&Sender::local().unwrap(), &receiver.url()).await;
    let accepted = Answer::Accepted {
        status: 204,
        body: whole(b""),
    };
    assert_eq!(sent.answer, accepted);
    let [request] = &receiver.seen()[..] else {
        panic!("one connection");
    };
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert_eq!(body.as_bytes(), BODY);
    let mut lines = head.lines();
    assert_eq!(lines.next(), Some("POST /hook?key=1 HTTP/1.1"));
    let headers: Vec<_> = lines.map(|line| line.split_once(": ").unwrap()).collect();
    let value = |name| headers.iter().find(|it| it.0 == name).unwrap().1;
    let names: Vec<_> = headers.iter().map(|it| it.0).collect();
    assert_eq!(
        names,
        [
            "host",
            "content-type",
            "user-agent",
            "webhook-id",
            "webhook-timestamp",
            "webhook-signature",
            "content-length",
        ]
    );
    assert_eq!(value("host"), format!("127.0.0.1:{}", receiver.port));
    assert_eq!(value("content-type"), "application/json");
    assert!(value("user-agent").starts_with("Leadgate/"));
    let verified = verify(
        &[secret()],
        value("webhook-id"),
        value("webhook-timestamp"),
        value("webhook-signature"),
        body.as_bytes(),
        Timestamp::from_second(AT).unwrap(),
    );
    assert_eq!((verified, value("webhook-id")), (Ok(()), ID));
}

#[tokio::test]
async fn an_outcome_in_the_body_of_the_answer_is_read() {
    let json = br#"{"outcome":"answered"}"#;
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", json.len());
    let accepted = Answer::Accepted {
        status: 200,
        body: whole(json),
    };
    assert_eq!(answer([head.as_bytes(), json].concat()).await, accepted);
    // Without a length, the end of the connection ends the body.
    assert_eq!(
        answer([b"HTTP/1.1 200 OK\r\n\r\n", json.as_slice()].concat()).await,
        accepted
    );
    let chunked = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
        b\r\n{\"outcome\":\r\nb\r\n\"answered\"}\r\n0\r\n\r\n";
    assert_eq!(answer(chunked).await, accepted);
}

#[tokio::test]
async fn each_answer_is_reported_with_its_status_and_body() {
    let body = whole(b"no");
    let text = |status: &str| format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\nno");
    let refused = Answer::Refused {
        status: 422,
        body: body.clone(),
    };
    assert_eq!(answer(text("422 Unprocessable")).await, refused);
    let missed = Answer::Missed(Miss::Status {
        status: 404,
        body: body.clone(),
    });
    assert_eq!(answer(text("404 Not Found")).await, missed);
    assert_eq!(
        answer(text("410 Gone")).await,
        Answer::Gone { body: body.clone() }
    );
    let unknown = Answer::Unknown(Unknown::Status {
        status: 500,
        body: body.clone(),
    });
    assert_eq!(answer(text("500 Oops")).await, unknown);
    for (header, seconds) in [
        ("", 30),
        ("\r\nretry-after: 7", 7),
        ("\r\nRetry-After: Fri, 15 Jan 2027 08:01:00 GMT", 60),
    ] {
        let Answer::Busy {
            status: 429,
            cool_for,
            ..
        } = answer(text(&format!("429 Too Many{header}"))).await
        else {
            panic!("busy");
        };
        // The time of a date is shorter by the time of the request.
        let seconds = Duration::from_secs(seconds);
        assert!(cool_for <= seconds && cool_for > seconds - Duration::from_secs(5));
    }
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let target = Receiver::plain(Script::Answer(b"HTTP/1.1 200 OK\r\n\r\n".into())).await;
    for status in [301, 302, 303, 307, 308] {
        let text = format!(
            "HTTP/1.1 {status} Moved\r\nlocation: {}\r\n\r\n",
            target.url()
        );
        let Answer::Missed(Miss::Status { status: seen, .. }) = answer(text).await else {
            panic!("{status} is a miss");
        };
        assert_eq!(seen, status);
    }
    assert_eq!(target.seen().len(), 0);
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_in_time_may_have_the_touchpoint() {
    for script in [
        Script::Stall(Vec::new()),
        Script::Stall(b"HTTP/1.1 200 OK\r\n".into()),
        Script::Deaf,
    ] {
        let sent = send_shortly(script).await;
        assert_eq!(sent.answer, Answer::Unknown(Unknown::Timeout));
        assert!(sent.took >= SHORT, "{sent:?}");
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_before_the_answer_may_have_brought_the_touchpoint() {
    for script in [
        Script::Answer(Vec::new()),
        Script::Answer(b"HTTP/1.1 200 OK\r\nconte".into()),
        Script::Close,
    ] {
        let receiver = Receiver::plain(script.clone()).await;
        let sent = send_to(&Sender::local().unwrap(), &receiver.url()).await;
        assert_eq!(sent.answer, Answer::Unknown(Unknown::Cut), "{script:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_http_may_have_followed_the_touchpoint() {
    let long_head = format!(
        "HTTP/1.1 200 OK\r\nx: {}\r\n\r\n",
        "x".repeat(3 * MOST_HEAD)
    );
    for bytes in [
        "SSH-2.0-OpenSSH_9.6\r\n\r\n",
        "HTTP/9.9 200\r\n\r\n",
        &long_head,
    ] {
        let answer = answer(bytes).await;
        assert_eq!(
            answer,
            Answer::Unknown(Unknown::Unreadable),
            "{:.30}",
            bytes
        );
    }
}

#[tokio::test]
async fn a_status_counts_even_if_its_body_is_cut_or_late() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"outcome\":";
    let accepted = Answer::Accepted {
        status: 200,
        body: Body {
            bytes: br#"{"outcome":"#.to_vec(),
            is_whole: false,
        },
    };
    for script in [Script::Answer(head.to_vec()), Script::Stall(head.to_vec())] {
        let sent = send_shortly(script.clone()).await;
        assert_eq!(sent.answer, accepted, "{script:?}");
    }
}

#[tokio::test]
async fn at_most_64_kib_of_an_answer_are_read() {
    for (size, is_whole) in [(MOST_BODY, true), (MOST_BODY + 1, false), (200_000, false)] {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n");
        let bytes = vec![b'x'; size];
        let Answer::Accepted { status: 200, body } =
            answer([head.into_bytes(), bytes].concat()).await
        else {
            panic!("accepted");
        };
        let expected = (size.min(MOST_BODY), is_whole);
        assert_eq!((body.bytes.len(), body.is_whole), expected);
    }
}

#[tokio::test]
async fn an_endless_answer_ends_the_request_after_64_kib() {
    let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let chunk = [b"1000\r\n".as_slice(), &[b'x'; 0x1000], b"\r\n"].concat();
    let receiver = Receiver::plain(Script::Endless([head, chunk.repeat(100)].concat())).await;
    let sent = send_to(&Sender::local().unwrap(), &receiver.url()).await;
    let Answer::Accepted { status: 200, body } = sent.answer else {
        panic!("{:?}", sent.answer);
    };
    assert_eq!((body.bytes.len(), body.is_whole), (MOST_BODY, false));
    assert!(sent.took < TIMEOUT);
}
