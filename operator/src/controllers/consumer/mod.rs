//! The controller of Consumers: the Vector file and the Deployment that runs it.

mod revisions;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kafkapipelines_core::child::{Child, owned_by};
use kafkapipelines_core::consumer::members::{declared_partitions, members};
use kafkapipelines_core::consumer::rollback::Rollout;
use kafkapipelines_core::consumer_health::report::ConsumerReport;
use kafkapipelines_core::consumer_health::start::Start;
use kafkapipelines_core::consumer_seek::record;
use kafkapipelines_core::status::{self, Verdict};
use kafkapipelines_core::{consumer, labels, names, program_sources, validate};
use kafkapipelines_crds::{Consumer, ConsumerStatus, LogPipeline};
use kube::ResourceExt as _;
use tokio_util::sync::CancellationToken;

use super::children::prepare;
use super::consumer_kafka;
use super::consumer_view::{Good, Judged, View};
use super::error::{self, Error};
use super::kafka_nodes::pipeline_of;
use super::reports::ConsumerReports;
use super::{Action, Context, Reconciler, Runner, news};
use crate::io::Io;
use crate::io::watch::Watched;
use crate::io::watches::Watches;

const NOT_LOOKED: &str =
    "waits for the dead-letter topic: Kafka was not looked at yet, and without the topic lines could be lost";

/// Reconciles Consumers.
pub struct ConsumerController {
    io: Io,
    watches: Watches,
    reports: ConsumerReports,
}

