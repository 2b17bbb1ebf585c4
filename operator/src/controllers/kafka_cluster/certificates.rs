//! Renewed certificates: nodes that run present them without a restart.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kafkapipelines_core::cluster::certificates::{self, Behind};
use kafkapipelines_core::cluster::configs::Resource;
use kafkapipelines_core::cluster::report::Report;
use kafkapipelines_core::node::Node;
use kafkapipelines_core::pki::node_certificates;
use kafkapipelines_core::pool::Pool;
use kafkapipelines_core::{labels, names};
use kube::ResourceExt as _;

use super::super::pod_annotation;
use super::Error;
use super::configs::{alter, is_unsupported};
use super::turn::Turn;

/// What the nodes' Pods, by uid, were seen to present. It spares handshakes; what is lost with the operator is seen again.
#[derive(Default)]
pub(super) struct Memory(BTreeMap<String, Known>);

#[derive(Clone)]
struct Known {
    /// The certificate that the node is to present.
    leaf: Vec<u8>,
    /// Since when it presents another; nothing when it presents this one.
    behind: Option<Timestamp>,
}

/// A node that serves, and the certificate that it is to present.
struct Presenter<'a> {
    pool: &'a Pool,
    node: Node,
    uid: String,
    leaf: Vec<u8>,
    /// Of the Secret that holds the certificate.
    generation: String,
}

/// Looks at nodes whose certificate is another than the one they were seen to present, and tells one of them to take it up.
/// A node that does not answer is looked at again at the next look, and holds up nobody.
pub(super) async fn run(turn: &Turn<'_>, memory: &mut Memory, report: &mut Report) {
    let before = std::mem::take(&mut memory.0);
    let presenters = presenters(turn);
    let mut behind = Vec::new();
    for presenter in &presenters {
        let known = before.get(&presenter.uid).filter(|known| known.leaf == presenter.leaf);
        let Some(known) = look(turn, presenter, known).await else { continue };
        behind.extend(known.behind.map(|since| Behind {
            id: presenter.node.id,
            pod: presenter.node.pod.clone(),
            since,
        }));
        memory.0.insert(presenter.uid.clone(), known);
    }
    let next = certificates::next(&behind, turn.now).map(|next| next.id);
    for presenter in presenters.iter().filter(|presenter| Some(presenter.node.id) == next) {
        tell_or_say_why_not(turn, presenter).await;
    }
    report.busy |= certificates::is_under_way(&behind, turn.now);
    report.findings.extend(certificates::late(&behind, turn.now));
}

/// The nodes that can take up a certificate while they run.
fn presenters<'a>(turn: &Turn<'a>) -> Vec<Presenter<'a>> {
    let pools = turn.pipeline.pools.iter().filter(|pool| node_certificates::reloads(turn.pipeline, pool));
    pools.flat_map(|pool| pool.nodes().filter_map(|node| presenter(turn, pool, node)).collect::<Vec<_>>()).collect()
}

fn presenter<'a>(turn: &Turn<'a>, pool: &'a Pool, node: Node) -> Option<Presenter<'a>> {
    let name = names::pool_certificates(&turn.pipeline.name, &pool.name);
    let secret = turn.watches.secrets.get(&turn.pipeline.namespace, &name)?;
    let generation = secret.annotations().get(labels::CERTIFICATE_GENERATION)?.clone();
    let leaf = node_certificates::leaf(&secret, node.id)?;
    Some(Presenter { uid: turn.serving_pod(&node)?.uid, pool, node, leaf, generation })
}

/// What is known of the node now; nothing where it did not answer.
async fn look(turn: &Turn<'_>, presenter: &Presenter<'_>, before: Option<&Known>) -> Option<Known> {
    if let Some(known) = before.filter(|known| known.behind.is_none()) {
        return Some(known.clone());
    }
    let presents = match presents(turn, presenter).await {
        Ok(presents) => presents,
        Err(error) => {
            tracing::info!(node = presenter.node.id, %error, "the certificate of a node could not be looked at");
            return before.cloned();
        }
    };
    if presents && before.is_some() {
        tracing::info!(node = presenter.node.id, "the node presents its renewed certificate");
        // Listeners of clients were seen to be one telling behind.
        tell_or_say_why_not(turn, presenter).await;
    }
    let since = before.and_then(|known| known.behind).unwrap_or(turn.now);
    Some(Known { leaf: presenter.leaf.clone(), behind: (!presents).then_some(since) })
}

/// Whether the node presents its certificate in each of its roles.
async fn presents(turn: &Turn<'_>, presenter: &Presenter<'_>) -> Result<bool, Error> {
    let Presenter { node, leaf, .. } = presenter;
    let brokers = node.is_broker().then_some(&turn.clients.brokers);
    let controllers = node.is_controller().then_some(&turn.clients.controllers);
    for client in [brokers, controllers].into_iter().flatten() {
        match client.presented_certificate(node.id).await.map_err(Error::from) {
            Ok(shown) if shown == *leaf => {}
            Ok(_) => return Ok(false),
            // As a broker it was looked at, and both roles have one key store.
            Err(error) if node.is_broker() && is_unsupported(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

async fn tell_or_say_why_not(turn: &Turn<'_>, presenter: &Presenter<'_>) {
    if let Err(error) = tell(turn, presenter).await {
        tracing::info!(node = presenter.node.id, %error, "the node could not be told to read its certificate");
    }
}

/// Has the kubelet bring the file, and the node read it.
async fn tell(turn: &Turn<'_>, presenter: &Presenter<'_>) -> Result<(), Error> {
    let Presenter { pool, node, generation, .. } = presenter;
    let (namespace, key) = (&turn.pipeline.namespace, labels::CERTIFICATE_GENERATION);
    let pod = turn.watches.pods.get(namespace, &node.pod);
    if pod.is_some_and(|pod| pod.annotations().get(key) != Some(generation)) {
        pod_annotation::write(turn.io, namespace, &node.pod, (key, generation)).await?;
    }
    let changes = certificates::reload(turn.pipeline, pool, node);
    if let Err(refused) = alter(turn.client_of(node), Resource::Broker(node.id), changes).await? {
        tracing::warn!(node = node.id, %refused, "the node does not take its certificate");
    }
    Ok(())
}
