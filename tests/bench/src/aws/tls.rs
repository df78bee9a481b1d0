//! TLS for the endpoints, with certificates of an authority that is made for the run.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivatePkcs8KeyDer, version},
    server::TlsStream,
};

use super::{Seen, locked, system_authorities};
use crate::Result;

/// A certificate authority and a certificate of it for 127.0.0.1.
pub(crate) struct Authority {
    /// The authority's certificate as PEM.
    pub(crate) alone: PathBuf,
    /// The same behind those of the system, as a function reads them on AWS.
    pub(crate) with_system: PathBuf,
    acceptor: TlsAcceptor,
}

impl Authority {
    /// Makes one, and writes its certificate into `folder`.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
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

        // What DynamoDB and SQS speak: HTTP/1.1, so nothing is negotiated.
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

    pub(super) async fn listen(&self, seen: Arc<Seen>) -> Result<TlsListener> {
        Ok(TlsListener {
            tcp: TcpListener::bind("127.0.0.1:0").await?,
            acceptor: self.acceptor.clone(),
            seen,
        })
    }
}

/// Notes down when each handshake begins.
pub(super) struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
    seen: Arc<Seen>,
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
            locked(&self.seen.handshakes).push(Instant::now());
            // A connection that sends late is measured late; the call itself does not depend on it.
            let _ = tcp.set_nodelay(true);
            // One that fails is the client's to report.
            if let Ok(tls) = self.acceptor.accept(tcp).await {
                return (tls, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}
