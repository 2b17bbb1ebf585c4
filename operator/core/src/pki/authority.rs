//! A certificate authority: the operator's own, made once and renewed with the same key, or the user's.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kafkapipelines_crds::CaSpec;
use rcgen::KeyPair;

use super::x509::{self, Facts, Validity};
use super::{Error, KeySource, PrivateKey};
use crate::child::Child;
use crate::labels;
use crate::refusal::Refusal;

/// Key of a Secret: the authority's certificates, PEM.
pub const CERTIFICATE: &str = "ca.crt";
/// Key of a Secret: the authority's private key, PKCS#8 PEM.
pub const KEY: &str = "ca.key";

/// An authority that can sign.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Authority {
    /// Its certificates, PEM: the first signs; all are trusted.
    pub certificates: String,
    /// The key of the first.
    pub key: PrivateKey,
}

/// What the Secrets of an authority hold.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Found {
    /// `ca.crt`.
    pub certificates: Option<String>,
    /// `ca.key`.
    pub key: Option<PrivateKey>,
}

/// An authority, and when it is to be looked at again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settled {
    /// The authority.
    pub authority: Authority,
    /// When its certificate is due for renewal.
    pub due: Timestamp,
    /// Why it was made or renewed, if it was.
    pub change: Option<&'static str>,
}

impl Found {
    /// Reads the Secrets with the certificate and with the key; a user's Secret is both.
    pub fn read(certificate: Option<&Secret>, key: Option<&Secret>) -> Self {
        Self { certificates: text(certificate, CERTIFICATE), key: text(key, KEY).map(PrivateKey::new) }
    }
}

/// The operator's own authority: what is there if it is good, else a new certificate, with the key that is there if there is one.
///
/// # Errors
/// The outer: a certificate cannot be made. The inner: the key is lost, and only a person can say what is to become of
/// the certificates that it signed.
pub fn own(
    found: &Found,
    spec: &CaSpec,
    name: &AuthorityName<'_>,
    now: Timestamp,
    keys: &dyn KeySource,
) -> Result<Result<Settled, Refusal>, Error> {
    let certificate = found.certificates.as_deref().and_then(Facts::first);
    let key = found.key.as_ref().and_then(|key| KeyPair::from_pem(key.pem()).ok());
    if let (Some(_), None) = (&certificate, &key) {
        return Ok(Err(key_lost(name)));
    }
    let (duration, renew_before) = (parse(&spec.duration), parse(&spec.renew_before));
    let reason = reason_to_issue(certificate.as_ref(), key.as_ref(), renew_before, now);
    if let (None, Some(certificates), Some(pem), Some(facts)) = (reason, &found.certificates, &found.key, &certificate)
    {
        let authority = Authority { certificates: certificates.clone(), key: pem.clone() };
        return Ok(Ok(Settled { authority, due: before(facts.not_after, renew_before), change: None }));
    }
    let key = key.map_or_else(|| keys.generate(), Ok)?;
    let validity = Validity::starting(now, duration)?;
    let certificates = x509::self_signed(name.common_name, &key, validity)?;
    let authority = Authority { certificates, key: PrivateKey::new(key.serialize_pem()) };
    Ok(Ok(Settled { authority, due: before(validity.until, renew_before), change: reason }))
}

/// Names by which an authority is known.
#[derive(Clone, Copy, Debug)]
pub struct AuthorityName<'a> {
    /// Common name in its certificate.
    pub common_name: &'a str,
    /// Secret with its certificate.
    pub certificate_secret: &'a str,
    /// Secret with its key.
    pub key_secret: &'a str,
}

/// The user's authority, from one Secret with `ca.crt` and `ca.key`.
///
/// # Errors
/// What is wrong with it, by field, Secret and way out.
pub fn of_user(found: &Found, field: &str, secret: &str, now: Timestamp) -> Result<Settled, Refusal> {
    let refuse = |message: &str| Refusal::new("InvalidCaSecret", field, secret, message);
    if found == &Found::default() {
        let message = "there is no such Secret in the pipeline's namespace, or it is empty: create it";
        return Err(Refusal::new("CaSecretNotFound", field, secret, message));
    }
    let certificates =
        found.certificates.clone().ok_or_else(|| refuse("it has no ca.crt: add the authority's certificate (PEM)"))?;
    let pem = found.key.clone().ok_or_else(|| refuse("it has no ca.key: add the authority's key (PKCS#8 PEM)"))?;
    let facts = Facts::first(&certificates).ok_or_else(|| refuse("its ca.crt holds no certificate in PEM"))?;
    let key = KeyPair::from_pem(pem.pem())
        .map_err(|_| refuse("its ca.key is no private key in PKCS#8 PEM (openssl pkcs8 -topk8 -nodes converts it)"))?;
    if !facts.is_ca {
        return Err(refuse("the first certificate of its ca.crt is no authority: it lacks basicConstraints CA:TRUE"));
    }
    if !facts.belongs_to(&key) {
        return Err(refuse("its ca.key is not the key of the first certificate of its ca.crt"));
    }
    if facts.not_after <= now {
        return Err(refuse("its certificate has expired: renew it"));
    }
    Ok(Settled { authority: Authority { certificates, key: pem }, due: facts.not_after, change: None })
}

/// The Secrets of an authority.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// With the certificate, for whoever is to trust the authority.
    pub certificate: Child,
    /// With the key; for the operator's own authorities alone.
    pub key: Child,
}

/// The Secrets of an authority, as children of a pipeline: its name and namespace.
pub fn secrets(
    authority: &Authority,
    name: &AuthorityName<'_>,
    pipeline: (&str, &str),
    owner: &OwnerReference,
) -> Secrets {
    Secrets {
        certificate: secret(name.certificate_secret, CERTIFICATE, &authority.certificates, pipeline, owner),
        key: secret(name.key_secret, KEY, authority.key.pem(), pipeline, owner),
    }
}

