//! Pipelines as trees for people. Pure: what is drawn depends on the objects alone.

use anstyle::Style;
use kafkapipelines_core::gateway::ports::ports;
use kafkapipelines_crds::{
    KafkaNodePool, KafkaNodePoolStatus, ListenerStatus, LogPipeline, NodeStatus, OperationStatus,
};
use kube::ResourceExt as _;

use crate::branch::{Branch, columns};
use crate::overview::{Installation, Overview};
use crate::readiness::{DOUBTFUL, State, mark};
use crate::{consumers, content, health};

const NAME: Style = Style::new().bold();

/// Every pipeline as a tree, then what names a pipeline that does not exist.
pub fn draw(overview: &Overview) -> String {
    let mut trees: Vec<Branch> = overview.pipelines.iter().map(installation).collect();
    trees.extend(strays(overview));
    trees.iter().map(Branch::draw).collect::<Vec<_>>().join("\n")
}

fn installation(installation: &Installation) -> Branch {
    let pipeline = &installation.pipeline;
    let place = format!("{}/{}", pipeline.namespace().unwrap_or_default(), pipeline.name_any());
    let status = pipeline.status.as_ref();
    let state = State::new(&pipeline.metadata, status.map(|status| (&*status.conditions, status.observed_generation)));
    let mut below: Vec<Branch> = state.remarks().into_iter().map(Branch::leaf).collect();
    below.extend(kafka(pipeline));
    below.extend(status.and_then(health::line).map(Branch::leaf));
    below.extend(operation(pipeline));
    below.extend(group("pools", pools(&installation.pools)));
    below.extend(group("listeners", listeners(pipeline)));
    below.extend(content::topics(pipeline));
    below.extend(content::users(pipeline));
    below.extend(gateway(pipeline));
    below.extend(group("consumers", consumers::branches(&installation.consumers)));
    Branch::new(format!("{NAME}{place}{NAME:#}  {}", state.phrase()), below)
}

fn strays(overview: &Overview) -> Option<Branch> {
    let pools = overview
        .stray_pools
        .iter()
        .map(|pool| ("KafkaNodePool", pool.namespace(), pool.name_any(), &pool.spec.pipeline));
    let consumers = overview
        .stray_consumers
        .iter()
        .map(|consumer| ("Consumer", consumer.namespace(), consumer.name_any(), &consumer.spec.pipeline));
    let below: Vec<Branch> = pools
        .chain(consumers)
        .map(|(kind, namespace, name, pipeline)| {
            Branch::leaf(format!("{kind} {}/{name} waits for LogPipeline {pipeline}", namespace.unwrap_or_default()))
        })
        .collect();
    let title = format!("{DOUBTFUL}without a pipeline: create it, or correct spec.pipeline{DOUBTFUL:#}");
    (!below.is_empty()).then(|| Branch::new(title, below))
}

fn group(title: &str, below: Vec<Branch>) -> Option<Branch> {
    (!below.is_empty()).then(|| Branch::new(title, below))
}

fn kafka(pipeline: &LogPipeline) -> Option<Branch> {
    let status = pipeline.status.as_ref()?;
    let version = status.version.as_ref();
    let facts = [
        version.and_then(|version| version.running.as_ref()).map(|running| format!("Kafka {running}")),
        version.and_then(|version| version.metadata.as_ref()).map(|metadata| format!("metadata {metadata}")),
        status.cluster_id.as_ref().map(|id| format!("cluster id {id}")),
        status.ready_nodes.as_ref().map(|nodes| format!("{nodes} nodes ready")),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    (!facts.is_empty()).then(|| Branch::leaf(facts.join(", ")))
}

fn operation(pipeline: &LogPipeline) -> Option<Branch> {
    let OperationStatus { kind, node, reason, done, of, waiting_for } = pipeline.status.as_ref()?.operation.as_ref()?;
    let parts = [
        node.map(|node| format!("at node {node}")),
        reason.as_ref().map(|reason| format!("because of {reason}")),
        Some(format!("{done} of {of} done")),
        waiting_for.as_ref().map(|what| format!("waits for {what}")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    Some(Branch::leaf(format!("{DOUBTFUL}{kind:?} in progress: {}{DOUBTFUL:#}", parts.join(", "))))
}

fn gateway(pipeline: &LogPipeline) -> Option<Branch> {
    let spec = pipeline.spec.gateway.as_ref()?;
    let ports: Vec<_> = ports(spec).iter().map(|port| format!("{} {}", port.name, port.service)).collect();
    let status = pipeline.status.as_ref().and_then(|status| status.gateway.as_ref());
    let ready = status.map(|status| format!("  {}/{} ready", status.ready, status.desired)).unwrap_or_default();
    Some(Branch::leaf(format!("gateway  {} → {}{ready}", ports.join(", "), spec.topic)))
}

fn pools(pools: &[KafkaNodePool]) -> Vec<Branch> {
    let rows: Vec<[String; 4]> = pools.iter().map(pool_cells).collect();
    columns(&rows).into_iter().zip(pools).map(|(cells, pool)| pool_branch(&cells, pool)).collect()
}

fn pool_cells(pool: &KafkaNodePool) -> [String; 4] {
    let none = KafkaNodePoolStatus::default();
    let status = pool.status.as_ref().unwrap_or(&none);
    [
        pool.name_any(),
        status.roles.clone().unwrap_or_default(),
        status.node_ids.as_ref().map(|ids| format!("ids {ids}")).unwrap_or_default(),
        status.ready_nodes.as_ref().map(|nodes| format!("{nodes} ready")).unwrap_or_default(),
    ]
}

fn pool_branch(cells: &str, pool: &KafkaNodePool) -> Branch {
    let status = pool.status.as_ref();
    let state = State::new(&pool.metadata, status.map(|status| (&*status.conditions, status.observed_generation)));
    let mut below: Vec<Branch> = state.remarks().into_iter().map(Branch::leaf).collect();
    below.extend(nodes(status.map(|status| status.nodes.as_slice()).unwrap_or_default()));
    Branch::new(format!("{cells}{}", state.phrase()), below)
}

fn nodes(nodes: &[NodeStatus]) -> Vec<Branch> {
    let cells = |node: &NodeStatus| {
        let rack = node.rack.as_ref().map(|rack| format!("rack {rack}")).unwrap_or_default();
        [node.id.to_string(), node.pod.clone(), rack]
    };
    let rows: Vec<[String; 3]> = nodes.iter().map(cells).collect();
    let line = |(cells, node): (String, &NodeStatus)| {
        let restart = (!node.restart_reasons.is_empty())
            .then(|| format!("{DOUBTFUL}to be restarted: {}{DOUBTFUL:#}", node.restart_reasons.join(", ")));
        let remarks: Vec<String> = node.message.clone().into_iter().chain(restart).collect();
        Branch::leaf(format!("{}{cells}{}", mark(node.ready), remarks.join("; ")))
    };
    columns(&rows).into_iter().zip(nodes).map(line).collect()
}

fn listeners(pipeline: &LogPipeline) -> Vec<Branch> {
    let listeners = pipeline.status.as_ref().map(|status| status.listeners.as_slice()).unwrap_or_default();
    let cells = |listener: &ListenerStatus| {
        let ca = listener.ca_secret.as_ref().map(|secret| format!("CA: ca.crt in Secret {secret}")).unwrap_or_default();
        [listener.name.clone(), listener.addresses.join(", "), ca]
    };
    let rows: Vec<[String; 3]> = listeners.iter().map(cells).collect();
    columns(&rows).into_iter().map(Branch::leaf).collect()
}
