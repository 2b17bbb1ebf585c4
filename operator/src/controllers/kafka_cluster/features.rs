//! `metadata.version`: raised when the spec says so and every node supports it.

use std::collections::BTreeMap;

use kafkapipelines_core::cluster::features::{self, Features, METADATA_VERSION};
use kafkapipelines_core::cluster::report::Report;
use kafkapipelines_core::conditions::Finding;
use kafkapipelines_core::metadata_version::MetadataVersion;
use kafkapipelines_kafka::calls::Mode;
use kafkapipelines_kafka::calls::features::Move;

use super::Error;
use super::turn::Turn;

/// Tells what the cluster has agreed on, and raises it if that is due.
pub(super) async fn run(turn: &Turn<'_>, report: &mut Report) -> Result<(), Error> {
    let Some(broker) = turn.seen.cluster.live().next() else { return Ok(()) };
    let Some(finalized) = turn.clients.brokers.describe_features(broker).await?.metadata_version() else {
        return Ok(());
    };
    report.metadata_version = features::name(finalized, &turn.pipeline.metadata_version);
    let wanted = turn.pipeline.spec.kafka.metadata_version.as_deref();
    let Some(wanted) = features::raise(wanted, finalized) else { return Ok(()) };
    match features::level(wanted, &of_nodes(turn).await) {
        Ok(level) => match raise(turn, wanted, level).await? {
            Ok(()) => report.busy = true,
            Err(refused) => report.findings.push(refused),
        },
        Err(held) => report.findings.push(held),
    }
    Ok(())
}

/// What each node supports; `None` where it does not serve or does not answer.
async fn of_nodes(turn: &Turn<'_>) -> BTreeMap<i32, Option<Features>> {
    let mut nodes = BTreeMap::new();
    for node in turn.pipeline.nodes() {
        let serves = turn.serving_pod(&node).is_some();
        let features = if serves { turn.client_of(&node).describe_features(node.id).await.ok() } else { None };
        nodes.insert(node.id, features);
    }
    nodes
}

/// Kafka is asked whether it would, then told to: there is no way back.
async fn raise(turn: &Turn<'_>, wanted: MetadataVersion, level: i16) -> Result<Result<(), Finding>, Error> {
    for mode in [Mode::Validate, Mode::Apply] {
        if let Some(refusal) = update(turn, level, mode).await? {
            let strangers = strangers(turn).await?;
            return Ok(Err(features::refused(wanted, &refusal, &strangers)));
        }
    }
    tracing::info!(pipeline = turn.pipeline.name, version = %wanted, "metadata.version is raised");
    Ok(Ok(()))
}

/// Why Kafka refuses, if it does.
async fn update(turn: &Turn<'_>, level: i16, mode: Mode) -> Result<Option<String>, Error> {
    let levels = BTreeMap::from([(METADATA_VERSION.to_owned(), level)]);
    match turn.clients.brokers.update_features(&levels, Move::Up, mode).await {
        Ok(outcomes) => Ok(outcomes.into_values().find_map(Result::err).map(|refusal| refusal.to_string())),
        Err(error) => error.kafka().map(|refusal| Some(refusal.to_string())).ok_or(Error::Kafka(error)),
    }
}

/// Controllers that are registered and not wanted: Kafka never forgets them.
async fn strangers(turn: &Turn<'_>) -> Result<Vec<i32>, Error> {
    let wanted: Vec<_> = turn.pipeline.controllers().iter().map(|node| node.id).collect();
    let registered = turn.clients.controllers.describe_cluster().await?;
    Ok(registered.nodes.iter().map(|node| node.id).filter(|id| !wanted.contains(id)).collect())
}
