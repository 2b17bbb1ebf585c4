//! Configuration that Kafka changes while it runs, for all brokers at once.

use std::collections::BTreeMap;

use kafkapipelines_core::cluster::configs::{Change, Resource, Settings};
use kafkapipelines_core::cluster::report::Report;
use kafkapipelines_core::cluster::settings;

use super::Error;
use super::configs::{alter, describe};
use super::turn::Turn;

/// Sends what differs from the spec. A key that Kafka refuses is told, and keeps no other back.
pub(super) async fn run(turn: &Turn<'_>, report: &mut Report) -> Result<(), Error> {
    let actual = describe(&turn.clients.brokers, Resource::AllBrokers, None).await?;
    let mut changes = settings::plan(turn.pipeline, &actual);
    if changes.is_empty() {
        return Ok(());
    }
    let running = running(turn, &settings::in_steps(&changes)).await;
    let more_follow = settings::take_steps(&mut changes, &running);
    tracing::info!(pipeline = turn.pipeline.name, keys = ?changes.keys(), "configuration of all brokers is changed");
    let refusals = send(turn, changes).await?;
    report.busy |= more_follow && refusals.is_empty();
    report.findings.extend(settings::refused(&refusals));
    Ok(())
}

/// What each broker runs with, as far as it answers.
async fn running(turn: &Turn<'_>, keys: &[&str]) -> Vec<Settings> {
    let mut running = Vec::new();
    for id in turn.seen.cluster.live().filter(|_| !keys.is_empty()) {
        running.extend(describe(&turn.clients.brokers, Resource::Broker(id), Some(keys)).await.ok());
    }
    running
}

/// All at once; where Kafka does not take them, each by itself. Kafka's words for those that it does not take.
async fn send(turn: &Turn<'_>, changes: BTreeMap<String, Change>) -> Result<BTreeMap<String, String>, Error> {
    let mut refusals = BTreeMap::new();
    let alter = |changes| alter(&turn.clients.brokers, Resource::AllBrokers, changes);
    if alter(changes.clone()).await?.is_err() {
        for (key, change) in changes {
            let refused = alter(BTreeMap::from([(key.clone(), change)])).await?.err();
            refusals.extend(refused.map(|error| (key, error.to_string())));
        }
    }
    Ok(refusals)
}
