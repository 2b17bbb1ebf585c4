//! What servers outside of the Kubernetes cluster need: the ConfigMap of agents.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kafkapipelines_core::agent;
use kafkapipelines_core::child::Child;
use kafkapipelines_core::pipeline::Pipeline;

use super::super::authority_secrets;
use super::{Error, LogPipelineController};

impl LogPipelineController {
    /// The ConfigMap, where the pipeline is reached from outside. None before the watch shows the cluster CA: there is nothing to trust.
    pub(super) async fn agents(&self, pipeline: &Pipeline, owner: &OwnerReference) -> Result<Option<Child>, Error> {
        if !agent::has_agents(pipeline) {
            return Ok(None);
        }
        let access = authority_secrets::access(&self.io, &self.watches, pipeline).await?;
        let Some((_, trusted)) = access else { return Ok(None) };
        Ok(Some(Child::new(&agent::config_map(pipeline, &trusted, owner)?)))
    }
}
