//! A KafkaNodePool beside the other pools of its pipeline.

use kafkapipelines_crds::KafkaNodePool;

use super::pipeline::PipelineInput;
use crate::pool::Pool;
use crate::refusal::Refusal;

/// The pool, or why it cannot be carried out. `input` is its pipeline, whose `pools` hold the pool itself too.
/// A pool whose base is not in the identity yet is refused with [`super::NODE_IDS_PENDING`]: that passes by itself.
pub fn pool(object: &KafkaNodePool, input: &PipelineInput<'_>) -> Result<Pool, Vec<Refusal>> {
    let _ = (object, input);
    Err(Vec::new())
}
