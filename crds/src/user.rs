//! Users of a pipeline's Kafka: how they prove who they are, what they may do and how much of it.

use k8s_openapi::api::core::v1::SecretKeySelector;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A user of the pipeline's Kafka. Its credentials and ready-made client configuration are in the Secret `<pipeline>-<user>`.
///
/// A user that is taken off the list loses its credentials, its ACLs and its quotas.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserSpec {
    /// Name: at most 30 lower-case letters, digits and dashes, a letter first. In Kafka the principal is `User:<name>`.
    #[schemars(length(min = 1, max = 30), regex(pattern = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"))]
    pub name: String,
    /// How the user proves who it is.
    pub authentication: UserAuthentication,
    /// What the user may do, where `spec.kafka.authorization` is on. Default: nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub access: Vec<AccessSpec>,
    /// How much of the brokers the user may take. Default: those of `spec.kafka.defaultQuotas`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quotas: Option<QuotasSpec>,
}

/// How a user proves who it is.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.type == 'scram-sha-512' || !has(self.passwordFrom)")
    .message("passwordFrom belongs to type scram-sha-512").reason(Reason::FieldValueForbidden).field_path(".passwordFrom"))]
pub struct UserAuthentication {
    /// `tls`: a client certificate of the pipeline's clients CA, renewed before it expires. `scram-sha-512`: a password.
    #[serde(rename = "type")]
    pub type_: AuthenticationType,
    /// Where a password of your own is; for `scram-sha-512` only. Default: the operator makes one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_from: Option<SecretKeySelector>,
    /// Another value gives the user new credentials at once, for example the day: `2026-01-31`.
    /// Deleting its Secret does the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub rotation: Option<String>,
}

/// Ways to prove who one is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum AuthenticationType {
    /// A client certificate.
    #[serde(rename = "tls")]
    Tls,
    /// SASL/SCRAM with SHA-512 (RFC 5802, KIP-84).
    #[serde(rename = "scram-sha-512")]
    ScramSha512,
}

/// What a user may do: a preset for some topics, or operations on one resource.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.preset) != (has(self.operations) && self.operations.size() > 0)")
    .message("give preset or operations, one of the two").reason(Reason::FieldValueRequired))]
#[x_kube(validation = Rule::new("!has(self.preset) || (has(self.topics) && self.topics.size() > 0)")
    .message("a preset needs topics").reason(Reason::FieldValueRequired).field_path(".topics"))]
#[x_kube(validation = Rule::new("has(self.preset) || !has(self.topics) || self.topics.size() == 0")
    .message("topics belongs to a preset; say topic: {name: …} for operations").reason(Reason::FieldValueForbidden).field_path(".topics"))]
#[x_kube(validation = Rule::new("has(self.preset) || [has(self.topic), has(self.group), has(self.transactionalId), has(self.cluster)].filter(r, r).size() == 1")
    .message("operations need one of topic, group, transactionalId and cluster").reason(Reason::FieldValueRequired))]
#[x_kube(validation = Rule::new("!has(self.preset) || (!has(self.topic) && !has(self.cluster) && !has(self.permission))")
    .message("topic, cluster and permission belong to operations").reason(Reason::FieldValueForbidden))]
#[x_kube(validation = Rule::new("!has(self.preset) || self.preset != 'producer' || !has(self.group)")
    .message("group belongs to the preset consumer").reason(Reason::FieldValueForbidden).field_path(".group"))]
#[x_kube(validation = Rule::new("!has(self.preset) || self.preset != 'consumer' || (has(self.group) && !has(self.transactionalId))")
    .message("the preset consumer needs a group, and no transactionalId").reason(Reason::FieldValueRequired).field_path(".group"))]
pub struct AccessSpec {
    /// `producer`: writes to `topics`, idempotently, and in transactions where `transactionalId` is given.
    /// `consumer`: reads from `topics` as a member of `group`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<AccessPreset>,
    /// Topics of a preset, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), inner(length(min = 1, max = 249), regex(pattern = r"^[a-zA-Z0-9._-]+$")))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub topics: Vec<String>,
    /// Operations (Kafka documentation, "Authorization using ACLs").
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 12))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub operations: Vec<AclOperation>,
    /// The topic or topics that the operations are on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<ResourcePattern>,
    /// The consumer group or groups, of operations or of the preset `consumer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<ResourcePattern>,
    /// The transactional id or ids, of operations or of the preset `producer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transactional_id: Option<ResourcePattern>,
    /// The operations are on the cluster itself: `cluster: {}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ClusterResource>,
    /// Whether the operations are allowed. What is denied stays denied, whatever else allows it. Default: `Allow`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permission: Option<AclPermission>,
    /// Address from which this holds, as Kafka sees it. Default: any address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub host: Option<String>,
}

/// Sets of ACLs that belong together.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessPreset {
    /// Writes to topics.
    Producer,
    /// Reads from topics as a member of a group.
    Consumer,
}

/// What is done, in Kafka's words.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub enum AclOperation {
    /// Everything.
    All,
    /// Records are read, offsets committed.
    Read,
    /// Records are written.
    Write,
    /// Something is made.
    Create,
    /// Something is deleted.
    Delete,
    /// Something is changed.
    Alter,
    /// Something is looked at.
    Describe,
    /// What brokers do to one another.
    ClusterAction,
    /// Configuration is looked at.
    DescribeConfigs,
    /// Configuration is changed.
    AlterConfigs,
    /// Records are written exactly once, to any topic that may be written.
    IdempotentWrite,
}

/// Whether something may be done.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum AclPermission {
    /// It may.
    Allow,
    /// It may not.
    Deny,
}

/// Which resources: one by its name, or all whose names begin with it.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourcePattern {
    /// The name, or the beginning of it; `*` with `patternType: literal` is any.
    #[schemars(length(min = 1, max = 249))]
    pub name: String,
    /// How `name` is meant. Default: `literal`.
    #[serde(default)]
    pub pattern_type: PatternType,
}

/// How a name is meant.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PatternType {
    /// This very name.
    #[default]
    Literal,
    /// All names that begin with it.
    Prefix,
}

/// The cluster itself.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
pub struct ClusterResource {}

/// How much of each broker somebody may take (Kafka documentation, "Quotas"). Clients above it are slowed down, not refused.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QuotasSpec {
    /// Bytes a second that may be written to each broker, for example `10Mi`. Default: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::quantity")]
    pub producer_byte_rate: Option<Quantity>,
    /// Bytes a second that may be read from each broker, for example `20Mi`. Default: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::quantity")]
    pub consumer_byte_rate: Option<Quantity>,
    /// Share of the time of one request thread in percent; a broker has `num.io.threads` times 100. Default: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub request_percentage: Option<i32>,
    /// Partitions a second that may be created and deleted (KIP-599). Default: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub controller_mutation_rate: Option<i32>,
}
