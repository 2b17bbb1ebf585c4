//! Children of a pipeline and of its pools: what is to exist in the API server. Pure, and infallible over validated input.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use crate::child::Child;
use crate::pipeline::Pipeline;
use crate::pool::Pool;

/// What a Pod must have been started with, besides its configuration. Written on the Pods as annotations.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Stamps {
    /// Fingerprint of the authorities that the nodes trust.
    pub trust_hash: String,
    /// How often the pool's certificates were renewed.
    pub certificate_generation: String,
}

/// All children of a pipeline, owned by the LogPipeline: ServiceAccount, Services, Ingresses, PodDisruptionBudgets and
/// NetworkPolicies. Whatever else of these kinds it owns is left over (from a removed listener) and may be deleted.
pub fn pipeline_children(pipeline: &Pipeline, owner: &OwnerReference) -> Vec<Child> {
    let _ = (pipeline, owner);
    Vec::new()
}

/// All children of a pool, owned by the KafkaNodePool: ConfigMap, Services, Ingresses and, last, the StatefulSet, so that
/// no Pod starts before what it needs. Whatever else of these kinds the pool owns is left over and may be deleted.
///
/// `pipeline.initial_voters` must be settled: a node formatted without them never becomes a first voter.
pub fn pool_children(pipeline: &Pipeline, pool: &Pool, owner: &OwnerReference, stamps: &Stamps) -> Vec<Child> {
    let _ = (pipeline, pool, owner, stamps);
    Vec::new()
}

/// Hash of what the pool's nodes must be restarted for; the Pods carry it as an annotation.
pub fn restart_hash(pipeline: &Pipeline, pool: &Pool) -> String {
    let _ = (pipeline, pool);
    String::new()
}
