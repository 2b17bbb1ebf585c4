//! Dead letters that pass a consumer's chain again.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The newest replay of dead letters.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayStatus {
    /// When it was asked for, which is its name.
    #[schemars(length(min = 1, max = 64))]
    pub id: String,
    /// How far it is.
    #[serde(default)]
    pub phase: ReplayPhase,
    /// The dead-letter topic that is read.
    #[schemars(length(max = 249))]
    pub topic: String,
    /// Dead letters that were written before are left where they are. Default: all that the topic still holds are read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// What is read of each partition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["partition".into()]))]
    pub partitions: Vec<ReplayPartition>,
    /// Records of the topic to read; those among them that are dead letters of other consumers are passed over.
    #[serde(default)]
    pub letters: i64,
    /// How many of them were read, and delivered or passed over.
    #[serde(default)]
    pub done: i64,
    /// How many became dead letters again, at least: what a Pod counted that was killed is not among them.
    #[serde(default)]
    pub dead_again: i64,
    /// How many reached neither a store nor the dead-letter topic this time, at least. They are still where they were read from.
    #[serde(default)]
    pub lost: i64,
    /// What it waits for, or what came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub message: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
}

/// How far a replay is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum ReplayPhase {
    /// It waits to begin.
    #[default]
    Pending,
    /// What is to be read is settled; nothing reads it yet.
    Planned,
    /// A Deployment of its own reads, and passes what it reads through the chain.
    Running,
    /// All is read, or it was cancelled: the Deployment goes.
    Ending,
    /// All dead letters passed the chain.
    Done,
    /// It was ended before.
    Cancelled,
    /// Nothing but a count was asked for.
    Counted,
}

/// A partition of the dead-letter topic.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayPartition {
    /// Its number.
    pub partition: i32,
    /// Offset of the first record to read.
    pub from: i64,
    /// Offset behind the last record to read: where the partition ended when the replay was planned.
    pub until: i64,
}

impl ReplayPhase {
    /// Whether nothing more will happen.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled | Self::Counted)
    }
}
