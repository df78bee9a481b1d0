//! The HTTP server of an endpoint.

use std::{sync::Arc, time::Instant};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;
use tokio::time::sleep;

use super::{call::Call, recorder::Recorder, replies};

pub(super) const TARGET: HeaderName = HeaderName::from_static("x-amz-target");

pub(super) fn router(recorder: &Arc<Recorder>) -> Router {
    Router::new()
        .fallback(answer)
        .with_state(Arc::clone(recorder))
}

async fn answer(
    State(recorder): State<Arc<Recorder>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let begun = Instant::now();
    let operation = headers
        .get(TARGET)
        .and_then(|target| target.to_str().ok())
        .and_then(|target| target.rsplit('.').next())
        .unwrap_or_default()
        .to_owned();
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let answered = match (&recorder.sqs, replies::to_write(&operation, &request)) {
        (Some(sqs), _) => recorder.pass_on(sqs, &headers, body).await,
        (None, Some(reply)) => Ok((StatusCode::OK, reply, Vec::new())),
        (None, None) => {
            let read = recorder.read(&headers, body).await;
            read.map(|(status, reply)| (status, reply, Vec::new()))
        }
    };
    let (status, reply, changes) = answered.unwrap_or_else(|error| {
        let text = error.to_string().into();
        (StatusCode::INTERNAL_SERVER_ERROR, text, Vec::new())
    });
    let kept_reply = match recorder.sqs {
        Some(_) => serde_json::from_slice(&reply).unwrap_or_default(),
        None => Value::Null,
    };
    sleep(recorder.delay).await;
    let crc32 = crc32fast::hash(&reply);
    let mut response = Response::new(Body::from(reply));
    *response.status_mut() = status;
    let reply_headers = response.headers_mut();
    reply_headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-amz-json-1.0"),
    );
    reply_headers.insert("x-amz-crc32", crc32.into());
    reply_headers.insert(
        "x-amzn-requestid",
        HeaderValue::from_static("4B1JTN3BVJ0JQ5NB2UAMQ0M8DRVV4KQNSO5AEMVJF66Q9ASUAAJG"),
    );
    recorder.add_call(Call {
        operation,
        body: request,
        reply: kept_reply,
        changes,
        headers,
        begun,
        ended: Instant::now(),
    });
    response
}
