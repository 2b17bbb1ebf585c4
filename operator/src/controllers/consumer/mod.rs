//! The controller of Consumers: the Vector file and the Deployment that runs it.

mod view;

use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use kafkapipelines_core::child::owned_by;
use kafkapipelines_core::status::{self, Verdict};
use kafkapipelines_core::{consumer, labels, names, validate};
use kafkapipelines_crds::{Consumer, LogPipeline};
use kube::ResourceExt as _;
use tokio_util::sync::CancellationToken;

use super::children::prepare;
use super::error::{self, Error};
use super::kafka_nodes::pipeline_of;
use super::{Action, Context, Reconciler, Runner, news};
use crate::io::Io;
use crate::io::watch::Watched;
use crate::io::watches::Watches;
use view::{Good, Judged, View};

/// Reconciles Consumers.
pub struct ConsumerController {
    io: Io,
    watches: Watches,
}

/// Whether the watch shows the Deployment as it should be; until it does, nothing of it is believed.
#[derive(Clone, Copy, PartialEq)]
enum Shown {
    Newest,
    Older,
}

/// Runs the controller until `stop`.
pub fn run(context: &Context, watches: &Watches, stop: CancellationToken) -> impl Future<Output = ()> + Send + use<> {
    let controller = ConsumerController { io: context.io(ConsumerController::NAME), watches: watches.clone() };
    let (of_pipeline, of_secret) = (watches.consumers.clone(), watches.consumers.clone());
    Runner::new(controller, &watches.consumers, &context.settings)
        .watches(&watches.pipelines, move |pipeline: &LogPipeline| {
            consumers_of(&of_pipeline, pipeline, &pipeline.name_any())
        })
        .watches(&watches.secrets, move |secret| readers_of(&of_secret, secret))
        .watches(&watches.pods, consumer_name)
        .watches(&watches.deployments, consumer_name)
        .watches(&watches.config_maps, consumer_name)
        .watches(&watches.disruption_budgets, consumer_name)
        .watches(&watches.network_policies, consumer_name)
        .watches(&watches.service_accounts, consumer_name)
        .run(stop)
}

fn consumer_name<K: kube::Resource>(child: &K) -> Option<String> {
    child.labels().get(labels::CONSUMER).cloned()
}

/// Names of the consumers whose members are given the Secret: that of the cluster CA, or of a consumer's own user.
fn readers_of(consumers: &Watched<Consumer>, secret: &Secret) -> Vec<String> {
    let (Some(pipeline), name) = (pipeline_of(secret), secret.name_any()) else { return Vec::new() };
    let mut readers = consumers_of(consumers, secret, pipeline);
    if name != names::cluster_ca_cert(pipeline) {
        readers.retain(|consumer| name == names::user(pipeline, &names::consumer_user(consumer)));
    }
    readers
}

/// Names of the consumers that read from `pipeline`, in the namespace of `object`.
fn consumers_of<K: kube::Resource>(consumers: &Watched<Consumer>, object: &K, pipeline: &str) -> Vec<String> {
    let found = consumers.list(&object.namespace().unwrap_or_default(), |consumer| consumer.spec.pipeline == pipeline);
    found.iter().map(|consumer| consumer.name_any()).collect()
}

impl Reconciler for ConsumerController {
    type Object = Consumer;
    type Error = Error;
    const NAME: &'static str = "consumer";

    async fn reconcile(&self, object: Arc<Consumer>) -> Result<Action, Error> {
        if object.metadata.deletion_timestamp.is_some() {
            return Ok(Action::await_change());
        }
        let view = View::observe(&self.watches, &object, self.io.status.current(object.as_ref())?);
        let judged = view.judge();
        let progress = match &judged {
            Judged::Good(good) if !view.is_suspended() => self.carry_out(&view, good).await,
            _ => Ok(Shown::Newest),
        };
        self.report(&view, judged, &progress).await?;
        progress.map(|_| Action::await_change())
    }

    fn io(&self) -> &Io {
        &self.io
    }
}

impl ConsumerController {
    /// Writes what the members need, then the Deployment.
    async fn carry_out(&self, view: &View<'_>, good: &Good) -> Result<Shown, Error> {
        let consumer = consumer::Consumer::new(view.object, good.bootstrap.clone(), good.certificates.clone())?;
        let children = consumer.children(&owned_by(view.object));
        let (workload, needs) = children.into_iter().partition(|child| child.gvk.kind == "Deployment");
        self.io.children.apply(view.object, prepare(&self.watches, needs)?).await?;
        let applied = self.io.children.apply(view.object, prepare(&self.watches, workload)?).await?;
        let newest =
            applied.changes().next().is_none() && view.deployment.as_deref().is_some_and(|d| consumer.is_shown_by(d));
        Ok(if newest { Shown::Newest } else { Shown::Older })
    }

    /// Writes the status: what was observed, and what was found wrong.
    async fn report(&self, view: &View<'_>, judged: Judged, progress: &Result<Shown, Error>) -> Result<(), Error> {
        let (refusals, waiting) = match judged {
            Judged::Good(_) => (Vec::new(), None),
            Judged::Refused(refusals) => (refusals, None),
            Judged::Waiting(reason, message) => (Vec::new(), Some((reason, message))),
        };
        let verdict = Verdict {
            refusals,
            warnings: validate::consumer::warnings(view.object, view.pipeline.as_deref()),
            failure: error::to_show(progress),
            waiting,
        };
        let shown = view.deployment.as_deref().filter(|_| matches!(progress, Ok(Shown::Newest)));
        let observed = status::consumer::Observed {
            object: view.object,
            before: &view.before,
            pipeline: view.pipeline.as_deref(),
            verdict: &verdict,
            deployment: shown,
            members: &view.members,
        };
        let outcome = self.io.status.write(view.object, &status::consumer::status(&observed, Timestamp::now())).await?;
        news::tell(&self.io, view.object, outcome).await;
        Ok(())
    }
}
