//! Disks of a Kafka node.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The metadata log lies on the volume that says `kraftMetadata`, else on the one with the lowest id.
const METADATA_VOLUME_STAYS: &str = "\
    (self.volumes.exists(v, has(v.kraftMetadata)) ? self.volumes.filter(v, has(v.kraftMetadata)) : self.volumes).map(v, v.id).min() == \
    (oldSelf.volumes.exists(v, has(v.kraftMetadata)) ? oldSelf.volumes.filter(v, has(v.kraftMetadata)) : oldSelf.volumes).map(v, v.id).min()";

/// Disks of each node of the pool (JBOD: Kafka spreads partitions over all of them).
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.volumes.filter(v, has(v.kraftMetadata)).size() <= 1")
    .message("at most one volume may say kraftMetadata: shared; without it the volume with the lowest id holds the metadata log"))]
#[x_kube(validation = Rule::new("self.volumes.all(v, v.deleteClaim == self.volumes[0].deleteClaim)")
    .message("all volumes of a pool must agree on deleteClaim: Kubernetes keeps or deletes all claims of a StatefulSet alike"))]
#[x_kube(validation = Rule::new("oldSelf.volumes.all(o, self.volumes.exists(v, v.id == o.id))")
    .message("a volume cannot be removed: its partitions would be lost; add volumes instead").reason(Reason::FieldValueForbidden))]
#[x_kube(validation = Rule::new(METADATA_VOLUME_STAYS)
    .message("the volume with the metadata log cannot change: a controller would start without its vote; keep kraftMetadata where it is").reason(Reason::FieldValueForbidden))]
pub struct StorageSpec {
    /// The volumes, each one a PersistentVolumeClaim `data-<id>-<pod>`.
    #[schemars(length(min = 1, max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["id".into()]))]
    pub volumes: Vec<VolumeSpec>,
}

/// One disk of a node.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("quantity(self.size).compareTo(quantity(oldSelf.size)) >= 0")
    .message(Message::Expression("'storage cannot shrink: ' + oldSelf.size + ' -> ' + self.size".into()))
    .reason(Reason::FieldValueForbidden).field_path(".size"))]
#[x_kube(validation = Rule::new("has(self.className) == has(oldSelf.className) && (!has(self.className) || self.className == oldSelf.className)")
    .message("className is immutable: Kubernetes cannot move a claim to another class").reason(Reason::FieldValueForbidden).field_path(".className"))]
pub struct VolumeSpec {
    /// Number of the volume in its node; part of the claim's name, so it never changes its meaning.
    #[schemars(range(min = 0, max = 99))]
    pub id: i32,
    /// Size of the claim, for example `100Gi`. It may grow where the StorageClass allows it, never shrink.
    #[schemars(schema_with = "crate::schema::quantity")]
    #[x_kube(validation = Rule::new("quantity(self).isGreaterThan(quantity('0'))").message("a volume needs a size above zero"))]
    pub size: Quantity,
    /// StorageClass of the claim. Default: the cluster's default class. Immutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub class_name: Option<String>,
    /// What besides partitions lies on the volume.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kraft_metadata: Option<KraftMetadata>,
    /// Whether the claim, and with it the data, is deleted with the pool and when the pool is scaled down.
    /// Default: `false`. Kubernetes keeps or deletes all claims of a StatefulSet alike, so all volumes of a pool must agree.
    #[serde(default)]
    pub delete_claim: bool,
}

/// `shared`: the KRaft metadata log lies on this volume, beside the partitions.
/// Default: it lies on the volume with the lowest id. It never moves to another volume.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum KraftMetadata {
    /// The KRaft metadata log shares the volume with partitions.
    Shared,
}
