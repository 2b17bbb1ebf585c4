//! A LogPipeline together with its pools.

use kafkapipelines_crds::{KafkaNodePool, LogPipeline};

use crate::identity::Identity;
use crate::pipeline::Pipeline;
use crate::refusal::Refusal;

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

/// The pipeline with its good pools, or why it cannot be carried out.
/// Refused pools do not make it fail as long as brokers and controllers remain; [`super::pool::pool`] says what is wrong with them.
pub fn pipeline(input: &PipelineInput<'_>) -> Result<Pipeline, Vec<Refusal>> {
    let _ = input;
    Err(Vec::new())
}

/// What works, but not for long or not well.
pub fn warnings(input: &PipelineInput<'_>) -> Vec<Refusal> {
    let _ = input;
    Vec::new()
}
