use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use aws_sdk_dynamodb::config::{Region, retry::RetryConfig};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    orchestrator::HttpResponse,
};
use jiff::{SignedDuration, civil};
use proptest::prelude::*;

use super::*;
use crate::{
    clients::{Clients, user_agent::LEADGATE},
    clock::Clock,
};

type Of = (&'static str, &'static str);

const OF: Of = ("eu-central-1", "dynamodb");

fn request(uri: &str, body: &str, headers: &[(&'static str, String)]) -> HttpRequest {
    let mut request = HttpRequest::new(body.into());
    request.set_method("POST").unwrap();
    request.set_uri(uri.to_owned()).unwrap();
    for (name, value) in headers {
        request.headers_mut().append(*name, value.clone());
    }
    request
}

fn credentials(id: &str, token: Option<String>) -> Credentials {
    Credentials::new(id, format!("secret of {id}"), token, None, "test")
}

/// Returns the headers that the SDK's signer adds to `request`.
fn expected(
    request: &HttpRequest,
    credentials: &Credentials,
    of: Of,
    now: SystemTime,
) -> Vec<(String, String)> {
    let identity = Identity::from(credentials.clone());
    let params = SigningParams::builder()
        .identity(&identity)
        .region(of.0)
        .name(of.1)
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let body = SignableBody::Bytes(request.body().bytes().unwrap());
    let headers = request.headers().iter();
    let signable = SignableRequest::new("POST", request.uri(), headers, body).unwrap();
    let (instructions, _) = sign(signable, &params).unwrap().into_parts();
    let headers = instructions.headers();
    headers
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn signed(
    signer: &Signer,
    request: &HttpRequest,
    credentials: &Credentials,
    of: Of,
    now: SystemTime,
) -> Option<Vec<(String, String)>> {
    let headers = signer.sign(request, credentials, of, now)?.into_iter();
    Some(
        headers
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

fn any_uri() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "https://dynamodb.eu-central-1.amazonaws.com/",
        "https://dynamodb.eu-central-1.amazonaws.com",
        "https://dynamodb.eu-central-1.amazonaws.com:443/",
        "https://localhost:8443/",
        "http://localhost:80/",
        "http://[::1]:8000/",
    ])
}

fn any_service() -> impl Strategy<Value = Of> {
    prop::sample::select(vec![OF, ("eu-central-1", "sqs"), ("us-east-1", "dynamodb")])
}

proptest! {
    #[test]
    fn the_headers_are_those_of_the_sdks_signer_to_the_letter(
        requests in prop::collection::vec((any_uri(), ".{0,200}", "[!-~]{1,40}( [!-~]{1,40}){0,3}", 0_u64..4_000_000_000, any_service()), 1..5),
        ids in prop::collection::vec("AKIA[A-Z0-9]{16}", 1..3),
        token in prop::option::of("[A-Za-z0-9+/=]{1,2000}"),
    ) {
        let signer = Signer::default();
        for (uri, body, value, seconds, of) in requests {
            let headers = [
                ("x-amz-target", "DynamoDB_20120810.PutItem".to_owned()),
                ("user-agent", value.clone()),
                ("amz-sdk-request", value),
                ("x-amzn-trace-id", "Root=1".to_owned()),
                ("content-type", "application/x-amz-json-1.0".to_owned()),
            ];
            let request = request(uri, &body, &headers);
            // The second call uses the cached key.
            for later in [0, 1] {
                let now = UNIX_EPOCH + Duration::from_secs(seconds + later);
                for id in &ids {
                    let credentials = credentials(id, token.clone());
                    let expected = expected(&request, &credentials, of, now);
                    let signed = signed(&signer, &request, &credentials, of, now);
                    prop_assert_eq!(signed, Some(expected));
                }
            }
        }
    }
}

#[test]
fn what_is_not_an_ordinary_call_is_left_to_the_sdk() {
    let ordinary = |headers: &[(&'static str, String)]| request("https://aws.test/", "{}", headers);
    let mut get = ordinary(&[]);
    get.set_method("GET").unwrap();
    let twice = [("x-a", "1".to_owned()), ("x-a", "2".to_owned())];
    let mut stream = ordinary(&[]);
    stream.take_body();
    let signs = |request: &HttpRequest| {
        let credentials = credentials("AKIA", None);
        signed(&Signer::default(), request, &credentials, OF, UNIX_EPOCH).is_some()
    };
    assert!(signs(&ordinary(&[])));
    for request in [
        get,
        stream,
        ordinary(&twice),
        ordinary(&[("x-a", "two  spaces".to_owned())]),
        ordinary(&[("x-a", " at the start".to_owned())]),
        request("https://aws.test/path", "{}", &[]),
        request("https://aws.test/?query", "{}", &[]),
        request("https://user@aws.test/", "{}", &[]),
    ] {
        assert!(!signs(&request), "{request:?}");
    }
}

/// A service whose clock is an hour ahead. It refuses a call that is signed for another time.
#[derive(Clone, Debug, Default)]
struct AnHourAhead(Arc<Mutex<Vec<HttpRequest>>>);

impl HttpConnector for AnHourAhead {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let now = Clock::System.now() + SignedDuration::from_hours(1);
        let off = now.duration_since(time_of(&request)).abs();
        let (status, body) = if off < SignedDuration::from_mins(5) {
            (200, "{}")
        } else {
            (400, r#"{"__type":"InvalidSignatureException"}"#)
        };
        let mut response = HttpResponse::new(status.try_into().unwrap(), body.into());
        let date = now.strftime("%a, %d %b %Y %T GMT").to_string();
        response.headers_mut().insert("date", date);
        self.0.lock().unwrap().push(request);
        HttpConnectorFuture::ready(Ok(response))
    }
}

fn time_of(request: &HttpRequest) -> Timestamp {
    let time = request.headers().get(DATE).unwrap();
    let time = civil::DateTime::strptime("%Y%m%dT%H%M%SZ", time).unwrap();
    time.in_tz("UTC").unwrap().timestamp()
}

#[tokio::test]
async fn a_call_of_a_client_is_signed_so_and_a_clock_that_is_wrong_is_corrected() {
    let service = AnHourAhead::default();
    let connector = SharedHttpConnector::new(service.clone());
    let clients = Clients::local("http://dynamodb.test", "http://sqs.test");
    let config = clients.dynamodb.config().to_builder();
    let config = config
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .region(Region::from_static(OF.0))
        .credentials_provider(credentials("AKIA", Some("token".to_owned())));
    let client = aws_sdk_dynamodb::Client::from_conf(config.build());
    client.list_tables().send().await.unwrap();
    // This call is never tried again, so its first attempt must have the right time.
    let once = aws_sdk_dynamodb::config::Builder::new().retry_config(RetryConfig::disabled());
    let call = client.list_tables().customize().config_override(once);
    call.send().await.unwrap();
    let seen = service.0.lock().unwrap();
    assert_eq!(seen.len(), 3);
    for request in seen.iter() {
        let mut unsigned = request.try_clone().unwrap();
        let added = [DATE, TOKEN, "authorization"];
        let added_later = ["amz-sdk-invocation-id", "amz-sdk-request"];
        for name in added.iter().chain(&added_later) {
            unsigned.headers_mut().remove(*name).unwrap();
        }
        let credentials = credentials("AKIA", Some("token".to_owned()));
        let signed_at = time_of(request).into();
        for (name, value) in expected(&unsigned, &credentials, OF, signed_at) {
            assert_eq!(request.headers().get(name), Some(value.as_str()));
        }
        let agent: Vec<_> = request.headers().get_all("user-agent").collect();
        assert_eq!(agent, [LEADGATE]);
        assert_eq!(request.headers().get("x-amz-user-agent"), None);
    }
}
