//! LogPipeline: a Kafka cluster for logs.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{CertificatesSpec, ImageSpec, ListenerSpec, Properties, TopicSpec};

/// A Kafka cluster for logs: version, listeners, certificate authorities, topics.
///
/// Its nodes come from the KafkaNodePools that name it in `spec.pipeline`, its readers from the Consumers that do.
#[derive(Clone, CustomResource, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "kafkapipelines.io",
    version = "v1alpha1",
    kind = "LogPipeline",
    namespaced,
    shortname = "lp",
    shortname = "kafkapipeline",
    shortname = "kafkapipelines",
    category = "kafkapipelines",
    status = "LogPipelineStatus",
    derive = "PartialEq",
    doc = "A Kafka cluster for logs: version, listeners, certificate authorities, topics. Its nodes are KafkaNodePools, its readers Consumers.",
    validation = Rule::new("self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$') && self.metadata.name.size() <= 32")
        .message("metadata.name: the name of a pipeline becomes part of Pod and Service names: at most 32 lower-case letters, digits and dashes, a letter first"),
    printcolumn(name = "Ready", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].status"#),
    printcolumn(name = "Nodes", type_ = "string", json_path = ".status.readyNodes", description = "Nodes that are ready, of those wanted"),
    printcolumn(name = "Consumers", type_ = "string", json_path = ".status.readyConsumers", description = "Consumers that are ready, of those that name this pipeline"),
    printcolumn(name = "Kafka", type_ = "string", json_path = ".status.version.running"),
    printcolumn(name = "Reason", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].reason"#),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Message", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].message"#, priority = 1)
)]
#[serde(rename_all = "camelCase")]
pub struct LogPipelineSpec {
    /// `true`: the pipeline is watched and reported, but nothing is written; what runs keeps running. Default: `false`.
    #[serde(default)]
    pub suspend: bool,
    /// The Kafka cluster.
    pub kafka: KafkaSpec,
    /// How long certificates live, and where the certificate authorities come from.
    #[serde(default)]
    pub certificates: CertificatesSpec,
    /// Topics of the pipeline. Topics that are not listed are left alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub topics: Vec<TopicSpec>,
}

/// The Kafka cluster.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(oldSelf.metadataVersion) || has(self.metadataVersion)")
    .message("metadataVersion cannot be removed once given: say the version you want").reason(Reason::FieldValueForbidden))]
pub struct KafkaSpec {
    /// Kafka's version: 3.9.x or 4.x, for example `4.3.1`.
    #[schemars(length(max = 16), regex(pattern = r"^[0-9]+\.[0-9]+\.[0-9]+$"))]
    #[x_kube(validation = Rule::new("self.startsWith('3.9.') || self.startsWith('4.')").message("version must be 3.9.x or 4.x: older versions have no dynamic KRaft quorum"))]
    pub version: String,
    /// `metadata.version` with which the cluster is formatted, for example `3.9-IV0` or `4.3`.
    /// Default: the newest of `version`. It cannot go back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16), regex(pattern = r"^[0-9]+\.[0-9]+(-IV[0-9]+)?$"))]
    pub metadata_version: Option<String>,
    /// Image of the nodes. Default: `apache/kafka:<version>`.
    #[serde(default)]
    pub image: ImageSpec,
    /// Listeners for clients. The controller and replication listeners (9090, 9091, always mutual TLS) are the operator's own.
    #[schemars(length(min = 1, max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    #[x_kube(validation = Rule::new("self.all(l, self.exists_one(o, o.port == l.port))").message("every listener needs a port of its own"))]
    pub listeners: Vec<ListenerSpec>,
    /// Kafka configuration for all nodes (Kafka documentation, "Broker Configs").
    /// Numbers may be written as they are; write other values in quotes (`"true"`, `"0.5"`).
    /// Keys that the operator owns (`node.id`, `log.dirs`, `listeners`, …), unknown and dangerous keys are refused by name.
    #[serde(default, skip_serializing_if = "Properties::is_empty")]
    #[schemars(schema_with = "crate::schema::properties")]
    pub config: Properties,
    /// Rack awareness: replicas of a partition are spread over racks. Default: off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rack: Option<RackSpec>,
}

/// Where a node's rack comes from.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RackSpec {
    /// Label of the Kubernetes node whose value becomes `broker.rack`, for example `topology.kubernetes.io/zone`.
    #[schemars(
        length(min = 1, max = 253),
        regex(pattern = r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$")
    )]
    pub topology_key: String,
}

/// What the operator saw of the pipeline.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogPipelineStatus {
    /// Generation of the spec that this status speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Conditions; `Ready` first. docs/conditions.md explains every reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "crate::schema::conditions")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// Kafka's cluster id; the nodes' disks carry it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_id: Option<String>,
    /// Versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionStatus>,
    /// Nodes over all pools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes: Option<NodesStatus>,
    /// Nodes ready of nodes wanted, for example `5/6`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_nodes: Option<String>,
    /// Consumers ready of consumers that name this pipeline, for example `1/1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_consumers: Option<String>,
    /// How to reach each listener.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub listeners: Vec<ListenerStatus>,
    /// Pools of the pipeline with the node ids they were given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub node_pools: Vec<NodePoolStatus>,
    /// The KRaft quorum with which the cluster was formatted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controller_quorum: Option<ControllerQuorumStatus>,
    /// What the operator is doing to the nodes right now, and what it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationStatus>,
}

/// Versions of the cluster.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionStatus {
    /// Kafka version that the nodes run; while nodes differ, the lowest of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<String>,
    /// `metadata.version` with which the cluster was formatted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<String>,
}

/// Nodes over all pools.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodesStatus {
    /// Nodes that the pools ask for.
    pub desired: i32,
    /// Nodes whose Pod is ready.
    pub ready: i32,
    /// Nodes that run what the spec says.
    pub up_to_date: i32,
}

/// How to reach a listener.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenerStatus {
    /// Name of the listener.
    #[schemars(length(max = 11))]
    pub name: String,
    /// Bootstrap addresses, `host:port`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub addresses: Vec<String>,
    /// Secret whose `ca.crt` clients of this listener trust; empty without TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_secret: Option<String>,
}

/// A pool, as the pipeline counts it.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodePoolStatus {
    /// Name of the KafkaNodePool.
    #[schemars(length(max = 63))]
    pub name: String,
    /// Lowest node id of the pool; given once.
    pub node_id_base: i32,
}

/// The KRaft quorum with which the cluster was formatted.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ControllerQuorumStatus {
    /// Node ids of the first voters; every controller of the beginning is formatted with all of them.
    #[schemars(length(max = 64))]
    pub initial_voters: Vec<i32>,
}

/// What the operator is doing to the nodes.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationStatus {
    /// What it does.
    pub kind: OperationKind,
    /// Node it is at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<i32>,
    /// Why, for example `ConfigChanged`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Nodes done.
    pub done: i32,
    /// Nodes in all.
    pub of: i32,
    /// What it waits for before the next step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<String>,
}

/// Kinds of work on nodes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum OperationKind {
    /// Nodes are restarted one by one.
    Restart,
}
