//! Which container image runs.

use k8s_openapi::api::core::v1::LocalObjectReference;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A container image: repository with tag or digest, and how it is pulled.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageSpec {
    /// Repository without tag, for example `registry.example.com/apache/kafka`.
    /// Default: `apache/kafka` for Kafka, `timberio/vector` for consumers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub repository: Option<String>,
    /// Tag. Default: the version in the spec for Kafka, `0.57.0-distroless-static` for consumers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128), regex(pattern = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$"))]
    pub tag: Option<String>,
    /// Digest such as `sha256:…`; when given, it wins over the tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128), regex(pattern = r"^sha(256|512):[a-f0-9]{64,128}$"))]
    pub digest: Option<String>,
    /// When the kubelet pulls the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "IfNotPresent"))]
    pub pull_policy: Option<PullPolicy>,
    /// Secrets of type `kubernetes.io/dockerconfigjson` in the same namespace, for private registries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    pub pull_secrets: Vec<LocalObjectReference>,
}

/// When the kubelet pulls the image. Default: `IfNotPresent`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum PullPolicy {
    /// Each time a Pod starts.
    Always,
    /// When the Kubernetes node does not have it.
    IfNotPresent,
    /// Never: it is on the Kubernetes node already.
    Never,
}
