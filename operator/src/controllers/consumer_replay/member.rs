//! The member of a replay: a Deployment of its own, and what its Pod counts.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;
use kafkapipelines_core::child::owned_by;
use kafkapipelines_core::consumer_health::counters;
use kafkapipelines_core::consumer_replay::children::Member;
use kafkapipelines_core::consumer_replay::plan::Plan;
use kafkapipelines_core::labels;
use kafkapipelines_core::pod_state::PodState;
use kafkapipelines_crds::{Consumer, ReplayStatus};
use kube::ResourceExt as _;
use kube::api::ObjectMeta;

use super::super::children::{delete_kind, prepare};
use super::super::consumer_view::Good;
use super::super::error::Error;
use super::super::kafka_nodes::pipeline_of;
use super::ConsumerReplayController;

impl ConsumerReplayController {
    /// Writes what the member needs, then its Deployment.
    pub(super) async fn apply(&self, good: &Good, plan: &Plan) -> Result<(), Error> {
        let Good { object: consumer, bootstrap, certificates } = good;
        let children = Member { consumer, bootstrap, certificates, plan }.children(&owned_by(consumer))?;
        let (workload, needs) = children.into_iter().partition(|child| child.gvk.kind == "Deployment");
        self.io.children.apply(consumer, prepare(&self.watches, needs)?).await?;
        self.io.children.apply(consumer, prepare(&self.watches, workload)?).await?;
        Ok(())
    }

    /// Its Pods: one, or two while one takes the place of the other.
    pub(super) fn pods(&self, object: &Consumer) -> Vec<Arc<Pod>> {
        let (pipeline, name) = (object.spec.pipeline.as_str(), object.name_any());
        self.watches.pods.list(&object.namespace().unwrap_or_default(), |pod| {
            pipeline_of(pod) == Some(pipeline) && pod.labels().get(labels::CONSUMER_REPLAY) == Some(&name)
        })
    }

    /// The status with what the Pods count.
    pub(super) async fn tallied(&self, object: &Consumer, pods: &[Arc<Pod>], status: &ReplayStatus) -> ReplayStatus {
        let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
        let mut tally = self.tallies.take(&namespace, &name).of(status);
        for pod in pods.iter().filter(|pod| PodState::of(pod, None).serves()) {
            let (Some(uid), Some(address)) = (pod.uid(), address(pod)) else { continue };
            match self.http.metrics(address).await {
                Ok(page) => tally.note(&uid, &counters::read(&page, &object.spec)),
                Err(error) => tracing::debug!(pod = pod.name_any(), %error, "cannot read the metrics of a replay"),
            }
        }
        let told = tally.told(status.clone());
        self.tallies.keep(&namespace, &name, tally);
        told
    }

    /// Deletes what is there. Whether there still is something.
    pub(super) async fn delete_children(&self, object: &Consumer) -> Result<bool, Error> {
        let name = object.name_any();
        let is_left = |_: &str, child: &ObjectMeta| {
            child.labels.as_ref().and_then(|labels| labels.get(labels::CONSUMER_REPLAY)) == Some(&name)
        };
        let watches = &self.watches;
        delete_kind(&self.io, &watches.deployments, object, &is_left).await?;
        delete_kind(&self.io, &watches.config_maps, object, &is_left).await?;
        delete_kind(&self.io, &watches.network_policies, object, &is_left).await?;
        delete_kind(&self.io, &watches.service_accounts, object, &is_left).await?;
        let of_replay = |child: &ObjectMeta| is_left("", child);
        let deployments =
            watches.deployments.list(&object.namespace().unwrap_or_default(), |it| of_replay(&it.metadata));
        Ok(!deployments.is_empty() || !self.pods(object).is_empty())
    }
}

/// Why the member does not read, where its Pod says it.
pub(super) fn waits(pods: &[Arc<Pod>]) -> Option<String> {
    let pods: Vec<_> = pods.iter().map(|pod| PodState::of(pod, None)).collect();
    if pods.iter().any(PodState::serves) {
        return None;
    }
    let message = pods.iter().find_map(|pod| pod.message.clone());
    Some(format!("waits for its Pod: {}", message.as_deref().unwrap_or("Pending")))
}

fn address(pod: &Pod) -> Option<&str> {
    pod.status.as_ref()?.pod_ip.as_deref()
}
