//! One look into a pipeline's Kafka, and what all families of settings need for theirs.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use kafkapipelines_core::cluster::topics::{Ongoing, TopicPartition};
use kafkapipelines_core::node::Node;
use kafkapipelines_core::pipeline::Pipeline;
use kafkapipelines_core::pod_state::PodState;
use kafkapipelines_crds::{Consumer, LogPipeline};
use kafkapipelines_kafka::Client;
use kafkapipelines_kafka::calls::cluster::Cluster;
use kafkapipelines_kafka::calls::metadata::Topic;
use kafkapipelines_kafka::calls::quorum::Quorum;

use super::super::kafka_clients::Clients;
use super::Error;
use crate::io::Io;
use crate::io::watches::Watches;

/// One look into a pipeline's Kafka.
pub(super) struct Turn<'a> {
    pub(super) io: &'a Io,
    pub(super) watches: &'a Watches,
    /// The object.
    pub(super) object: &'a LogPipeline,
    /// Its spec, found good.
    pub(super) pipeline: &'a Pipeline,
    /// The Consumers that name it.
    pub(super) consumers: &'a [Arc<Consumer>],
    /// The way in.
    pub(super) clients: Clients,
    /// What Kafka shows.
    pub(super) seen: Seen,
    pub(super) now: Timestamp,
}

impl Turn<'_> {
    /// The node's Pod, if it serves.
    pub(super) fn serving_pod(&self, node: &Node) -> Option<PodState> {
        let pod = self.watches.pods.get(&self.pipeline.namespace, &node.pod)?;
        Some(PodState::of(&pod, None)).filter(PodState::serves)
    }

    /// The client by which a node is asked about itself.
    pub(super) fn client_of(&self, node: &Node) -> &Client {
        if node.is_broker() { &self.clients.brokers } else { &self.clients.controllers }
    }
}

/// What Kafka shows to everybody who asks.
pub(super) struct Seen {
    /// Brokers that are registered.
    pub(super) cluster: Cluster,
    /// The controllers' quorum.
    pub(super) quorum: Quorum,
    /// All topics, Kafka's own too.
    pub(super) topics: BTreeMap<String, Topic>,
    /// Partitions whose replicas are being moved.
    pub(super) moves: BTreeMap<TopicPartition, Ongoing>,
}

impl Seen {
    /// Asks Kafka.
    pub(super) async fn observe(clients: &Clients) -> Result<Self, Error> {
        Ok(Self {
            cluster: clients.brokers.describe_cluster().await?,
            quorum: clients.brokers.describe_quorum().await?,
            topics: clients.brokers.list_topics().await?,
            moves: clients.brokers.list_reassignments().await?,
        })
    }
}