/// Reads a duration such as `8760h`; the schema has checked its form.
pub(crate) fn parse(duration: &str) -> Duration {
    duration.parse::<kube::core::Duration>().map(Duration::from).unwrap_or_default()
}

pub(super) fn before(end: Timestamp, lead: Duration) -> Timestamp {
    end.checked_sub(lead).unwrap_or(end)
}

fn reason_to_issue(
    certificate: Option<&Facts>,
    key: Option<&KeyPair>,
    renew_before: Duration,
    now: Timestamp,
) -> Option<&'static str> {
    let (Some(certificate), Some(key)) = (certificate, key) else { return Some("Missing") };
    if !certificate.belongs_to(key) {
        return Some("KeyMismatch");
    }
    (now >= before(certificate.not_after, renew_before)).then_some("Expiring")
}

fn key_lost(name: &AuthorityName<'_>) -> Refusal {
    let message = format!(
        "the authority's key is gone or unreadable: restore the Secret; or delete the Secret {} too, and a new authority is made, which all clients must then trust",
        name.certificate_secret
    );
    Refusal::new("CaKeyLost", "Secret", name.key_secret, message)
}

fn text(secret: Option<&Secret>, key: &str) -> Option<String> {
    let ByteString(bytes) = secret?.data.as_ref()?.get(key)?;
    String::from_utf8(bytes.clone()).ok()
}

fn secret(name: &str, key: &str, value: &str, (pipeline, namespace): (&str, &str), owner: &OwnerReference) -> Child {
    Child::new(&Secret {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            namespace: Some(namespace.to_owned()),
            labels: Some(labels::pipeline(pipeline)),
            owner_references: Some(vec![owner.clone()]),
            ..ObjectMeta::default()
        },
        data: Some(BTreeMap::from([(key.to_owned(), ByteString(value.as_bytes().to_vec()))])),
        ..Secret::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::tests::{FreshKeys, at, days};

    const NAME: AuthorityName<'static> = AuthorityName {
        common_name: "logs cluster-ca",
        certificate_secret: "logs-cluster-ca-cert",
        key_secret: "logs-cluster-ca",
    };

    fn settle(found: &Found, now: Timestamp) -> Settled {
        own(found, &CaSpec::default(), &NAME, now, &FreshKeys).unwrap().unwrap()
    }

    fn found(authority: &Authority) -> Found {
        Found { certificates: Some(authority.certificates.clone()), key: Some(authority.key.clone()) }
    }

    #[test]
    fn a_new_authority_is_kept_byte_for_byte_until_it_is_due() {
        let new = settle(&Found::default(), at(0));
        assert_eq!(new.change, Some("Missing"));
        assert_eq!(new.due, at(days(335)));
        assert!(new.authority.key.pem().starts_with("-----BEGIN PRIVATE KEY-----"), "PKCS#8, which Kafka reads");
        let kept = settle(&found(&new.authority), at(days(335) - 1));
        assert_eq!((kept.authority, kept.change), (new.authority, None));
    }

    #[test]
    fn a_renewed_authority_has_the_old_key_and_another_certificate() {
        let new = settle(&Found::default(), at(0));
        let renewed = settle(&found(&new.authority), at(days(335)));
        assert_eq!((renewed.change, &renewed.authority.key), (Some("Expiring"), &new.authority.key));
        assert_ne!(renewed.authority.certificates, new.authority.certificates);
        assert_eq!(renewed.due, at(days(335 + 335)));
    }

    #[test]
    fn a_key_without_certificate_signs_again_and_a_certificate_without_key_waits_for_a_person() {
        let new = settle(&Found::default(), at(0)).authority;
        let again = settle(&Found { certificates: None, key: Some(new.key.clone()) }, at(1));
        assert_eq!(again.authority.key, new.key);
        let lost = own(
            &Found { certificates: Some(new.certificates), key: None },
            &CaSpec::default(),
            &NAME,
            at(1),
            &FreshKeys,
        )
        .unwrap()
        .unwrap_err();
        assert_eq!((lost.reason, lost.value.as_str()), ("CaKeyLost", "logs-cluster-ca"));
    }

    #[test]
    fn a_users_secret_is_judged_by_what_is_wrong_with_it() {
        let good = settle(&Found::default(), at(0)).authority;
        let other = settle(&Found::default(), at(0)).authority;
        let judge = |found: &Found, now| {
            of_user(found, "spec.certificates.clusterCA.secretRef", "mine", now).map_err(|refusal| refusal.message)
        };
        assert!(judge(&found(&good), at(1)).is_ok());
        let missing = of_user(&Found::default(), "spec.certificates.clusterCA.secretRef", "mine", at(1)).unwrap_err();
        assert_eq!(missing.reason, "CaSecretNotFound", "it may come yet");
        for (broken, now, says) in [
            (Found { certificates: None, ..found(&good) }, at(1), "no ca.crt"),
            (Found { key: None, ..found(&good) }, at(1), "no ca.key"),
            (Found { certificates: Some("x".into()), ..found(&good) }, at(1), "no certificate"),
            (Found { key: Some(PrivateKey::new("x")), ..found(&good) }, at(1), "no private key"),
            (Found { key: Some(other.key), ..found(&good) }, at(1), "not the key"),
            (found(&good), at(days(366)), "expired"),
        ] {
            let message = judge(&broken, now).unwrap_err();
            assert!(message.contains(says), "{says}: {message}");
        }
    }

    #[test]
    fn keys_are_never_printed() {
        let authority = settle(&Found::default(), at(0)).authority;
        assert!(!format!("{authority:?}").contains("BEGIN PRIVATE"));
    }
}
