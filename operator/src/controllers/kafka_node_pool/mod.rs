//! The controller of KafkaNodePools: node certificates, configuration, Services of single brokers and the StatefulSet.

mod certificates;
mod rack;
mod view;

use std::sync::Arc;

use jiff::Timestamp;
use kafkapipelines_core::build::{self, Stamps};
use kafkapipelines_core::child::owned_by;
use kafkapipelines_core::labels;
use kafkapipelines_core::pipeline::Pipeline;
use kafkapipelines_core::pool::Pool;
use kafkapipelines_core::status::{self, Verdict};
use kafkapipelines_crds::{KafkaNodePool, LogPipeline};
use kube::ResourceExt as _;
use tokio_util::sync::CancellationToken;

use super::children::{Kept, delete_leftovers, due_action, prepare};
use super::error::{self, Error};
use super::kafka_nodes::pipeline_of;
use super::{Action, Context, Reconciler, Runner, news};
use crate::io::Io;
use crate::io::watch::Watched;
use crate::io::watches::Watches;
use view::{Judged, View};

/// Reconciles KafkaNodePools.
pub struct KafkaNodePoolController {
    io: Io,
    watches: Watches,
}

/// What became of the part of a reconcile that writes children.
#[derive(Default)]
struct Progress {
    /// When something is due without a change: the renewal of a certificate.
    due: Option<Timestamp>,
    /// Reason and message of what is awaited.
    waiting: Option<(&'static str, String)>,
}

/// The controller; it runs until `stop`.
pub fn run(context: &Context, watches: &Watches, stop: CancellationToken) -> impl Future<Output = ()> + Send + use<> {
    let controller =
        KafkaNodePoolController { io: context.io(KafkaNodePoolController::NAME), watches: watches.clone() };
    let (of_pipeline, siblings, of_authority) = (watches.pools.clone(), watches.pools.clone(), watches.pools.clone());
    Runner::new(controller, &watches.pools, &context.settings)
        .watches(&watches.pipelines, move |pipeline: &LogPipeline| {
            pools_of(&of_pipeline, pipeline, &pipeline.name_any())
        })
        .watches(&watches.pools, move |pool: &KafkaNodePool| pools_of(&siblings, pool, &pool.spec.pipeline))
        .watches(&watches.secrets, move |secret| match (pool_name(secret), pipeline_of(secret)) {
            (Some(pool), _) => vec![pool],
            (None, Some(pipeline)) => pools_of(&of_authority, secret, pipeline),
            (None, None) => Vec::new(),
        })
        .watches(&watches.pods, pool_name)
        .watches(&watches.stateful_sets, pool_name)
        .watches(&watches.config_maps, pool_name)
        .watches(&watches.services, pool_name)
        .watches(&watches.ingresses, pool_name)
        .run(stop)
}

fn pool_name<K: kube::Resource>(child: &K) -> Option<String> {
    child.labels().get(labels::POOL).cloned()
}

/// Names of the pools that belong to `pipeline`, in the namespace of `object`.
fn pools_of<K: kube::Resource>(pools: &Watched<KafkaNodePool>, object: &K, pipeline: &str) -> Vec<String> {
    let found = pools.list(&object.namespace().unwrap_or_default(), |pool| pool.spec.pipeline == pipeline);
    found.iter().map(|pool| pool.name_any()).collect()
}

impl Reconciler for KafkaNodePoolController {
    type Object = KafkaNodePool;
    type Error = Error;
    const NAME: &'static str = "kafkanodepool";

    async fn reconcile(&self, object: Arc<KafkaNodePool>) -> Result<Action, Error> {
        if object.metadata.deletion_timestamp.is_some() {
            return Ok(Action::await_change());
        }
        let view = View::observe(&self.watches, &object, self.io.status.current(object.as_ref())?);
        let judged = view.judge();
        let progress = match &judged {
            Judged::Good { owner, pipeline, pool } if !owner.spec.suspend => {
                self.carry_out(&view, owner, pipeline, pool).await
            }
            _ => Ok(Progress::default()),
        };
        self.report(&view, judged, &progress).await?;
        progress.map(|progress| due_action(progress.due))
    }

    fn io(&self) -> &Io {
        &self.io
    }
}

impl KafkaNodePoolController {
    /// Writes what the pool needs: certificates, then what the Pods mount and are reached by, then the StatefulSet.
    ///
    /// They are owned by the LogPipeline, so that they go with it whether or not the operator runs.
    async fn carry_out(
        &self,
        view: &View<'_>,
        owner: &LogPipeline,
        pipeline: &Pipeline,
        pool: &Pool,
    ) -> Result<Progress, Error> {
        let certificates = match self.certificates(pipeline, pool, owner).await? {
            Ok(certificates) => certificates,
            Err(waiting) => return Ok(Progress { waiting: Some(waiting), due: None }),
        };
        let stamps =
            Stamps { trust_hash: certificates.trust_hash, certificate_at_start: certificates.at_start.to_string() };
        let children = build::pool_children(pipeline, pool, &owned_by(owner), &stamps);
        let kept = Kept::of(&children);
        let (workload, needs) = children.into_iter().partition(|child| child.gvk.kind == "StatefulSet");
        for stage in [vec![certificates.secret], needs, workload] {
            self.io.children.apply(view.object, prepare(&self.watches, stage)?).await?;
        }
        delete_leftovers(&self.io, &self.watches, owner, Some(&pool.name), &kept).await?;
        self.tell_racks(view).await?;
        Ok(Progress { due: Some(certificates.due), waiting: None })
    }

    /// Writes the status: what was observed, and what was found wrong.
    async fn report(&self, view: &View<'_>, judged: Judged, progress: &Result<Progress, Error>) -> Result<(), Error> {
        let carried_out = match &judged {
            Judged::Good { owner, pipeline, .. } if !owner.spec.suspend => Some(pipeline.as_ref()),
            _ => None,
        };
        let nodes = view.nodes(carried_out);
        let (refusals, waiting) = match judged {
            Judged::Good { .. } => (Vec::new(), progress.as_ref().ok().and_then(|progress| progress.waiting.clone())),
            Judged::Refused(refusals) => (refusals, None),
            Judged::Waiting(reason, message) => (Vec::new(), Some((reason, message))),
        };
        let verdict = Verdict {
            refusals: view.unchangeable().iter().cloned().chain(refusals).collect(),
            warnings: Vec::new(),
            failure: error::to_show(progress),
            waiting,
        };
        let observed = status::pool::Observed {
            object: view.object,
            before: &view.before,
            base: view.base(),
            verdict: &verdict,
            nodes: &nodes,
        };
        let outcome = self.io.status.write(view.object, &status::pool::status(&observed, Timestamp::now())).await?;
        news::tell(&self.io, view.object, outcome).await;
        Ok(())
    }
}
