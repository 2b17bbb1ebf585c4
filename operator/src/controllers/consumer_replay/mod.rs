//! The controller of replays: dead letters pass the chain of their consumer again, read by a Deployment that goes when it has read them.
//!
//! It takes one step at a time, each once the one before is in the Consumer's status. It does not write that itself: what it did is kept in
//! [`Reports`], from where the Consumer's controller takes it.

mod kafka;
mod member;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kafkapipelines_core::consumer_replay::plan::Plan;
use kafkapipelines_core::consumer_replay::report::{self, ReplayReport};
use kafkapipelines_core::consumer_replay::request::Request;
use kafkapipelines_core::consumer_replay::state::{self, Step};
use kafkapipelines_core::consumer_replay::tally::Tally;
use kafkapipelines_core::labels;
use kafkapipelines_crds::{Consumer, ReplayPhase, ReplayStatus};
use kube::ResourceExt as _;
use tokio_util::sync::CancellationToken;

use super::consumer_kafka;
use super::consumer_view::{Good, Judged, View};
use super::error::Error;
use super::http::Http;
use super::kafka_clients::KafkaClients;
use super::memories::Memories;
use super::reports::Reports;
use super::{Action, Context, Reconciler, Runner};
use crate::io::Io;
use crate::io::watches::Watches;
use kafka::Asked;

/// How soon the next step is taken, or tried again.
const SOON: Duration = Duration::from_secs(2);
const NO_KAFKA: &str = "waits for Kafka, which cannot be asked yet";
const SUSPENDED: &str = "waits for the end of the pipeline's suspension";
const NO_LEADER: &str = "waits until each partition of the dead-letter topic has a leader";
const ROLLED_BACK: &str =
    "waits for a spec with which members become ready: they were brought back to the last good one";

/// Replays dead letters.
pub struct ConsumerReplayController {
    io: Io,
    watches: Watches,
    clients: KafkaClients,
    reports: Reports<ReplayReport>,
    tallies: Memories<Tally>,
    http: Http,
}

