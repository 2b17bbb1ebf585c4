//! Topics made, grown and deleted.

use std::collections::BTreeMap;

use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;
use kafka_protocol::messages::create_topics_request::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig,
};
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::{CreatePartitionsRequest, CreateTopicsRequest, DeleteTopicsRequest, TopicName};
pub use kafkapipelines_core::cluster::topics::{Layout, NewTopic};

use super::outcome::{Outcomes, complete, outcome};
use super::{BATCH, Mode, kafka_timeout};
use crate::client::Client;
use crate::error::Error;
use crate::route::Route;
use crate::wire::{text, wire};

/// Kafka refuses a request of more than 10,000 partitions; those of the brokers' default count are few.
const PARTITIONS: usize = 5_000;

fn creation(new: &NewTopic) -> CreatableTopic {
    let config = |(name, value): (&String, &String)| {
        CreatableTopicConfig::default().with_name(wire(name)).with_value(Some(wire(value)))
    };
    let topic = CreatableTopic::default()
        .with_name(TopicName(wire(&new.name)))
        .with_configs(new.configs.iter().map(config).collect());
    match &new.layout {
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

fn partitions(new: &NewTopic) -> usize {
    match &new.layout {
        Layout::Spread { partitions, .. } => usize::try_from(*partitions).unwrap_or(1),
        Layout::Assigned(partitions) => partitions.len(),
    }
}

/// Requests that Kafka takes: none has too many topics, or too many partitions in all.
fn batches(topics: &[NewTopic]) -> Vec<Vec<&NewTopic>> {
    let mut batches: Vec<Vec<&NewTopic>> = Vec::new();
    let mut room = 0;
    for topic in topics {
        let needed = partitions(topic);
        if let Some(batch) = batches.last_mut().filter(|batch| batch.len() < BATCH && needed <= room) {
            batch.push(topic);
        } else {
            batches.push(vec![topic]);
            room = PARTITIONS;
        }
        room = room.saturating_sub(needed);
    }
    batches
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
        for batch in batches(topics) {
            let request = CreateTopicsRequest::default()
                .with_topics(batch.into_iter().map(creation).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_request_has_too_many_topics_or_partitions() {
        let topics = |count: usize, partitions: i32| {
            let layout = Layout::Spread { partitions, replicas: -1 };
            (0..count).map(move |index| NewTopic {
                name: format!("topic-{partitions}-{index}"),
                layout: layout.clone(),
                configs: BTreeMap::new(),
            })
        };
        let sizes = |topics: Vec<NewTopic>| batches(&topics).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(topics(1000, 12).collect()), [BATCH; 4]);
        assert_eq!(sizes(topics(300, -1).collect()), [BATCH, 50]);
        assert_eq!(sizes(topics(3, 3_000).chain(topics(1, 20_000)).chain(topics(2, 1)).collect()), [1, 1, 1, 1, 2]);
    }
}
