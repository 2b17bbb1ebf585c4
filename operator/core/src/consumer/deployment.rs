//! The Deployment of the members.

use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use super::{Consumer, fingerprint, pod, rollback};
use crate::labels::{self, Labels};
use crate::vector_pod::{metadata, surging};

/// A member that ends so soon after it was ready takes the place of no other.
const MIN_READY_SECONDS: i32 = 5;

/// The Deployment `<pipeline>-<consumer>`. A new member is ready before an old one goes.
pub(super) fn deployment(consumer: &Consumer, owner: &OwnerReference) -> Deployment {
    let selector = labels::consumer_selector(&consumer.spec.pipeline, &consumer.name);
    Deployment {
        metadata: ObjectMeta { annotations: annotations(consumer), ..consumer.metadata(owner) },
        spec: Some(DeploymentSpec {
            min_ready_seconds: Some(MIN_READY_SECONDS),
            progress_deadline_seconds: Some(rollback::deadline_seconds(&consumer.spec.rollback)),
            ..surging(consumer.members, selector, running(consumer))
        }),
        ..Deployment::default()
    }
}

fn annotations(consumer: &Consumer) -> Option<Labels> {
    let members = consumer.members_before_seek?.to_string();
    Some([(labels::MEMBERS_BEFORE_SEEK.to_owned(), members)].into())
}

/// The template that the spec asks for, without what members start with whatever they run.
pub(super) fn template(consumer: &Consumer) -> PodTemplateSpec {
    let labels = labels::consumer(&consumer.spec.pipeline, &consumer.name);
    let hash = (labels::CONFIG_HASH, Some(fingerprint(consumer.vector_file.as_bytes())));
    let metadata = metadata(&consumer.spec.template.metadata, labels, [hash]);
    PodTemplateSpec { metadata: Some(metadata), spec: Some(pod::spec(consumer)) }
}

/// The template of the revision that members run. Vector reads its file and its certificates once, at the start, so a change of any is a
/// change of the template.
fn running(consumer: &Consumer) -> PodTemplateSpec {
    let revision = consumer.running();
    let mut template = revision.template(&revision.config_map(&consumer.name, &consumer.spec));
    let hashes = consumer.certificates.hashes().into_iter().filter_map(|(key, hash)| Some((key.to_owned(), hash?)));
    template.metadata.get_or_insert_default().annotations.get_or_insert_default().extend(hashes);
    template
}
