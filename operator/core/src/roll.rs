//! The roll: which node is restarted next, if any.
//!
//! One Pod at a time. A Pod that serves is restarted only when all others serve, and Kafka is asked first ([`crate::cluster::restart_gate`]).
//! A Pod that does not serve has nothing to lose, so it goes first, and waits only for the nodes that were restarted before it: else a
//! mistake that takes several nodes down could never be mended.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::labels;
use crate::node::Node;
use crate::pod_state::PodState;

/// How long a node must have served before another is restarted where Kafka cannot be asked: a node is ready before it has caught up.
pub const SETTLING: SignedDuration = SignedDuration::from_secs(20);

/// A node with its Pod and with what the Pod should have been made from.
#[derive(Clone, Debug)]
pub struct NodeState {
    /// The node.
    pub node: Node,
    /// Its Pod, if there is one.
    pub pod: Option<PodState>,
    /// What its StatefulSet makes Pods from; `None` while the StatefulSet controller has not seen the newest template.
    pub template: Option<Template>,
}

/// What a StatefulSet makes Pods from.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Template {
    /// `status.updateRevision`.
    pub revision: String,
    /// The operator's annotations of the template.
    pub stamps: BTreeMap<String, String>,
}

/// What to do next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// Every node runs what it should.
    Done,
    /// A node is to be restarted, but not now.
    Wait {
        /// What it waits for, for people.
        reason: String,
    },
    /// Delete this Pod; its StatefulSet makes it anew.
    Restart {
        /// The node.
        id: i32,
        /// Its Pod's name.
        pod: String,
        /// Its Pod's uid: never another's.
        uid: String,
        /// Whether it serves, so that Kafka is to be asked whether it can be spared.
        serves: bool,
        /// Why.
        reasons: Vec<&'static str>,
    },
}

impl NodeState {
    /// Whether the node's Pod serves.
    pub fn serves(&self) -> bool {
        self.pod.as_ref().is_some_and(PodState::serves)
    }

    /// Whether the node's Pod has served for a while.
    fn has_settled(&self, now: Timestamp) -> bool {
        let since = self.pod.as_ref().and_then(|pod| pod.ready_since);
        self.serves() && since.is_none_or(|since| now.duration_since(since) >= SETTLING)
    }

    /// Whether the node's Pod was made from the newest template; unknown counts as no.
    pub fn is_up_to_date(&self) -> bool {
        matches!((&self.pod, &self.template), (Some(pod), Some(template)) if pod.revision.as_deref() == Some(&template.revision))
    }

    /// Why the node is to be restarted; empty when it runs what it should.
    pub fn restart_reasons(&self) -> Vec<&'static str> {
        let (Some(pod), Some(template)) = (&self.pod, &self.template) else { return vec![] };
        if pod.terminating || pod.revision.as_deref() == Some(&template.revision) {
            return vec![];
        }
        let differs = |stamp: &str| pod.stamps.get(stamp) != template.stamps.get(stamp);
        let named: Vec<_> = NAMED.iter().filter(|(stamp, _)| differs(stamp)).map(|(_, reason)| *reason).collect();
        if named.is_empty() { vec!["PodTemplateChanged"] } else { named }
    }
}

const NAMED: [(&str, &str); 4] = [
    (labels::KAFKA_VERSION, "VersionChanged"),
    (labels::CONFIG_HASH, "ConfigChanged"),
    (labels::TRUST_HASH, "TrustChanged"),
    (labels::CERTIFICATE_AT_START, "CertificatesRenewed"),
];

/// The next step of the roll over all nodes of a pipeline. The active controller, where it is known, is the last of the controllers:
/// each restart of it is an election.
pub fn next(nodes: &[NodeState], active_controller: Option<i32>) -> Step {
    let mut outdated: Vec<_> = nodes.iter().filter(|node| !node.restart_reasons().is_empty()).collect();
    if outdated.is_empty() {
        return Step::Done;
    }
    outdated.sort_by_key(|node| rank(node, active_controller));
    let Some(candidate) = outdated.first() else { return Step::Done };
    let awaited: Vec<_> = nodes.iter().filter(|node| is_awaited(node, candidate)).map(|node| node.node.id).collect();
    match &candidate.pod {
        Some(pod) if awaited.is_empty() || pod.stuck.is_some() => restart(candidate, pod),
        _ => Step::Wait { reason: format!("nodes that are not ready: {}", list(&awaited)) },
    }
}

/// Whether a node must serve before the candidate is restarted.
fn is_awaited(node: &NodeState, candidate: &NodeState) -> bool {
    let is_other = node.node.id != candidate.node.id;
    is_other && !node.serves() && (candidate.serves() || node.restart_reasons().is_empty())
}

fn restart(candidate: &NodeState, pod: &PodState) -> Step {
    Step::Restart {
        id: candidate.node.id,
        pod: pod.name.clone(),
        uid: pod.uid.clone(),
        serves: candidate.serves(),
        reasons: candidate.restart_reasons(),
    }
}

/// Stuck Pods first, then those that do not serve, controllers before brokers, the active one last of them, then by id.
fn rank(state: &NodeState, active_controller: Option<i32>) -> (bool, bool, bool, bool, i32) {
    let stuck = state.pod.as_ref().is_some_and(|pod| pod.stuck.is_some());
    let is_active = active_controller == Some(state.node.id);
    (!stuck, state.serves(), !state.node.is_controller(), is_active, state.node.id)
}

