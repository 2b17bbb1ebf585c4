//! What a reconcile of a KafkaNodePool sees, all of it from the watches, and how it is judged.

use std::sync::Arc;

use kafkapipelines_core::identity::{self, Identity};
use kafkapipelines_core::pipeline::Pipeline;
use kafkapipelines_core::pool::Pool;
use kafkapipelines_core::refusal::Refusal;
use kafkapipelines_core::roll::NodeState;
use kafkapipelines_core::validate::{self, pipeline::PipelineInput};
use kafkapipelines_crds::{KafkaNodePool, KafkaNodePoolStatus, LogPipeline};
use kube::ResourceExt as _;

use super::super::kafka_nodes::{self, PoolView};
use crate::io::watches::Watches;

/// The pool, its pipeline and its neighbours.
pub(super) struct View<'a> {
    pub(super) object: &'a KafkaNodePool,
    /// The newest known status.
    pub(super) before: KafkaNodePoolStatus,
    pub(super) pipeline: Option<Arc<LogPipeline>>,
    watches: &'a Watches,
    identity: Option<Identity>,
    this: PoolView,
    pools: Vec<KafkaNodePool>,
}

/// What is to be done with the pool.
pub(super) enum Judged {
    /// Carry it out.
    Good { owner: Arc<LogPipeline>, pipeline: Box<Pipeline>, pool: Box<Pool> },
    /// A user error.
    Refused(Vec<Refusal>),
    /// Something that will come by itself, or with another object: reason and message.
    Waiting(&'static str, String),
}

impl<'a> View<'a> {
    pub(super) fn observe(watches: &'a Watches, object: &'a KafkaNodePool, before: KafkaNodePoolStatus) -> Self {
        let namespace = object.namespace().unwrap_or_default();
        let pipeline = watches.pipelines.get(&namespace, &object.spec.pipeline);
        let pipeline = pipeline.filter(|pipeline| pipeline.metadata.deletion_timestamp.is_none());
        let pools = kafka_nodes::pools(watches, &namespace, &object.spec.pipeline);
        Self {
            object,
            before,
            identity: pipeline.as_ref().and_then(|pipeline| identity::recorded(pipeline.status.as_ref()?)),
            pipeline,
            watches,
            this: PoolView::of(watches, object),
            pools: pools.into_iter().map(|pool| pool.object).collect(),
        }
    }

    /// What of the spec cannot be changed any more.
    pub(super) fn unchangeable(&self) -> &[Refusal] {
        &self.this.refusals
    }

    /// The pool's lowest node id, once the pipeline has it on record.
    pub(super) fn base(&self) -> Option<i32> {
        let recorded = self.identity.as_ref().and_then(|identity| identity.bases.get(&self.object.name_any()).copied());
        recorded.or(self.before.node_id_base)
    }

    pub(super) fn rack_key(&self) -> Option<&str> {
        self.pipeline.as_deref().and_then(kafka_nodes::rack_key)
    }

    /// The pool's nodes; none before their ids are settled.
    pub(super) fn nodes(&self, carried_out: Option<&Pipeline>) -> Vec<NodeState> {
        let Some(base) = self.base() else { return Vec::new() };
        let identity = Identity { bases: [(self.object.name_any(), base)].into(), ..Identity::default() };
        self.this.nodes(self.watches, &identity, self.rack_key(), carried_out)
    }

    pub(super) fn judge(&self) -> Judged {
        let Some(object) = &self.pipeline else {
            let name = &self.object.spec.pipeline;
            return Judged::Waiting("PipelineNotFound", validate::pipeline_not_found(name).to_string());
        };
        let Some(identity) = &self.identity else {
            return Judged::Waiting("NodeIdsPending", "node ids are being settled".to_owned());
        };
        let input = PipelineInput { object, pools: &self.pools, identity };
        let pool = match validate::pool::pool(&self.this.object, &input) {
            Ok(pool) => pool,
            Err(refusals) if validate::is_waiting(&refusals) => return waiting(&refusals),
            Err(refusals) => return Judged::Refused(refusals),
        };
        match validate::pipeline::pipeline(&input) {
            Ok(pipeline) if pipeline.initial_voters.is_empty() => {
                Judged::Waiting("NoControllers", "no pool of the pipeline has the role controller".to_owned())
            }
            Ok(pipeline) => {
                Judged::Good { owner: Arc::clone(object), pipeline: Box::new(pipeline), pool: Box::new(pool) }
            }
            Err(refusals) => pipeline_refused(&refusals),
        }
    }
}

fn waiting(refusals: &[Refusal]) -> Judged {
    let message = refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    Judged::Waiting(refusals.first().map_or(validate::NODE_IDS_PENDING, |first| first.reason), message)
}

fn pipeline_refused(refusals: &[Refusal]) -> Judged {
    let first = refusals.first().map(|refusal| refusal.reason).unwrap_or_default();
    Judged::Waiting("PipelineRefused", format!("the LogPipeline is not carried out ({first}): see its conditions"))
}
