//! The part of API Gateway in the local stack: its changes to a request, and the envelope for a request that
//! hyper cannot read.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{extract::Request, serve::Listener};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use percent_encoding::percent_decode_str;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};
use uuid::Uuid;

/// Start and end of the reply that hyper itself gives to a request that it cannot read.
const REFUSAL: (&[u8], &[u8]) = (b"HTTP/1.1 400 Bad Request\r\n", b"\r\n\r\n");
const EMPTY: &[u8] = b"content-length: 0\r\n";

/// Changes a request as API Gateway does before it calls the function: joins the values of a header that
/// comes more than once, and decodes the path.
pub(crate) async fn forward(mut request: Request) -> Request {
    join_repeated(request.headers_mut());
    if let Some(uri) = with_decoded_path(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

fn join_repeated(headers: &mut HeaderMap) {
    let is_repeated = |name: &&HeaderName| headers.get_all(*name).iter().nth(1).is_some();
    let repeated: Vec<HeaderName> = headers.keys().filter(is_repeated).cloned().collect();
    for name in repeated {
        // The gateway leaves cookies out of the headers.
        if name == header::COOKIE {
            continue;
        }
        let values: Vec<_> = headers
            .get_all(&name)
            .iter()
            .map(HeaderValue::as_bytes)
            .collect();
        if let Ok(joined) = HeaderValue::from_bytes(&values.join(&b","[..])) {
            headers.insert(name, joined);
        }
    }
}

/// Returns the address as the function sees it. `None` if it is the same.
fn with_decoded_path(uri: &Uri) -> Option<Uri> {
    let decoded = percent_decode_str(uri.path()).decode_utf8_lossy();
    let path = api::routable_path(&decoded).unwrap_or_else(|| decoded.into_owned());
    match uri.query() {
        _ if path == uri.path() => None,
        Some(query) => format!("{path}?{query}").parse().ok(),
        None => path.parse().ok(),
    }
}

/// A listener whose connections put the refusals of hyper into the envelope.
pub(crate) struct Gateway {
    listener: TcpListener,
    api_url: Arc<str>,
}

impl Gateway {
    /// `api_url` is the address of the API, for links in replies.
    pub(crate) fn new(listener: TcpListener, api_url: &str) -> Self {
        Self {
            listener,
            api_url: api_url.into(),
        }
    }
}

impl Listener for Gateway {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let connection = Connection {
            stream,
            refusal: Vec::new(),
            api_url: self.api_url.clone(),
        };
        (connection, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection of the API.
pub(crate) struct Connection {
    stream: TcpStream,
    /// Rest of a refusal that is not sent yet.
    refusal: Vec<u8>,
    api_url: Arc<str>,
}

impl Connection {
    fn poll_refusal(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.refusal.is_empty() {
            let sent = ready!(Pin::new(&mut self.stream).poll_write(context, &self.refusal))?;
            self.refusal.drain(..sent);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_refusal(context))?;
        if is_refusal(bytes) {
            self.refusal = refusal(&self.api_url);
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_refusal(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_refusal(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Returns whether bytes are a reply of hyper itself. All other replies have a body.
fn is_refusal(bytes: &[u8]) -> bool {
    bytes.starts_with(REFUSAL.0)
        && bytes.ends_with(REFUSAL.1)
        && bytes.windows(EMPTY.len()).any(|part| part == EMPTY)
}

fn refusal(api_url: &str) -> Vec<u8> {
    let id = Uuid::new_v4().to_string();
    let body = api::unreadable(&id, api_url);
    format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncache-control: no-store\r\n\
         x-content-type-options: nosniff\r\nx-request-id: {id}\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
