//! The Kafka that a consumer reads from, for controllers that look into it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kafkapipelines_core::consumer_health::reading::Offsets;
use kafkapipelines_core::topic_selection::TopicSelection;
use kafkapipelines_crds::Consumer;
use kafkapipelines_kafka::Client;
use kafkapipelines_kafka::calls::metadata::Topic;
use kafkapipelines_kafka::calls::offsets::At;
use kube::ResourceExt as _;

use super::error::Error;
use super::kafka_clients::KafkaClients;
use super::kafka_nodes;
use crate::io::Io;
use crate::io::watches::Watches;

/// Which topics the consumer reads.
pub(super) fn topics(watches: &Watches, consumer: &Consumer) -> TopicSelection {
    let of_pipeline = |other: &Consumer| other.spec.pipeline == consumer.spec.pipeline;
    let beside = watches.consumers.list(&consumer.namespace().unwrap_or_default(), of_pipeline);
    TopicSelection::of(&consumer.spec, beside.iter().map(|other| &other.spec))
}

/// Those of its topics that exist, and those of `more`. A pattern is looked for among all topics: that is one question as well.
pub(super) async fn existing(
    brokers: &Client,
    topics: &TopicSelection,
    more: &[String],
) -> Result<BTreeMap<String, Topic>, kafkapipelines_kafka::Error> {
    if let TopicSelection::Listed(names) = topics {
        return brokers.existing_topics(&[names, more].concat()).await;
    }
    let mut there = brokers.list_topics().await?;
    let read = topics.among(there.keys());
    there.retain(|name, _| read.contains(name) || more.contains(name));
    Ok(there)
}

/// Whether the pipeline of the consumer is suspended.
pub(super) fn is_suspended(watches: &Watches, consumer: &Consumer) -> bool {
    let pipeline = watches.pipelines.get(&consumer.namespace().unwrap_or_default(), &consumer.spec.pipeline);
    pipeline.is_some_and(|pipeline| pipeline.spec.suspend)
}

/// The way to its brokers, if there is one now.
pub(super) async fn brokers(
    io: &Io,
    watches: &Watches,
    clients: &KafkaClients,
    consumer: &Consumer,
) -> Result<Option<Client>, Error> {
    let installed = watches.pipelines.get(&consumer.namespace().unwrap_or_default(), &consumer.spec.pipeline);
    let Some(pipeline) = installed.and_then(|pipeline| kafka_nodes::reachable(watches, &pipeline)) else {
        return Ok(None);
    };
    let clients = clients.of(io, watches, &pipeline, Timestamp::now()).await?;
    Ok(clients.map(|clients| clients.brokers))
}

/// An offset of each partition. Those that have just got another leader are left out.
pub(super) async fn offsets(
    brokers: &Client,
    topics: &BTreeMap<String, Topic>,
    at: At,
) -> Result<Offsets, kafkapipelines_kafka::Error> {
    let found = brokers.offsets(topics, at).await?;
    Ok(found.into_iter().filter_map(|(partition, offset)| Some((partition, offset.ok()?))).collect())
}
