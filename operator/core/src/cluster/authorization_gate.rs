//! Authorization is switched on in a cluster that runs: first on the controllers, which then take ACLs, and once these are in place on
//! the brokers. A broker that asked for ACLs before there are any would refuse all clients.

use crate::labels;
use crate::refusal::Refusal;
use crate::roll::NodeState;

/// What the restart of the node waits for, if for anything. One that does not serve refuses nobody by its restart.
pub fn held_back(state: &NodeState, acls_in_place: bool) -> Option<&'static str> {
    let waits = !acls_in_place && !state.node.is_controller() && state.serves() && switches_on(state);
    waits.then_some("the ACLs of all users to be in Kafka, as brokers refuse everybody without them from then on")
}

/// While nodes that are controller and broker at once switch on there is a moment without ACLs.
pub fn warning(nodes: &[NodeState]) -> Option<Refusal> {
    const MESSAGE: &str = "nodes that are controller and broker at once ask for ACLs before Kafka can have any: until all of them have \
        restarted, clients are refused now and then. Where controllers have pools of their own this does not happen";
    let is_combined = |state: &NodeState| state.node.is_controller() && state.node.is_broker();
    let switches = nodes.iter().any(|state| is_combined(state) && switches_on(state));
    switches.then(|| Refusal::new("AuthorizationOnCombinedNodes", "spec.kafka.authorization", "on", MESSAGE))
}

/// Whether the node runs without authorization, and will not after its restart.
fn switches_on(state: &NodeState) -> bool {
    let (Some(pod), Some(template)) = (&state.pod, &state.template) else { return false };
    template.stamps.contains_key(labels::AUTHORIZATION) && !pod.stamps.contains_key(labels::AUTHORIZATION)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use kafkapipelines_crds::Role;

    use super::*;
    use crate::node::Node;
    use crate::pod_state::PodState;
    use crate::roll::Template;

    fn stamps(on: bool) -> BTreeMap<String, String> {
        on.then(|| (labels::AUTHORIZATION.to_owned(), "simple".to_owned())).into_iter().collect()
    }

    fn node(roles: &[Role], runs_with: bool, wanted: bool) -> NodeState {
        NodeState {
            node: Node { id: 0, pod: "p-0".to_owned(), roles: roles.to_vec() },
            pod: Some(PodState { ready: true, stamps: stamps(runs_with), ..PodState::default() }),
            template: Some(Template { revision: "new".to_owned(), stamps: stamps(wanted) }),
        }
    }

    #[test]
    fn only_a_broker_that_would_refuse_everybody_is_held_back() {
        let (broker, controller) = (&[Role::Broker][..], &[Role::Controller][..]);
        for (roles, runs_with, wanted, acls_in_place, held) in [
            (broker, false, true, false, true),
            (broker, false, true, true, false),
            (broker, true, true, false, false),
            (broker, true, false, false, false),
            (broker, false, false, false, false),
            (controller, false, true, false, false),
            (&[Role::Controller, Role::Broker], false, true, false, false),
        ] {
            let state = node(roles, runs_with, wanted);
            assert_eq!(
                held_back(&state, acls_in_place).is_some(),
                held,
                "{roles:?} {runs_with} {wanted} {acls_in_place}"
            );
        }
        let mut down = node(broker, false, true);
        if let Some(pod) = &mut down.pod {
            pod.ready = false;
        }
        assert_eq!(held_back(&down, false), None);
    }

    #[test]
    fn combined_nodes_are_warned_of_until_all_have_it() {
        let both = &[Role::Controller, Role::Broker][..];
        assert!(warning(&[node(both, true, true), node(both, false, true)]).is_some());
        assert_eq!(warning(&[node(both, true, true), node(both, false, false)]), None);
        assert_eq!(warning(&[node(&[Role::Controller], false, true), node(&[Role::Broker], false, true)]), None);
    }
}
