//! URLs of webhooks ([contract](../../../docs/contract.md#destinations)).
//!
//! A URL has `https`. A program on this machine may have `http`, but only the local stack calls it.
//! Some receivers have their secret in the path, so only [`WebhookUrl::reveal`] shows it.

use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};
use thiserror::Error;
use url::{Host, Url};

/// Maximum length of a URL in bytes, which common web servers accept.
const MAX_LENGTH: usize = 2_048;
/// Largest port that is reserved for services of the system, such as mail and SSH.
const LAST_SYSTEM_PORT: u16 = 1_023;

/// An absolute URL that Leadgate may send touchpoints to. The sender still checks the address that
/// the host's name has at that time.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl(Url);

/// Error for a text that is no URL of a webhook. The message follows the name of the field, and
/// leaves the URL out.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum WebhookUrlError {
    #[error("must be a URL, such as https://dialer.example.com/leadgate")]
    Syntax,
    #[error("must not be longer than {MAX_LENGTH} characters")]
    TooLong,
    /// The scheme is not `https`, and the URL is not one of `http` on this machine.
    #[error(
        "must begin with https://. Only a program on this machine (localhost) can have http://, \
         and only a local stack can call it"
    )]
    Scheme,
    #[error(
        "must not have a user name or a password: check the signature of each request instead, or \
         put a secret into the path"
    )]
    Credentials,
    #[error("must not have a fragment, the part after #: no client sends it")]
    Fragment,
    #[error("must have a port above {LAST_SYSTEM_PORT}, or no port at all")]
    Port,
}

impl WebhookUrl {
    /// Returns the whole URL, also the path and the query, which may be secret.
    pub fn reveal(&self) -> &str {
        self.0.as_str()
    }

    /// Returns the host as it is in the `Host` header, without the port. An IPv6 address has its
    /// brackets.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Returns the host, read as an address if it is one.
    pub fn parsed_host(&self) -> Option<Host<&str>> {
        self.0.host()
    }

    /// Returns the port, also if the URL does not name it.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(443)
    }

    /// Returns the path and the query, as the first line of a request has them.
    pub fn path_and_query(&self) -> &str {
        let start = url::Position::BeforePath;
        &self.0[start..url::Position::AfterQuery]
    }

    /// Returns the host, with the port if the URL names it, as the `Host` header has them.
    pub fn authority(&self) -> &str {
        &self.0[url::Position::BeforeHost..url::Position::AfterPort]
    }

    /// Returns whether requests are encrypted.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Returns whether the host is this machine by its name or address. Only the local stack calls
    /// such a URL.
    pub fn is_on_this_machine(&self) -> bool {
        is_on_this_machine(&self.0)
    }

    /// Returns the first 16 bytes of the SHA-256 of the URL. A try keeps it, so that a repeated try
    /// never goes to another URL.
    pub fn hash(&self) -> [u8; 16] {
        let digest = Sha256::digest(self.0.as_str().as_bytes());
        digest.first_chunk().copied().unwrap_or_default()
    }
}

