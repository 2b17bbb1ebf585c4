//! The Kafka that a consumer reads from, for controllers that look into it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kafkapipelines_core::consumer_health::reading::Offsets;
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
