//! Certificates: the two authorities of a pipeline, and the certificates of its nodes.
//!
//! Everything is a function of what the Secrets hold, the spec, the clock and a source of fresh keys. What is still good is kept
//! byte for byte, so a reconcile of unchanged objects writes nothing.

pub mod at_start;
pub mod authority;
pub mod client_certificate;
pub mod expiry;
pub mod node_certificates;
pub mod server_certificate;
mod x509;

use std::fmt;

use rcgen::KeyPair;

/// A private key in PKCS#8 PEM. Never printed.
#[derive(Clone, Eq, PartialEq)]
pub struct PrivateKey(String);

impl PrivateKey {
    /// Takes the PEM text of a key.
    pub fn new(pem: impl Into<String>) -> Self {
        Self(pem.into())
    }

    /// The PEM text, for a Secret.
    pub fn pem(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

/// Where fresh keys come from: randomness is not the core's.
pub trait KeySource {
    /// A new ECDSA P-256 key.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    fn generate(&self) -> Result<KeyPair, Error>;
}

/// Why a certificate could not be made: a fault of the operator or of the system, not of the user.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The library refused.
    #[error("a certificate could not be made: {0}")]
    Issue(#[from] rcgen::Error),
    /// The system has no randomness to give.
    #[error("the system gives no random bytes")]
    Randomness,
    /// A time lies outside of what certificates can say.
    #[error("a certificate's time is out of range")]
    Time,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use jiff::Timestamp;

    /// Keys from the system, as in the operator.
    pub(crate) struct FreshKeys;

    impl KeySource for FreshKeys {
        fn generate(&self) -> Result<KeyPair, Error> {
            Ok(KeyPair::generate()?)
        }
    }

    /// Seconds after a fixed beginning.
    pub(crate) fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    pub(crate) fn days(count: i64) -> i64 {
        count * 86_400
    }
}
