//! Children of a pipeline and of its pools: what is to exist in the API server. Pure, and infallible over validated input.

mod authorization;
mod config_map;
mod defaults;
mod disruption_budgets;
mod heap;
mod image;
mod ingresses;
mod listener_security;
pub(crate) mod listeners;
pub(crate) mod logging;
pub(crate) mod metadata;
mod network_policies;
pub(crate) mod paths;
mod pod;
mod probes;
mod properties;
mod restart_hash;
mod scheduling;
mod service_account;
mod services;
mod start_script;
mod stateful_set;
#[cfg(test)]
pub(crate) mod tests;
mod volumes;

pub(crate) use defaults::silent as safe_defaults;
pub(crate) use heap::mebibytes as heap_mebibytes;
pub use image::reference as image_reference;
pub use listeners::{advertised_port, broker_host};
pub use paths::{TRUSTSTORE_KEY, keystore_key};
pub(crate) use properties::key_stores;
pub use restart_hash::restart_hash;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use crate::child::Child;
use crate::pipeline::Pipeline;
use crate::pool::Pool;

/// What a Pod must have been started with, besides its configuration. Written on the Pods as annotations.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Stamps {
    /// Fingerprint of the authorities that the nodes trust.
    pub trust_hash: String,
    /// The certificates that the nodes must have been started with.
    pub certificate_at_start: String,
}

/// All children of a pipeline, owned by the LogPipeline: ServiceAccount, Services, Ingresses, NetworkPolicies and each
/// PodDisruptionBudget. Whatever else of these kinds it owns is left over (from a removed listener) and may be deleted.
pub fn pipeline_children(pipeline: &Pipeline, owner: &OwnerReference) -> Vec<Child> {
    let mut children = vec![
        Child::new(&service_account::service_account(pipeline, owner)),
        Child::new(&services::headless(pipeline, owner)),
    ];
    children.extend(services::bootstrap(pipeline, owner).as_ref().map(Child::new));
    for (listener, ingress) in listeners::external(pipeline) {
        children.push(Child::new(&services::external_bootstrap(pipeline, listener, owner)));
        children.push(Child::new(&ingresses::bootstrap(pipeline, listener, ingress, owner)));
    }
    children.extend(network_policies::network_policies(pipeline, owner).iter().map(Child::new));
    children.extend(disruption_budgets::disruption_budgets(pipeline, owner).iter().map(Child::new));
    children
}

/// All children of a pool, owned by the LogPipeline as well: ConfigMap, Services, Ingresses and, last, the StatefulSet, so that
/// no Pod starts before what it needs. Whatever else of these kinds the pool owns is left over and may be deleted.
///
/// `pipeline.initial_voters` must be settled: a controller that is formatted without them waits for ever for a quorum.
pub fn pool_children(pipeline: &Pipeline, pool: &Pool, owner: &OwnerReference, stamps: &Stamps) -> Vec<Child> {
    let mut children = vec![Child::new(&config_map::config_map(pipeline, pool, owner))];
    for (listener, ingress) in listeners::external(pipeline).filter(|_| pool.is_broker()) {
        for node in pool.nodes() {
            let Some(host) = listeners::broker_host(ingress, node.id) else { continue };
            children.push(Child::new(&services::broker(pool, &node, listener, owner)));
            children.push(Child::new(&ingresses::broker(pool, &node, listener, ingress, &host, owner)));
        }
    }
    children.push(Child::new(&stateful_set::stateful_set(pipeline, pool, owner, stamps)));
    children
}
