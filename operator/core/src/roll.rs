//! The roll: which node is restarted next, if any.
//!
//! One Pod at a time. A Pod that serves is restarted only when all others serve. A Pod that does not serve has nothing to lose, so it goes
//! first, and waits only for the nodes that were restarted before it: else a mistake that takes several nodes down could never be mended.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::labels;
use crate::node::Node;
use crate::pod_state::PodState;

/// How long a node must have served before another is restarted: a controller is ready before its quorum has settled.
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
    (labels::CERTIFICATE_GENERATION, "CertificatesRenewed"),
];

/// The next step of the roll over all nodes of a pipeline.
pub fn next(nodes: &[NodeState], now: Timestamp) -> Step {
    let mut outdated: Vec<_> = nodes.iter().filter(|node| !node.restart_reasons().is_empty()).collect();
    if outdated.is_empty() {
        return Step::Done;
    }
    outdated.sort_by_key(|node| rank(node));
    let Some(candidate) = outdated.first() else { return Step::Done };
    let awaited: Vec<_> =
        nodes.iter().filter(|node| is_awaited(node, candidate, now)).map(|node| node.node.id).collect();
    match &candidate.pod {
        Some(pod) if awaited.is_empty() || pod.stuck.is_some() => restart(candidate, pod),
        _ => Step::Wait { reason: format!("nodes that are not ready, or not for long: {}", list(&awaited)) },
    }
}

/// Whether a node must serve before the candidate is restarted.
fn is_awaited(node: &NodeState, candidate: &NodeState, now: Timestamp) -> bool {
    let is_other = node.node.id != candidate.node.id;
    is_other && !node.has_settled(now) && (candidate.serves() || node.restart_reasons().is_empty())
}

fn restart(candidate: &NodeState, pod: &PodState) -> Step {
    Step::Restart {
        id: candidate.node.id,
        pod: pod.name.clone(),
        uid: pod.uid.clone(),
        reasons: candidate.restart_reasons(),
    }
}

/// Stuck Pods first, then those that do not serve, controllers before brokers, then by id.
fn rank(state: &NodeState) -> (bool, bool, bool, i32) {
    let stuck = state.pod.as_ref().is_some_and(|pod| pod.stuck.is_some());
    (!stuck, state.serves(), !state.node.is_controller(), state.node.id)
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
        assert_eq!(next(&[node(0, Role::Broker, "new", true), node(1, Role::Broker, "new", false)], NOW), Step::Done);
    }

    #[test]
    fn controllers_go_first_then_brokers_by_id() {
        let nodes = [
            node(1, Role::Broker, "old", true),
            node(0, Role::Broker, "old", true),
            node(9000, Role::Controller, "old", true),
        ];
        assert_eq!(restarted(&next(&nodes, NOW)), Some(9000));
        assert_eq!(restarted(&next(&nodes[..2], NOW)), Some(0));
    }

    #[test]
    fn no_restart_while_another_node_does_not_serve() {
        let nodes = [node(0, Role::Broker, "old", true), node(1, Role::Broker, "new", false)];
        assert_eq!(next(&nodes, NOW), Step::Wait { reason: "nodes that are not ready, or not for long: 1".to_owned() });
        let missing =
            [node(0, Role::Broker, "old", true), NodeState { pod: None, ..node(1, Role::Broker, "new", true) }];
        assert!(matches!(next(&missing, NOW), Step::Wait { .. }));
    }

    #[test]
    fn an_old_pod_that_is_down_alone_is_restarted_before_ready_ones() {
        let nodes = [node(0, Role::Broker, "old", true), node(1, Role::Broker, "old", false)];
        assert_eq!(restarted(&next(&nodes, NOW)), Some(1));
    }

    #[test]
    fn stuck_pods_are_replaced_even_when_others_are_down() {
        let mut nodes = [node(0, Role::Broker, "old", false), node(1, Role::Broker, "old", false)];
        assert_eq!(restarted(&next(&nodes, NOW)), Some(0), "none serves, so none has anything to lose");
        if let Some(pod) = &mut nodes[1].pod {
            pod.stuck = Some("ImagePullBackOff".to_owned());
        }
        assert_eq!(restarted(&next(&nodes, NOW)), Some(1));
    }

    #[test]
    fn a_mistake_that_took_all_down_is_mended_one_by_one() {
        let nodes = [
            node(0, Role::Broker, "new", false),
            node(1, Role::Broker, "old", false),
            node(2, Role::Broker, "old", false),
        ];
        assert_eq!(next(&nodes, NOW), Step::Wait { reason: "nodes that are not ready, or not for long: 0".to_owned() });
        let nodes = [
            node(0, Role::Broker, "new", true),
            node(1, Role::Broker, "old", false),
            node(2, Role::Broker, "old", false),
        ];
        assert_eq!(restarted(&next(&nodes, NOW)), Some(1));
    }

    #[test]
    fn a_node_that_came_back_a_moment_ago_is_given_time() {
        let mut nodes = [node(0, Role::Broker, "new", true), node(1, Role::Broker, "old", true)];
        if let Some(pod) = &mut nodes[0].pod {
            pod.ready_since = Some(NOW);
        }
        assert!(matches!(next(&nodes, NOW + SETTLING / 2), Step::Wait { .. }));
        assert_eq!(restarted(&next(&nodes, NOW + SETTLING)), Some(1));
    }

    #[test]
    fn a_terminating_pod_is_waited_for() {
        let mut nodes = [node(0, Role::Broker, "old", true), node(1, Role::Broker, "old", true)];
        if let Some(pod) = &mut nodes[0].pod {
            pod.terminating = true;
        }
        assert!(matches!(next(&nodes, NOW), Step::Wait { .. }));
    }

    #[test]
    fn nothing_happens_before_the_template_is_known() {
        let nodes = [NodeState { template: None, ..node(0, Role::Broker, "old", true) }];
        assert_eq!(next(&nodes, NOW), Step::Done);
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
