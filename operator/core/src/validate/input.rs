//! What validation is given.

use kafkapipelines_crds::{KafkaNodePool, LogPipeline};

use crate::identity::Identity;

/// What a pipeline is judged by.
#[derive(Clone, Copy, Debug)]
pub struct PipelineInput<'a> {
    /// The object.
    pub object: &'a LogPipeline,
    /// All pools in its namespace that name it.
    pub pools: &'a [KafkaNodePool],
    /// Its settled identity; a pool without a base in it is left out until it has one.
    pub identity: &'a Identity,
}
