//! What proves who a user is: kept as long as it is good.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kafkapipelines_crds::{AuthenticationType, UserCertificatesSpec, UserSpec};
use kube::ResourceExt;

use super::password::{Password, PasswordSource};
use super::secret_keys::{CERTIFICATE, KEY, PASSWORD};
use crate::labels;
use crate::pki::authority::{Authority, parse};
use crate::pki::client_certificate::{self, ClientCertificate};
use crate::pki::{Error, KeySource, PrivateKey};

/// What proves who a user is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Credentials {
    /// To listeners that ask for a certificate.
    Certificate(ClientCertificate),
    /// To listeners that ask for a password.
    Password(Password),
}

/// What the user's Secret holds.
#[derive(Clone, Debug, Default)]
pub struct Held {
    certificate: Option<ClientCertificate>,
    password: Option<Password>,
    rotation: Option<String>,
    /// Fingerprint of the password that Kafka has taken.
    pub applied: Option<String>,
}

impl Held {
    /// Reads the Secret; what is not there or cannot be read is none.
    pub fn read(secret: Option<&Secret>) -> Self {
        let Some(secret) = secret else { return Self::default() };
        let text = |key: &str| {
            let ByteString(bytes) = secret.data.as_ref()?.get(key)?;
            String::from_utf8(bytes.clone()).ok()
        };
        let key = text(KEY).map(PrivateKey::new);
        Self {
            certificate: text(CERTIFICATE).zip(key).and_then(|(chain, key)| ClientCertificate::read(chain, key)),
            password: text(PASSWORD).and_then(|text| Password::new(text).ok()),
            rotation: secret.annotations().get(labels::ROTATION).cloned(),
            applied: secret.annotations().get(labels::CREDENTIAL_APPLIED).cloned(),
        }
    }
}

/// What credentials are made from.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Signs the users' certificates.
    pub clients_ca: &'a Authority,
    /// How long certificates live.
    pub lifetime: &'a UserCertificatesSpec,
    /// What is there.
    pub held: &'a Held,
    /// The password that the user's own Secret gives, where the spec names one.
    pub given: Option<&'a Password>,
    /// The clock.
    pub now: Timestamp,
}

/// The credentials of a user: those that are there if they are good, else new ones, and why.
///
/// # Errors
/// When none can be made.
pub fn credentials(
    user: &UserSpec,
    input: &Input<'_>,
    fresh: &(impl KeySource + PasswordSource),
) -> Result<(Credentials, Option<&'static str>), Error> {
    let rotated = input.held.rotation != user.authentication.rotation;
    match (user.authentication.type_, input.given) {
        (AuthenticationType::Tls, _) => certificate(&user.name, input, rotated, fresh),
        (AuthenticationType::ScramSha512, Some(given)) => Ok((Credentials::Password(given.clone()), None)),
        (AuthenticationType::ScramSha512, None) => match &input.held.password {
            Some(held) if !rotated => Ok((Credentials::Password(held.clone()), None)),
            held => Ok((Credentials::Password(fresh.password()?), Some(why_new(held.is_some())))),
        },
    }
}

fn certificate(
    user: &str,
    input: &Input<'_>,
    rotated: bool,
    keys: &impl KeySource,
) -> Result<(Credentials, Option<&'static str>), Error> {
    let Input { clients_ca, lifetime, held, now, .. } = input;
    let (duration, renew_before): (Duration, Duration) = (parse(&lifetime.duration), parse(&lifetime.renew_before));
    let reason = match &held.certificate {
        Some(_) if rotated => Some(why_new(true)),
        Some(held) => held.flaw(clients_ca, user, renew_before, *now),
        None => Some(why_new(false)),
    };
    if let (Some(held), None) = (&held.certificate, reason) {
        return Ok((Credentials::Certificate(held.clone()), None));
    }
    let issued = client_certificate::issue(clients_ca, user, duration, *now, keys)?;
    Ok((Credentials::Certificate(issued), reason))
}

fn why_new(is_there: bool) -> &'static str {
    if is_there { "rotation has another value" } else { "there is none" }
}
