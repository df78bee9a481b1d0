//! DynamoDB and SQS for the functions under measurement.
//!
//! Every function gets the same correct replies, after the same delay:
//!
//! * Writes are recorded and not stored.
//! * Reads are sent to the embedded DynamoDB once, and its reply is repeated from then on.
//!
//! [`Endpoints::keeping`] sends every call to the embedded services instead, so that the calls of a
//! whole story can be recorded.

mod call;
mod keeping;
mod recorder;
mod replies;
mod server;
mod tls;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::serve::ListenerExt;
use tokio::net::TcpListener;

use self::recorder::Recorder;
pub use self::{
    call::{Call, Change},
    tls::Authority,
};
use crate::result::Result;

/// Running endpoints of both services.
#[derive(Debug)]
pub struct Endpoints {
    /// URL of DynamoDB.
    pub dynamodb_url: String,
    /// URL of SQS.
    pub sqs_url: String,
    recorder: Arc<Recorder>,
}

impl Endpoints {
    /// Starts endpoints over plain HTTP. Reads find the items of the DynamoDB at `source`.
    /// Each reply is `delay` late.
    pub async fn http(source: &str, delay: Duration) -> Result<Self> {
        Self::over_http(Recorder::new(source, delay)).await
    }

    async fn over_http(recorder: Recorder) -> Result<Self> {
        let recorder = Arc::new(recorder);
        let mut urls = Vec::new();
        for _ in 0..2 {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            urls.push(format!("http://{}", listener.local_addr()?));
            let listener = listener.tap_io(|stream| {
                // A failure makes the connection slower, and nothing else.
                let _ = stream.set_nodelay(true);
            });
            let router = server::router(&recorder);
            tokio::spawn(async move { axum::serve(listener, router).await });
        }
        Self::at(urls, recorder)
    }

    /// Starts endpoints over plain HTTP that send every call to the embedded services.
    pub async fn keeping(dynamodb: &str, sqs: &str) -> Result<Self> {
        let recorder = Recorder::new(dynamodb, Duration::ZERO).keeping(sqs);
        Self::over_http(recorder).await
    }

    /// Starts endpoints over TLS, with certificates of `authority`.
    pub async fn tls(source: &str, delay: Duration, authority: &Authority) -> Result<Self> {
        let recorder = Arc::new(Recorder::new(source, delay));
        let mut urls = Vec::new();
        for _ in 0..2 {
            let listener = authority.listen(Arc::clone(&recorder)).await?;
            urls.push(format!("https://{}", listener.address()?));
            let router = server::router(&recorder);
            tokio::spawn(async move { axum::serve(listener, router).await });
        }
        Self::at(urls, recorder)
    }

    fn at(urls: Vec<String>, recorder: Arc<Recorder>) -> Result<Self> {
        let [dynamodb_url, sqs_url] = <[String; 2]>::try_from(urls).map_err(|_| "no endpoints")?;
        Ok(Self {
            dynamodb_url,
            sqs_url,
            recorder,
        })
    }

    /// Removes and returns the calls so far, in the order of their replies.
    pub fn take_calls(&self) -> Vec<Call> {
        self.recorder.take_calls()
    }

    /// Returns the number of TLS handshakes that began between two times.
    pub fn handshakes(&self, from: Instant, to: Instant) -> usize {
        self.recorder.handshakes(from, to)
    }

    /// Repeats a recorded write at the embedded DynamoDB, so that later reads find its item.
    ///
    /// # Errors
    /// A write that DynamoDB refuses.
    pub async fn store(&self, write: &Call) -> Result<()> {
        self.recorder.store(write).await
    }
}
