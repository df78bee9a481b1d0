//! The HTTPS client of all services: its connections, and the certificates that it trusts.

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::{
    Connector,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpConnector, http_client_fn,
};
use rustls_pki_types::{CertificateDer, pem::PemObject};

use super::timeouts::{CONNECT_TIMEOUT, POOL_IDLE_TIMEOUT};
use crate::config::{CaBundle, ConfigError};

/// Root certificates of AWS's services, cross-signed or not: Amazon Root CA 1 to 4, and Starfield
/// Services Root CA G2. <https://www.amazontrust.com/repository/>
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon-roots.pem");

/// Root certificates that a client trusts, in addition to those of `AWS_CA_BUNDLE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roots {
    /// Amazon's five certificates, which are compiled in. So a cold start does not read the
    /// system's many certificates.
    Amazon,
    /// The system's certificates. A person's machine may reach AWS through a proxy with
    /// certificates of its own.
    System,
}

/// Returns the client. Build it once: its clones share its connections.
///
/// # Errors
/// - [`ConfigError::BadCaBundle`] if `bundle` has no certificates, or one that is not usable.
/// - [`ConfigError::Tls`] if the TLS library rejects its configuration.
pub fn https_client(
    roots: Roots,
    bundle: Option<CaBundle>,
) -> Result<SharedHttpClient, ConfigError> {
    let mut trusted = match roots {
        Roots::Amazon => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
        Roots::System => TrustStore::default(),
    };
    if let Some(CaBundle { path, pem }) = bundle {
        if !is_usable(&pem) {
            return Err(ConfigError::BadCaBundle(path));
        }
        trusted.add_pem_certificate(pem);
    }
    let tls = TlsContext::builder().with_trust_store(trusted).build();
    let tls = tls.map_err(|_| ConfigError::Tls)?;
    let timeouts = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT);
    let connector = Connector::builder()
        .connector_settings(timeouts.build())
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls)
        .build();
    // The library's own client would read the root certificates again for each service.
    let connector = SharedHttpConnector::new(connector);
    Ok(http_client_fn(move |_, _| connector.clone()))
}

/// Returns whether the TLS library can use a bundle. The library panics otherwise.
fn is_usable(pem: &[u8]) -> bool {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    certificates.is_ok_and(|certificates| {
        !certificates.is_empty()
            && certificates
                .iter()
                .all(|certificate| webpki::anchor_from_trusted_cert(certificate).is_ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_bundle(pem: &[u8]) -> Result<SharedHttpClient, ConfigError> {
        let path = "/etc/proxy.pem".into();
        let pem = pem.to_vec();
        https_client(Roots::Amazon, Some(CaBundle { path, pem }))
    }

    #[test]
    fn amazons_roots_are_five_and_can_be_used() {
        assert!(is_usable(AMAZON_ROOTS));
        assert_eq!(CertificateDer::pem_slice_iter(AMAZON_ROOTS).count(), 5);
        assert!(https_client(Roots::Amazon, None).is_ok());
    }

    #[test]
    fn a_bundle_of_certificates_is_taken() {
        assert!(with_bundle(AMAZON_ROOTS).is_ok());
    }

    #[test]
    fn a_bundle_that_holds_no_usable_certificates_is_one_clear_error() {
        let cut_off = AMAZON_ROOTS.get(..200).unwrap();
        let no_certificate = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for pem in [b"".as_slice(), b"not PEM", cut_off, no_certificate] {
            assert_eq!(
                with_bundle(pem).unwrap_err().to_string(),
                "AWS_CA_BUNDLE: /etc/proxy.pem is not a PEM file of certificates: set it to one, \
                 or unset it"
            );
        }
    }
}
