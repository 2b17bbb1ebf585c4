//! A pipeline whose spec was found good, with all that its nodes must agree on.

use std::collections::BTreeMap;

use kafkapipelines_crds::{ListenerSpec, LogPipelineSpec, TopicSpec};

use crate::kafka_version::KafkaVersion;
use crate::node::Node;
use crate::pool::Pool;

/// A pipeline, validated, with its settled identity and its good pools.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    /// Name of the LogPipeline.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Kafka version.
    pub version: KafkaVersion,
    /// `metadata.version` at the format.
    pub metadata_version: String,
    /// Cluster id.
    pub cluster_id: String,
    /// Node ids of the first voters, ascending; empty until they are settled.
    pub initial_voters: Vec<i32>,
    /// The user's Kafka configuration, checked; values as Kafka reads them.
    pub config: BTreeMap<String, String>,
    /// The rest, as the user wrote it.
    pub spec: LogPipelineSpec,
    /// The pools whose specs are good, by name: what is built.
    pub pools: Vec<Pool>,
    /// Pools whose specs were refused although their node ids are settled, by name. Their nodes run on as they were, so
    /// all that names nodes (quorum, hosts) still counts them: one bad pool never restarts the others.
    pub refused: Vec<Pool>,
}

impl Pipeline {
    /// Listeners for clients.
    pub fn listeners(&self) -> &[ListenerSpec] {
        &self.spec.kafka.listeners
    }

    /// Topics.
    pub fn topics(&self) -> &[TopicSpec] {
        &self.spec.topics
    }

    /// All nodes, those of refused pools too, by id.
    pub fn nodes(&self) -> Vec<Node> {
        let mut nodes: Vec<_> = self.pools.iter().chain(&self.refused).flat_map(Pool::nodes).collect();
        nodes.sort_by_key(|node| node.id);
        nodes
    }

    /// The controllers, by id.
    pub fn controllers(&self) -> Vec<Node> {
        self.nodes().into_iter().filter(Node::is_controller).collect()
    }

    /// The brokers, by id.
    pub fn brokers(&self) -> Vec<Node> {
        self.nodes().into_iter().filter(Node::is_broker).collect()
    }
}
