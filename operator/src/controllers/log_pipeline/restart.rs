//! One step of the roll: deletes the Pod whose turn it is.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kafkapipelines_core::cluster::authorization_gate;
use kafkapipelines_core::identity::Identity;
use kafkapipelines_core::pipeline::Pipeline;
use kafkapipelines_core::roll::{self, NodeState, Step};
use kube::ResourceExt as _;
use kube::runtime::events::EventType;

use super::{Error, LogPipelineController, View};
use crate::io::delete;
use crate::io::events::News;

/// How long a deletion is remembered: far longer than a watch lags.
const MEMORY: Duration = Duration::from_mins(10);

/// Pods that were deleted, by uid: the watch may show them for a while as if nothing had happened.
#[derive(Default)]
pub(super) struct Restarts(Mutex<HashMap<String, Instant>>);

impl Restarts {
    /// Whether the Pod with this uid was deleted.
    pub(super) fn is_deleted(&self, uid: &str) -> bool {
        self.lock().contains_key(uid)
    }

    fn add(&self, uid: &str) {
        let mut deleted = self.lock();
        deleted.retain(|_, at| at.elapsed() < MEMORY);
        deleted.insert(uid.to_owned(), Instant::now());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogPipelineController {
    /// Deletes one Pod, if one is due; its StatefulSet makes it anew. Returns what it waits for where only Kafka or time can tell.
    pub(super) async fn restart(
        &self,
        view: &View<'_>,
        identity: &Identity,
        pipeline: &Pipeline,
    ) -> Result<Option<String>, Error> {
        let nodes = view.nodes(identity, Some(pipeline));
        let mut step = roll::next(&nodes, None);
        if let Step::Restart { serves: true, .. } = step {
            step = self.await_acls(view, &nodes, self.gated(pipeline, &nodes).await);
        }
        match step {
            Step::Done => Ok(None),
            Step::Wait { reason } => Ok(Some(reason)),
            Step::Restart { id, pod, uid, reasons, .. } => {
                let note = format!("node {id} (Pod {pod}) is restarted: {}", reasons.join(", "));
                self.delete_pod(view, &pod, &uid, note).await?;
                Ok(None)
            }
        }
    }

    /// The step, unless a broker would begin to ask for ACLs before Kafka has those of the newest spec.
    fn await_acls(&self, view: &View<'_>, nodes: &[NodeState], step: Step) -> Step {
        let Step::Restart { id, .. } = step else { return step };
        let report = self.reports.get(&view.namespace(), &view.object.name_any());
        let of = report.and_then(|report| report.acls_in_place);
        let acls_in_place = of.is_some() && of == view.object.metadata.generation;
        let state = nodes.iter().find(|state| state.node.id == id);
        match state.and_then(|state| authorization_gate::held_back(state, acls_in_place)) {
            Some(reason) => Step::Wait { reason: reason.to_owned() },
            None => step,
        }
    }

    async fn delete_pod(&self, view: &View<'_>, pod: &str, uid: &str, note: String) -> Result<(), Error> {
        let Some(live) = self.watches.pods.get(&view.namespace(), pod) else { return Ok(()) };
        tracing::info!("{note}");
        if delete::delete(&self.io.api, live.as_ref()).await? {
            self.restarts.add(uid);
            let news = News { kind: EventType::Normal, topic: "Restart", reason: "Restarting".to_owned(), note };
            self.io.events.publish(view.object, news).await;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deleted_pod_is_remembered_by_its_uid() {
        let restarts = Restarts::default();
        restarts.add("u1");
        assert!(restarts.is_deleted("u1") && !restarts.is_deleted("u2"));
    }
}
