//! What the operator decides, without I/O: validation, children, plans and status are pure functions of what was observed.
//! The clock, keys and randomness are arguments.
#![warn(missing_docs)]

pub mod agent;
pub mod build;
pub mod child;
pub mod cluster;
pub mod cluster_id;
pub mod conditions;
pub mod consumer;
pub mod consumer_health;
pub mod consumer_replay;
pub mod consumer_seek;
pub mod gateway;
pub mod identity;
pub mod kafka_config;
pub mod kafka_version;
pub mod labels;
pub mod metadata_version;
pub mod names;
pub mod node;
pub mod node_ids;
pub mod pipeline;
pub mod pki;
mod pod_parts;
pub mod pod_state;
pub mod pool;
mod producer;
pub mod program;
pub mod program_sources;
pub mod quantity;
pub mod refusal;
mod request_annotation;
pub mod retry;
pub mod roll;
pub mod scaling;
pub mod status;
pub mod storage_change;
pub mod topic_selection;
pub mod validate;
pub mod vector;
mod vector_pod;
