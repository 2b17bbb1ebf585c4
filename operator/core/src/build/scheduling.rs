//! Where Pods run.

use k8s_openapi::api::core::v1::TopologySpreadConstraint;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kafkapipelines_crds::Role;

use crate::labels;
use crate::pool::Pool;

const TOPOLOGIES: [&str; 2] = ["topology.kubernetes.io/zone", "kubernetes.io/hostname"];

/// The user's constraints, else an even spread over zones and hosts of all nodes that share the role, over all pools:
/// brokers among brokers, for they hold the copies of one another, controllers among controllers.
/// A wish and not a rule, so that a small cluster can run them too.
pub fn topology_spread(pool: &Pool) -> Vec<TopologySpreadConstraint> {
    let given = &pool.spec.template.spec.topology_spread_constraints;
    if !given.is_empty() {
        return given.clone();
    }
    let role = if pool.is_broker() { Role::Broker } else { Role::Controller };
    let selector = labels::role_selector(&pool.pipeline, role);
    let constraint = |topology: &str| TopologySpreadConstraint {
        max_skew: 1,
        topology_key: topology.to_owned(),
        when_unsatisfiable: "ScheduleAnyway".to_owned(),
        label_selector: Some(LabelSelector { match_labels: Some(selector.clone()), ..LabelSelector::default() }),
        ..TopologySpreadConstraint::default()
    };
    TOPOLOGIES.into_iter().map(constraint).collect()
}
