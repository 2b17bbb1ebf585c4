//! A topic, as declared in a pipeline.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::Properties;

/// A topic of the pipeline.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.name != '.' && self.name != '..'").message("a topic cannot be called . or .."))]
pub struct TopicSpec {
    /// Name: letters, digits, `.`, `_` and `-` (Kafka's own rule).
    #[schemars(length(min = 1, max = 249), regex(pattern = r"^[a-zA-Z0-9._-]+$"))]
    pub name: String,
    /// Number of partitions. Default: the broker setting `num.partitions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub partitions: Option<i32>,
    /// Replication factor. Default: the broker setting `default.replication.factor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub replicas: Option<i16>,
    /// Topic configuration, for example `retention.ms: 259200000` (Kafka documentation, "Topic Configs").
    /// Numbers may be written as they are; write other values in quotes (`"true"`, `"0.5"`).
    #[serde(default, skip_serializing_if = "Properties::is_empty")]
    #[schemars(schema_with = "crate::schema::properties")]
    pub config: Properties,
}
