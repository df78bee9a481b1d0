//! Signs calls as the SDK does, byte for byte, for a fraction of the work: the day's key is derived once and not for
//! each call, and ring hashes with what the processor has for it (docs/adr/0015).

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use aws_runtime::auth::{
    SigV4OperationSigningConfig, SigningOptions,
    sigv4::{SCHEME_ID, SigV4Signer},
};
use aws_sdk_dynamodb::config::{ConfigBag, Credentials, RuntimeComponents};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        auth::{AuthScheme, AuthSchemeEndpointConfig, AuthSchemeId, Sign},
        identity::{Identity, SharedIdentityResolver},
        orchestrator::HttpRequest,
        retries::RequestAttempts,
        runtime_components::GetIdentityResolver,
    },
};
use aws_types::{SigningName, region::SigningRegion};
use jiff::Timestamp;
use ring::{
    digest::{SHA256, digest},
    hmac::{self, HMAC_SHA256},
};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const DATE: &str = "x-amz-date";
const TOKEN: &str = "x-amz-security-token";
/// What may change on the way, and the signature itself. The SDK's list.
const NOT_SIGNED: [&str; 4] = [
    "authorization",
    "transfer-encoding",
    "user-agent",
    "x-amzn-trace-id",
];

/// AWS Signature Version 4 with a key that is kept, for one client.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
///
/// The SDK's own signer has all that is not a first attempt of an ordinary call. So it has each retry, and with it the
/// correction of a clock that is wrong.
#[derive(Default)]
pub(super) struct Signer {
    key: Mutex<Option<Key>>,
    sdk: SigV4Signer,
}

/// Good for a day, a region and a service.
struct Key {
    access_key_id: String,
    scope: String,
    hmac: hmac::Key,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").finish_non_exhaustive()
    }
}

impl AuthScheme for Signer {
    fn scheme_id(&self) -> AuthSchemeId {
        SCHEME_ID
    }

    fn identity_resolver(
        &self,
        identity_resolvers: &dyn GetIdentityResolver,
    ) -> Option<SharedIdentityResolver> {
        identity_resolvers.identity_resolver(SCHEME_ID)
    }

    fn signer(&self) -> &dyn Sign {
        self
    }
}

impl Sign for Signer {
    fn sign_http_request(
        &self,
        request: &mut HttpRequest,
        identity: &Identity,
        endpoint: AuthSchemeEndpointConfig<'_>,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        let now = components.time_source().unwrap_or_default().now();
        let signature = identity
            .data()
            .zip(ordinary(&endpoint, config))
            .and_then(|(credentials, of)| self.sign(request, credentials, of, now));
        let Some(signature) = signature else {
            let sdk = &self.sdk;
            return sdk.sign_http_request(request, identity, endpoint, components, config);
        };
        for (name, value) in signature {
            request.headers_mut().try_insert(name, value)?;
        }
        Ok(())
    }
}

/// The region and the service to sign for, if it is a first attempt and nothing wants to be signed in a way of its own.
fn ordinary<'a>(
    endpoint: &AuthSchemeEndpointConfig<'_>,
    config: &'a ConfigBag,
) -> Option<(&'a str, &'a str)> {
    const OWN_WAYS: [&str; 4] = [
        "signingRegion",
        "signingName",
        "disableDoubleEncoding",
        "disableNormalizePath",
    ];
    let operation = config.load::<SigV4OperationSigningConfig>()?;
    let attempts = config
        .load::<RequestAttempts>()
        .map_or(1, RequestAttempts::attempts);
    let is_ordinary = attempts == 1
        && operation.signing_options == SigningOptions::default()
        && OWN_WAYS.iter().all(|name| endpoint.get(name).is_none());
    let region = config.load::<SigningRegion>()?.as_ref();
    let service = config.load::<SigningName>()?.as_ref();
    is_ordinary.then_some((region, service))
}

impl Signer {
    /// The headers to add; none: the SDK's own signer knows how.
    fn sign(
        &self,
        request: &HttpRequest,
        credentials: &Credentials,
        (region, service): (&str, &str),
        now: SystemTime,
    ) -> Option<Vec<(&'static str, String)>> {
        let time = Timestamp::try_from(now).ok()?;
        let time = time.strftime("%Y%m%dT%H%M%SZ").to_string();
        let headers = headers(request, &time, credentials.session_token())?;
        let names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let mut canonical = String::with_capacity(4_096);
        canonical.push_str("POST\n/\n\n");
        for (name, value) in headers {
            canonical.extend([name, ":", value, "\n"]);
        }
        canonical.extend(["\n", &names, "\n", &hash(request.body().bytes()?)]);

        let scope = format!("{}/{region}/{service}/aws4_request", time.get(..8)?);
        let canonical = hash(canonical.as_bytes());
        let signature = self.mac(
            credentials,
            &scope,
            &format!("{ALGORITHM}\n{time}\n{scope}\n{canonical}"),
        );
        let id = credentials.access_key_id();
        let authorization = format!(
            "{ALGORITHM} Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}"
        );
        let token = credentials.session_token();
        let token = token.map(|token| (TOKEN, token.to_owned()));
        let signed = [(DATE, time), ("authorization", authorization)];
        Some(signed.into_iter().chain(token).collect())
    }

    fn mac(&self, credentials: &Credentials, scope: &str, text: &str) -> String {
        let mut kept = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        let id = credentials.access_key_id();
        let key = match kept.take() {
            Some(key) if key.access_key_id == id && key.scope == scope => key,
            _ => Key::new(credentials, scope),
        };
        let mac = hmac::sign(&key.hmac, text.as_bytes());
        *kept = Some(key);
        hex::encode(mac)
    }
}

