//! KafkaNodePool: Kafka nodes of one shape.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{PodTemplateSpec, ResourceRequirements, StorageSpec};

/// Kafka nodes of one shape: same roles, same disks, same resources. One StatefulSet `<pipeline>-<pool>`.
///
/// A node's id is the pool's base plus its ordinal, so the Pod `<pipeline>-<pool>-7` is Kafka node 7.
#[derive(Clone, CustomResource, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "kafkapipelines.io",
    version = "v1alpha1",
    kind = "KafkaNodePool",
    namespaced,
    shortname = "knp",
    category = "kafkapipelines",
    status = "KafkaNodePoolStatus",
    derive = "PartialEq",
    doc = "Kafka nodes of one shape: same roles, same disks, same resources. One StatefulSet <pipeline>-<pool>.",
    validation = Rule::new("self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$') && self.metadata.name.size() <= 30")
        .message("metadata.name: the name of a pool becomes part of Pod names: at most 30 lower-case letters, digits and dashes, a letter first"),
    scale(
        spec_replicas_path = ".spec.replicas",
        status_replicas_path = ".status.replicas",
        label_selector_path = ".status.selector"
    ),
    printcolumn(name = "Ready", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].status"#),
    printcolumn(name = "Nodes", type_ = "string", json_path = ".status.readyNodes", description = "Nodes that are ready, of those wanted"),
    printcolumn(name = "Roles", type_ = "string", json_path = ".status.roles"),
    printcolumn(name = "Ids", type_ = "string", json_path = ".status.nodeIds", description = "Node ids of the pool"),
    printcolumn(name = "Reason", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].reason"#),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Pipeline", type_ = "string", json_path = ".spec.pipeline", priority = 1),
    printcolumn(name = "Message", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].message"#, priority = 1)
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(oldSelf.nodeIdBase) || has(self.nodeIdBase)")
    .message("nodeIdBase cannot be removed: node ids are written on the disks").reason(Reason::FieldValueForbidden))]
pub struct KafkaNodePoolSpec {
    /// Name of the LogPipeline in the same namespace that these nodes belong to. Immutable.
    #[schemars(length(min = 1, max = 32), regex(pattern = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"))]
    #[x_kube(validation = Rule::new("self == oldSelf").message("pipeline is immutable: delete the pool and make another one").reason(Reason::FieldValueForbidden))]
    pub pipeline: String,
    /// Number of nodes. Default: 3. Controllers should be 1, 3 or 5: an even number survives no more losses than one less.
    #[serde(default = "three")]
    #[schemars(range(min = 0, max = 1000))]
    pub replicas: i32,
    /// What the nodes do: `controller` (keeps the cluster's metadata), `broker` (keeps the logs), or both. Immutable.
    #[schemars(length(min = 1, max = 2))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    #[x_kube(validation = Rule::new("self.size() == oldSelf.size() && self.all(r, r in oldSelf)").message("roles are immutable: make another pool and move to it").reason(Reason::FieldValueForbidden))]
    pub roles: Vec<Role>,
    /// Lowest node id of the pool. Immutable once given. Default: given once by the operator and kept in the status:
    /// pools with brokers get blocks of 1000 from 0, pools of controllers alone from 9000.
    /// Pools that appear at the same time are numbered in the order of their names.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 99_000))]
    #[x_kube(validation = Rule::new("self == oldSelf").message("nodeIdBase is immutable: node ids are written on the disks").reason(Reason::FieldValueForbidden))]
    pub node_id_base: Option<i32>,
    /// Disks of each node.
    pub storage: StorageSpec,
    /// CPU and memory of each node. Default: none reserved, none limited, a heap of 1 GiB.
    #[serde(default)]
    pub resources: ResourceRequirements,
    /// Heap and options of the Java virtual machine.
    #[serde(default)]
    pub jvm: JvmSpec,
    /// What Pods get besides: labels, annotations, scheduling; merged in, never replacing what the operator needs.
    #[serde(default)]
    pub template: PodTemplateSpec,
}

/// What a node does.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Keeps the cluster's metadata and votes in the KRaft quorum.
    Controller,
    /// Keeps partitions and serves clients.
    Broker,
}

/// The Java virtual machine of a node.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JvmSpec {
    /// Size of the heap: a share of the memory limit (`50%`) or a quantity (`2Gi`).
    /// Default: 50 % of the memory limit (or request), at most 5 GiB; 1 GiB where there is neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), regex(pattern = r"^([1-9][0-9]?%|[0-9]+(\.[0-9]+)?(k|M|G|Ki|Mi|Gi)?)$"))]
    pub heap: Option<String>,
    /// Further options, one in each item, for example `-XX:+UseZGC`. `-Xmx` and `-Xms` are refused: say `heap`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(max = 1024), regex(pattern = r"^-\S+$")))]
    #[x_kube(validation = Rule::new("self.all(o, !o.startsWith('-Xmx') && !o.startsWith('-Xms'))")
        .message("the heap is said in jvm.heap, not by -Xmx or -Xms"))]
    pub options: Vec<String>,
}

/// What the operator saw of the pool.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KafkaNodePoolStatus {
    /// Generation of the spec that this status speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Conditions; `Ready` first. docs/conditions.md explains every reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "crate::schema::conditions")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// Lowest node id of the pool, once it is settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_id_base: Option<i32>,
    /// The pool's node ids in short, for example `0-2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_ids: Option<String>,
    /// The pool's roles in short, for example `controller,broker`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<String>,
    /// Nodes that exist.
    #[serde(default)]
    pub replicas: i32,
    /// Nodes ready of nodes wanted, for example `2/3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_nodes: Option<String>,
    /// Selector of the pool's Pods, for the scale subresource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
    /// Every node of the pool.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["id".into()]))]
    pub nodes: Vec<NodeStatus>,
}

/// One node of a pool.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeStatus {
    /// Kafka's node id.
    pub id: i32,
    /// Name of the Pod.
    #[schemars(length(max = 253))]
    pub pod: String,
    /// Whether the Pod is ready.
    #[serde(default)]
    pub ready: bool,
    /// Rack (`broker.rack`) of the node, where rack awareness is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rack: Option<String>,
    /// Why the node is to be restarted; empty when it runs what the spec says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub restart_reasons: Vec<String>,
    /// Why the Pod is not ready, in Kubernetes' words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

fn three() -> i32 {
    3
}
