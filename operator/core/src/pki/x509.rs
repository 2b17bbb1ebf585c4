//! Reading and issuing certificates: the only place that knows the libraries.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PublicKeyData, SerialNumber,
};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use x509_parser::extensions::GeneralName;
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::Error;

/// Certificates are valid from a little before they are made: clocks differ.
const BACKDATED: Duration = Duration::from_mins(5);

/// What a certificate says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Facts {
    pub(super) common_name: String,
    pub(super) dns_names: BTreeSet<String>,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    pub(super) is_ca: bool,
    pub(super) self_issued: bool,
    /// The subject public key, as in the certificate.
    pub(super) public_key: Vec<u8>,
    der: Vec<u8>,
}

impl Facts {
    /// The first certificate of a PEM text.
    pub(super) fn first(pem: &str) -> Option<Self> {
        Self::all(pem).into_iter().next()
    }

    /// All certificates of a PEM text; other blocks are passed over.
    pub(super) fn all(pem: &str) -> Vec<Self> {
        Pem::iter_from_buffer(pem.as_bytes())
            .filter_map(Result::ok)
            .filter(|block| block.label == "CERTIFICATE")
            .filter_map(|block| Self::of(&block.contents))
            .collect()
    }

    fn of(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let names = certificate.subject_alternative_name().ok().flatten();
        let dns = |name: &GeneralName<'_>| {
            if let GeneralName::DNSName(name) = name { Some((*name).to_owned()) } else { None }
        };
        Some(Self {
            common_name: certificate.subject().iter_common_name().next()?.as_str().ok()?.to_owned(),
            dns_names: names.iter().flat_map(|names| names.value.general_names.iter().filter_map(dns)).collect(),
            not_before: Timestamp::from_second(certificate.validity().not_before.timestamp()).ok()?,
            not_after: Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()?,
            is_ca: certificate.is_ca(),
            self_issued: certificate.subject() == certificate.issuer(),
            public_key: certificate.public_key().raw.to_vec(),
            der: der.to_vec(),
        })
    }

    /// The certificate itself.
    pub(super) fn into_der(self) -> Vec<u8> {
        self.der
    }

    /// Whether `issuer` signed it.
    pub(super) fn is_signed_by(&self, issuer: &Self) -> bool {
        let (Ok((_, this)), Ok((_, issuer))) =
            (X509Certificate::from_der(&self.der), X509Certificate::from_der(&issuer.der))
        else {
            return false;
        };
        this.verify_signature(Some(issuer.public_key())).is_ok()
    }

    /// Whether `key` is the private half.
    pub(super) fn belongs_to(&self, key: &KeyPair) -> bool {
        self.public_key == key.subject_public_key_info()
    }
}

/// From when to when a certificate is valid.
#[derive(Clone, Copy, Debug)]
pub(super) struct Validity {
    from: Timestamp,
    pub(super) until: Timestamp,
}

impl Validity {
    /// For `duration` from now, in whole seconds: certificates say no less.
    pub(super) fn starting(now: Timestamp, duration: Duration) -> Result<Self, Error> {
        let now = Timestamp::from_second(now.as_second()).map_err(|_| Error::Time)?;
        let from = now.checked_sub(BACKDATED).map_err(|_| Error::Time)?;
        Ok(Self { from, until: now.checked_add(duration).map_err(|_| Error::Time)? })
    }

    /// The same, but no longer than `end`: a certificate does not outlive the authority that signed it.
    pub(super) fn capped(self, end: Timestamp) -> Self {
        Self { until: self.until.min(end), ..self }
    }
}

/// An authority's own certificate.
pub(super) fn self_signed(common_name: &str, key: &KeyPair, validity: Validity) -> Result<String, Error> {
    let mut params = params(common_name, key, validity)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params.self_signed(key)?.pem())
}

/// A certificate for a server that is a client too, signed by the authority with this certificate and key.
pub(super) fn signed(
    common_name: &str,
    names: &BTreeSet<String>,
    key: &KeyPair,
    validity: Validity,
    authority: (&str, KeyPair),
) -> Result<String, Error> {
    let mut params = params(common_name, key, validity)?;
    params.subject_alt_names = CertificateParams::new(names.iter().cloned().collect::<Vec<_>>())?.subject_alt_names;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    let (certificate, authority_key) = authority;
    Ok(params.signed_by(key, &Issuer::from_ca_cert_pem(certificate, authority_key)?)?.pem())
}

/// An authority that is no root is part of the chain that its certificates are presented with.
pub(super) fn intermediates(certificates: &str) -> &str {
    if Facts::first(certificates).is_some_and(|facts| facts.self_issued) { "" } else { certificates }
}

fn params(common_name: &str, key: &KeyPair, validity: Validity) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = date(validity.from)?;
    params.not_after = date(validity.until)?;
    params.serial_number = Some(serial(key, validity.from));
    Ok(params)
}

/// Different for every key and every renewal, and drawn from nothing.
fn serial(key: &KeyPair, from: Timestamp) -> SerialNumber {
    let mut digest = Sha256::new();
    digest.update(key.public_key_raw());
    digest.update(from.as_second().to_be_bytes());
    let mut bytes = digest.finalize()[..16].to_vec();
    bytes[0] &= 0x7f;
    SerialNumber::from_slice(&bytes)
}

fn date(at: Timestamp) -> Result<OffsetDateTime, Error> {
    OffsetDateTime::from_unix_timestamp(at.as_second()).map_err(|_| Error::Time)
}
