//! The router as a Lambda function behind an HTTP API of API Gateway.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use axum::{Router, body::to_bytes, response::Response};
use futures::future::BoxFuture;
use http::{header, uri::PathAndQuery};
use lambda_http::{
    Adapter, Body, IntoResponse, LambdaEvent, Service, request::LambdaRequest,
    tower::util::MapResponse,
};

use crate::{AppState, refusing, router};

type Answering = Adapter<'static, Text, MapResponse<Router, fn(Response) -> Text>>;

/// An answer whose body is text, as in every answer of the router. `lambda_http` would decode the body by
/// its content type, and its tables of other encodings would be 3 % of the function's zip.
pub struct Text(Response);

impl IntoResponse for Text {
    fn into_response(self) -> BoxFuture<'static, http::Response<Body>> {
        let (parts, body) = self.0.into_parts();
        Box::pin(async {
            // The whole body is in memory, so it can be read.
            let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
            let text = String::from_utf8_lossy(&body).into_owned();
            http::Response::from_parts(parts, text.into())
        })
    }
}

/// Answers the gateway's events. A request that `lambda_http` cannot read is refused in the envelope, where
/// `lambda_http` alone would panic.
#[derive(Clone)]
pub struct Function {
    api: Answering,
    refusing: Answering,
}

impl Function {
    pub fn new(state: AppState) -> Self {
        let answering = |router| Answering::from(MapResponse::new(router, Text as fn(_) -> _));
        Self {
            refusing: answering(refusing(state.api_url.clone())),
            api: answering(router(state)),
        }
    }
}

impl Service<LambdaEvent<LambdaRequest>> for Function {
    type Response = <Answering as Service<LambdaEvent<LambdaRequest>>>::Response;
    type Error = Infallible;
    type Future = <Answering as Service<LambdaEvent<LambdaRequest>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.api.poll_ready(context)
    }

    fn call(&mut self, mut event: LambdaEvent<LambdaRequest>) -> Self::Future {
        if prepare(&mut event.payload) {
            self.api.call(event)
        } else {
            self.refusing.call(event)
        }
    }
}

/// Makes the address of a request safe for `lambda_http`. Returns `false` if it cannot be read.
fn prepare(request: &mut LambdaRequest) -> bool {
    let LambdaRequest::ApiGatewayV2(request) = request else {
        return true;
    };
    // lambda_http makes a URL of them and panics if it is wrong. The API uses the path and the query alone.
    request.headers.remove(header::HOST);
    request.request_context.domain_name = None;
    let path = request.raw_path.get_or_insert_default();
    if let Some(encoded) = routable_path(path) {
        *path = encoded;
    }
    let query = request.raw_query_string.as_deref().unwrap_or_default();
    let is_readable = query.is_empty() || PathAndQuery::try_from(format!("{path}?{query}")).is_ok();
    if !is_readable {
        request.raw_query_string = None;
    }
    is_readable
}

/// Returns a path that the gateway has decoded as the router takes it. `None` if the path needs no change.
///
/// One slash at the end is left out. No route has a path with more, whose error shows them all. Other characters
/// are encoded, so that each one stands for itself.
///
/// A `?` or `#` would end the path, and lambda_http would resolve `.` and `..`. These are encoded twice,
/// because lambda_http resolves `%2e` too. No route has such a part.
pub fn routable_path(path: &str) -> Option<String> {
    let whole = path;
    let path = match path.strip_suffix('/') {
        Some(rest) if !rest.is_empty() && !rest.ends_with('/') => rest,
        _ => path,
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_~".contains(&byte);
    if path.starts_with('/') && path.bytes().all(is_plain) {
        return (path != whole).then(|| path.to_owned());
    }
    let mut encoded = String::with_capacity(path.len() * 3);
    for part in path.strip_prefix('/').unwrap_or(path).split('/') {
        encoded.push('/');
        if matches!(part, "." | "..") {
            encoded.push_str(&part.replace('.', "%252e"));
            continue;
        }
        for byte in part.bytes() {
            if is_plain(byte) || byte == b'.' {
                encoded.push(char::from(byte));
            } else {
                encoded.push_str(&format!("%{byte:02x}"));
            }
        }
    }
    Some(encoded)
}
