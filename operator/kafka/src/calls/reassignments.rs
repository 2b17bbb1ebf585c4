//! Partitions moved to other brokers.

use std::collections::BTreeMap;

use kafka_protocol::messages::alter_partition_reassignments_request::{ReassignablePartition, ReassignableTopic};
use kafka_protocol::messages::list_partition_reassignments_response::OngoingPartitionReassignment;
use kafka_protocol::messages::{
    AlterPartitionReassignmentsRequest, BrokerId, ListPartitionReassignmentsRequest, TopicName,
};
pub use kafkapipelines_core::cluster::topics::{Ongoing, Reassignment};

use super::outcome::{Outcomes, complete, outcome};
use super::{TopicPartition, kafka_timeout};
use crate::client::Client;
use crate::error::Error;
use crate::route::Route;
use crate::wire::{text, wire};

fn ongoing(partition: &OngoingPartitionReassignment) -> Ongoing {
    let ids = |ids: &[BrokerId]| ids.iter().map(|id| id.0).collect();
    Ongoing {
        replicas: ids(&partition.replicas),
        adding: ids(&partition.adding_replicas),
        removing: ids(&partition.removing_replicas),
    }
}

fn by_topic(moves: &BTreeMap<TopicPartition, Reassignment>) -> Vec<ReassignableTopic> {
    let mut topics: BTreeMap<&String, Vec<ReassignablePartition>> = BTreeMap::new();
    for (TopicPartition { topic, partition }, reassignment) in moves {
        let replicas = match reassignment {
            Reassignment::To(brokers) => Some(brokers.iter().map(|id| (*id).into()).collect()),
            Reassignment::Cancel => None,
        };
        let item = ReassignablePartition::default().with_partition_index(*partition).with_replicas(replicas);
        topics.entry(topic).or_default().push(item);
    }
    let topics = topics.into_iter();
    topics
        .map(|(name, items)| ReassignableTopic::default().with_name(TopicName(wire(name))).with_partitions(items))
        .collect()
}

impl Client {
    /// Begins or takes back moves. How fast they go is configuration of topics and brokers.
    pub async fn reassign_partitions(
        &self,
        moves: &BTreeMap<TopicPartition, Reassignment>,
    ) -> Result<Outcomes<TopicPartition>, Error> {
        let request = AlterPartitionReassignmentsRequest::default()
            .with_timeout_ms(kafka_timeout(self.limits().request))
            .with_topics(by_topic(moves));
        let answer = self.ask(Route::Controller, &request).await?;
        let topics = answer.responses.iter();
        let partitions = topics.flat_map(|topic| topic.partitions.iter().map(move |item| (topic, item)));
        let told = partitions.map(|(topic, item)| {
            let key = TopicPartition::new(text(&topic.name), item.partition_index);
            (key, outcome((), item.error_code, item.error_message.as_ref()))
        });
        Ok(complete(moves.keys().cloned(), told.collect()))
    }

    /// All moves that go on.
    pub async fn list_reassignments(&self) -> Result<BTreeMap<TopicPartition, Ongoing>, Error> {
        // No topics at all, which is not the same as an empty list: all of them.
        let request = ListPartitionReassignmentsRequest::default()
            .with_timeout_ms(kafka_timeout(self.limits().request))
            .with_topics(None);
        let answer = self.ask(Route::Controller, &request).await?;
        let topics = answer.topics.iter();
        let partitions = topics.flat_map(|topic| topic.partitions.iter().map(move |item| (topic, item)));
        let moves = partitions
            .map(|(topic, item)| (TopicPartition::new(text(&topic.name), item.partition_index), ongoing(item)));
        Ok(moves.collect())
    }
}
