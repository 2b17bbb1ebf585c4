//! The certificate of a server that the API server calls, with the authority that signs it: one Secret has both.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kafkapipelines_crds::CaSpec;
use rcgen::KeyPair;

use super::authority::{self, Authority, AuthorityName, Found, before};
use super::x509::{self, Facts, Validity};
use super::{Error, KeySource, PrivateKey};

/// Key of the Secret: the server's certificate, PEM.
pub const CERTIFICATE: &str = "tls.crt";
/// Key of the Secret: its private key, PKCS#8 PEM.
pub const KEY: &str = "tls.key";

const LIFETIME: Duration = Duration::from_hours(90 * 24);
const RENEW_BEFORE: Duration = Duration::from_hours(30 * 24);

/// A server's certificate, and whom its callers are to trust.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServerCertificate {
    /// The authority that signed it.
    pub authority: Authority,
    /// The certificate, PEM.
    pub certificate: String,
    /// Its key.
    pub key: PrivateKey,
    /// When it, or the authority, is due for renewal.
    pub due: Timestamp,
}

impl ServerCertificate {
    /// What is there if it is good for a server of these names, else a new one. The authority keeps its key, so that callers who trust
    /// its older certificate trust the newer one too; without a key it is made anew.
    ///
    /// # Errors
    /// When a certificate cannot be made.
    pub fn settle(
        existing: Option<&Secret>,
        common_name: &str,
        names: &BTreeSet<String>,
        now: Timestamp,
        keys: &dyn KeySource,
    ) -> Result<Self, Error> {
        let settled = own_authority(existing, common_name, now, keys)?;
        let signer = Facts::first(&settled.authority.certificates).ok_or(Error::Time)?;
        if let Some((certificate, key)) = kept(existing, &signer, names, now) {
            let end = Facts::first(&certificate).ok_or(Error::Time)?.not_after;
            let due = settled.due.min(due(end, &signer));
            return Ok(Self { authority: settled.authority, certificate, key, due });
        }
        let key = keys.generate()?;
        let validity = Validity::starting(now, LIFETIME)?.capped(signer.not_after);
        let authority_key = KeyPair::from_pem(settled.authority.key.pem())?;
        let certificate =
            x509::signed(common_name, names, &key, validity, (&settled.authority.certificates, authority_key))?;
        let due = settled.due.min(due(validity.until, &signer));
        Ok(Self { authority: settled.authority, certificate, key: PrivateKey::new(key.serialize_pem()), due })
    }

    /// What the Secret is to hold.
    pub fn data(&self) -> BTreeMap<String, ByteString> {
        let entry = |key: &str, text: &str| (key.to_owned(), ByteString(text.as_bytes().to_vec()));
        BTreeMap::from([
            entry(authority::CERTIFICATE, &self.authority.certificates),
            entry(authority::KEY, self.authority.key.pem()),
            entry(CERTIFICATE, &self.certificate),
            entry(KEY, self.key.pem()),
        ])
    }
}

/// Certificate and key of the server as a Secret has them.
pub fn read(secret: &Secret) -> Option<(String, PrivateKey)> {
    let text = |key: &str| String::from_utf8(secret.data.as_ref()?.get(key)?.0.clone()).ok();
    Some((text(CERTIFICATE)?, PrivateKey::new(text(KEY)?)))
}

fn own_authority(
    existing: Option<&Secret>,
    common_name: &str,
    now: Timestamp,
    keys: &dyn KeySource,
) -> Result<authority::Settled, Error> {
    let common_name = format!("{common_name} CA");
    let name = AuthorityName { common_name: &common_name, certificate_secret: "", key_secret: "" };
    let own = |found: &Found| authority::own(found, &CaSpec::default(), &name, now, keys);
    // Nobody but the API server trusts it, and that is told of a new one at once: a lost key is no loss.
    own(&Found::read(existing, existing))?.or_else(|_| own(&Found::default())?.map_err(|_| Error::Time))
}

/// The certificate that is there, if nothing is wrong with it.
fn kept(
    existing: Option<&Secret>,
    signer: &Facts,
    names: &BTreeSet<String>,
    now: Timestamp,
) -> Option<(String, PrivateKey)> {
    let (certificate, key) = read(existing?)?;
    let facts = Facts::first(&certificate)?;
    let fits = KeyPair::from_pem(key.pem()).is_ok_and(|key| facts.belongs_to(&key))
        && facts.is_signed_by(signer)
        && facts.dns_names == *names
        && now < due(facts.not_after, signer);
    fits.then_some((certificate, key))
}

/// One that ends with its authority is due with it.
fn due(end: Timestamp, signer: &Facts) -> Timestamp {
    if end == signer.not_after { end } else { before(end, RENEW_BEFORE) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::tests::{FreshKeys, at, days};

    fn settle(existing: Option<&Secret>, name: &str, now: Timestamp) -> ServerCertificate {
        ServerCertificate::settle(existing, "webhook", &[name.to_owned()].into(), now, &FreshKeys).unwrap()
    }

    fn secret(certificate: &ServerCertificate) -> Secret {
        Secret { data: Some(certificate.data()), ..Secret::default() }
    }

    #[test]
    fn it_is_kept_byte_for_byte_until_it_is_due() {
        let new = settle(None, "a.svc", at(0));
        assert_eq!(new.due, at(days(60)));
        assert_eq!(settle(Some(&secret(&new)), "a.svc", at(days(60) - 1)), new);
        let renewed = settle(Some(&secret(&new)), "a.svc", at(days(60)));
        assert_ne!(renewed.certificate, new.certificate);
        assert_eq!(renewed.authority, new.authority, "callers need not be told anything");
    }

    #[test]
    fn a_renewed_authority_has_the_old_key_and_signs_anew_only_what_it_must() {
        let new = settle(None, "a.svc", at(0));
        let renewed = settle(Some(&secret(&new)), "a.svc", at(days(335)));
        assert_eq!(renewed.authority.key, new.authority.key);
        assert_ne!(renewed.authority.certificates, new.authority.certificates);
    }

    #[test]
    fn what_does_not_fit_is_replaced() {
        let new = settle(None, "a.svc", at(0));
        assert_ne!(settle(Some(&secret(&new)), "b.svc", at(1)).certificate, new.certificate, "other names");
        for broken in ["ca.key", "ca.crt", "tls.crt", "tls.key"] {
            let mut secret = secret(&new);
            secret.data.as_mut().unwrap().insert(broken.to_owned(), ByteString(b"?".to_vec()));
            let mended = settle(Some(&secret), "a.svc", at(1));
            assert_ne!(mended, new, "{broken}");
            let mended_secret = Secret { data: Some(mended.data()), ..Secret::default() };
            assert_eq!(settle(Some(&mended_secret), "a.svc", at(2)), mended, "{broken}");
        }
    }

    #[test]
    fn it_is_signed_by_the_authority_for_the_name() {
        let new = settle(None, "a.svc", at(0));
        let (facts, signer) =
            (Facts::first(&new.certificate).unwrap(), Facts::first(&new.authority.certificates).unwrap());
        assert!(facts.is_signed_by(&signer) && facts.dns_names == ["a.svc".to_owned()].into() && signer.is_ca);
    }
}
