//! A look into Kafka before a node that serves is stopped.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use kafkapipelines_core::cluster::quorum::Quorum;
use kafkapipelines_core::cluster::restart_gate;
use kafkapipelines_core::node::Node;
use kafkapipelines_core::pipeline::Pipeline;
use kafkapipelines_core::roll::{self, NodeState, Step};
use kafkapipelines_kafka::Client;
use kafkapipelines_kafka::calls::metadata::Topic;
use tokio::time::timeout;

use super::super::kafka_clients::Clients;
use super::super::kafka_partitions;
use super::{Error, LogPipelineController};

/// How long Kafka may take to answer before it counts as not to be asked.
const PATIENCE: Duration = Duration::from_secs(10);

/// What Kafka shows, as far as a restart needs it.
struct Look {
    quorum: Quorum,
    topics: BTreeMap<String, Topic>,
    min_in_sync: BTreeMap<String, usize>,
}

impl LogPipelineController {
    /// The next step, now that a node that serves is to be restarted. Where Kafka cannot be asked, nodes that came back are given time
    /// instead: else a Kafka that the operator cannot reach could never be mended by a restart.
    pub(super) async fn gated(&self, pipeline: &Pipeline, nodes: &[NodeState]) -> Step {
        let now = Timestamp::now();
        let look = timeout(PATIENCE, self.look(pipeline, now)).await;
        match look {
            Ok(Ok(Some(look))) => look.next(nodes),
            Ok(Err(error)) => {
                tracing::info!(pipeline = pipeline.name, %error, "Kafka cannot be asked whether a node can be spared");
                after_a_while(nodes, now)
            }
            Ok(Ok(None)) | Err(_) => after_a_while(nodes, now),
        }
    }

    /// `None` while there is no authority by which Kafka would know the operator.
    async fn look(&self, pipeline: &Pipeline, now: Timestamp) -> Result<Option<Look>, Error> {
        let clients = self.clients.of(&self.io, &self.watches, pipeline, now).await?;
        let Some(Clients { brokers, .. }) = clients else { return Ok(None) };
        Ok(Some(Look::at(&brokers).await?))
    }
}

fn after_a_while(nodes: &[NodeState], now: Timestamp) -> Step {
    let step = roll::next(nodes, None);
    let Step::Restart { id, .. } = step else { return step };
    let unsettled = roll::unsettled(nodes, id, now);
    if unsettled.is_empty() {
        return step;
    }
    Step::Wait {
        reason: format!("nodes that have just come back, as Kafka cannot be asked: {}", roll::list(&unsettled)),
    }
}

impl Look {
    async fn at(brokers: &Client) -> Result<Self, Error> {
        let quorum = brokers.describe_quorum().await?;
        let topics = brokers.list_topics().await?;
        let min_in_sync = kafka_partitions::min_in_sync(brokers, &topics).await?;
        Ok(Self { quorum, topics, min_in_sync })
    }

    fn next(&self, nodes: &[NodeState]) -> Step {
        let step = roll::next(nodes, self.quorum.leader);
        let Step::Restart { id, serves: true, .. } = &step else { return step };
        let Some(state) = nodes.iter().find(|state| state.node.id == *id) else { return step };
        match self.may_stop(&state.node) {
            Ok(()) => step,
            Err(reason) => Step::Wait { reason },
        }
    }

    fn may_stop(&self, node: &Node) -> Result<(), String> {
        restart_gate::may_stop(node, &self.quorum, kafka_partitions::copies(&self.topics, &self.min_in_sync))
    }
}
