//! What the watches show of a pipeline's pools and nodes: the view that both Kafka controllers decide from.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::StatefulSet;
use kafkapipelines_core::identity::{self, Identity};
use kafkapipelines_core::pipeline::Pipeline;
use kafkapipelines_core::pod_state::{self, PodState};
use kafkapipelines_core::pool::Pool;
use kafkapipelines_core::refusal::Refusal;
use kafkapipelines_core::roll::{NodeState, Template};
use kafkapipelines_core::validate::pipeline::PipelineInput;
use kafkapipelines_core::{build, labels, names, scaling, storage_change, validate};
use kafkapipelines_crds::{KafkaNodePool, LogPipeline, LogPipelineStatus};
use kube::ResourceExt as _;

use crate::io::watches::Watches;

/// A pool as it is built: with as many nodes as it may have now.
#[derive(Clone)]
pub(super) struct PoolView {
    /// The object, but with no fewer nodes than must run and no other disks than there are.
    pub(super) object: KafkaNodePool,
    /// How many nodes its spec says.
    pub(super) wanted: i32,
    /// Why it has not the nodes and disks that its spec says.
    pub(super) refusals: Vec<Refusal>,
    stateful_set: Option<Arc<StatefulSet>>,
}

impl PoolView {
    /// The pool with what its StatefulSet shows.
    pub(super) fn of(watches: &Watches, pool: &KafkaNodePool) -> Self {
        let namespace = pool.namespace().unwrap_or_default();
        let stateful_set = watches.stateful_sets.get(&namespace, &names::pool(&pool.spec.pipeline, &pool.name_any()));
        let scaled_to = stateful_set.as_ref().and_then(|set| set.spec.as_ref()?.replicas);
        // Nodes that somebody else added to the StatefulSet have no configuration and keep nothing: they may go.
        let running = scaled_to.map(|replicas| replicas.min(recorded(pool).unwrap_or(replicas)));
        let pipeline = watches.pipelines.get(&namespace, &pool.spec.pipeline);
        let status = pipeline.as_ref().and_then(|pipeline| pipeline.status.as_ref());
        let (object, shrunk) = scaling::effective(pool.clone(), running, base(pool, status), voters(status));
        let (object, changed) = storage_change::effective(object, stateful_set.as_deref());
        let wanted = pool.spec.replicas;
        Self { object, wanted, refusals: shrunk.into_iter().chain(changed).collect(), stateful_set }
    }

    /// Its nodes, once their ids are settled. Where a pipeline is being carried out, a template that was not made from it
    /// is not known: the newest is still to be written.
    pub(super) fn nodes(
        &self,
        watches: &Watches,
        identity: &Identity,
        rack: Option<&str>,
        carried_out: Option<&Pipeline>,
    ) -> Vec<NodeState> {
        let Some(base) = identity.bases.get(&self.object.name_any()) else { return Vec::new() };
        let namespace = self.object.namespace().unwrap_or_default();
        let pool = Pool::new(&self.object, *base);
        let wanted = carried_out.map(|pipeline| build::restart_hash(pipeline, &pool));
        let template = self
            .stateful_set
            .as_deref()
            .and_then(template)
            .filter(|template| wanted.is_none() || template.stamps.get(labels::CONFIG_HASH) == wanted.as_ref());
        let state = |node: kafkapipelines_core::node::Node| NodeState {
            pod: watches.pods.get(&namespace, &node.pod).map(|pod| PodState::of(&pod, rack)),
            template: template.clone(),
            node,
        };
        pool.nodes().map(state).collect()
    }
}

/// The pool's lowest node id, once it is on record.
fn base(pool: &KafkaNodePool, status: Option<&LogPipelineStatus>) -> Option<i32> {
    let name = pool.name_any();
    let entry = status?.node_pools.iter().find(|entry| entry.name == name);
    entry.map(|entry| entry.node_id_base)
}

/// Controllers that vote, as far as is on record.
fn voters(status: Option<&LogPipelineStatus>) -> &[i32] {
    status
        .and_then(|status| status.controller_quorum.as_ref())
        .map(|quorum| quorum.voters.as_slice())
        .unwrap_or_default()
}

/// How many nodes the pool's status tells of; none when it has not been written.
fn recorded(pool: &KafkaNodePool) -> Option<i32> {
    let nodes = pool.status.as_ref().map(|status| status.nodes.len()).filter(|nodes| *nodes > 0);
    nodes.and_then(|nodes| i32::try_from(nodes).ok())
}

/// All pools that name the pipeline, by name.
pub(super) fn pools(watches: &Watches, namespace: &str, pipeline: &str) -> Vec<PoolView> {
    let mut found = watches.pools.list(namespace, |pool| pool.spec.pipeline == pipeline);
    found.sort_by_key(|pool| pool.name_any());
    found
        .iter()
        .filter(|pool| pool.metadata.deletion_timestamp.is_none())
        .map(|pool| PoolView::of(watches, pool))
        .collect()
}

/// Label of the Kubernetes nodes that names racks, where rack awareness is on.
pub(super) fn rack_key(pipeline: &LogPipeline) -> Option<&str> {
    pipeline.spec.kafka.rack.as_ref().map(|rack| rack.topology_key.as_str())
}

/// What the StatefulSet makes Pods from; unknown until its controller has seen the newest template.
fn template(set: &StatefulSet) -> Option<Template> {
    let status = set.status.as_ref()?;
    let seen = status.observed_generation >= set.metadata.generation;
    let annotations = set.spec.as_ref()?.template.metadata.as_ref()?.annotations.clone().unwrap_or_default();
    let revision = status.update_revision.clone()?;
    seen.then(|| Template { revision, stamps: pod_state::stamps(&annotations) })
}

/// Name of the pipeline that a child belongs to, by its label.
pub(super) fn pipeline_of<K: kube::Resource>(child: &K) -> Option<&str> {
    child.labels().get(labels::PIPELINE).map(String::as_str)
}

/// The pipeline, where its Kafka can be looked into: it is good, and a broker serves.
pub(super) fn reachable(watches: &Watches, object: &LogPipeline) -> Option<Pipeline> {
    let identity = identity::recorded(object.status.as_ref()?)?;
    let views = pools(watches, &object.namespace()?, &object.name_any());
    let pools: Vec<_> = views.iter().map(|pool| pool.object.clone()).collect();
    let pipeline = validate::pipeline::pipeline(&PipelineInput { object, pools: &pools, identity: &identity }).ok()?;
    let mut nodes = views.iter().flat_map(|pool| pool.nodes(watches, &identity, None, None));
    nodes.any(|state| state.node.is_broker() && state.serves()).then_some(pipeline)
}
