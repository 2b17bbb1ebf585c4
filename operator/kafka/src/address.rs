//! Where a node listens.

use std::fmt;
use std::str::FromStr;

/// A host (name or IP address) and a port.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Address {
    /// DNS name or IP address; it must be in the node's certificate.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

/// A text that is no `host:port`.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0:?} is no host:port")]
pub struct InvalidAddress(String);

impl Address {
    /// The two parts of an address.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port }
    }

    /// As Kafka tells it; `None` when the port is none.
    pub(crate) fn told(host: &str, port: i32) -> Option<Self> {
        let port = u16::try_from(port).ok().filter(|port| *port > 0)?;
        (!host.is_empty()).then(|| Self::new(host, port))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidAddress(text.to_owned());
        let (host, port) = text.trim().rsplit_once(':').ok_or_else(invalid)?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        Self::told(host, port.parse().map_err(|_| invalid())?).ok_or_else(invalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_they_are_written() {
        for text in ["kafka:9092", "127.0.0.1:1", "[::1]:9093", "b-0.b.ns.svc:65535"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        for text in ["kafka", ":9092", "kafka:0", "kafka:65536", "kafka:x", ""] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