/// Nodes other than `id` that have not served for long.
pub fn unsettled(nodes: &[NodeState], id: i32, now: Timestamp) -> Vec<i32> {
    nodes.iter().filter(|node| node.node.id != id && !node.has_settled(now)).map(|node| node.node.id).collect()
}

/// Numbers as people write them: `1, 2, 3`.
pub fn list(ids: &[i32]) -> String {
    ids.iter().map(i32::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafkapipelines_crds::Role;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn node(id: i32, role: Role, revision: &str, ready: bool) -> NodeState {
        let pod = PodState {
            name: format!("p-{id}"),
            uid: format!("u{id}"),
            ready,
            revision: Some(revision.to_owned()),
            ..PodState::default()
        };
        NodeState {
            node: Node { id, pod: pod.name.clone(), roles: vec![role] },
            pod: Some(pod),
            template: Some(Template { revision: "new".to_owned(), stamps: BTreeMap::new() }),
        }
    }

    fn restarted(step: &Step) -> Option<i32> {
        if let Step::Restart { id, .. } = step { Some(*id) } else { None }
    }

    #[test]
    fn nothing_to_do_when_all_run_the_newest_template() {
        assert_eq!(next(&[node(0, Role::Broker, "new", true), node(1, Role::Broker, "new", false)], None), Step::Done);
    }

    #[test]
    fn controllers_go_first_then_brokers_by_id() {
        let nodes = [
            node(1, Role::Broker, "old", true),
            node(0, Role::Broker, "old", true),
            node(9000, Role::Controller, "old", true),
        ];
        assert_eq!(restarted(&next(&nodes, None)), Some(9000));
        assert_eq!(restarted(&next(&nodes[..2], None)), Some(0));
    }

    #[test]
    fn the_active_controller_is_the_last_of_the_controllers() {
        let nodes = [
            node(0, Role::Broker, "old", true),
            node(9000, Role::Controller, "old", true),
            node(9001, Role::Controller, "old", true),
        ];
        assert_eq!(restarted(&next(&nodes, Some(9000))), Some(9001));
        assert_eq!(restarted(&next(&nodes[..2], Some(9000))), Some(9000));
    }

    #[test]
    fn no_restart_while_another_node_does_not_serve() {
        let nodes = [node(0, Role::Broker, "old", true), node(1, Role::Broker, "new", false)];
        assert_eq!(next(&nodes, None), Step::Wait { reason: "nodes that are not ready: 1".to_owned() });
        let missing =
            [node(0, Role::Broker, "old", true), NodeState { pod: None, ..node(1, Role::Broker, "new", true) }];
        assert!(matches!(next(&missing, None), Step::Wait { .. }));
    }

    #[test]
    fn an_old_pod_that_is_down_alone_is_restarted_before_ready_ones() {
        let nodes = [node(0, Role::Broker, "old", true), node(1, Role::Broker, "old", false)];
        assert_eq!(restarted(&next(&nodes, None)), Some(1));
    }

    #[test]
    fn stuck_pods_are_replaced_even_when_others_are_down() {
        let mut nodes = [node(0, Role::Broker, "old", false), node(1, Role::Broker, "old", false)];
        assert_eq!(restarted(&next(&nodes, None)), Some(0), "none serves, so none has anything to lose");
        if let Some(pod) = &mut nodes[1].pod {
            pod.stuck = Some("ImagePullBackOff".to_owned());
        }
        assert_eq!(restarted(&next(&nodes, None)), Some(1));
    }

    #[test]
    fn a_mistake_that_took_all_down_is_mended_one_by_one() {
        let nodes = [
            node(0, Role::Broker, "new", false),
            node(1, Role::Broker, "old", false),
            node(2, Role::Broker, "old", false),
        ];
        assert_eq!(next(&nodes, None), Step::Wait { reason: "nodes that are not ready: 0".to_owned() });
        let nodes = [
            node(0, Role::Broker, "new", true),
            node(1, Role::Broker, "old", false),
            node(2, Role::Broker, "old", false),
        ];
        assert_eq!(restarted(&next(&nodes, None)), Some(1));
    }

    #[test]
    fn a_node_that_came_back_a_moment_ago_is_given_time() {
        let mut nodes = [node(0, Role::Broker, "new", true), node(1, Role::Broker, "old", true)];
        if let Some(pod) = &mut nodes[0].pod {
            pod.ready_since = Some(NOW);
        }
        assert_eq!(unsettled(&nodes, 1, NOW + SETTLING / 2), [0]);
        assert!(unsettled(&nodes, 1, NOW + SETTLING).is_empty());
        assert!(unsettled(&nodes, 0, NOW).is_empty(), "its own time does not count");
    }

    #[test]
    fn a_terminating_pod_is_waited_for() {
        let mut nodes = [node(0, Role::Broker, "old", true), node(1, Role::Broker, "old", true)];
        if let Some(pod) = &mut nodes[0].pod {
            pod.terminating = true;
        }
        assert!(matches!(next(&nodes, None), Step::Wait { .. }));
    }

    #[test]
    fn nothing_happens_before_the_template_is_known() {
        let nodes = [NodeState { template: None, ..node(0, Role::Broker, "old", true) }];
        assert_eq!(next(&nodes, None), Step::Done);
    }

    #[test]
    fn reasons_name_what_changed() {
        let mut state = node(0, Role::Broker, "old", true);
        assert_eq!(state.restart_reasons(), ["PodTemplateChanged"]);
        if let Some(template) = &mut state.template {
            template.stamps.insert(labels::CONFIG_HASH.to_owned(), "h2".to_owned());
        }
        assert_eq!(state.restart_reasons(), ["ConfigChanged"]);
    }
}
