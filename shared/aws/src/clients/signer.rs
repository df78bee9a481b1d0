//! Signs calls with the same bytes as the SDK, but with a fraction of the work (docs/adr/0015). It
//! derives the key of a day once, and ring hashes with the processor's own instructions.

use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
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
use base16ct::lower::encode_string;
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use ring::{
    digest::{SHA256, digest},
    hmac::{self, HMAC_SHA256},
};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const DATE: &str = "x-amz-date";
const TIME_FORMAT: &str = "%Y%m%dT%H%M%SZ";
const TOKEN: &str = "x-amz-security-token";
/// Maximum difference between two clocks that counts as none. AWS allows five minutes.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(1);
/// Headers that are not signed, because a proxy may change them, and the signature itself. This is
/// the SDK's list.
const NOT_SIGNED: [&str; 4] = [
    "authorization",
    "transfer-encoding",
    "user-agent",
    "x-amzn-trace-id",
];

/// AWS Signature Version 4 for one client. Caches the key of the day.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
///
/// Retries and unusual calls go to the SDK's signer. The SDK corrects the time of a retry after a
/// service has rejected the time of a call. From then on, the SDK signs every call.
#[derive(Default)]
pub(super) struct Signer {
    key: Mutex<Option<Key>>,
    is_clock_wrong: AtomicBool,
    sdk: SigV4Signer,
}

/// A derived key. It is valid for one day, one region and one service.
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
            .zip(self.ordinary(&endpoint, config))
            .and_then(|(credentials, of)| self.sign(request, credentials, of, now));
        let Some(signature) = signature else {
            let sdk = &self.sdk;
            sdk.sign_http_request(request, identity, endpoint, components, config)?;
            self.detect_wrong_clock(request, now);
            return Ok(());
        };
        for (name, value) in signature {
            request.headers_mut().try_insert(name, value)?;
        }
        Ok(())
    }
}

impl Signer {
    /// Returns the region and the service of a call. `None` if the call is a retry, or is unusual.
    /// Does not check settings that only S3 and streams put into `config`.
    fn ordinary<'a>(
        &self,
        endpoint: &AuthSchemeEndpointConfig<'_>,
        config: &'a ConfigBag,
    ) -> Option<(&'a str, &'a str)> {
        const UNUSUAL: [&str; 4] = [
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
            && !self.is_clock_wrong.load(Ordering::Relaxed)
            && operation.signing_options == SigningOptions::default()
            && UNUSUAL.iter().all(|name| endpoint.get(name).is_none());
        let region = config.load::<SigningRegion>()?.as_ref();
        let service = config.load::<SigningName>()?.as_ref();
        is_ordinary.then_some((region, service))
    }

    /// Checks whether the SDK has corrected the time of a call. If so, leaves all later calls to
    /// the SDK.
    fn detect_wrong_clock(&self, request: &HttpRequest, now: SystemTime) {
        let signed = request.headers().get(DATE);
        let signed = signed.and_then(|it| DateTime::strptime(TIME_FORMAT, it).ok());
        let signed = signed.and_then(|it| it.to_zoned(TimeZone::UTC).ok());
        if let (Some(signed), Ok(now)) = (signed, Timestamp::try_from(now))
            && now.duration_since(signed.timestamp()).abs() > TOLERANCE
        {
            self.is_clock_wrong.store(true, Ordering::Relaxed);
        }
    }

    /// Returns the headers to add. `None` if the call is one for the SDK's signer.
    fn sign(
        &self,
        request: &HttpRequest,
        credentials: &Credentials,
        (region, service): (&str, &str),
        now: SystemTime,
    ) -> Option<Vec<(&'static str, String)>> {
        let time = Timestamp::try_from(now).ok()?;
        let time = time.strftime(TIME_FORMAT).to_string();
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
        // `join` and `concat` are cheaper than `format!`, which writes piece by piece.
        let text = [ALGORITHM, &time, &scope, &canonical].join("\n");
        let signature = self.mac(credentials, &scope, &text);
        let id = credentials.access_key_id();
        let credential = [ALGORITHM, " Credential=", id, "/", &scope].concat();
        let signed_headers = [", SignedHeaders=", &names].concat();
        let authorization = [&credential, &signed_headers, ", Signature=", &signature].concat();
        let token = credentials.session_token();
        let token = token.map(|token| (TOKEN, token.to_owned()));
        let signed = [(DATE, time), ("authorization", authorization)];
        Some(signed.into_iter().chain(token).collect())
    }

    fn mac(&self, credentials: &Credentials, scope: &str, text: &str) -> String {
        let mut cached = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        let id = credentials.access_key_id();
        let key = match cached.take() {
            Some(key) if key.access_key_id == id && key.scope == scope => key,
            _ => Key::new(credentials, scope),
        };
        let mac = hmac::sign(&key.hmac, text.as_bytes());
        *cached = Some(key);
        encode_string(mac.as_ref())
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

/// Returns the headers to sign, in their order. `None` if a value is not in its canonical form, or
/// if a name occurs twice.
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

/// Returns the header `host` of a request. `None` if the request is not a `POST` of `/`.
fn host(request: &HttpRequest) -> Option<&str> {
    let (scheme, rest) = request.uri().split_once("://")?;
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    let is_root = !authority.contains(['/', '?', '#', '@']);
    let port = if scheme == "https" { ":443" } else { ":80" };
    let host = authority.strip_suffix(port).unwrap_or(authority);
    (is_root && request.method() == "POST").then_some(host)
}

fn hash(bytes: &[u8]) -> String {
    encode_string(digest(&SHA256, bytes).as_ref())
}

#[cfg(test)]
mod tests;
