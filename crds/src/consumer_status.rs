//! What is seen of a Consumer.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::{LastGoodStatus, ReplayStatus, RolledBackStatus, SeekStatus};

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
    /// What ran last with all members ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_good: Option<LastGoodStatus>,
    /// What did not become ready; the members run the last good revision until the spec is changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolled_back: Option<RolledBackStatus>,
    /// The consumer group, as Kafka knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<ConsumerGroupStatus>,
    /// Lines to read, by two digits; 0 once there have been none for a minute. Exact: metric `kafkapipelines_consumer_lag_lines`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lag: Option<i64>,
    /// The oldest unread line is older than this, for example `30m`; `0s`: none is older than 10 seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub time_lag: Option<String>,
    /// Lines read each second, by two digits and over a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines_per_second: Option<i64>,
    /// What was written to the dead-letter topic in the last hour, by two digits; other consumers may write to it as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_letters_last_hour: Option<i64>,
    /// When lines were last delivered: to an hour while they flow, exactly once none are delivered though some wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_delivery: Option<Time>,
    /// Lines that reached neither a store nor the dead-letter topic. It stays until somebody acknowledges it: docs/runbook.md.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<LossStatus>,
    /// The newest seek: `kubectl kafkapipelines consumer seek`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seek: Option<SeekStatus>,
    /// The newest replay of dead letters: `kubectl kafkapipelines consumer replay`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay: Option<ReplayStatus>,
}

/// A consumer group.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsumerGroupStatus {
    /// Members that Kafka knows; others than the operator's may be among them.
    #[serde(default)]
    pub members: i32,
    /// Partitions that members read.
    #[serde(default)]
    pub assigned: i32,
    /// Partitions of all the topics.
    #[serde(default)]
    pub partitions: i32,
}

/// Lines that were lost.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LossStatus {
    /// How many; a store that refuses single lines of a request may make it too many.
    pub lines: i64,
    /// When the newest of them were noticed. Acknowledge up to here.
    pub at: Time,
    /// What lost them: sinks, `_dead_letters`, `_kafka` for lines that could not be read, `_retention` for lines that Kafka deleted unread.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub components: Vec<LossComponentStatus>,
    /// How far the group had read before the first of them, as `topic-partition@offset`: from there on they can be read again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), inner(length(max = 300)))]
    pub rewind_to: Vec<String>,
}

/// Lines that one component lost.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LossComponentStatus {
    /// Its name in the Vector file.
    #[schemars(length(min = 1, max = 128))]
    pub name: String,
    /// How many.
    #[serde(default)]
    pub lines: i64,
}
