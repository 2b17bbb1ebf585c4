//! Certificates by which clients of Kafka prove who they are.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use rcgen::KeyPair;

use super::authority::Authority;
use super::x509::{self, Facts, Validity};
use super::{Error, KeySource, PrivateKey};

/// A client's certificate with its key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClientCertificate {
    /// The certificate, then those between it and a root, PEM.
    pub chain: String,
    /// Its key.
    pub key: PrivateKey,
    /// When it ends.
    pub not_after: Timestamp,
}

/// A certificate for the client called `common_name`. It does not outlive the authority that signs it.
///
/// # Errors
/// When it cannot be made.
pub fn issue(
    authority: &Authority,
    common_name: &str,
    duration: Duration,
    now: Timestamp,
    keys: &dyn KeySource,
) -> Result<ClientCertificate, Error> {
    let end = Facts::first(&authority.certificates).ok_or(Error::Time)?.not_after;
    let validity = Validity::starting(now, duration)?.capped(end);
    let key = keys.generate()?;
    let signer = (authority.certificates.as_str(), KeyPair::from_pem(authority.key.pem())?);
    let certificate = x509::signed(common_name, &BTreeSet::new(), &key, validity, signer)?;
    Ok(ClientCertificate {
        chain: format!("{certificate}{}", x509::intermediates(&authority.certificates)),
        key: PrivateKey::new(key.serialize_pem()),
        not_after: validity.until,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::authority::{self, AuthorityName, Found};
    use crate::pki::tests::{FreshKeys, at, days};
    use kafkapipelines_crds::CaSpec;

    #[test]
    fn a_client_is_known_by_its_name_and_trusted_by_its_authority() {
        let name = AuthorityName { common_name: "ca", certificate_secret: "c", key_secret: "k" };
        let ca = authority::own(&Found::default(), &CaSpec::default(), &name, at(0), &FreshKeys).unwrap().unwrap();
        let issued = issue(&ca.authority, "shop", Duration::from_hours(24), at(0), &FreshKeys).unwrap();
        let (facts, signer) = (Facts::first(&issued.chain).unwrap(), Facts::first(&ca.authority.certificates).unwrap());
        assert_eq!((facts.common_name.as_str(), facts.not_after), ("shop", at(days(1))));
        assert!(facts.is_signed_by(&signer) && !facts.is_ca);
        let late = issue(
            &ca.authority,
            "shop",
            Duration::from_hours(24),
            at(days(365)) - jiff::SignedDuration::from_secs(9),
            &FreshKeys,
        );
        assert_eq!(late.unwrap().not_after, signer.not_after, "no longer than the authority");
    }
}
