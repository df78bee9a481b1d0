//! Connections to receivers: the address that was checked is the address that is dialled.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use domain::webhook_url::WebhookUrl;
use thiserror::Error;
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName},
};
use url::Host;

use crate::{address::is_public, answer::Miss};

/// Maximum time until an address has accepted a connection. Then the next address is tried. A packet
/// that is lost is sent again after a second.
const ADDRESS_TIMEOUT: Duration = Duration::from_millis(1_400);
/// Maximum number of addresses of a host that are tried. They fit into the time for a connection.
const MOST_ADDRESSES: usize = 2;

/// Error for a TLS library without the algorithms of TLS.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the TLS library rejects its configuration")]
pub struct TlsError;

/// Addresses that may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses.
    Internet,
    /// Public addresses, and this machine if the URL names it.
    InternetAndThisMachine,
}

/// Source of the addresses of a name.
#[derive(Clone, Debug)]
pub enum Names {
    System,
    /// Each look-up of any name takes the next list.
    #[cfg(test)]
    Scripted(Arc<std::sync::Mutex<std::collections::VecDeque<Vec<SocketAddr>>>>),
}

/// Makes connections.
#[derive(Clone, Debug)]
pub struct Connector {
    pub reach: Reach,
    pub names: Names,
    pub tls: Arc<ClientConfig>,
}

/// A connection to a receiver.
pub enum Connection {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

impl Connector {
    pub fn new(reach: Reach, roots: RootCertStore) -> Result<Self, TlsError> {
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|_| TlsError)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            reach,
            names: Names::System,
            tls: Arc::new(tls),
        })
    }

    /// Connects to the host of a URL. An error means that no byte of a request has gone out.
    pub async fn connect(&self, url: &WebhookUrl) -> Result<Connection, Miss> {
        let addresses = self.names.look_up(url).await.map_err(|_| Miss::Dns)?;
        if addresses.is_empty() {
            return Err(Miss::Dns);
        }
        let open = addresses.into_iter();
        let open: Vec<_> = open.filter(|it| self.may_call(url, it.ip())).collect();
        let stream = dial(&open).await?;
        if !url.is_https() {
            return Ok(Connection::Plain(stream));
        }
        let name = server_name(url).ok_or(Miss::Dns)?;
        let connector = TlsConnector::from(self.tls.clone());
        let stream = connector.connect(name, stream).await;
        let stream = stream.map_err(|error| Miss::Tls(error.to_string()))?;
        Ok(Connection::Encrypted(Box::new(stream)))
    }

    fn may_call(&self, url: &WebhookUrl, address: IpAddr) -> bool {
        let is_local = url.is_on_this_machine() && address.is_loopback();
        match self.reach {
            Reach::InternetAndThisMachine if is_local => true,
            // A request without encryption never leaves this machine.
            _ => url.is_https() && is_public(address),
        }
    }
}

impl Names {
    async fn look_up(&self, url: &WebhookUrl) -> io::Result<Vec<SocketAddr>> {
        let port = url.port();
        match (self, url.parsed_host()) {
            (_, Some(Host::Ipv4(address))) => Ok(vec![(address, port).into()]),
            (_, Some(Host::Ipv6(address))) => Ok(vec![(address, port).into()]),
            #[cfg(test)]
            (Self::Scripted(lists), _) => {
                let next = lists.lock().ok().and_then(|mut lists| lists.pop_front());
                next.ok_or_else(|| io::ErrorKind::NotFound.into())
            }
            (Self::System, _) => Ok(lookup_host((url.host(), port)).await?.collect()),
        }
    }
}

/// Connects to the first address that accepts.
async fn dial(addresses: &[SocketAddr]) -> Result<TcpStream, Miss> {
    let mut miss = Miss::Forbidden;
    for address in addresses.iter().take(MOST_ADDRESSES) {
        miss = match timeout(ADDRESS_TIMEOUT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Each request is written at once. A failure only makes it slower.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Miss::Refused,
            Ok(Err(_)) => Miss::Unreachable,
            Err(_) => Miss::ConnectTimeout,
        };
    }
    Err(miss)
}

fn server_name(url: &WebhookUrl) -> Option<ServerName<'static>> {
    match url.parsed_host()? {
        Host::Domain(name) => ServerName::try_from(name.to_owned()).ok(),
        Host::Ipv4(address) => Some(ServerName::from(IpAddr::V4(address))),
        Host::Ipv6(address) => Some(ServerName::from(IpAddr::V6(address))),
    }
}
