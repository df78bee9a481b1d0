//! TLS for the endpoints, with a certificate authority that each run makes for itself.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivatePkcs8KeyDer, version},
    server::TlsStream,
};

use super::recorder::Recorder;
use crate::result::Result;

/// Files of the system's own certificate authorities: on Debian and on Red Hat.
const SYSTEM_AUTHORITIES: [&str; 2] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
];

/// A certificate authority, and its certificate for 127.0.0.1.
pub struct Authority {
    /// PEM file with the authority's certificate.
    pub alone: PathBuf,
    /// PEM file with the system's certificates and the authority's, for builds that read the
    /// system's.
    pub with_system: PathBuf,
    acceptor: TlsAcceptor,
}

impl Authority {
    /// Makes an authority and writes its certificate into `folder`.
    pub fn new(folder: &Path) -> Result<Self> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        let issuer = Issuer::new(params, key);
        let server_key = KeyPair::generate()?;
        let server =
            CertificateParams::new(["127.0.0.1".to_owned()])?.signed_by(&server_key, &issuer)?;

        let pem = certificate.pem();
        let (alone, with_system) = (folder.join("ca.pem"), folder.join("ca-with-system.pem"));
        fs::write(&alone, &pem)?;
        fs::write(
            &with_system,
            [system_authorities(), pem.into_bytes()].concat(),
        )?;

        // DynamoDB and SQS use HTTP/1.1, so there is no protocol to negotiate.
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])?
            .with_no_client_auth()
            .with_single_cert(
                vec![server.der().clone(), certificate.der().clone()],
                PrivatePkcs8KeyDer::from(server_key.serialize_der()).into(),
            )?;
        Ok(Self {
            alone,
            with_system,
            acceptor: TlsAcceptor::from(Arc::new(config)),
        })
    }

    pub(super) async fn listen(&self, recorder: Arc<Recorder>) -> Result<TlsListener> {
        Ok(TlsListener {
            tcp: TcpListener::bind("127.0.0.1:0").await?,
            acceptor: self.acceptor.clone(),
            recorder,
        })
    }
}

/// Listener that records the start of each handshake.
pub(super) struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
    recorder: Arc<Recorder>,
}

impl TlsListener {
    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((tcp, address)) = self.tcp.accept().await else {
                continue;
            };
            self.recorder.add_handshake();
            // A failure makes the connection slower, and nothing else.
            let _ = tcp.set_nodelay(true);
            // After a failed handshake, the client reports the error.
            if let Ok(tls) = self.acceptor.accept(tcp).await {
                return (tls, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// Returns the certificates of the system's own authorities. Empty if the system has no such file.
fn system_authorities() -> Vec<u8> {
    SYSTEM_AUTHORITIES
        .into_iter()
        .find_map(|file| fs::read(file).ok())
        .unwrap_or_default()
}