fn is_on_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl FromStr for WebhookUrl {
    type Err = WebhookUrlError;

    fn from_str(text: &str) -> Result<Self, WebhookUrlError> {
        if text.len() > MAX_LENGTH {
            return Err(WebhookUrlError::TooLong);
        }
        let url = Url::parse(text).map_err(|_| WebhookUrlError::Syntax)?;
        // The parser also reads `https:host` and drops tabs and line ends.
        let has_slashes = text.split_once("://").is_some();
        let is_plain = text.bytes().all(|byte| byte > b' ' && byte != 0x7f);
        if !has_slashes || !is_plain || url.host_str().is_none_or(str::is_empty) {
            return Err(WebhookUrlError::Syntax);
        }
        match url.scheme() {
            "https" => {}
            "http" if is_on_this_machine(&url) => {}
            _ => return Err(WebhookUrlError::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(WebhookUrlError::Credentials);
        }
        if url.fragment().is_some() {
            return Err(WebhookUrlError::Fragment);
        }
        if url.port().is_some_and(|port| port <= LAST_SYSTEM_PORT) {
            return Err(WebhookUrlError::Port);
        }
        if url.as_str().len() > MAX_LENGTH {
            return Err(WebhookUrlError::TooLong);
        }
        Ok(Self(url))
    }
}

/// Shows scheme, host and port. The path may be secret.
impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0[..url::Position::AfterPort])?;
        f.write_str(if self.path_and_query() == "/" {
            "/"
        } else {
            "/..."
        })
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, WebhookUrlError> {
        text.parse().map(|url: WebhookUrl| url.reveal().to_owned())
    }

    #[test]
    fn https_is_accepted_on_its_own_port_and_above_the_ports_of_the_system() {
        for (text, expected) in [
            ("https://a.example/x?y=1", "https://a.example/x?y=1"),
            ("HTTPS://A.Example", "https://a.example/"),
            ("https://a.example:443/", "https://a.example/"),
            ("https://a.example:1024/", "https://a.example:1024/"),
            ("https://a.example:65535/", "https://a.example:65535/"),
            (
                "https://bücher.example/ü",
                "https://xn--bcher-kva.example/%C3%BC",
            ),
            ("https://203.0.113.7/", "https://203.0.113.7/"),
            ("https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443/"),
            ("https://localhost:4000/", "https://localhost:4000/"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn http_is_accepted_on_this_machine_only() {
        for text in [
            "http://localhost:4000/x",
            "http://127.0.0.1:4000/",
            "http://127.9.9.9/",
            "http://[::1]:4000/",
        ] {
            let url: WebhookUrl = text.parse().unwrap();
            assert!(url.is_on_this_machine() && !url.is_https(), "{text}");
        }
        for text in [
            "http://a.example/",
            "http://localhost.example/",
            "http://10.0.0.1/",
            "http://[::ffff:127.0.0.1]/",
            "ftp://localhost/",
            "file:///etc/passwd",
        ] {
            assert!(text.parse::<WebhookUrl>().is_err(), "{text}");
        }
    }

    #[test]
    fn each_other_notation_of_an_address_is_read_as_this_address() {
        for text in [
            "https://0x7f.1/",
            "https://2130706433/",
            "https://0177.0.0.1/",
        ] {
            let url: WebhookUrl = text.parse().unwrap();
            assert_eq!(url.host(), "127.0.0.1", "{text}");
            assert!(url.is_on_this_machine());
        }
    }

    #[test]
    fn a_wrong_url_is_refused_with_its_reason() {
        let long = format!("https://a.example/{}", "x".repeat(MAX_LENGTH));
        for (text, expected) in [
            ("", WebhookUrlError::Syntax),
            ("a.example/x", WebhookUrlError::Syntax),
            ("https:a.example", WebhookUrlError::Syntax),
            ("https://a .example/", WebhookUrlError::Syntax),
            ("https://a.example/a b", WebhookUrlError::Syntax),
            ("https://a.example/\n", WebhookUrlError::Syntax),
            ("https://a.example:65536/", WebhookUrlError::Syntax),
            (&long, WebhookUrlError::TooLong),
            ("http://a.example/", WebhookUrlError::Scheme),
            ("ws://a.example/", WebhookUrlError::Scheme),
            ("https://me@a.example/", WebhookUrlError::Credentials),
            ("https://:word@a.example/", WebhookUrlError::Credentials),
            ("https://a.example/#x", WebhookUrlError::Fragment),
            ("https://a.example:22/", WebhookUrlError::Port),
            ("https://a.example:80/", WebhookUrlError::Port),
            ("https://a.example:1023/", WebhookUrlError::Port),
            ("https://a.example:0/", WebhookUrlError::Port),
        ] {
            assert_eq!(parse(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn a_printed_url_hides_its_path_and_query() {
        let url: WebhookUrl = "https://hooks.example:8443/T0/secret?token=secret"
            .parse()
            .unwrap();
        assert_eq!(url.to_string(), "https://hooks.example:8443/...");
        assert_eq!(
            format!("{url:?}"),
            "WebhookUrl(https://hooks.example:8443/...)"
        );
        assert_eq!(url.path_and_query(), "/T0/secret?token=secret");
        assert_eq!(url.authority(), "hooks.example:8443");
        let bare: WebhookUrl = "https://hooks.example".parse().unwrap();
        assert_eq!(bare.to_string(), "https://hooks.example/");
        assert_eq!((bare.host(), bare.port()), ("hooks.example", 443));
    }

    #[test]
    fn the_hash_of_a_url_changes_with_its_path() {
        let hash = |text: &str| text.parse::<WebhookUrl>().unwrap().hash();
        assert_eq!(hash("https://a.example"), hash("https://A.example:443/"));
        assert_ne!(hash("https://a.example/1"), hash("https://a.example/2"));
    }
}
