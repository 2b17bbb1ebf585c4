//! The controller of what is inside a pipeline's Kafka: quorum, dynamic configuration, certificates in use, users, topics.
//!
//! Kafka has no watch, so it is looked at now and then; what differs from the spec is sent, and nothing else. What was found is kept in
//! [`Reports`], from where the LogPipeline's controller takes it into the status.

mod certificates;
mod configs;
mod features;
mod health;
mod log_levels;
mod memory;
pub(super) mod metrics;
mod quorum;
mod settings;
mod topics;
mod turn;
mod users;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kafkapipelines_core::cluster::report::Report;
use kafkapipelines_core::pipeline::Pipeline;
use kafkapipelines_crds::LogPipeline;
use kube::ResourceExt as _;
use tokio_util::sync::CancellationToken;

use super::error::Error;
use super::kafka_clients::{Clients, KafkaClients};
use super::kafka_nodes::{self, pipeline_of};
use super::memories::Memories;
use super::reports::Reports;
use super::{Action, Context, Reconciler, Runner};
use crate::io::Io;
use crate::io::watches::Watches;
use memory::Memory;
use metrics::{Metrics, Picture};
use turn::{Seen, Turn};

/// How soon Kafka is looked at again when nothing is under way: so long something that was changed by hand stays.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// How soon while partitions lack replicas or leaders.
const LOOK_AGAIN_IN_TROUBLE: Duration = Duration::from_secs(5);
/// How soon while something is under way.
const LOOK_AGAIN_SOON: Duration = Duration::from_secs(1);

/// Reconciles what is inside the Kafka of LogPipelines.
pub struct KafkaClusterController {
    io: Io,
    watches: Watches,
    clients: KafkaClients,
    reports: Reports,
    memories: Memories<Memory>,
    metrics: Metrics,
}

/// What was found in one look.
#[derive(Default)]
struct Found {
    report: Report,
    /// None where the look did not get so far.
    picture: Option<Picture>,
    clients: Option<Clients>,
}

/// The controller; it runs until `stop`.
pub(super) fn run(
    context: &Context,
    watches: &Watches,
    clients: &KafkaClients,
    reports: &Reports,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + use<> {
    let controller = KafkaClusterController {
        io: context.io(KafkaClusterController::NAME),
        watches: watches.clone(),
        clients: clients.clone(),
        reports: reports.clone(),
        memories: Memories::default(),
        metrics: context.settings.metrics.kafka.clone(),
    };
    let owner = |child: &_| pipeline_of(child).map(str::to_owned);
    Runner::new(controller, &watches.pipelines, &context.settings)
        .watches(&watches.pools, |pool| [pool.spec.pipeline.clone()])
        .watches(&watches.consumers, |consumer| [consumer.spec.pipeline.clone()])
        .watches(&watches.secrets, |child| pipeline_of(child).map(str::to_owned))
        .watches(&watches.pods, owner)
        .run(stop)
}

impl Reconciler for KafkaClusterController {
    type Object = LogPipeline;
    type Error = Error;
    const NAME: &'static str = "kafkacluster";

    async fn reconcile(&self, object: Arc<LogPipeline>) -> Result<Action, Error> {
        let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
        if object.metadata.deletion_timestamp.is_some() || object.spec.suspend {
            self.metrics.forget(&namespace, &name);
            return Ok(Action::await_change());
        }
        let Some(pipeline) = kafka_nodes::reachable(&self.watches, &object) else {
            self.metrics.looked(&namespace, &name, None);
            self.reports.set(&namespace, &name, Report::default());
            return Ok(Action::await_change());
        };
        let (mut memory, mut found) = (self.memories.take(&namespace, &name), Found::default());
        let ended = self.look(&object, &pipeline, &mut memory, &mut found).await;
        let Found { mut report, picture, clients } = found;
        report.findings.extend(memory.failing.note(&ended, Timestamp::now()));
        let again = look_again(&report);
        self.metrics.looked(&namespace, &name, picture.map(|picture| picture.with(&report)));
        clients.inspect(|clients| self.metrics.sent(&namespace, &name, clients.sent()));
        self.memories.keep(&namespace, &name, memory);
        self.reports.set(&namespace, &name, report);
        ended.map(|()| Action::requeue(again))
    }

    fn io(&self) -> &Io {
        &self.io
    }

    fn forget(&self, namespace: &str, name: &str) {
        self.clients.forget(namespace, name);
        self.reports.forget(namespace, name);
        self.memories.take(namespace, name);
        self.metrics.forget(namespace, name);
    }
}

impl KafkaClusterController {
    /// Looks at Kafka and sends what differs, one family after the other. How Kafka is comes first: that is wanted most where something
    /// fails.
    async fn look(
        &self,
        object: &LogPipeline,
        pipeline: &Pipeline,
        memory: &mut Memory,
        Found { report, picture, clients: way_in }: &mut Found,
    ) -> Result<(), Error> {
        let now = Timestamp::now();
        let clients = self.clients.of(&self.io, &self.watches, pipeline, now).await?;
        let Some(clients) = clients else { return Ok(()) };
        *way_in = Some(clients.clone());
        let seen = Seen::observe(&clients).await?;
        let consumers =
            self.watches.consumers.list(&pipeline.namespace, |consumer| consumer.spec.pipeline == pipeline.name);
        let consumers = &consumers;
        let turn = Turn { io: &self.io, watches: &self.watches, object, pipeline, consumers, clients, seen, now };
        *picture = Some(health::run(&turn, &mut memory.health, report).await?);
        quorum::run(&turn, report).await?;
        features::run(&turn, report).await?;
        settings::run(&turn, report).await?;
        log_levels::run(&turn, &mut memory.log_levels, report).await;
        certificates::run(&turn, &mut memory.certificates, report).await;
        topics::run(&turn, report).await?;
        users::run(&turn, report).await?;
        (report.complete, report.generation) = (true, object.metadata.generation);
        Ok(())
    }
}

fn look_again(report: &Report) -> Duration {
    match report {
        Report { busy: true, .. } => LOOK_AGAIN_SOON,
        Report { troubled: true, .. } => LOOK_AGAIN_IN_TROUBLE,
        _ => LOOK_AGAIN,
    }
}
