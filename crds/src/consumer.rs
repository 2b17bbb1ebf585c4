//! Consumer: a Vector aggregator that drains topics into a store.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    BufferSpec, ConsumerStatus, ConsumerTest, DecodingSpec, ImageSpec, PodTemplateSpec, Properties, RawSpec,
    ResourceRequirements, RollbackSpec, SinkSpec, TransformSpec,
};

/// A Vector aggregator: reads topics, transforms lines with VRL, writes to a store. One Deployment `<pipeline>-<consumer>`.
///
/// An offset is committed only after the store accepted the line; what cannot be processed goes to the dead-letter topic.
#[derive(Clone, CustomResource, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "kafkapipelines.io",
    version = "v1alpha1",
    kind = "Consumer",
    namespaced,
    shortname = "lc",
    category = "kafkapipelines",
    status = "ConsumerStatus",
    derive = "PartialEq",
    doc = "A Vector aggregator: reads topics, transforms lines with VRL, writes to a store. One Deployment <pipeline>-<consumer>.",
    validation = Rule::new("self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$') && self.metadata.name.size() <= 30")
        .message("metadata.name: the name of a consumer becomes part of Pod names: at most 30 lower-case letters, digits and dashes, a letter first"),
    scale(
        spec_replicas_path = ".spec.replicas",
        status_replicas_path = ".status.replicas",
        label_selector_path = ".status.selector"
    ),
    printcolumn(name = "Ready", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].status"#),
    printcolumn(name = "Members", type_ = "string", json_path = ".status.readyMembers", description = "Members of the group that are ready, of those wanted"),
    printcolumn(name = "Lag", type_ = "integer", json_path = ".status.lag", description = "Lines to read"),
    printcolumn(name = "Time Lag", type_ = "string", json_path = ".status.timeLag", description = "The oldest unread line is older than this"),
    printcolumn(name = "Topics", type_ = "string", json_path = ".status.topics"),
    printcolumn(name = "Sinks", type_ = "string", json_path = ".status.sinks"),
    printcolumn(name = "Reason", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].reason"#),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Pipeline", type_ = "string", json_path = ".spec.pipeline", priority = 1),
    printcolumn(name = "Message", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].message"#, priority = 1)
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.topics) != has(self.topicPattern)")
    .message("say what is read: either topics or topicPattern").field_path(".topics"))]
#[x_kube(validation = Rule::new("!has(self.topics) || !(self.deadLetter.topic in self.topics)")
    .message("the dead-letter topic must not be one of the topics: bad lines would go round for ever").field_path(".deadLetter.topic"))]
