//! Setting how far a group has read.

use std::collections::BTreeMap;

use kafka_protocol::messages::offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use kafka_protocol::messages::{GroupId, OffsetCommitRequest, OffsetCommitResponse, TopicName};

use super::TopicPartition;
use super::groups::Committed;
use super::outcome::{Outcomes, complete, outcome};
use crate::client::Client;
use crate::error::{Error, KafkaError};
use crate::route::Route;
use crate::wire::{text, wire};

/// Of nobody: neither a member nor a generation of them. Kafka takes it only while the group has no members.
const NO_GENERATION: i32 = -1;

fn question(group: &str, offsets: &Committed) -> OffsetCommitRequest {
    let mut topics: BTreeMap<&String, Vec<OffsetCommitRequestPartition>> = BTreeMap::new();
    for (TopicPartition { topic, partition }, offset) in offsets {
        let partition = OffsetCommitRequestPartition::default().with_partition_index(*partition);
        topics.entry(topic).or_default().push(partition.with_committed_offset(*offset).with_committed_leader_epoch(-1));
    }
    let topics = topics.into_iter().map(|(name, partitions)| {
        OffsetCommitRequestTopic::default().with_name(TopicName(wire(name))).with_partitions(partitions)
    });
    OffsetCommitRequest::default()
        .with_group_id(GroupId(wire(group)))
        .with_generation_id_or_member_epoch(NO_GENERATION)
        .with_topics(topics.collect())
}

/// An error before anything was done is one of the whole: a coordinator that has moved says so of every partition.
fn outcomes(offsets: &Committed, answer: &OffsetCommitResponse) -> Result<Outcomes<TopicPartition>, KafkaError> {
    let all = answer.topics.iter().flat_map(|topic| topic.partitions.iter().map(move |partition| (topic, partition)));
    let all = all.map(|(topic, partition)| {
        let name = TopicPartition::new(text(&topic.name), partition.partition_index);
        (name, outcome((), partition.error_code, None))
    });
    let all: Outcomes<TopicPartition> = all.collect();
    match all.values().find_map(|outcome| outcome.as_ref().err().filter(|error| error.is_before_asking())) {
        Some(error) => Err(error.clone()),
        None => Ok(complete(offsets.keys().cloned(), all)),
    }
}

impl Client {
    /// Sets how far a group has read; one that is not there is made. A group with members is refused, partition by partition, with
    /// `UNKNOWN_MEMBER_ID`. To set the same again changes nothing.
    pub async fn set_committed_offsets(
        &self,
        group: &str,
        offsets: &Committed,
    ) -> Result<Outcomes<TopicPartition>, Error> {
        let (group, request) = (group.to_owned(), question(group, offsets));
        let ask = |node, _names: Vec<String>| {
            let (request, group) = (request.clone(), group.clone());
            async move {
                let answer = self.ask(Route::Node(node), &request).await?;
                Ok(Outcomes::from([(group, outcomes(offsets, &answer))]))
            }
        };
        let set = self.ask_coordinators(std::slice::from_ref(&group), ask).await?.remove(&group);
        let set = set.transpose().map_err(|error| Error::Kafka { api: "OffsetCommit", error })?;
        Ok(set.unwrap_or_default())
    }
}
