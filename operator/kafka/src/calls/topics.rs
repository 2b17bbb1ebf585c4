//! Topics made, grown and deleted.

use std::collections::BTreeMap;

use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;
use kafka_protocol::messages::create_topics_request::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig,
};
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::{CreatePartitionsRequest, CreateTopicsRequest, DeleteTopicsRequest, TopicName};

use super::outcome::{Outcomes, complete, outcome};
use super::{BATCH, Mode, kafka_timeout};
use crate::client::Client;
use crate::error::Error;
use crate::route::Route;
use crate::wire::{text, wire};

/// A topic to be made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewTopic {
    /// Its name.
    pub name: String,
    /// Its partitions and where they live.
    pub layout: Layout,
    /// Its own configuration.
    pub configs: BTreeMap<String, String>,
}

/// Where the partitions of a new topic live.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Layout {
    /// Kafka decides.
    Spread {
        /// How many partitions.
        partitions: i32,
        /// How many replicas of each.
        replicas: i16,
    },
    /// The brokers of each partition, the preferred leader first.
    Assigned(Vec<Vec<i32>>),
}

impl NewTopic {
    fn wire(&self) -> CreatableTopic {
        let config = |(name, value): (&String, &String)| {
            CreatableTopicConfig::default().with_name(wire(name)).with_value(Some(wire(value)))
        };
        let topic = CreatableTopic::default()
            .with_name(TopicName(wire(&self.name)))
            .with_configs(self.configs.iter().map(config).collect());
        match &self.layout {
            Layout::Spread { partitions, replicas } => {
                topic.with_num_partitions(*partitions).with_replication_factor(*replicas)
            }
            Layout::Assigned(partitions) => {
                let assigned = (0..).zip(partitions).map(|(index, brokers)| {
                    CreatableReplicaAssignment::default()
                        .with_partition_index(index)
                        .with_broker_ids(brokers.iter().map(|id| (*id).into()).collect())
                });
                // Where brokers are given, the counts must not be.
                topic.with_num_partitions(-1).with_replication_factor(-1).with_assignments(assigned.collect())
            }
        }
    }
}

fn growth((name, total): &(&String, &i32)) -> CreatePartitionsTopic {
    // No assignment at all, which is not the same as an empty one: Kafka decides where the new ones live.
    CreatePartitionsTopic::default().with_name(TopicName(wire(*name))).with_count(**total).with_assignments(None)
}

fn deletion(name: &String) -> DeleteTopicState {
    DeleteTopicState::default().with_name(Some(TopicName(wire(name))))
}

impl Client {
    /// Makes topics. One that is there already is an outcome of its own.
    pub async fn create_topics(&self, topics: &[NewTopic], mode: Mode) -> Result<Outcomes<String>, Error> {
        let mut outcomes = Outcomes::new();
        for batch in topics.chunks(BATCH) {
            let request = CreateTopicsRequest::default()
                .with_topics(batch.iter().map(NewTopic::wire).collect())
                .with_timeout_ms(kafka_timeout(self.limits().request))
                .with_validate_only(mode == Mode::Validate);
            let answer = self.ask(Route::Controller, &request).await?;
            let answered = answer.topics.iter();
            outcomes.extend(
                answered.map(|topic| (text(&topic.name), outcome((), topic.error_code, topic.error_message.as_ref()))),
            );
        }
        Ok(complete(topics.iter().map(|topic| topic.name.clone()), outcomes))
    }

    /// Grows topics to a total of partitions. Kafka refuses to shrink one.
    pub async fn create_partitions(
        &self,
        totals: &BTreeMap<String, i32>,
        mode: Mode,
    ) -> Result<Outcomes<String>, Error> {
        let mut outcomes = Outcomes::new();
        for batch in totals.iter().collect::<Vec<_>>().chunks(BATCH) {
            let request = CreatePartitionsRequest::default()
                .with_topics(batch.iter().map(growth).collect())
                .with_timeout_ms(kafka_timeout(self.limits().request))
                .with_validate_only(mode == Mode::Validate);
            let answer = self.ask(Route::Controller, &request).await?;
            let answered = answer.results.iter();
            outcomes.extend(
                answered.map(|topic| (text(&topic.name), outcome((), topic.error_code, topic.error_message.as_ref()))),
            );
        }
        Ok(complete(totals.keys().cloned(), outcomes))
    }

    /// Deletes topics and all that is in them.
    pub async fn delete_topics(&self, names: &[String]) -> Result<Outcomes<String>, Error> {
        let mut outcomes = Outcomes::new();
        for batch in names.chunks(BATCH) {
            let request = DeleteTopicsRequest::default()
                .with_topics(batch.iter().map(deletion).collect())
                .with_timeout_ms(kafka_timeout(self.limits().request));
            let answer = self.ask(Route::Controller, &request).await?;
            outcomes.extend(answer.responses.iter().filter_map(|topic| {
                Some((text(topic.name.as_ref()?), outcome((), topic.error_code, topic.error_message.as_ref())))
            }));
        }
        Ok(complete(names.iter().cloned(), outcomes))
    }
}
