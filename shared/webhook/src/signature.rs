//! Signatures of Standard Webhooks, version 1.

use base64::{Engine, prelude::BASE64_STANDARD};
use domain::webhook_secret::WebhookSecret;
use jiff::{SignedDuration, Timestamp};
use ring::hmac::{self, HMAC_SHA256, Key};
use thiserror::Error;

/// Version of a signature, in front of its base64.
const VERSION: &str = "v1,";
/// Maximum difference between a request's time and the receiver's clock, as the libraries of Standard
/// Webhooks have it.
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Error for a request that the sender of the secret did not sign.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum VerifyError {
    #[error("the header webhook-timestamp is no time in seconds")]
    Timestamp,
    #[error("the time of the request is more than five minutes away from the clock")]
    Clock,
    #[error("no signature in the header webhook-signature fits the secret and the body")]
    Signature,
}

/// Returns the value of the header `webhook-signature`: one signature for each secret.
pub fn signature(secrets: &[WebhookSecret], id: &str, timestamp: Timestamp, body: &[u8]) -> String {
    let signatures = secrets.iter().map(|secret| {
        let signing = signing(secret, id, timestamp.as_second(), body);
        format!("{VERSION}{}", BASE64_STANDARD.encode(signing.sign()))
    });
    signatures.collect::<Vec<_>>().join(" ")
}

/// Checks a request by its headers `webhook-id`, `webhook-timestamp` and `webhook-signature`.
///
/// # Errors
/// [`VerifyError`] if the time is wrong, or if no signature fits.
pub fn verify(
    secrets: &[WebhookSecret],
    id: &str,
    timestamp: &str,
    signature: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<(), VerifyError> {
    let second: i64 = timestamp.parse().map_err(|_| VerifyError::Timestamp)?;
    let at = Timestamp::from_second(second).map_err(|_| VerifyError::Timestamp)?;
    if at.duration_since(now).abs() > TOLERANCE {
        return Err(VerifyError::Clock);
    }
    let signatures = signature
        .split(' ')
        .filter_map(|it| it.strip_prefix(VERSION));
    for tag in signatures.filter_map(|it| BASE64_STANDARD.decode(it).ok()) {
        for secret in secrets {
            let key = Key::new(HMAC_SHA256, secret.key());
            let signed = [format!("{id}.{second}.").as_bytes(), body].concat();
            if hmac::verify(&key, &signed, &tag).is_ok() {
                return Ok(());
            }
        }
    }
    Err(VerifyError::Signature)
}

fn signing(secret: &WebhookSecret, id: &str, second: i64, body: &[u8]) -> hmac::Context {
    let mut signing = hmac::Context::with_key(&Key::new(HMAC_SHA256, secret.key()));
    signing.update(format!("{id}.{second}.").as_bytes());
    signing.update(body);
    signing
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use proptest::prelude::*;
    use standardwebhooks::Webhook;

    use super::*;

    /// Time of the specification's example.
    const AT: i64 = 1_614_265_330;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the oracle reads the clock of the machine"
    )]
    fn machine_time() -> Timestamp {
        Timestamp::now()
    }

    fn secret(byte: u8) -> WebhookSecret {
        WebhookSecret::new([byte; 32])
    }

    #[test]
    fn the_example_of_the_specification_has_its_signature() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let signature = signature(
            &[secret],
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            at(AT),
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    proptest! {
        #[test]
        fn the_crate_standardwebhooks_signs_the_same(
            key in any::<[u8; 32]>(),
            id in "tp_[0-9A-Za-z]{1,90}",
            body in "\\PC{0,200}",
        ) {
            let secret = WebhookSecret::new(key);
            let oracle = Webhook::new(&secret.reveal()).unwrap();
            let expected = oracle.sign(&id, AT, body.as_bytes()).unwrap();
            prop_assert_eq!(signature(&[secret], &id, at(AT), body.as_bytes()), expected);
        }
    }

    #[test]
    fn during_a_rotation_the_crate_standardwebhooks_verifies_with_either_secret() {
        let (id, body, now) = ("tp_1", br#"{"a":"\u00e4"}"#, machine_time());
        let signature = signature(&[secret(2), secret(1)], id, now, body);
        assert_eq!(signature.split(' ').count(), 2);
        let mut headers = HeaderMap::new();
        let mut set = |name, value: &str| headers.insert(name, value.parse().unwrap());
        set("webhook-id", id);
        set("webhook-timestamp", &now.as_second().to_string());
        set("webhook-signature", &signature);
        for (byte, fits) in [(1, true), (2, true), (3, false)] {
            let oracle = Webhook::new(&secret(byte).reveal()).unwrap();
            let verified = oracle.verify(body, &headers);
            assert_eq!(verified.is_ok(), fits, "{byte}");
        }
    }

    #[test]
    fn a_request_is_verified_by_its_secret_its_time_and_all_that_is_signed() {
        let (id, body) = ("tp_1", b"{}".as_slice());
        let signed = signature(&[secret(1)], id, at(AT), body);
        let time = AT.to_string();
        let check = |secrets: &[WebhookSecret], id, time: &str, signed: &str, body, now| {
            verify(secrets, id, time, signed, body, at(now))
        };
        let ours = [secret(1)];
        assert_eq!(check(&ours, id, &time, &signed, body, AT), Ok(()));
        assert_eq!(check(&ours, id, &time, &signed, body, AT + 300), Ok(()));
        assert_eq!(check(&ours, id, &time, &signed, body, AT - 300), Ok(()));
        let both = [secret(3), secret(1)];
        let two = format!("v1a,AAAA v1,!!! v1,AAAA {signed}");
        assert_eq!(check(&both, id, &time, &two, body, AT), Ok(()));
        for late in [AT + 301, AT - 301] {
            let result = check(&ours, id, &time, &signed, body, late);
            assert_eq!(result, Err(VerifyError::Clock));
        }
        for time in ["", "soon", "99999999999999"] {
            let result = check(&ours, id, time, &signed, body, AT);
            assert_eq!(result, Err(VerifyError::Timestamp));
        }
        let other_time = (AT + 1).to_string();
        for result in [
            check(&[secret(2)], id, &time, &signed, body, AT),
            check(&[], id, &time, &signed, body, AT),
            check(&ours, "tp_2", &time, &signed, body, AT),
            check(&ours, id, &other_time, &signed, body, AT),
            check(&ours, id, &time, &signed, b"{} ", AT),
            check(&ours, id, &time, "", body, AT),
            check(&ours, id, &time, "v1,", body, AT),
            check(&ours, id, &time, &signed.replace("v1,", "v2,"), body, AT),
        ] {
            assert_eq!(result, Err(VerifyError::Signature));
        }
    }
}