impl Key {
    fn new(credentials: &Credentials, scope: &str) -> Self {
        let secret = format!("AWS4{}", credentials.secret_access_key());
        let first = hmac::Key::new(HMAC_SHA256, secret.as_bytes());
        let hmac = scope.split('/').fold(first, |key, part| {
            let next = hmac::sign(&key, part.as_bytes());
            hmac::Key::new(HMAC_SHA256, next.as_ref())
        });
        Self {
            access_key_id: credentials.access_key_id().to_owned(),
            scope: scope.to_owned(),
            hmac,
        }
    }
}

/// Those that are signed, in their order; none if one of them is not in its canonical form.
fn headers<'a>(
    request: &'a HttpRequest,
    time: &'a str,
    token: Option<&'a str>,
) -> Option<Vec<(&'a str, &'a str)>> {
    let added = [("host", host(request)?), (DATE, time)];
    let token = token.map(|token| (TOKEN, token));
    let own = request.headers().iter();
    let mut headers: Vec<_> = own
        .filter(|(name, _)| !NOT_SIGNED.contains(name))
        .chain(added)
        .chain(token)
        .collect();
    headers.sort_unstable();
    let is_plain = |value: &str| {
        !value.contains(' ') || value.trim_matches(' ') == value && !value.contains("  ")
    };
    let are_plain = headers.iter().all(|(_, value)| is_plain(value));
    let mut twos = headers.iter().zip(headers.iter().skip(1));
    let are_single = twos.all(|(one, next)| one.0 != next.0);
    (are_plain && are_single).then_some(headers)
}

/// As the HTTP client sends it, if the request is a `POST` of `/`.
fn host(request: &HttpRequest) -> Option<&str> {
    let (scheme, rest) = request.uri().split_once("://")?;
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    let is_root = !authority.contains(['/', '?', '#', '@']);
    let port = if scheme == "https" { ":443" } else { ":80" };
    let host = authority.strip_suffix(port).unwrap_or(authority);
    (is_root && request.method() == "POST").then_some(host)
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes))
}

#[cfg(test)]
mod tests {
    use std::{
        sync::Arc,
        time::{Duration, UNIX_EPOCH},
    };

    use aws_sdk_dynamodb::config::Region;
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
    use crate::{aws::Clients, clock::Clock};

    const OF: (&str, &str) = ("eu-central-1", "dynamodb");

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
        Credentials::new(id, "secret", token, None, "test")
    }

    /// What the SDK's signer adds to `request`.
    fn expected(
        request: &HttpRequest,
        credentials: &Credentials,
        now: SystemTime,
    ) -> Vec<(String, String)> {
        let identity = Identity::from(credentials.clone());
        let params = SigningParams::builder()
            .identity(&identity)
            .region(OF.0)
            .name(OF.1)
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
        now: SystemTime,
    ) -> Option<Vec<(String, String)>> {
        let headers = signer.sign(request, credentials, OF, now)?.into_iter();
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

    proptest! {
        #[test]
        fn the_headers_are_those_of_the_sdks_signer_to_the_letter(
            requests in prop::collection::vec((any_uri(), ".{0,200}", "[!-~]{1,40}( [!-~]{1,40}){0,3}", 0_u64..4_000_000_000), 1..5),
            ids in prop::collection::vec("AKIA[A-Z0-9]{16}", 1..3),
            token in prop::option::of("[A-Za-z0-9+/=]{1,2000}"),
        ) {
            let signer = Signer::default();
            for (uri, body, value, seconds) in requests {
                let headers = [
                    ("x-amz-target", "DynamoDB_20120810.PutItem".to_owned()),
                    ("user-agent", value.clone()),
                    ("amz-sdk-request", value),
                    ("x-amzn-trace-id", "Root=1".to_owned()),
                    ("content-type", "application/x-amz-json-1.0".to_owned()),
                ];
                let request = request(uri, &body, &headers);
                // The second time with the key that was kept.
                for later in [0, 1] {
                    let now = UNIX_EPOCH + Duration::from_secs(seconds + later);
                    for id in &ids {
                        let credentials = credentials(id, token.clone());
                        let expected = expected(&request, &credentials, now);
                        let signed = signed(&signer, &request, &credentials, now);
                        prop_assert_eq!(signed, Some(expected));
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_not_an_ordinary_call_is_left_to_the_sdk() {
        let ordinary =
            |headers: &[(&'static str, String)]| request("https://aws.test/", "{}", headers);
        let mut get = ordinary(&[]);
        get.set_method("GET").unwrap();
        let twice = [("x-a", "1".to_owned()), ("x-a", "2".to_owned())];
        let mut stream = ordinary(&[]);
        stream.take_body();
        let signs = |request: &HttpRequest| {
            let credentials = credentials("AKIA", None);
            signed(&Signer::default(), request, &credentials, UNIX_EPOCH).is_some()
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

    /// A service whose clock is an hour ahead, and which says so to whoever signs for another time.
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
        let seen = service.0.lock().unwrap();
        assert_eq!(seen.len(), 2);
        for request in seen.iter() {
            let mut unsigned = request.try_clone().unwrap();
            let added = [DATE, TOKEN, "authorization"];
            let added_later = ["amz-sdk-invocation-id", "amz-sdk-request"];
            for name in added.iter().chain(&added_later) {
                unsigned.headers_mut().remove(*name).unwrap();
            }
            let credentials = credentials("AKIA", Some("token".to_owned()));
            for (name, value) in expected(&unsigned, &credentials, time_of(request).into()) {
                assert_eq!(request.headers().get(name), Some(value.as_str()));
            }
        }
    }
}
