//! Status of a KafkaNodePool.

use jiff::Timestamp;
use kafkapipelines_crds::{KafkaNodePool, KafkaNodePoolStatus, NodeStatus, Role};
use kube::ResourceExt;

use super::{Verdict, nodes_ready};
use crate::conditions;
use crate::labels;
use crate::roll::{NodeState, Step};

/// What was observed of a pool.
#[derive(Clone, Debug)]
pub struct Observed<'a> {
    /// The object.
    pub object: &'a KafkaNodePool,
    /// Its newest known status.
    pub before: &'a KafkaNodePoolStatus,
    /// Its lowest node id, once it is settled.
    pub base: Option<i32>,
    /// What was found wrong.
    pub verdict: &'a Verdict,
    /// Its nodes.
    pub nodes: &'a [NodeState],
}

/// The status to write.
pub fn status(observed: &Observed<'_>, now: Timestamp) -> KafkaNodePoolStatus {
    let Observed { object, before, base, verdict, nodes } = observed;
    let ready = verdict.not_ready().unwrap_or_else(|| nodes_ready(nodes, &pending_restart(nodes)));
    let findings: Vec<_> = std::iter::once(ready).chain(verdict.findings()).collect();
    let serving = nodes.iter().filter(|node| node.serves()).count();
    KafkaNodePoolStatus {
        observed_generation: object.metadata.generation,
        conditions: conditions::merge(&before.conditions, &findings, object.metadata.generation, now),
        node_id_base: *base,
        node_ids: ids(nodes),
        roles: Some(roles(&object.spec.roles)),
        replicas: i32::try_from(nodes.iter().filter(|node| node.pod.is_some()).count()).unwrap_or(i32::MAX),
        ready_nodes: Some(format!("{serving}/{}", nodes.len())),
        selector: Some(labels::to_query(&labels::pool_selector(&object.spec.pipeline, &object.name_any()))),
        nodes: nodes.iter().map(node_status).collect(),
    }
}

/// The pool does not restart nodes itself; it only says that some are to be.
fn pending_restart(nodes: &[NodeState]) -> Step {
    let outdated: Vec<_> =
        nodes.iter().filter(|node| !node.restart_reasons().is_empty()).map(|node| node.node.id).collect();
    if outdated.is_empty() {
        Step::Done
    } else {
        Step::Wait { reason: format!("its turn; nodes to restart: {}", crate::roll::list(&outdated)) }
    }
}

fn node_status(state: &NodeState) -> NodeStatus {
    NodeStatus {
        id: state.node.id,
        pod: state.node.pod.clone(),
        ready: state.serves(),
        rack: state.pod.as_ref().and_then(|pod| pod.rack.clone()),
        restart_reasons: state.restart_reasons().into_iter().map(str::to_owned).collect(),
        message: state.pod.as_ref().map_or_else(|| Some("no Pod yet".to_owned()), |pod| pod.message.clone()),
    }
}

fn ids(nodes: &[NodeState]) -> Option<String> {
    let (first, last) = (nodes.first()?.node.id, nodes.last()?.node.id);
    Some(if first == last { first.to_string() } else { format!("{first}-{last}") })
}

fn roles(roles: &[Role]) -> String {
    let mut sorted = roles.to_vec();
    sorted.sort();
    let name = |role: &Role| if *role == Role::Broker { "broker" } else { "controller" };
    sorted.iter().map(name).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::Node;
    use crate::pod_state::PodState;
    use serde_json::json;

    #[test]
    fn a_whole_status() {
        let object: KafkaNodePool = serde_json::from_value(json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "KafkaNodePool",
            "metadata": {"name": "broker", "namespace": "kafka", "generation": 1},
            "spec": {"pipeline": "logs", "replicas": 2, "roles": ["broker"], "storage": {"volumes": [{"id": 0, "size": "1Gi"}]}}}))
        .unwrap();
        let node = |id: i32, pod: Option<PodState>| NodeState {
            node: Node { id, pod: format!("logs-broker-{id}"), roles: vec![Role::Broker] },
            pod,
            template: None,
        };
        let up = PodState { ready: true, rack: Some("a".into()), ..PodState::default() };
        let nodes = [node(0, Some(up)), node(1, None)];
        let before = KafkaNodePoolStatus::default();
        let observed =
            Observed { object: &object, before: &before, base: Some(0), verdict: &Verdict::default(), nodes: &nodes };
        insta::assert_yaml_snapshot!(status(&observed, Timestamp::UNIX_EPOCH));
    }
}
