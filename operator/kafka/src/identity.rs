//! Who we are to Kafka, and whom we trust.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

/// A certificate with its key, and the authorities of the nodes. Never printed.
#[derive(Clone)]
pub struct Identity(Arc<ClientConfig>);

/// An identity that cannot be used. Says which part, never what is in it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidIdentity {
    /// No certificate in it, or none that can be read.
    #[error("the certificate chain holds no certificate in PEM")]
    Certificate,
    /// No key in it, or none that can be read.
    #[error("the key is no private key in PEM")]
    Key,
    /// No authority in it, or none that can be read.
    #[error("the authorities hold no certificate in PEM that can be trusted")]
    Authorities,
    /// Certificate and key do not belong together, or are of a kind that is not known.
    #[error("certificate and key do not fit: {0}")]
    Mismatch(String),
}

impl Identity {
    /// Reads PEM: our chain (our own certificate first), its key (PKCS#8 or SEC1), and the authorities that sign the nodes' certificates.
    ///
    /// # Errors
    /// What is wrong with which part.
    pub fn from_pem(chain: &str, key: &str, authorities: &str) -> Result<Self, InvalidIdentity> {
        let chain = certificates(chain).ok_or(InvalidIdentity::Certificate)?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| InvalidIdentity::Key)?;
        let mut roots = RootCertStore::empty();
        for authority in certificates(authorities).ok_or(InvalidIdentity::Authorities)? {
            roots.add(authority).map_err(|_| InvalidIdentity::Authorities)?;
        }
        let mismatch = |error: rustls::Error| InvalidIdentity::Mismatch(error.to_string());
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(mismatch)?
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key)
            .map_err(mismatch)?;
        Ok(Self(Arc::new(config)))
    }

    pub(crate) fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.0)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}

fn certificates(pem: &str) -> Option<Vec<CertificateDer<'static>>> {
    let all: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>().ok()?;
    (!all.is_empty()).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair};

    fn pair() -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["operator".to_owned()]).unwrap().self_signed(&key).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    #[test]
    fn what_is_wrong_is_told_by_part() {
        let ((certificate, key), (_, other)) = (pair(), pair());
        let judge = |chain: &str, key: &str, authorities: &str| {
            Identity::from_pem(chain, key, authorities).map(|identity| format!("{identity:?}"))
        };
        assert_eq!(judge(&certificate, &key, &certificate).unwrap(), "Identity(…)");
        assert_eq!(judge("", &key, &certificate), Err(InvalidIdentity::Certificate));
        assert_eq!(judge(&certificate, "x", &certificate), Err(InvalidIdentity::Key));
        assert_eq!(judge(&certificate, &key, ""), Err(InvalidIdentity::Authorities));
        assert!(matches!(judge(&certificate, &other, &certificate), Err(InvalidIdentity::Mismatch(_))));
    }
}