/// The controller; it runs until `stop`.
pub(super) fn run(
    context: &Context,
    watches: &Watches,
    clients: &KafkaClients,
    reports: &Reports<ReplayReport>,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + use<> {
    let controller = ConsumerReplayController {
        io: context.io(ConsumerReplayController::NAME),
        watches: watches.clone(),
        clients: clients.clone(),
        reports: reports.clone(),
        tallies: Memories::default(),
        http: Http::new(),
    };
    Runner::new(controller, &watches.consumers, &context.settings)
        .watches(&watches.pods, replayed)
        .watches(&watches.deployments, replayed)
        .run(stop)
}

/// The consumer whose replay a child belongs to.
fn replayed<K: kube::Resource>(child: &K) -> Option<String> {
    child.labels().get(labels::CONSUMER_REPLAY).cloned()
}

impl Reconciler for ConsumerReplayController {
    type Object = Consumer;
    type Error = Error;
    const NAME: &'static str = "consumerreplay";

    async fn reconcile(&self, object: Arc<Consumer>) -> Result<Action, Error> {
        let request = Request::of(&object);
        let recorded = object.status.as_ref().and_then(|status| status.replay.as_ref());
        let step = state::next(&request, recorded);
        let refusal = request.as_ref().err().cloned();
        if object.metadata.deletion_timestamp.is_some() || step == Step::Rest {
            self.keep(&object, ReplayReport { status: None, refusal });
            return Ok(Action::await_change());
        }
        let waits = |why: &str| report::failed(request.as_ref().ok().and_then(Option::as_ref), recorded, why);
        if consumer_kafka::is_suspended(&self.watches, &object) {
            self.keep(&object, ReplayReport { status: waits(SUSPENDED), refusal });
            return Ok(Action::requeue(SOON));
        }
        let taken = self.take(&object, step).await;
        let status = match &taken {
            Ok(status) => Some(status.clone()),
            Err(error) => waits(&error.to_string()),
        };
        self.keep(&object, ReplayReport { status, refusal });
        taken.map(|_| Action::requeue(SOON))
    }

    fn io(&self) -> &Io {
        &self.io
    }

    fn forget(&self, namespace: &str, name: &str) {
        self.reports.forget(namespace, name);
        self.tallies.take(namespace, name);
    }
}

impl ConsumerReplayController {
    fn keep(&self, object: &Consumer, report: ReplayReport) {
        self.reports.set(&object.namespace().unwrap_or_default(), &object.name_any(), report);
    }

    async fn take(&self, object: &Consumer, step: Step<'_>) -> Result<ReplayStatus, Error> {
        match step {
            Step::Rest => Ok(ReplayStatus::default()),
            Step::Plan(request) => self.plan(object, request).await,
            Step::Seed(recorded) => self.seed(object, recorded).await,
            Step::Run(recorded) => self.carry_on(object, recorded).await,
            Step::End(recorded) => self.end(object, recorded).await,
        }
    }

    /// Settles what is read. Until that is on record nothing else is settled.
    async fn plan(&self, object: &Consumer, request: &Request) -> Result<ReplayStatus, Error> {
        let known = self.reports.get(&object.namespace().unwrap_or_default(), &object.name_any());
        let known = known.and_then(|report| report.status.clone());
        if let Some(known) = known.filter(|known| known.id == request.id.to_string() && is_settled(known)) {
            return Ok(known);
        }
        let Some(asked) = self.asked(object).await? else { return Ok(report::pending(request, NO_KAFKA)) };
        Ok(match asked.plan(request.since).await? {
            Some(plan) => report::planned(request, &plan, Timestamp::now()),
            None => report::pending(request, NO_LEADER),
        })
    }

    /// Sets where the group begins. No member has been started before this is on record.
    async fn seed(&self, object: &Consumer, recorded: &ReplayStatus) -> Result<ReplayStatus, Error> {
        if let Err(why) = self.judge(object)? {
            return Ok(report::waits(recorded, &why));
        }
        let Some(asked) = self.asked(object).await? else { return Ok(report::waits(recorded, NO_KAFKA)) };
        Ok(match asked.begin(&Plan::recorded(recorded)).await? {
            None => ReplayStatus { phase: ReplayPhase::Running, message: None, ..recorded.clone() },
            Some(why) => report::waits(recorded, &why),
        })
    }

    /// Has a member that reads, and looks how far it is.
    async fn carry_on(&self, object: &Consumer, recorded: &ReplayStatus) -> Result<ReplayStatus, Error> {
        let plan = Plan::recorded(recorded);
        let refused = match self.judge(object)? {
            Ok(good) => self.apply(&good, &plan).await.map(|()| None)?,
            Err(why) => Some(why),
        };
        let Some(asked) = self.asked(object).await? else { return Ok(report::waits(recorded, NO_KAFKA)) };
        let done = asked.done(&plan).await?;
        // After the offsets: what was committed was counted before.
        let pods = self.pods(object);
        let status = self.tallied(object, &pods, recorded).await;
        if done >= recorded.letters {
            let message = Some("all is read: its Pod ends".to_owned());
            return Ok(ReplayStatus { phase: ReplayPhase::Ending, done, message, ..status });
        }
        Ok(ReplayStatus { done, message: refused.or_else(|| member::waits(&pods)), ..status })
    }

    /// Removes the member, then its group.
    async fn end(&self, object: &Consumer, recorded: &ReplayStatus) -> Result<ReplayStatus, Error> {
        if !is_settled(recorded) {
            return Ok(report::gone(recorded, Timestamp::now()));
        }
        let ending = ReplayStatus { phase: ReplayPhase::Ending, ..recorded.clone() };
        if self.delete_children(object).await? {
            return Ok(report::waits(&ending, "its Pod ends"));
        }
        let Some(asked) = self.asked(object).await? else { return Ok(report::waits(&ending, NO_KAFKA)) };
        Ok(match asked.forget_group().await? {
            None => report::gone(recorded, Timestamp::now()),
            Some(why) => report::waits(&ending, &why),
        })
    }

    /// What a member needs, or why there can be none.
    fn judge(&self, object: &Consumer) -> Result<Result<Good, String>, Error> {
        let view = View::observe(&self.watches, object, self.io.status.current(object)?);
        if view.before.rolled_back.is_some() {
            return Ok(Err(ROLLED_BACK.to_owned()));
        }
        Ok(match view.judge() {
            Judged::Good(good) => Ok(*good),
            Judged::Waiting(_, message) => Err(message),
            Judged::Refused(refusals) => {
                let first = refusals.first().map(ToString::to_string).unwrap_or_default();
                Err(format!("waits for a spec that can be carried out: {first}"))
            }
        })
    }

    /// The way to Kafka, if there is one now.
    async fn asked<'a>(&self, object: &'a Consumer) -> Result<Option<Asked<'a>>, Error> {
        let namespace = object.namespace().unwrap_or_default();
        let installed = self.watches.pipelines.get(&namespace, &object.spec.pipeline);
        let Some(installed) = installed else { return Ok(None) };
        let brokers = consumer_kafka::brokers(&self.io, &self.watches, &self.clients, object).await?;
        Ok(brokers.map(|brokers| Asked::new(brokers, object, &installed)))
    }
}

/// Whether what is read is on it.
fn is_settled(status: &ReplayStatus) -> bool {
    status.phase != ReplayPhase::Pending
}
