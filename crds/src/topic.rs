//! A topic, as declared in a pipeline.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Properties;

/// A topic of the pipeline.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.name != '.' && self.name != '..'").message("a topic cannot be called . or .."))]
pub struct TopicSpec {
    /// Name: letters, digits, `.`, `_` and `-` (Kafka's own rule).
    #[schemars(length(min = 1, max = 249), regex(pattern = r"^[a-zA-Z0-9._-]+$"))]
    pub name: String,
    /// Number of partitions. It can grow, which sends later lines of a key to other partitions, but not shrink.
    /// Default: the broker setting `num.partitions` when the topic is made; then whatever the topic has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub partitions: Option<i32>,
    /// Replication factor. A change moves data, a few partitions at a time and throttled.
    /// Default: the broker setting `default.replication.factor` when the topic is made; then whatever the topic has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub replicas: Option<i16>,
    /// Topic configuration, for example `retention.ms: 259200000` (Kafka documentation, "Topic Configs").
    /// Numbers may be written as they are; write other values in quotes (`"true"`, `"0.5"`).
    /// A key that is not listed goes back to the brokers' default.
    #[serde(default, skip_serializing_if = "Properties::is_empty")]
    #[schemars(schema_with = "crate::schema::properties")]
    pub config: Properties,
    /// What becomes of the topic when it is taken off the list: `Retain` leaves it as it is, `Delete` deletes it
    /// **with its data**. Default: `Retain`.
    #[serde(default)]
    pub deletion_policy: DeletionPolicy,
}

/// What becomes of something in Kafka that is not declared any more.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum DeletionPolicy {
    /// It stays as it is.
    #[default]
    Retain,
    /// It is deleted with its data.
    Delete,
}
