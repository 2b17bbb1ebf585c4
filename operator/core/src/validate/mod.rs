//! All user errors: what a spec may not say, found before anything is built from it.
//!
//! Each is a [`Refusal`] that names the field, the value and the way out. The operator, the webhook and
//! `kubectl kafkapipelines check` call the same functions, so they always agree. What one object can tell by itself is
//! also said in the schema (CEL); here is what needs other objects, tables or arithmetic.

mod authorization;
mod certificates;
pub mod consumer;
pub mod consumer_tests;
mod gateway;
mod input;
pub mod installation;
mod listeners;
mod names;
pub mod pipeline;
mod pod_template;
pub mod pool;
mod replication;
mod resources;
#[cfg(test)]
mod tests;
mod topics;
mod users;
mod version;

use crate::program_sources::PROGRAM_NOT_FOUND;
use crate::refusal::Refusal;

/// Reason: the LogPipeline does not exist (yet). Waits for it rather than for a correction.
pub const PIPELINE_NOT_FOUND: &str = "PipelineNotFound";
/// Reason: the pool's node ids are not settled yet. Waits for the pipeline's status.
pub const NODE_IDS_PENDING: &str = "NodeIdsPending";

/// The refusal of an object whose `spec.pipeline` names no LogPipeline.
pub fn pipeline_not_found(pipeline: &str) -> Refusal {
    let message = "there is no LogPipeline of this name in the namespace: create it, or correct the name";
    Refusal::new(PIPELINE_NOT_FOUND, "spec.pipeline", pipeline, message)
}

/// Whether all of it passes by itself, so that it is shown as waiting and not as a user error.
pub fn is_waiting(refusals: &[Refusal]) -> bool {
    !refusals.is_empty()
        && refusals
            .iter()
            .all(|refusal| [PIPELINE_NOT_FOUND, NODE_IDS_PENDING, PROGRAM_NOT_FOUND].contains(&refusal.reason))
}
