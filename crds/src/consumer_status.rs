//! What is seen of a Consumer.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// What the operator saw of the consumer.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsumerStatus {
    /// Generation of the spec that this status speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Conditions; `Ready` first. docs/conditions.md explains every reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "crate::schema::conditions")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// Members that exist.
    #[serde(default)]
    pub replicas: i32,
    /// Members ready of members wanted, for example `2/2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_members: Option<String>,
    /// The topics in short.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topics: Option<String>,
    /// The sinks in short.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sinks: Option<String>,
    /// Selector of the consumer's Pods, for the scale subresource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
    /// Hash of the Vector file that runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_hash: Option<String>,
}
