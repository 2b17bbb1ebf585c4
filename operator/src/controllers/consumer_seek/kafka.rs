//! What a seek asks of Kafka: who is in the group, how far it has read, what there is to read; and what it sets.

use std::collections::BTreeMap;

use kafkapipelines_core::cluster::topics::{Topic, TopicPartition};
use kafkapipelines_core::conditions;
use kafkapipelines_core::consumer_health::reading::Reading;
use kafkapipelines_core::consumer_seek::plan::{Plan, wanted};
use kafkapipelines_core::consumer_seek::request::Request;
use kafkapipelines_core::consumer_seek::target::{self, Target};
use kafkapipelines_core::topic_selection::TopicSelection;
use kafkapipelines_core::vector;
use kafkapipelines_crds::{Consumer, SeekPartition};
use kafkapipelines_kafka::calls::groups::Member;
use kafkapipelines_kafka::calls::offsets::At;
use kafkapipelines_kafka::{Client, Error};
use kube::ResourceExt as _;

use super::super::consumer_kafka::{existing, offsets};

/// Members and partitions that a message names.
const SHOWN: usize = 5;

/// The group of a consumer, as Kafka knows it.
pub(super) struct Asked<'a> {
    brokers: Client,
    consumer: &'a Consumer,
    topics: TopicSelection,
    group: String,
}

/// What a seek would move.
pub(super) enum Found {
    /// This.
    Plan(Plan),
    /// It cannot be told yet.
    Waits(String),
    /// It cannot be told at all.
    Fails(String),
}

impl<'a> Asked<'a> {
    pub(super) fn new(brokers: Client, consumer: &'a Consumer, topics: TopicSelection) -> Self {
        Self { brokers, consumer, topics, group: vector::group(&consumer.name_any(), &consumer.spec) }
    }

    /// Who is in the group and keeps it from being moved.
    pub(super) async fn in_the_way(&self) -> Result<Option<String>, Error> {
        let members = self.brokers.describe_group(&self.group).await?.members;
        let named = conditions::sentence(
            members.iter().map(|Member { client_id, host, .. }| format!("{client_id} at {host}")),
            SHOWN,
        );
        let message = format!(
            "waits for members of the group {} to leave it, though no Pod of the consumer is left: {named}",
            self.group
        );
        Ok((!members.is_empty()).then_some(message))
    }

    /// What is to be moved, by how far the group has read now.
    pub(super) async fn plan(&self, request: &Request) -> Result<Found, Error> {
        let mut topics = existing(&self.brokers, &self.topics, &[]).await?;
        let names = match request.topics_of(&self.topics.among(topics.keys())) {
            Ok(names) => names,
            Err(why) => return Ok(Found::Fails(why)),
        };
        topics.retain(|name, _| names.contains(name));
        if let Some(missing) = names.iter().find(|name| !topics.contains_key(*name)) {
            return Ok(Found::Fails(format!("there is no topic {missing}")));
        }
        // Before the offsets of the brokers: a group never seems to be ahead.
        let committed = self.brokers.committed_offsets_of(&self.group).await?;
        let (earliest, end) =
            (offsets(&self.brokers, &topics, At::Earliest).await?, offsets(&self.brokers, &topics, At::Latest).await?);
        let since = match request.to {
            Target::Time(time) => offsets(&self.brokers, &topics, At::Time(time.as_millisecond())).await?,
            _ => end.clone(),
        };
        let is_known =
            |partition: &TopicPartition| [&earliest, &end, &since].iter().all(|of| of.contains_key(partition));
        let unknown: Vec<_> = partitions(&topics).filter(|partition| !is_known(partition)).collect();
        if !unknown.is_empty() {
            let led_by_nobody =
                conditions::sentence(unknown.iter().map(|of| format!("{}-{}", of.topic, of.partition)), SHOWN);
            return Ok(Found::Waits(format!("waits for a leader of {led_by_nobody}")));
        }
        let committed = committed.into_iter().filter(|(partition, _)| topics.contains_key(&partition.topic)).collect();
        let reading = Reading { committed, earliest, end, reset: self.consumer.spec.auto_offset_reset };
        let loss = self.consumer.status.as_ref().and_then(|status| status.loss.as_ref());
        Ok(match target::offsets(request.to, &reading, &since, loss) {
            Ok(to) => Found::Plan(Plan::new(&reading, &to)),
            Err(why) => Found::Fails(why),
        })
    }

    /// Sets what is settled, and reads it back. Why Kafka does not have it yet, if it does not.
    pub(super) async fn set(&self, settled: &[SeekPartition]) -> Result<Option<String>, Error> {
        let offsets = wanted(settled);
        let outcomes = self.brokers.set_committed_offsets(&self.group, &offsets).await?;
        let refused = outcomes.iter().find_map(|(partition, outcome)| Some((partition, outcome.as_ref().err()?)));
        if let Some((TopicPartition { topic, partition }, error)) = refused {
            return Ok(Some(format!("waits for Kafka to take the offset of {topic}-{partition}: {error}")));
        }
        let found = self.brokers.committed_offsets_of(&self.group).await?;
        let differs = offsets.iter().find(|(partition, offset)| found.get(*partition) != Some(offset));
        Ok(differs.map(|(TopicPartition { topic, partition }, offset)| {
            format!("waits for {topic}-{partition} to be at {offset}: somebody else moves the group {}", self.group)
        }))
    }
}

fn partitions(topics: &BTreeMap<String, Topic>) -> impl Iterator<Item = TopicPartition> {
    let of = |(name, topic): (&String, &Topic)| {
        topic.partitions.iter().map(|partition| TopicPartition::new(name, partition.index)).collect::<Vec<_>>()
    };
    topics.iter().flat_map(of)
}
