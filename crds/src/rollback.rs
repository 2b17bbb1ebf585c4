//! The way back of a Consumer whose new members do not become ready.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happens when new members do not become ready.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RollbackSpec {
    /// `Automatic`: the members are brought back to what ran last with all of them ready, until the spec is changed again.
    /// `Manual`: `Ready` says it, and nothing else happens. Either way the old members serve all the while. Default: `Automatic`.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// How long no new member may become ready before the rollout counts as failed, from 10s to 1h. Default: `5m`, which is longer than a
    /// cluster autoscaler needs to bring a node and the node to pull the image.
    #[serde(default = "five_minutes")]
    #[schemars(schema_with = "crate::schema::duration")]
    #[x_kube(validation = Rule::new("duration(self) >= duration('10s') && duration(self) <= duration('1h')").message("a deadline is from 10s to 1h"))]
    pub deadline: String,
}

impl Default for RollbackSpec {
    fn default() -> Self {
        Self { on_failure: OnFailure::default(), deadline: five_minutes() }
    }
}

/// What is done about a failed rollout.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum OnFailure {
    /// The last good revision runs again.
    #[default]
    Automatic,
    /// A person decides.
    Manual,
}

/// The revision that ran last with all members ready. Its Vector file is in the ConfigMap `<pipeline>-<consumer>-<revision>`.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LastGoodStatus {
    /// Fingerprint of the Vector file and the Pod template.
    #[schemars(length(max = 64))]
    pub revision: String,
    /// When all members ran it for the first time.
    pub since: Time,
}

/// The revision that the members were brought back from.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RolledBackStatus {
    /// Fingerprint of the Vector file and the Pod template.
    #[schemars(length(max = 64))]
    pub revision: String,
    /// When the deadline was seen to have passed.
    pub at: Time,
    /// What its members said.
    pub message: String,
}

fn five_minutes() -> String {
    "5m".to_owned()
}
