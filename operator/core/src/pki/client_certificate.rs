//! Certificates by which clients of Kafka prove who they are.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use rcgen::KeyPair;

use super::authority::{Authority, before};
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

impl ClientCertificate {
    /// From the texts of a Secret; nothing where they cannot be read or do not belong together.
    pub fn read(chain: String, key: PrivateKey) -> Option<Self> {
        let facts = Facts::first(&chain)?;
        KeyPair::from_pem(key.pem()).ok().filter(|pair| facts.belongs_to(pair))?;
        Some(Self { chain, key, not_after: facts.not_after })
    }

    /// Why it is not good enough any more for the client called `common_name`, if it is not. One that ends with its authority is
    /// renewed with it, and not again and again before.
    pub fn flaw(
        &self,
        authority: &Authority,
        common_name: &str,
        renew_before: Duration,
        now: Timestamp,
    ) -> Option<&'static str> {
        let (Some(facts), Some(signer)) = (Facts::first(&self.chain), Facts::first(&authority.certificates)) else {
            return Some("it cannot be read");
        };
        if facts.common_name != common_name {
            Some("it has another name")
        } else if !facts.is_signed_by(&signer) {
            Some("another authority signs")
        } else {
            let is_due = now >= before(facts.not_after, renew_before) && facts.not_after < signer.not_after;
            is_due.then_some("it ends soon")
        }
    }
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

    fn authority(found: &Found, now: i64) -> Authority {
        let name = AuthorityName { common_name: "ca", certificate_secret: "c", key_secret: "k" };
        authority::own(found, &CaSpec::default(), &name, at(now), &FreshKeys).unwrap().unwrap().authority
    }

    #[test]
    fn a_certificate_is_good_until_it_ends_soon_or_another_authority_signs() {
        let (ca, other) = (authority(&Found::default(), 0), authority(&Found::default(), 0));
        let day = Duration::from_hours(24);
        let issued = issue(&ca, "shop", 10 * day, at(0), &FreshKeys).unwrap();
        let held = ClientCertificate::read(issued.chain.clone(), issued.key.clone()).unwrap();
        assert_eq!(held, issued);
        let flaw = |ca, name, now| held.flaw(ca, name, 3 * day, at(now));
        assert_eq!(flaw(&ca, "shop", days(7) - 1), None);
        assert_eq!(flaw(&ca, "shop", days(7)), Some("it ends soon"));
        assert_eq!(flaw(&other, "shop", 0), Some("another authority signs"));
        assert_eq!(flaw(&ca, "till", 0), Some("it has another name"));
        let other = issue(&ca, "shop", day, at(0), &FreshKeys).unwrap();
        assert_eq!(ClientCertificate::read(issued.chain, other.key), None, "the key of another");
    }

    #[test]
    fn a_certificate_that_ends_with_its_authority_is_renewed_with_it() {
        let old = authority(&Found::default(), 0);
        let found = Found { certificates: Some(old.certificates.clone()), key: Some(old.key.clone()) };
        let (year, month) = (Duration::from_hours(8760), Duration::from_hours(720));
        let held = issue(&old, "shop", year, at(days(1)), &FreshKeys).unwrap();
        assert_eq!(held.flaw(&old, "shop", month, at(days(340))), None);
        let renewed = authority(&found, days(340));
        assert_eq!(held.flaw(&renewed, "shop", month, at(days(340))), Some("it ends soon"));
    }

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
