//! The StatefulSet of a pool.

use k8s_openapi::api::apps::v1::{
    StatefulSet, StatefulSetOrdinals, StatefulSetPersistentVolumeClaimRetentionPolicy, StatefulSetSpec,
    StatefulSetUpdateStrategy,
};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta, OwnerReference};

use super::restart_hash::restart_hash;
use super::{Stamps, authorization, metadata, pod, volumes};
use crate::labels::{self, Labels};
use crate::names;
use crate::pipeline::Pipeline;
use crate::pool::Pool;

/// The StatefulSet `<pipeline>-<pool>`: all Pods start at once, and none is restarted but by the operator.
pub fn stateful_set(pipeline: &Pipeline, pool: &Pool, owner: &OwnerReference, stamps: &Stamps) -> StatefulSet {
    let selector = labels::pool_selector(&pool.pipeline, &pool.name);
    StatefulSet {
        metadata: metadata::of_pool(pool, owner, names::pool(&pool.pipeline, &pool.name)),
        spec: Some(StatefulSetSpec {
            ordinals: Some(StatefulSetOrdinals { start: Some(pool.base) }),
            persistent_volume_claim_retention_policy: Some(retention(pool)),
            pod_management_policy: Some("Parallel".to_owned()),
            replicas: Some(pool.spec.replicas),
            selector: LabelSelector { match_labels: Some(selector), ..LabelSelector::default() },
            service_name: Some(names::headless_service(&pipeline.name)),
            template: PodTemplateSpec {
                metadata: Some(pod_metadata(pipeline, pool, stamps)),
                spec: Some(pod::spec(pipeline, pool)),
            },
            update_strategy: Some(StatefulSetUpdateStrategy {
                type_: Some("OnDelete".to_owned()),
                ..StatefulSetUpdateStrategy::default()
            }),
            volume_claim_templates: Some(volumes::claim_templates(pipeline, pool)),
            ..StatefulSetSpec::default()
        }),
        ..StatefulSet::default()
    }
}

/// All volumes of a pool agree on `deleteClaim`; in doubt the data stays.
fn retention(pool: &Pool) -> StatefulSetPersistentVolumeClaimRetentionPolicy {
    let delete = pool.spec.storage.volumes.iter().all(|volume| volume.delete_claim);
    let policy = if delete { "Delete" } else { "Retain" };
    StatefulSetPersistentVolumeClaimRetentionPolicy {
        when_deleted: Some(policy.to_owned()),
        when_scaled: Some(policy.to_owned()),
    }
}

/// The user's labels and annotations with the operator's own, which win.
fn pod_metadata(pipeline: &Pipeline, pool: &Pool, stamps: &Stamps) -> ObjectMeta {
    let user = &pool.spec.template.metadata;
    let mut labels = user.labels.clone();
    labels.extend(labels::pool(&pool.pipeline, &pool.name, &pool.roles));
    let mut annotations = user.annotations.clone();
    annotations.extend(stamped(pipeline, pool, stamps));
    ObjectMeta { labels: Some(labels), annotations: Some(annotations), ..ObjectMeta::default() }
}

fn stamped(pipeline: &Pipeline, pool: &Pool, stamps: &Stamps) -> Labels {
    let annotations = [
        (labels::CONFIG_HASH, restart_hash(pipeline, pool)),
        (labels::TRUST_HASH, stamps.trust_hash.clone()),
        (labels::CERTIFICATE_AT_START, stamps.certificate_at_start.clone()),
        (labels::KAFKA_VERSION, pipeline.version.to_string()),
    ];
    let authorization = authorization::stamp(pipeline).map(|stamp| (labels::AUTHORIZATION, stamp.to_owned()));
    annotations.into_iter().chain(authorization).map(|(key, value)| (key.to_owned(), value)).collect()
}
