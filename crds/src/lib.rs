//! The API `kafkapipelines.io/v1alpha1`: [`KafkaNodePool`], [`LogPipeline`] and [`Consumer`].
//!
//! Types only: no client, no runtime. The doc comments are the users' manual, for they become the descriptions
//! that `kubectl explain` prints; `cargo xtask crds` writes the custom resource definitions to `crds/yaml`.
#![warn(missing_docs)]

mod bounds;
mod certificates;
mod consumer;
mod consumer_replay;
mod consumer_seek;
mod consumer_status;
mod consumer_test;
mod decoding;
mod definitions;
mod gateway;
mod image;
mod kafka_node_pool;
mod listener;
mod log_pipeline;
mod pod_template;
mod property;
mod raw;
mod resources;
mod rollback;
mod schema;
mod sink;
mod storage;
mod topic;
mod transform;
mod user;

pub use certificates::{CaSpec, CertificatesSpec, IssuerReference, NodeCertificatesSpec, UserCertificatesSpec};
pub use consumer::{AutoOffsetReset, Consumer, ConsumerSpec, DeadLetterSpec, VectorLogLevel, VectorSpec};
pub use consumer_replay::{ReplayPartition, ReplayPhase, ReplayStatus};
pub use consumer_seek::{SeekPartition, SeekPhase, SeekStatus};
pub use consumer_status::{ConsumerGroupStatus, ConsumerStatus, LossComponentStatus, LossStatus};
pub use consumer_test::{ConsumerTest, Fields, TestExpectation, TestInput};
pub use decoding::{DecodingCodec, DecodingSpec};
pub use definitions::{Definition, definitions};
pub use gateway::{
    GatewayAuthentication, GatewayHttp, GatewayPort, GatewayService, GatewayServiceType, GatewaySpec, GatewayStatus,
    GatewaySyslog, GatewayTlsPort,
};
pub use image::{ImageSpec, PullPolicy};
pub use kafka_node_pool::{JvmSpec, KafkaNodePool, KafkaNodePoolSpec, KafkaNodePoolStatus, NodeStatus, Role};
pub use listener::{BrokerHost, IngressSpec, ListenerAuthentication, ListenerSpec, ListenerType};
pub use log_pipeline::{
    AuthorizationSpec, AuthorizationType, ControllerQuorumStatus, KafkaSpec, ListenerStatus, LogLevel, LogPipeline,
    LogPipelineSpec, LogPipelineStatus, NodePoolStatus, NodesStatus, OperationKind, OperationStatus, PartitionsStatus,
    ProblemStatus, RackSpec, TopicsStatus, UsersStatus, VersionStatus,
};
pub use pod_template::{PodTemplateMetadata, PodTemplateSpec, PodTemplateValues};
pub use property::{Properties, PropertyValue};
pub use raw::{RawComponents, RawSpec};
pub use resources::ResourceRequirements;
pub use rollback::{LastGoodStatus, OnFailure, RollbackSpec, RolledBackStatus};
pub use sink::{
    BufferSpec, BufferType, DataStreamSpec, ElasticsearchLimits, ElasticsearchSpec, HttpCompression, HttpEncoding,
    HttpMethod, HttpSpec, KafkaSinkSpec, LineEncoding, LokiLimits, LokiSpec, SecretKey, SecretName, SinkAuth, SinkKind,
    SinkSpec, SinkTls, VictoriaLogsLimits, VictoriaLogsSpec,
};
pub use storage::{KraftMetadata, StorageSpec, VolumeSpec};
pub use topic::{DeletionPolicy, TopicSpec};
pub use transform::{
    ConfigMapKey, DedupeSpec, FilterSpec, MergeStrategy, ProgramFrom, ReduceSpec, RemapSpec, SampleSpec, ThrottleSpec,
    TransformKind, TransformSpec,
};
pub use user::{
    AccessPreset, AccessSpec, AclOperation, AclPermission, AuthenticationType, ClusterResource, PatternType,
    QuotasSpec, ResourcePattern, UserAuthentication, UserSpec,
};

/// The API group of all kinds.
pub const GROUP: &str = "kafkapipelines.io";
/// The only version served so far.
pub const VERSION: &str = "v1alpha1";
