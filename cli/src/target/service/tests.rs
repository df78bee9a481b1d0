use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aws::clients::{Roots, https_client, with_limits};
use aws_config::{Region, retry::RetryConfig, timeout::TimeoutConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_types::sdk_config;
use axum::{Router, http::HeaderMap, routing::post};
use http::StatusCode;
use tokio::net::TcpListener;

use super::*;
use crate::target::cloudformation::{Outputs, describe_stack};

const STACK: &str = "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><Outputs><member>\
                     <OutputKey>TableName</OutputKey><OutputValue>leads</OutputValue></member></Outputs>\
                     </member></Stacks></DescribeStacksResult></DescribeStacksResponse>";

async fn listener() -> (TcpListener, sdk_config::Builder) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let credentials = Credentials::new("id", "secret", None, None, "test");
    let config = with_limits(SdkConfig::builder())
        .http_client(https_client(Roots::Amazon, None).unwrap())
        .region(Region::from_static("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(url)
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)));
    (listener, config)
}

fn table(outputs: Result<Outputs, CallError>) -> Option<String> {
    outputs.unwrap().value("TableName").map(str::to_owned)
}

#[tokio::test]
async fn a_silent_server_is_given_up_at_the_timeouts() {
    let (listener, config) = listener().await;
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let silent = async move || {
        counted.fetch_add(1, Ordering::Relaxed);
        pending::<()>().await;
    };
    let router = Router::new().route("/", post(silent));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_millis(100));
    let config = config.timeout_config(timeouts.build()).build();
    let error = describe_stack(&config, "x").await.unwrap_err();
    assert!(matches!(error, SdkError::TimeoutError(_)), "{error:?}");
    assert_eq!(calls.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_broken_connection_is_tried_again() {
    let (listener, config) = listener().await;
    tokio::spawn(async move {
        drop(listener.accept().await);
        let router = Router::new().route("/", post(async || STACK));
        axum::serve(listener, router).await
    });
    let outputs = describe_stack(&config.build(), "x").await;
    assert_eq!(table(outputs).as_deref(), Some("leads"));
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_by_that_of_cloudformation() {
    let (listener, config) = listener().await;
    let answer = async |headers: HeaderMap| {
        let is_corrected = headers["x-amz-date"].to_str().unwrap().starts_with("2050");
        let date = [("date", "Sat, 01 Jan 2050 00:00:00 GMT")];
        if is_corrected {
            return (StatusCode::OK, date, STACK);
        }
        let refusal = "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>Signature \
                       expired</Message></Error></ErrorResponse>";
        (StatusCode::FORBIDDEN, date, refusal)
    };
    let router = Router::new().route("/", post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let outputs = describe_stack(&config.build(), "x").await;
    assert_eq!(table(outputs).as_deref(), Some("leads"));
}
