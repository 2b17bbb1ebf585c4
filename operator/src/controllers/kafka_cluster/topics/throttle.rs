//! The rate at which brokers copy replicas of topics that are marked for it.

use std::collections::BTreeMap;

use kafkapipelines_core::cluster::configs::{Change, Changes, Resource, Source};
use kafkapipelines_kafka::calls::Mode;
use kafkapipelines_kafka::{Client, KafkaError};

use super::Error;

/// Bytes a second that a broker sends, and those that it takes, for all moves together: 50 MiB, a small part of what a disk and a network
/// do beside their work.
const RATE: u64 = 50 << 20;
/// The settings of a broker that say so.
const RATES: [&str; 2] = ["leader.replication.throttled.rate", "follower.replication.throttled.rate"];

/// Gives brokers a rate, if Kafka does not refuse it; one that somebody has set stays.
pub(super) async fn on(client: &Client, brokers: impl Iterator<Item = i32>) -> Result<Result<(), KafkaError>, Error> {
    let brokers: Vec<_> = brokers.map(Resource::Broker).collect();
    let mut changes = Changes::new();
    for (broker, settings) in client.describe_configs(&brokers, Some(&RATES)).await? {
        let settings = match settings {
            Ok(settings) => settings,
            Err(refused) => return Ok(Err(refused)),
        };
        let is_set = |rate: &str| settings.get(rate).is_some_and(|setting| setting.source == Source::Broker);
        let missing = RATES.into_iter().filter(|rate| !is_set(rate));
        changes.insert(broker, missing.map(|rate| (rate.to_owned(), Change::Set(RATE.to_string()))).collect());
    }
    changes.retain(|_, changes| !changes.is_empty());
    send(client, &changes).await
}

/// Takes the rate away, if Kafka does not refuse it. It is not asked for first: a broker may not know yet what was just set.
pub(super) async fn off(client: &Client, brokers: impl Iterator<Item = i32>) -> Result<Result<(), KafkaError>, Error> {
    let none = BTreeMap::from(RATES.map(|rate| (rate.to_owned(), Change::Delete)));
    send(client, &brokers.map(|id| (Resource::Broker(id), none.clone())).collect()).await
}

async fn send(client: &Client, changes: &Changes) -> Result<Result<(), KafkaError>, Error> {
    Ok(client.alter_configs(changes, Mode::Apply).await?.into_values().collect())
}
