//! Levels of the nodes' loggers.

use std::collections::{BTreeMap, BTreeSet};

use kafkapipelines_core::cluster::configs::Resource;
use kafkapipelines_core::cluster::log_levels::{self, Levels};
use kafkapipelines_core::cluster::report::Report;
use kafkapipelines_core::node::Node;

use super::Error;
use super::configs::{alter, describe, is_unsupported};
use super::turn::Turn;

/// What the nodes' Pods, by uid, were found to have or were told. Without `spec.kafka.logLevels` it is looked at once.
#[derive(Default)]
pub(super) struct Memory(BTreeMap<String, Levels>);

/// Tells every node that serves what differs. A node that does not answer is asked again at the next look, and holds up nobody.
pub(super) async fn run(turn: &Turn<'_>, memory: &mut Memory, report: &mut Report) {
    let wanted = Levels::wanted(turn.pipeline);
    let is_watched = !turn.pipeline.spec.kafka.log_levels.is_empty();
    let before = std::mem::take(&mut memory.0);
    let (mut loggers, mut is_complete) = (BTreeSet::new(), is_watched);
    for node in turn.pipeline.nodes() {
        let Some(pod) = turn.serving_pod(&node) else {
            is_complete = false;
            continue;
        };
        if is_watched || before.get(&pod.uid) != Some(&wanted) {
            match tell(turn, &node, &wanted).await {
                Ok(known) => loggers.extend(known),
                Err(error) if is_unsupported(&error) => tracing::debug!(node = node.id, %error, "no log levels"),
                Err(error) => {
                    tracing::info!(node = node.id, %error, "log levels of a node could not be looked at");
                    is_complete = false;
                    continue;
                }
            }
        }
        memory.0.insert(pod.uid, wanted.clone());
    }
    if is_complete {
        report.findings.extend(log_levels::unknown(turn.pipeline, &loggers));
    }
}

/// Names of the loggers that the node has.
async fn tell(turn: &Turn<'_>, node: &Node, wanted: &Levels) -> Result<Vec<String>, Error> {
    let client = turn.client_of(node);
    let loggers = describe(client, Resource::Loggers(node.id), None).await?;
    let changes = wanted.plan(&loggers);
    if !changes.is_empty() {
        tracing::info!(node = node.id, loggers = ?changes.keys(), "log levels are changed");
        if let Err(refused) = alter(client, Resource::Loggers(node.id), changes).await? {
            tracing::warn!(node = node.id, %refused, "the node does not take log levels");
        }
    }
    Ok(loggers.into_keys().collect())
}
