//! The Secret of a user: what proves who it is, and all that a client needs besides.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kafkapipelines_crds::UserSpec;

use super::client_files::{jaas, java, librdkafka};
use super::credentials::Credentials;
use super::reach::reach;
use super::secret_keys::{BOOTSTRAP, CA, CERTIFICATE, COMBINED, JAAS, JAVA, KEY, LIBRDKAFKA, PASSWORD};
use crate::child::Child;
use crate::pipeline::Pipeline;
use crate::{labels, names};

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
