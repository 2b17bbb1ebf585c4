//! The Secret of a user: what proves who it is, and all that a client needs besides.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kafkapipelines_crds::UserSpec;

use super::client_files::{jaas, java, librdkafka};
use super::credentials::Credentials;
use super::reach::reach;
use crate::child::Child;
use crate::pipeline::Pipeline;
use crate::{labels, names};

/// Key: certificates of the authorities that sign the nodes' certificates, PEM.
pub const CA: &str = "ca.crt";
/// Key: the user's certificate, then those between it and a root, PEM.
pub const CERTIFICATE: &str = "user.crt";
/// Key: the key of the user's certificate, PKCS#8 PEM.
pub const KEY: &str = "user.key";
/// Key: key and certificates in one file, as Kafka's key store of type PEM reads it.
pub const COMBINED: &str = "user.pem";
/// Key: the password.
pub const PASSWORD: &str = "password";
/// Key: how Java's clients log in with the password.
pub const JAAS: &str = "sasl.jaas.config";
/// Key: where clients begin, `host:port`.
pub const BOOTSTRAP: &str = "bootstrap.servers";
/// Key: ready-made configuration for Java's clients.
pub const JAVA: &str = "client.properties";
/// Key: ready-made configuration for librdkafka's clients, with this Secret mounted at `/etc/kafka-user`.
pub const LIBRDKAFKA: &str = "librdkafka.properties";

/// The Secret of a user. `trusted` are the authorities of the nodes, `applied` is the fingerprint of the password that Kafka has taken.
pub fn secret(
    pipeline: &Pipeline,
    owner: &OwnerReference,
    user: &UserSpec,
    credentials: &Credentials,
    trusted: &str,
    applied: Option<&str>,
) -> Child {
    let mut data = proof(&user.name, credentials);
    data.push((CA, trusted.to_owned()));
    if let Some(reach) = reach(pipeline, user.authentication.type_) {
        data.push((JAVA, java(&user.name, credentials, trusted, &reach)));
        data.push((LIBRDKAFKA, librdkafka(&user.name, credentials, &reach)));
        data.push((BOOTSTRAP, reach.servers));
    }
    let annotations =
        [(labels::ROTATION, user.authentication.rotation.as_deref()), (labels::CREDENTIAL_APPLIED, applied)];
    let annotations: BTreeMap<_, _> =
        annotations.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned()))).collect();
    Child::new(&Secret {
        metadata: ObjectMeta {
            name: Some(names::user(&pipeline.name, &user.name)),
            namespace: Some(pipeline.namespace.clone()),
            labels: Some(labels::user(&pipeline.name, &user.name)),
            annotations: Some(annotations).filter(|annotations| !annotations.is_empty()),
            owner_references: Some(vec![owner.clone()]),
            ..ObjectMeta::default()
        },
        data: Some(data.into_iter().map(|(key, text)| (key.to_owned(), ByteString(text.into_bytes()))).collect()),
        ..Secret::default()
    })
}

fn proof(user: &str, credentials: &Credentials) -> Vec<(&'static str, String)> {
    match credentials {
        Credentials::Certificate(certificate) => vec![
            (COMBINED, format!("{}{}", certificate.key.pem(), certificate.chain)),
            (CERTIFICATE, certificate.chain.clone()),
            (KEY, certificate.key.pem().to_owned()),
        ],
        Credentials::Password(password) => {
            vec![(JAAS, jaas(user, password)), (PASSWORD, password.text().to_owned())]
        }
    }
}

#[cfg(test)]
#[path = "secret_tests.rs"]
mod tests;
