//! Leadership given back to the preferred replicas.

use std::collections::BTreeMap;

use kafka_protocol::messages::elect_leaders_request::TopicPartitions;
use kafka_protocol::messages::elect_leaders_response::ElectLeadersResponse;
use kafka_protocol::messages::{ElectLeadersRequest, TopicName};

use super::outcome::{Outcomes, outcome};
use super::{TopicPartition, kafka_timeout};
use crate::client::Client;
use crate::error::Error;
use crate::route::Route;
use crate::wire::{text, wire};

const PREFERRED: i8 = 0;

fn elections(answer: &ElectLeadersResponse) -> Outcomes<TopicPartition> {
    let topics = answer.replica_election_results.iter();
    let partitions = topics.flat_map(|topic| topic.partition_result.iter().map(move |partition| (topic, partition)));
    partitions
        .map(|(topic, partition)| {
            let key = TopicPartition::new(text(&topic.topic), partition.partition_id);
            (key, outcome((), partition.error_code, partition.error_message.as_ref()))
        })
        .collect()
}

impl Client {
    /// Makes the preferred replicas leaders: of these partitions by topic, or of all with `None`. Those that need no election are
    /// outcomes with `ELECTION_NOT_NEEDED`, or left out.
    pub async fn elect_preferred_leaders(
        &self,
        partitions: Option<&BTreeMap<String, Vec<i32>>>,
    ) -> Result<Outcomes<TopicPartition>, Error> {
        let chosen = |(topic, partitions): (&String, &Vec<i32>)| {
            TopicPartitions::default().with_topic(TopicName(wire(topic))).with_partitions(partitions.clone())
        };
        let request = ElectLeadersRequest::default()
            .with_election_type(PREFERRED)
            .with_topic_partitions(partitions.map(|partitions| partitions.iter().map(chosen).collect()))
            .with_timeout_ms(kafka_timeout(self.limits().request));
        Ok(elections(&self.ask(Route::Controller, &request).await?))
    }
}
