//! Sends a request over HTTPS, or over plain HTTP to this machine.

use std::fmt;

use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        http::SharedHttpClient,
        orchestrator::{HttpRequest, HttpResponse, OrchestratorError},
        result::SdkError,
        stalled_stream_protection::StalledStreamProtectionConfig,
    },
};
use aws_smithy_types::{body::SdkBody, error::ErrorMetadata, timeout::TimeoutConfig};
use serde_json::Value;

/// Reason why a request has no reply.
pub type SendError = SdkError<ErrorMetadata, HttpResponse>;

/// A request before it has the form of the HTTP client.
pub struct Request {
    pub method: &'static str,
    pub path: String,
    pub key: String,
    pub body: Option<Value>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({}, redacted)", self.method)
    }
}

/// Sends a request once. Returns the status and the body of the reply.
///
/// # Errors
/// [`SendError`] if the API cannot be reached.
pub async fn send(
    client: SharedHttpClient,
    url: &str,
    request: Request,
) -> Result<(u16, String), SendError> {
    Operation::builder()
        .service_name("Leadgate")
        .operation_name(request.method)
        .http_client(client)
        .endpoint_url(url)
        .no_auth()
        .no_retry()
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .serializer(to_http)
        .deserializer(read)
        .build()
        .invoke(request)
        .await
}

fn to_http(request: Request) -> Result<HttpRequest, BoxError> {
    let Request {
        method,
        path,
        key,
        body,
    } = request;
    let text = body.map(|body| body.to_string());
    let mut http = HttpRequest::new(text.map_or_else(SdkBody::empty, SdkBody::from));
    http.set_method(method)?;
    http.set_uri(path)?;
    let headers = http.headers_mut();
    headers.try_insert("content-type", "application/json")?;
    headers.try_insert("x-api-key", key.trim().to_owned())?;
    headers.try_insert(
        "user-agent",
        concat!("leadgate/", env!("CARGO_PKG_VERSION")),
    )?;
    Ok(http)
}

fn read(response: &HttpResponse) -> Result<(u16, String), OrchestratorError<ErrorMetadata>> {
    let bytes = response.body().bytes().unwrap_or_default();
    let text = String::from_utf8_lossy(bytes).into_owned();
    Ok((response.status().as_u16(), text))
}