/// How many members there are to be, by the newest look at how the consumer does.
struct Size {
    /// Partitions of all its topics, where they are known.
    partitions: Option<i32>,
    /// Members that the Deployment is to have now.
    members: i32,
    /// How many it had before they were stopped for a seek, while they are to be.
    before_seek: Option<i32>,
    /// What the first member waits for.
    waiting: Option<(&'static str, String)>,
    report: Option<Arc<ConsumerReport>>,
}

/// Whether the watch shows the Deployment as it should be; until it does, nothing of it is believed.
#[derive(Clone, Copy, PartialEq)]
enum Shown {
    Newest,
    Older,
}

/// What the Deployment was brought to.
struct Progress {
    shown: Shown,
    rollout: Rollout,
}

impl Progress {
    /// Nothing was done.
    fn none(view: &View<'_>) -> Self {
        Self { shown: Shown::Newest, rollout: Rollout::unseen(&view.before) }
    }
}

/// Runs the controller until `stop`.
pub fn run(
    context: &Context,
    watches: &Watches,
    reports: &ConsumerReports,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + use<> {
    let (io, reports) = (context.io(ConsumerController::NAME), reports.clone());
    let controller = ConsumerController { io, watches: watches.clone(), reports: reports.clone() };
    let [of_pipeline, of_secret, of_program, beside] = [(); 4].map(|()| watches.consumers.clone());
    Runner::new(controller, &watches.consumers, &context.settings)
        .reported(&reports.health)
        .reported(&reports.replay)
        .reported(&reports.seek)
        .watches(&watches.pipelines, move |pipeline: &LogPipeline| {
            consumers_of(&of_pipeline, pipeline, &pipeline.name_any())
        })
        .watches(&watches.consumers, move |consumer| readers_by_pattern(&beside, consumer))
        .watches(&watches.secrets, move |secret| readers_of(&of_secret, secret))
        .watches(&watches.programs, move |config_map| users_of(&of_program, config_map))
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

/// Names of the consumers beside this one that may not read what it writes.
fn readers_by_pattern(consumers: &Watched<Consumer>, consumer: &Consumer) -> Vec<String> {
    let is_beside =
        |other: &Consumer| other.spec.topic_pattern.is_some() && other.spec.pipeline == consumer.spec.pipeline;
    let found = consumers.list(&consumer.namespace().unwrap_or_default(), is_beside);
    found.iter().map(|other| other.name_any()).collect()
}

/// Names of the consumers that take programs from the ConfigMap.
fn users_of(consumers: &Watched<Consumer>, config_map: &ConfigMap) -> Vec<String> {
    let name = config_map.name_any();
    let names_it = |consumer: &Consumer| program_sources::named(&consumer.spec).contains(name.as_str());
    let found = consumers.list(&config_map.namespace().unwrap_or_default(), names_it);
    found.iter().map(|consumer| consumer.name_any()).collect()
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
        let (judged, size) = (view.judge(), self.size(&view));
        let progress = match &judged {
            _ if view.is_suspended() => Ok(Progress::none(&view)),
            Judged::Good(good) => self.carry_out(&view, good, &size).await,
            Judged::Refused(_) | Judged::Waiting(..) => self.start_again(&view, &size).await,
        };
        self.report(&view, judged, size, &progress).await?;
        // What was given up is in the status now, so the next step is taken at once.
        let goes_on = |progress: Progress| progress.rollout.is_news(&view.before);
        progress.map(|done| if goes_on(done) { Action::requeue(Duration::ZERO) } else { Action::await_change() })
    }

    fn io(&self) -> &Io {
        &self.io
    }
}

impl ConsumerController {
    fn size(&self, view: &View<'_>) -> Size {
        let (object, wanted) = (view.object, view.object.spec.replicas);
        let report = self.reports.health.get(&object.namespace().unwrap_or_default(), &object.name_any());
        // What was seen of another spec says nothing of this one.
        let current = report.as_deref().filter(|report| report.generation == object.metadata.generation);
        let seen = current.and_then(|report| report.partitions);
        let pipeline = view.pipeline.as_deref();
        let partitions = seen.or_else(|| declared_partitions(&object.spec, pipeline?));
        let present = view.members_before_seek().or_else(|| view.deployment.as_deref()?.spec.as_ref()?.replicas);
        let present = present.unwrap_or_default();
        let start = current.and_then(|report| report.start.as_ref());
        let held = record::held(view.before.seek.as_ref());
        let before_seek = held.is_some().then_some(present);
        let members = if held.is_some() { 0 } else { members(wanted, present, partitions, start) };
        let waiting = match start {
            _ if held.is_some() => held,
            _ if present > 0 || wanted == 0 => None,
            Some(Start::May) => None,
            Some(Start::Waits(reason, message)) => Some((*reason, message.clone())),
            None => Some(("DeadLetterTopicPending", NOT_LOOKED.to_owned())),
        };
        Size { partitions, members, before_seek, waiting, report }
    }

    /// Writes what the members need, then the Deployment.
    async fn carry_out(&self, view: &View<'_>, good: &Good, size: &Size) -> Result<Progress, Error> {
        let topics = consumer_kafka::topics(&self.watches, view.object);
        let mut consumer =
            consumer::Consumer::new(&good.object, &topics, good.bootstrap.clone(), good.certificates.clone())?;
        (consumer.members, consumer.members_before_seek) = (size.members, size.before_seek);
        let kept = revisions::last_good(&self.watches, view);
        let rollout = revisions::rollout(view, &consumer, kept.as_ref());
        if rollout.is_news(&view.before) {
            return Ok(Progress { shown: Shown::Older, rollout });
        }
        consumer.returned_to = kept.filter(|_| rollout.rolled_back.is_some());
        let children = consumer.children(&owned_by(view.object));
        let (workload, needs) = children.into_iter().partition(|child| child.gvk.kind == "Deployment");
        self.io.children.apply(view.object, prepare(&self.watches, needs)?).await?;
        let shown = self.run(view, &consumer, workload).await?;
        revisions::delete_unused(&self.io, &self.watches, view, &consumer.wanted, &rollout).await?;
        Ok(Progress { shown, rollout })
    }

    /// What a seek has stopped runs again after it, whatever is wrong with the spec meanwhile: the last good revision, or else what ran.
    async fn start_again(&self, view: &View<'_>, size: &Size) -> Result<Progress, Error> {
        let none = Progress::none(view);
        let stopped = view.members_before_seek().filter(|_| size.before_seek.is_none());
        let (Some(members), Some((bootstrap, certificates))) = (stopped, view.way()) else { return Ok(none) };
        let revision = revisions::last_good(&self.watches, view).or_else(|| revisions::newest(&self.watches, view));
        let Some(revision) = revision else { return Ok(none) };
        let returned = consumer::Consumer::returned(view.object, bootstrap, certificates, revision);
        let consumer = consumer::Consumer { members, ..returned };
        let shown = self.run(view, &consumer, vec![consumer.deployment(&owned_by(view.object))]).await?;
        Ok(Progress { shown, ..none })
    }

    async fn run(&self, view: &View<'_>, consumer: &consumer::Consumer, workload: Vec<Child>) -> Result<Shown, Error> {
        let applied = self.io.children.apply(view.object, prepare(&self.watches, workload)?).await?;
        let newest =
            applied.changes().next().is_none() && view.deployment.as_deref().is_some_and(|d| consumer.is_shown_by(d));
        Ok(if newest { Shown::Newest } else { Shown::Older })
    }

    /// Writes the status: what was observed, and what was found wrong.
    async fn report(
        &self,
        view: &View<'_>,
        judged: Judged,
        size: Size,
        progress: &Result<Progress, Error>,
    ) -> Result<(), Error> {
        let wanted = if size.waiting.is_some() { view.object.spec.replicas } else { size.members };
        let (refusals, waiting) = match judged {
            Judged::Good(_) => (Vec::new(), size.waiting.filter(|_| !view.is_suspended())),
            Judged::Refused(refusals) => (refusals, None),
            Judged::Waiting(reason, message) => (Vec::new(), Some((reason, message))),
        };
        let (namespace, name) = (view.object.namespace().unwrap_or_default(), view.object.name_any());
        let replay = self.reports.replay.get(&namespace, &name).unwrap_or_default();
        let seek = self.reports.seek.get(&namespace, &name).unwrap_or_default();
        let warnings = validate::consumer::warnings(view.object, size.partitions);
        let verdict = Verdict {
            refusals,
            warnings: warnings.into_iter().chain(replay.refusal.clone()).chain(seek.refusal.clone()).collect(),
            failure: error::to_show(progress),
            waiting,
        };
        let shown =
            view.deployment.as_deref().filter(|_| matches!(progress, Ok(Progress { shown: Shown::Newest, .. })));
        let unseen = Rollout::unseen(&view.before);
        let observed = status::consumer::Observed {
            object: view.object,
            before: &view.before,
            pipeline: view.pipeline.as_deref(),
            verdict: &verdict,
            deployment: shown,
            members: &view.members,
            wanted,
            rollout: progress.as_ref().map_or(&unseen, |progress| &progress.rollout),
            report: size.report.as_deref(),
        };
        let status = status::consumer::status(&observed, Timestamp::now());
        let status = ConsumerStatus {
            replay: replay.status.clone().or(status.replay),
            seek: seek.status.clone().or(status.seek),
            ..status
        };
        let outcome = self.io.status.write(view.object, &status).await?;
        news::tell(&self.io, view.object, outcome).await;
        Ok(())
    }
}
