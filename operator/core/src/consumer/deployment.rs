//! The Deployment of the members.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use super::{Consumer, fingerprint, pod};
use crate::labels::{self, Labels};
use crate::vector_pod::surging;

/// The Deployment `<pipeline>-<consumer>`. A new member is ready before an old one goes.
pub(super) fn deployment(consumer: &Consumer, owner: &OwnerReference) -> Deployment {
    let selector = labels::consumer_selector(&consumer.spec.pipeline, &consumer.name);
    let template = PodTemplateSpec { metadata: Some(pod_metadata(consumer)), spec: Some(pod::spec(consumer)) };
    Deployment {
        metadata: consumer.metadata(owner),
        spec: Some(surging(consumer.members, selector, template)),
        ..Deployment::default()
    }
}

/// The user's labels and annotations with the operator's own, which win. Vector reads its file and its certificates once,
/// at the start, so a change of any is a change of the template.
fn pod_metadata(consumer: &Consumer) -> ObjectMeta {
    let user = &consumer.spec.template.metadata;
    let mut labels = user.labels.clone();
    labels.extend(labels::consumer(&consumer.spec.pipeline, &consumer.name));
    let mut annotations: Labels = user.annotations.clone();
    annotations.insert(labels::CONFIG_HASH.to_owned(), fingerprint(consumer.vector_file.as_bytes()));
    let certificates = &consumer.certificates;
    let read = [(labels::TRUST_HASH, &certificates.authority), (labels::CERTIFICATE_HASH, &certificates.own)];
    annotations
        .extend(read.into_iter().filter_map(|(key, file)| Some((key.to_owned(), fingerprint(file.as_deref()?)))));
    ObjectMeta { labels: Some(labels), annotations: Some(annotations), ..ObjectMeta::default() }
}
