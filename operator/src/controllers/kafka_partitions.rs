//! The partitions of a Kafka, with how many replicas each must have in sync.

use std::collections::BTreeMap;

use kafkapipelines_core::cluster::restart_gate::Copies;
use kafkapipelines_kafka::calls::configs::{Resource, Settings};
use kafkapipelines_kafka::calls::metadata::Topic;
use kafkapipelines_kafka::{Client, Error};

const MIN_IN_SYNC: &str = "min.insync.replicas";

/// `min.insync.replicas` of each topic, in one request for all. A topic that is just being deleted is left out.
pub(super) async fn min_in_sync(
    brokers: &Client,
    topics: &BTreeMap<String, Topic>,
) -> Result<BTreeMap<String, usize>, Error> {
    let resources: Vec<_> = topics.keys().cloned().map(Resource::Topic).collect();
    let found = brokers.describe_configs(&resources, Some(&[MIN_IN_SYNC])).await?;
    let of_topics = found.into_iter().filter_map(|(resource, settings)| match resource {
        Resource::Topic(name) => Some((name, number(&settings.ok()?)?)),
        _ => None,
    });
    Ok(of_topics.collect())
}

fn number(settings: &Settings) -> Option<usize> {
    settings.get(MIN_IN_SYNC)?.value.as_ref()?.parse().ok()
}

/// Where the partitions of all topics have their copies.
pub(super) fn copies<'a>(
    topics: &'a BTreeMap<String, Topic>,
    min_in_sync: &'a BTreeMap<String, usize>,
) -> impl Iterator<Item = Copies<'a>> {
    let of_topic = move |(name, topic): (&'a String, &'a Topic)| {
        let min_in_sync = min_in_sync.get(name).copied();
        topic.partitions.iter().map(move |partition| Copies {
            topic: name,
            partition: partition.index,
            led: partition.leader.is_some(),
            replicas: &partition.replicas,
            in_sync: &partition.in_sync,
            min_in_sync,
        })
    };
    topics.iter().flat_map(of_topic)
}
