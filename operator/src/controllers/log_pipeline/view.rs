//! What a reconcile of a LogPipeline sees, all of it from the watches.

use std::collections::BTreeSet;

use kafkapipelines_core::conditions;
use kafkapipelines_core::identity::{self, Identity};
use kafkapipelines_core::pipeline::Pipeline;
use kafkapipelines_core::roll::NodeState;
use kafkapipelines_core::validate::pipeline::PipelineInput;
use kafkapipelines_crds::{KafkaNodePool, LogPipeline, LogPipelineStatus};
use kube::ResourceExt as _;

use super::super::kafka_nodes::{self, PoolView};
use super::restart::Restarts;
use crate::io::watches::Watches;

/// The pipeline and what belongs to it.
pub(super) struct View<'a> {
    pub(super) object: &'a LogPipeline,
    /// The newest known status.
    pub(super) before: LogPipelineStatus,
    watches: &'a Watches,
    restarts: &'a Restarts,
    pools: Vec<PoolView>,
    pool_objects: Vec<KafkaNodePool>,
}

impl<'a> View<'a> {
    pub(super) fn observe(
        watches: &'a Watches,
        object: &'a LogPipeline,
        before: LogPipelineStatus,
        restarts: &'a Restarts,
    ) -> Self {
        let pools = kafka_nodes::pools(watches, &object.namespace().unwrap_or_default(), &object.name_any());
        let pool_objects = pools.iter().map(|pool| pool.object.clone()).collect();
        Self { object, before, watches, restarts, pools, pool_objects }
    }

    pub(super) fn key(&self) -> (String, String) {
        (self.namespace(), self.object.name_any())
    }

    pub(super) fn namespace(&self) -> String {
        self.object.namespace().unwrap_or_default()
    }

    /// Pools that have no node ids yet.
    pub(super) fn newcomers(&self) -> BTreeSet<String> {
        identity::newcomers(&self.before, &self.pool_objects)
    }

    /// Names of the pools there are; one that cannot be read may be this pipeline's and is not gone.
    pub(super) fn pool_names(&self) -> BTreeSet<String> {
        let unreadable = self.watches.pools.all_unreadable().into_iter().map(|pool| pool.name);
        self.pool_objects.iter().map(KafkaNodePool::name_any).chain(unreadable).collect()
    }

    /// The identity on record, completed from kept claims and by new assignments.
    pub(super) fn settle(&self) -> Identity {
        let name = self.object.name_any();
        let of_this = |claim: &_| kafka_nodes::pipeline_of(claim) == Some(name.as_str());
        let claims = self.watches.claims.list(&self.namespace(), of_this);
        let remembered = identity::remember(claims.iter().map(AsRef::as_ref));
        identity::settle(self.object, &self.before, &self.pool_objects, &remembered)
    }

    pub(super) fn input<'b>(&'b self, identity: &'b Identity) -> PipelineInput<'b> {
        PipelineInput { object: self.object, pools: &self.pool_objects, identity }
    }

    /// All nodes of all pools. A Pod that was just deleted counts as going, whatever the watch still shows.
    pub(super) fn nodes(&self, identity: &Identity, carried_out: Option<&Pipeline>) -> Vec<NodeState> {
        let rack = kafka_nodes::rack_key(self.object);
        let of_pool = |pool: &PoolView| pool.nodes(self.watches, identity, rack, carried_out);
        let mut nodes: Vec<_> = self.pools.iter().flat_map(of_pool).collect();
        for pod in nodes.iter_mut().filter_map(|node| node.pod.as_mut()) {
            pod.terminating |= self.restarts.is_deleted(&pod.uid);
        }
        nodes
    }

    /// Consumers ready, and consumers in all.
    pub(super) fn consumers(&self) -> (usize, usize) {
        let name = self.object.name_any();
        let all = self.watches.consumers.list(&self.namespace(), |consumer| consumer.spec.pipeline == name);
        let is_ready = |conditions: &[_]| conditions::is_true(conditions, conditions::READY);
        let ready = all.iter().filter(|c| c.status.as_ref().is_some_and(|status| is_ready(&status.conditions)));
        (ready.count(), all.len())
    }
}
