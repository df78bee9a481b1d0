//! A receiver that does what a script says, with or without TLS.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::sleep,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivatePkcs8KeyDer},
    },
};

/// Behaviour of a receiver, for each connection.
#[derive(Clone, Debug)]
pub enum Script {
    /// Reads the request, writes these bytes and closes the connection.
    Answer(Vec<u8>),
    /// Reads the request, writes these bytes and keeps the connection open.
    Stall(Vec<u8>),
    /// Reads the request and writes these bytes again and again.
    Endless(Vec<u8>),
    /// Closes the connection without a look at the request.
    Close,
    /// Accepts the connection and reads nothing.
    Deaf,
}

pub struct Receiver {
    pub port: u16,
    /// Everything that was read, one entry for each connection.
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
    task: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    pub async fn start(script: Script, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = seen.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(stream, script.clone(), tls.clone(), log.clone()));
            }
        });
        Self { port, seen, task }
    }

    pub async fn plain(script: Script) -> Self {
        Self::start(script, None).await
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook?key=1", self.port)
    }

    /// Returns what each connection has read.
    pub fn seen(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        let texts = seen
            .iter()
            .map(|it| String::from_utf8_lossy(it).into_owned());
        texts.collect()
    }
}

async fn connection(
    stream: TcpStream,
    script: Script,
    tls: Option<TlsAcceptor>,
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
) {
    let index = {
        let mut seen = seen.lock().unwrap();
        seen.push(Vec::new());
        seen.len() - 1
    };
    match (tls, script) {
        (_, Script::Close) => {}
        (_, Script::Deaf) => {
            sleep(Duration::from_secs(60)).await;
            drop(stream);
        }
        (None, script) => converse(stream, script, &seen, index).await,
        (Some(tls), script) => {
            if let Ok(stream) = tls.accept(stream).await {
                converse(stream, script, &seen, index).await;
            }
        }
    }
}

async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    script: Script,
    seen: &Mutex<Vec<Vec<u8>>>,
    index: usize,
) {
    let mut request = Vec::new();
    while !is_whole(&request) {
        let mut bytes = [0; 4_096];
        match stream.read(&mut bytes).await {
            Ok(count @ 1..) => request.extend(&bytes[..count]),
            _ => break,
        }
        seen.lock().unwrap()[index] = request.clone();
    }
    match script {
        Script::Answer(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Script::Stall(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.flush().await;
            sleep(Duration::from_secs(60)).await;
        }
        Script::Endless(bytes) => while stream.write_all(&bytes).await.is_ok() {},
        Script::Close | Script::Deaf => {}
    }
}

/// Returns whether a request has as many bytes of body as its head announces.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |it| it.parse().unwrap())
}

/// Certificate that a receiver shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    Good,
    /// Of an authority that the sender does not trust.
    Untrusted,
    Expired,
    /// For another host.
    OtherName,
}

/// Returns a receiver's TLS, and the certificates that the sender trusts.
pub fn tls(certificate: Certificate) -> (TlsAcceptor, RootCertStore) {
    let (root, issuer) = authority("ours");
    let (other_root, _) = authority("another");
    let name = match certificate {
        Certificate::OtherName => "other.example",
        _ => "localhost",
    };
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    if certificate == Certificate::Expired {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    }
    let key = KeyPair::generate().unwrap();
    let leaf = params.signed_by(&key, &issuer).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![leaf.der().clone()],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
        .unwrap();
    let mut roots = RootCertStore::empty();
    let trusted = match certificate {
        Certificate::Untrusted => other_root,
        _ => root,
    };
    roots.add(trusted).unwrap();
    (TlsAcceptor::from(Arc::new(config)), roots)
}

fn authority(name: &str) -> (CertificateDer<'static>, Issuer<'static, KeyPair>) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let root = params.self_signed(&key).unwrap().der().clone();
    (root, Issuer::new(params, key))
}
