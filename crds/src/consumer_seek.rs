//! Offsets of a consumer's group that are moved.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The newest seek.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SeekStatus {
    /// When it was asked for, which is its name.
    #[schemars(length(min = 1, max = 64))]
    pub id: String,
    /// Where the group goes on reading: `earliest`, `latest`, `loss` or a time.
    #[schemars(length(max = 64))]
    pub to: String,
    /// How far it is.
    #[serde(default)]
    pub phase: SeekPhase,
    /// The consumer group whose offsets are moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub group: Option<String>,
    /// What it waits for, or what came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub message: Option<String>,
    /// When members began to stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// Partitions whose offset is moved. They are settled before the first is set, so that a seek that is interrupted goes on as it began.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["topic".into(), "partition".into()]))]
    pub partitions: Vec<SeekPartition>,
    /// Lines that are read once more.
    #[serde(default)]
    pub lines_again: i64,
    /// Lines that were never read and are passed over.
    #[serde(default)]
    pub lines_skipped: i64,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
}

/// How far a seek is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum SeekPhase {
    /// It waits to begin; the members run.
    #[default]
    Pending,
    /// Members stop, and then what each partition is moved by is settled.
    Stopping,
    /// Offsets are set.
    Setting,
    /// Offsets are set, and members start.
    Done,
    /// Nothing was done, or not all of it, as the message says; members start.
    Failed,
    /// Only a plan was asked for, and nothing was changed.
    Planned,
}

/// A partition whose offset is moved.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SeekPartition {
    /// Its topic.
    #[schemars(length(min = 1, max = 249))]
    pub topic: String,
    /// Its number.
    pub partition: i32,
    /// How far the group had read: offset of the next line. Absent: it had never committed one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// Offset of the line that is read next.
    pub to: i64,
}

impl SeekPhase {
    /// Whether nothing more will happen.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Planned)
    }
}
