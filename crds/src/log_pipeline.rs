//! LogPipeline: a Kafka cluster for logs.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    CertificatesSpec, GatewaySpec, GatewayStatus, ImageSpec, ListenerSpec, Properties, QuotasSpec, TopicSpec, UserSpec,
};

/// A Kafka cluster for logs: version, listeners, certificate authorities, topics, users.
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
    doc = "A Kafka cluster for logs: version, listeners, certificate authorities, topics, users. Its nodes are KafkaNodePools, its readers Consumers.",
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
    /// Users of the pipeline's Kafka. Each Consumer has one of its own besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 500))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub users: Vec<UserSpec>,
    /// Takes lines from hosts that cannot run an agent. Default: there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<GatewaySpec>,
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
    /// `metadata.version`, for example `3.9-IV0` or `4.3`: raised once every node supports it. It cannot go back.
    /// Default: the newest of `version` when the cluster is made; then it stays until you say another.
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
    /// Who may do what. Default: everybody may do everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization: Option<AuthorizationSpec>,
    /// Quotas of users that have none of their own. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_quotas: Option<QuotasSpec>,
    /// Log level of each logger on all nodes, for example `kafka.request.logger: DEBUG`; `root` is the root logger.
    /// Applied without a restart.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(length(max = 64))]
    pub log_levels: BTreeMap<String, LogLevel>,
}

/// Who may do what in Kafka.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizationSpec {
    /// `simple`: by the ACLs of `spec.users`; what they do not allow is denied (`StandardAuthorizer`, KIP-801).
    #[serde(rename = "type")]
    pub type_: AuthorizationType,
    /// Further clients that may do everything: the name of a user, or `CN=<common name>` of a client certificate.
    /// The nodes and the operator are super users anyway.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(min = 1, max = 67), regex(pattern = r"^(CN=)?[A-Za-z0-9._@-]+$")))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub super_users: Vec<String>,
}

/// Kinds of authorization.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthorizationType {
    /// Kafka's own ACLs.
    Simple,
}

/// Log levels, in Kafka's words.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LogLevel {
    /// The node cannot go on.
    Fatal,
    /// Something failed.
    Error,
    /// Something may fail.
    Warn,
    /// What happens.
    Info,
    /// How it happens.
    Debug,
    /// Every step.
    Trace,
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
    /// The KRaft quorum: with which controllers it began, and which vote now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controller_quorum: Option<ControllerQuorumStatus>,
    /// What the operator is doing to the nodes right now, and what it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationStatus>,
    /// Topics of the spec, as they are in Kafka.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topics: Option<TopicsStatus>,
    /// Users of the spec, as they are in Kafka.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<UsersStatus>,
    /// The gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<GatewayStatus>,
    /// Partitions of all topics, Kafka's own too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partitions: Option<PartitionsStatus>,
    /// Space in use on the fullest disk of all brokers in percent, in steps of 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fullest_disk_percent: Option<i32>,
}

/// Topics, as they are in Kafka.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicsStatus {
    /// Topics that the spec asks for, the consumers' dead-letter topics among them.
    pub desired: i32,
    /// Topics that are as the spec says.
    pub ready: i32,
    /// Topics that are not, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub problems: Vec<ProblemStatus>,
    /// Topics with `deletionPolicy: Delete`: what is known of them once they are taken off the list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    pub deletable: Vec<String>,
}

/// Users, as they are in Kafka.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UsersStatus {
    /// Users that the spec asks for, the consumers' own among them.
    pub desired: i32,
    /// Users that are as the spec says.
    pub ready: i32,
    /// Users that are not, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub problems: Vec<ProblemStatus>,
}

/// Why something is not as the spec says.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProblemStatus {
    /// Name of the topic or user.
    #[schemars(length(max = 249))]
    pub name: String,
    /// One word; docs/conditions.md explains every one.
    #[schemars(length(max = 64))]
    pub reason: String,
    /// What it is, and what to do.
    pub message: String,
}

/// Partitions of all topics.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartitionsStatus {
    /// How many there are.
    pub total: i32,
    /// Those with a replica that is not in sync.
    pub under_replicated: i32,
    /// Those with fewer replicas in sync than `min.insync.replicas`: producers with `acks=all` wait.
    pub under_min_isr: i32,
    /// Those without a leader: nobody reads or writes them.
    pub offline: i32,
    /// Those whose replicas are being moved.
    pub reassigning: i32,
}

/// Versions of the cluster.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionStatus {
    /// Kafka version that the nodes run; while nodes differ, the lowest of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<String>,
    /// `metadata.version` of the cluster: that of the format, then what was raised.
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

/// The KRaft quorum.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ControllerQuorumStatus {
    /// Node ids of the first voters; every controller of the beginning is formatted with all of them.
    #[schemars(length(max = 64))]
    pub initial_voters: Vec<i32>,
    /// Node ids of the voters that Kafka has now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub voters: Vec<i32>,
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
