//! Where Pods run.

use k8s_openapi::api::core::v1::TopologySpreadConstraint;
use kafkapipelines_crds::Role;

use crate::pool::Pool;
use crate::{labels, pod_parts};

/// The user's constraints, else an even spread of all nodes that share the role, over all pools:
/// brokers among brokers, for they hold the copies of one another, controllers among controllers.
pub fn topology_spread(pool: &Pool) -> Vec<TopologySpreadConstraint> {
    let role = if pool.is_broker() { Role::Broker } else { Role::Controller };
    let given = &pool.spec.template.spec.topology_spread_constraints;
    pod_parts::topology_spread(given, &labels::role_selector(&pool.pipeline, role))
}
