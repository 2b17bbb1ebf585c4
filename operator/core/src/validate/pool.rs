//! A KafkaNodePool beside the other pools of its pipeline.

use kafkapipelines_crds::KafkaNodePool;
use kube::ResourceExt;

use super::input::PipelineInput;
use super::{NODE_IDS_PENDING, names, pod_template, resources};
use crate::node_ids;
use crate::pool::Pool;
use crate::refusal::Refusal;

/// The pool, or why it cannot be carried out. `input` is its pipeline, whose `pools` hold the pool itself too.
/// A pool whose base is not in the identity yet is refused with [`super::NODE_IDS_PENDING`]: that passes by itself.
pub fn pool(object: &KafkaNodePool, input: &PipelineInput<'_>) -> Result<Pool, Vec<Refusal>> {
    let name = object.name_any();
    let mut refusals = alone(object);
    let Some(base) = input.identity.bases.get(&name).copied() else {
        let message = "node ids are given once the pipeline's status has them";
        refusals.push(Refusal::new(NODE_IDS_PENDING, "spec.nodeIdBase", "none", message));
        return Err(refusals);
    };
    refusals.extend(other_base(object, base));
    refusals.extend(overlaps(object, base, input));
    if refusals.is_empty() { Ok(Pool::new(object, base)) } else { Err(refusals) }
}

/// What a pool's spec tells by itself.
pub(super) fn alone(object: &KafkaNodePool) -> Vec<Refusal> {
    let spec = &object.spec;
    let mut refusals: Vec<_> = names::pool(&spec.pipeline, &object.name_any()).into_iter().collect();
    refusals.extend(resources::refusals("spec.resources", &spec.resources));
    refusals.extend(resources::of_kafka(&spec.resources, &spec.jvm));
    refusals.extend(pod_template::refusals(&spec.template));
    refusals
}

fn other_base(object: &KafkaNodePool, base: i32) -> Option<Refusal> {
    let wanted = object.spec.node_id_base.filter(|wanted| *wanted != base)?;
    let message = format!(
        "the pool's nodes have had the ids from {base} on since they were made, and their disks say so: set it to {base}"
    );
    Some(Refusal::new("NodeIdBaseContradicts", "spec.nodeIdBase", wanted, message))
}

fn overlaps(object: &KafkaNodePool, base: i32, input: &PipelineInput<'_>) -> Vec<Refusal> {
    let name = object.name_any();
    let range = |base: i32, replicas: i32| format!("{base}-{}", base + replicas - 1);
    let others = input.pools.iter().filter(|other| other.name_any() != name);
    others
        .filter_map(|other| {
            let (other_name, replicas) = (other.name_any(), other.spec.replicas);
            let other_base = *input.identity.bases.get(&other_name)?;
            node_ids::overlap(&[(&name, base, object.spec.replicas), (&other_name, other_base, replicas)])?;
            let message = format!(
                "its node ids overlap with {} of the pool {other_name}: have fewer nodes, or make the pool anew with another nodeIdBase",
                range(other_base, replicas)
            );
            Some(Refusal::new("NodeIdsOverlap", "spec.nodeIdBase", range(base, object.spec.replicas), message))
        })
        .collect()
}