pub struct ConsumerSpec {
    /// Name of the LogPipeline in the same namespace to read from. Immutable.
    #[schemars(length(min = 1, max = 32), regex(pattern = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"))]
    #[x_kube(validation = Rule::new("self == oldSelf").message("pipeline is immutable: delete the consumer and make another one").reason(Reason::FieldValueForbidden))]
    pub pipeline: String,
    /// Members of the consumer group (Pods). More members than partitions of a topic stay idle. Default: 1.
    #[serde(default = "one")]
    #[schemars(range(min = 0, max = 1000))]
    pub replicas: i32,
    /// Topics to read: these, or those of `topicPattern`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = 100), inner(length(min = 1, max = 249), regex(pattern = r"^[a-zA-Z0-9._-]+$")))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    #[x_kube(validation = Rule::new("!('.' in self || '..' in self)").message("a topic cannot be called . or .."))]
    pub topics: Vec<String>,
    /// Instead of `topics`: a regular expression that the whole name of a topic must match, for example `logs-.*`. A topic that is made later is
    /// read within a minute, without a restart. It never matches what consumers of the pipeline write (dead-letter topics, and topics of sinks
    /// `kafka`), nor Kafka's own topics (`__…`). There are letters, digits, `.`, `_`, `-`, `|`, `(…)`, `[…]`, `[^…]`, and `*`, `+`, `?` after one of
    /// them; a dot itself is `[.]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    #[x_kube(validation = Rule::new(r"!self.startsWith('|') && self.matches('^([|]?[(]*([a-zA-Z0-9._-]|\\[\\^?([a-zA-Z0-9._](-[a-zA-Z0-9._])?)+-?\\])[*+?]?([)][*+?]?)*)+$')")
        .message("topicPattern: letters, digits, . _ - | ( ) [ ] [^ ], and one of * + ? after one of them; it must match the whole name, so there is no ^ or $, and a dot itself is [.]"))]
    pub topic_pattern: Option<String>,
    /// Consumer group; the offsets are kept under this name. Default: the Consumer's own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 249))]
    pub group_id: Option<String>,
    /// Where a group without offsets begins: `earliest` (everything that the topic still holds) or `latest`. Default: `earliest`. With `latest` and
    /// `topicPattern`, what is written to a new topic before members have found it is skipped.
    #[serde(default)]
    pub auto_offset_reset: AutoOffsetReset,
    /// Properties of librdkafka, the Kafka client inside Vector, for the connection that reads lines: in librdkafka's own words, for example
    /// `fetch.max.bytes`. They are not Kafka's properties. What commits offsets, membership and security depend on is refused, and so is a name
    /// that is not listed in docs/consumer.md. A change restarts the members.
    #[serde(default, skip_serializing_if = "Properties::is_empty")]
    #[schemars(schema_with = "crate::schema::librdkafka_properties")]
    pub librdkafka: Properties,
    /// Image, resources and log level of Vector.
    #[serde(default)]
    pub vector: VectorSpec,
    /// How payloads are written.
    #[serde(default)]
    pub decoding: DecodingSpec,
    /// Transforms, in the order in which a line passes them. A line that a transform fails on goes to the dead-letter topic.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub transforms: Vec<TransformSpec>,
    /// Where lines go. A line counts as delivered once each sink that it goes to has it, so the slowest sets the pace.
    #[schemars(length(min = 1, max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub sinks: Vec<SinkSpec>,
    /// What waits before each sink.
    #[serde(default)]
    pub buffer: BufferSpec,
    /// Where lines go that cannot be transformed, that a store would drop, or that no sink wants.
    pub dead_letter: DeadLetterSpec,
    /// Vector configuration in Vector's own words (0.57), merged into the file that members run, for what the other fields do not have: options
    /// of the spec's sinks, such as `sinks: {store: {request: {concurrency: 4}}}`, and components of your own beside the chain, such as
    /// `sinks: {copy: {type: http, inputs: [parse], uri: "https://example.com/", encoding: {codec: json}}}`. What the operator answers for is refused
    /// with the reason; a mistake that only Vector sees keeps new members from starting, and they are brought back (`rollback`). At most 64 KiB as
    /// JSON. docs/consumer.md says what may be set. A change restarts the members.
    #[serde(default, skip_serializing_if = "RawSpec::is_empty")]
    pub raw: RawSpec,
    /// Lines and what must become of them. They pass the transforms before anything is applied; while one test fails, the members keep
    /// running what they had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub tests: Vec<ConsumerTest>,
    /// What Pods get besides: labels, annotations, scheduling; merged in, never replacing what the operator needs.
    #[serde(default)]
    pub template: PodTemplateSpec,
    /// What happens when new members do not become ready.
    #[serde(default)]
    pub rollback: RollbackSpec,
}

/// Where a group without offsets begins.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AutoOffsetReset {
    /// With the oldest line that the topic still holds.
    #[default]
    Earliest,
    /// With lines that arrive from now on.
    Latest,
}

/// Image, resources and log level of Vector.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VectorSpec {
    /// Image. Default: `timberio/vector:0.57.0-distroless-static`; the configuration is written for Vector 0.57.
    #[serde(default)]
    pub image: ImageSpec,
    /// CPU and memory of each member. Vector was seen to need 315 MiB at full speed.
    #[serde(default)]
    pub resources: ResourceRequirements,
    /// What Vector logs: `error`, `warn`, `info`, `debug` or `trace`. Default: `info`.
    #[serde(default)]
    pub log_level: VectorLogLevel,
}

/// What Vector logs, and what is graver.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum VectorLogLevel {
    /// What failed.
    Error,
    /// What is odd.
    Warn,
    /// What happens.
    #[default]
    Info,
    /// How it happens.
    Debug,
    /// Everything.
    Trace,
}

impl VectorLogLevel {
    /// Vector's own word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// The dead-letter topic.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetterSpec {
    /// Name of the topic. A dead letter has the line byte for byte, its key and headers, and headers with error and origin.
    #[schemars(length(min = 1, max = 249), regex(pattern = r"^[a-zA-Z0-9._-]+$"))]
    #[x_kube(validation = Rule::new("self != '.' && self != '..'").message("a topic cannot be called . or .."))]
    pub topic: String,
}

fn one() -> i32 {
    1
}
