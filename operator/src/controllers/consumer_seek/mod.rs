//! The controller of seeks: offsets of a consumer's group are moved while its members are stopped.
//!
//! It takes one step at a time, each once the one before is in the Consumer's status. It writes neither that nor the Deployment: what it did is
//! kept in [`Reports`], from where the Consumer's controller takes it into the status, and stops and starts members by what the status tells.

mod kafka;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kafkapipelines_core::consumer_seek::record::{self, SeekReport};
use kafkapipelines_core::consumer_seek::request::Request;
use kafkapipelines_core::consumer_seek::state::{self, Seen, Step};
use kafkapipelines_core::{conditions, labels, names};
use kafkapipelines_crds::{Consumer, SeekStatus};
use kube::ResourceExt as _;
use tokio_util::sync::CancellationToken;

use super::consumer_kafka;
use super::consumer_view::pods;
use super::error::Error;
use super::kafka_clients::KafkaClients;
use super::reports::Reports;
use super::{Action, Context, Reconciler, Runner};
use crate::io::Io;
use crate::io::watches::Watches;
use kafka::{Asked, Found};

/// How soon the next step is taken, or tried again.
const SOON: Duration = Duration::from_secs(2);
const NO_KAFKA: &str = "waits for Kafka, which cannot be asked yet";

/// Moves offsets.
pub struct ConsumerSeekController {
    io: Io,
    watches: Watches,
    clients: KafkaClients,
    reports: Reports<SeekReport>,
}

/// The controller; it runs until `stop`.
pub(super) fn run(
    context: &Context,
    watches: &Watches,
    clients: &KafkaClients,
    reports: &Reports<SeekReport>,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + use<> {
    let controller = ConsumerSeekController {
        io: context.io(ConsumerSeekController::NAME),
        watches: watches.clone(),
        clients: clients.clone(),
        reports: reports.clone(),
    };
    Runner::new(controller, &watches.consumers, &context.settings)
        .watches(&watches.pods, |pod| pod.labels().get(labels::CONSUMER).cloned())
        .watches(&watches.deployments, |deployment| deployment.labels().get(labels::CONSUMER).cloned())
        .run(stop)
}

impl Reconciler for ConsumerSeekController {
    type Object = Consumer;
    type Error = Error;
    const NAME: &'static str = "consumerseek";

    async fn reconcile(&self, object: Arc<Consumer>) -> Result<Action, Error> {
        let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
        let request = Request::of(&object);
        let recorded = object.status.as_ref().and_then(|status| status.seek.as_ref());
        let refusal = request.as_ref().err().cloned();
        let keep = |status| self.reports.set(&namespace, &name, SeekReport { status, refusal: refusal.clone() });
        let known = self.reports.get(&namespace, &name).and_then(|known| known.status.clone());
        if known.is_some_and(|known| !record::is_same_step(&known, recorded)) {
            // The step before is not on record yet.
            return Ok(Action::requeue(SOON));
        }
        let seen = self.see(&object);
        let step = state::next(&request, recorded, &seen);
        if object.metadata.deletion_timestamp.is_some() || step == Step::Rest {
            keep(None);
            return Ok(Action::await_change());
        }
        let under_way = recorded.filter(|recorded| record::held(Some(recorded)).is_some());
        if let Some(under_way) = under_way.filter(|_| seen.suspended) {
            keep(Some(record::waits(under_way, record::SUSPENDED)));
            return Ok(Action::requeue(SOON));
        }
        let taken = self.take(&object, step).await;
        let status = match &taken {
            Ok(status) => Some(status.clone()),
            Err(error) => {
                record::awaiting(request.ok().flatten().as_ref(), under_way, &format!("waits for Kafka: {error}"))
            }
        };
        keep(status);
        taken.map(|_| Action::requeue(SOON))
    }

    fn io(&self) -> &Io {
        &self.io
    }

    fn forget(&self, namespace: &str, name: &str) {
        self.reports.forget(namespace, name);
    }
}

impl ConsumerSeekController {
    fn see<'a>(&self, object: &'a Consumer) -> Seen<'a> {
        let (namespace, name, pipeline) =
            (object.namespace().unwrap_or_default(), object.name_any(), &object.spec.pipeline);
        let deployment = self.watches.deployments.get(&namespace, &names::consumer(pipeline, &name));
        let wanted = deployment.and_then(|deployment| deployment.spec.as_ref()?.replicas).unwrap_or_default();
        Seen {
            consumer: object,
            suspended: consumer_kafka::is_suspended(&self.watches, object),
            refused: is_refused(object),
            members: pods(&self.watches, object).len().max(usize::try_from(wanted).unwrap_or_default()),
            now: Timestamp::now(),
        }
    }

    async fn take(&self, object: &Consumer, step: Step<'_>) -> Result<SeekStatus, Error> {
        match step {
            Step::Rest => Ok(SeekStatus::default()),
            Step::Record(status) => Ok(status),
            Step::Count(request) => self.settle(object, request, None).await,
            Step::Settle(request, recorded) => self.settle(object, request, Some(recorded)).await,
            Step::Set(recorded) => self.set(object, recorded).await,
        }
    }

    /// Settles what is moved. Where members are stopped for it, nobody may be left in the group.
    async fn settle(
        &self,
        object: &Consumer,
        request: &Request,
        recorded: Option<&SeekStatus>,
    ) -> Result<SeekStatus, Error> {
        let pending = record::pending(request);
        let told = recorded.unwrap_or(&pending);
        let Some(asked) = self.asked(object).await? else { return Ok(record::waits(told, NO_KAFKA)) };
        if recorded.is_some()
            && let Some(who) = asked.in_the_way().await?
        {
            return Ok(record::waits(told, &who));
        }
        Ok(match asked.plan(request).await? {
            Found::Plan(plan) => record::settled(request, told, plan, Timestamp::now()),
            Found::Waits(why) => record::waits(told, &why),
            Found::Fails(why) => record::failed(told.clone(), &why, Timestamp::now()),
        })
    }

    async fn set(&self, object: &Consumer, recorded: &SeekStatus) -> Result<SeekStatus, Error> {
        let Some(asked) = self.asked(object).await? else { return Ok(record::waits(recorded, NO_KAFKA)) };
        Ok(match asked.set(&recorded.partitions).await? {
            None => record::done(recorded, Timestamp::now()),
            Some(why) => record::waits(recorded, &why),
        })
    }

    /// The way to Kafka, if there is one now.
    async fn asked<'a>(&self, object: &'a Consumer) -> Result<Option<Asked<'a>>, Error> {
        let brokers = consumer_kafka::brokers(&self.io, &self.watches, &self.clients, object).await?;
        Ok(brokers.map(|brokers| Asked::new(brokers, object, consumer_kafka::topics(&self.watches, object))))
    }
}

/// Whether the newest spec was refused: what runs is not touched then.
fn is_refused(object: &Consumer) -> bool {
    let status = object.status.as_ref().filter(|status| status.observed_generation == object.metadata.generation);
    let accepted = status.and_then(|status| conditions::find(&status.conditions, conditions::ACCEPTED));
    accepted.is_some_and(|accepted| accepted.status == "False")
}
