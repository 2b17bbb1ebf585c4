//! The controller of how Consumers do: what their members count, and how far their groups have read.
//!
//! Neither has a watch, so both are looked at now and then. What was found is kept in [`Reports`], from where the Consumer's controller takes
//! it into the status. Nothing is changed, but that a member which does not come back to its group is made anew.

mod absences;
mod kafka;
mod members;
mod memory;
pub(super) mod metrics;
mod probe;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kafkapipelines_core::consumer_health::loss;
use kafkapipelines_core::consumer_health::report::ConsumerReport;
use kafkapipelines_core::pod_state::PodState;
use kafkapipelines_core::{labels, vector};
use kafkapipelines_crds::Consumer;
use kube::ResourceExt as _;
use kube::runtime::events::EventType;
use tokio_util::sync::CancellationToken;

use super::consumer_kafka;
use super::consumer_view::pods;
use super::error::Error;
use super::http::Http;
use super::kafka_clients::KafkaClients;
use super::memories::Memories;
use super::reports::Reports;
use super::{Action, Context, Reconciler, Runner};
use crate::io::events::News;
use crate::io::watches::Watches;
use crate::io::{Io, delete};
use kafka::Asked;
use members::Member;
use memory::Memory;
use metrics::Metrics;

/// How soon a consumer is looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// How soon while something is awaited.
const LOOK_AGAIN_SOON: Duration = Duration::from_secs(2);
/// Time between two looks at least.
const REST: Duration = Duration::from_secs(1);

/// Looks at Consumers.
pub struct ConsumerHealthController {
    io: Io,
    watches: Watches,
    clients: KafkaClients,
    reports: Reports<ConsumerReport>,
    memories: Memories<Memory>,
    metrics: Metrics,
    http: Http,
}

/// The controller; it runs until `stop`.
pub(super) fn run(
    context: &Context,
    watches: &Watches,
    clients: &KafkaClients,
    reports: &Reports<ConsumerReport>,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + use<> {
    let controller = ConsumerHealthController {
        io: context.io(ConsumerHealthController::NAME),
        watches: watches.clone(),
        clients: clients.clone(),
        reports: reports.clone(),
        memories: Memories::default(),
        metrics: context.settings.metrics.consumers.clone(),
        http: Http::new(),
    };
    Runner::new(controller, &watches.consumers, &context.settings)
        .watches(&watches.pods, |pod| pod.labels().get(labels::CONSUMER).cloned())
        .run(stop)
}

impl Reconciler for ConsumerHealthController {
    type Object = Consumer;
    type Error = Error;
    const NAME: &'static str = "consumerhealth";

    async fn reconcile(&self, object: Arc<Consumer>) -> Result<Action, Error> {
        let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
        if object.metadata.deletion_timestamp.is_some() || consumer_kafka::is_suspended(&self.watches, &object) {
            self.metrics.forget(&namespace, &name);
            return Ok(Action::requeue(LOOK_AGAIN));
        }
        let members = self.members(&object);
        let mut memory = self.memories.take(&namespace, &name);
        if let Some(rest) = rest(&memory, &object, &members) {
            self.memories.keep(&namespace, &name, memory);
            return Ok(Action::requeue(rest));
        }
        memory.begin(&object);
        let ended = self.look(&object, &members, &mut memory).await;
        memory.conclude(&object);
        self.metrics.looked(&namespace, &name, memory.picture.clone());
        self.reports.set(&namespace, &name, memory.report.clone());
        let again = pace(&memory);
        self.memories.keep(&namespace, &name, memory);
        ended.map(|()| Action::requeue(again))
    }

    fn io(&self) -> &Io {
        &self.io
    }

    fn forget(&self, namespace: &str, name: &str) {
        self.reports.forget(namespace, name);
        self.memories.take(namespace, name);
        self.metrics.forget(namespace, name);
    }
}

impl ConsumerHealthController {
    /// The Pods that serve.
    fn members(&self, object: &Consumer) -> Vec<Member> {
        let pods = pods(&self.watches, object);
        let serving = pods.iter().filter(|pod| PodState::of(pod, None).serves());
        let mut members: Vec<_> = serving.filter_map(|pod| Member::of(pod)).collect();
        members.sort_by(|one, other| one.name().cmp(other.name()));
        members
    }

    /// What members count is told though Kafka cannot be asked.
    async fn look(&self, object: &Consumer, members: &[Member], memory: &mut Memory) -> Result<(), Error> {
        let (now, sample) = (Timestamp::now(), memory.takes_sample());
        memory.looked_at = Some(tokio::time::Instant::now());
        memory.served = members.iter().map(|member| member.name().to_owned()).collect();
        if sample {
            let loss = memory.report.loss.clone();
            let told = (loss.as_ref(), loss::acknowledged(object.annotations()));
            let counted = members::look(&self.http, members, &object.spec, &mut memory.members, told).await;
            memory.counted(&self.http, object, counted, now).await;
        }
        let brokers = consumer_kafka::brokers(&self.io, &self.watches, &self.clients, object).await?;
        let Some(brokers) = brokers else { return Ok(()) };
        let group = vector::group(&object.name_any(), &object.spec);
        let pipeline = self.watches.pipelines.get(&object.namespace().unwrap_or_default(), &object.spec.pipeline);
        let topics = consumer_kafka::topics(&self.watches, object);
        let user = pipeline.as_deref().map(|pipeline| (object, pipeline));
        let asked = Asked { brokers: &brokers, spec: &object.spec, topics, group: &group, user };
        match ask(&asked, object, members, memory, sample, now).await? {
            Some(missing) => self.make_anew(object, &missing).await,
            None => Ok(()),
        }
    }

    /// Deletes the Pod of a member, if it still is the one that was looked at; its Deployment makes another.
    async fn make_anew(&self, object: &Consumer, member: &Member) -> Result<(), Error> {
        let pod = self.watches.pods.get(&object.namespace().unwrap_or_default(), member.name());
        let Some(pod) = pod.filter(|pod| pod.uid().as_deref() == Some(member.uid())) else { return Ok(()) };
        if delete::delete(&self.io.api, pod.as_ref()).await? {
            let note = format!("{} serves, and is not in its group for a minute: its Pod is made anew", member.name());
            tracing::info!("{note}");
            let news = News { kind: EventType::Warning, topic: "Restart", reason: "Restarting".to_owned(), note };
            self.io.events.publish(object, news).await;
        }
        Ok(())
    }
}

/// Asks Kafka, and returns a member that has been missing from its group for too long.
async fn ask(
    asked: &Asked<'_>,
    object: &Consumer,
    members: &[Member],
    memory: &mut Memory,
    sample: bool,
    now: Timestamp,
) -> Result<Option<Member>, Error> {
    let basics = asked.basics().await?;
    memory.basics(object, &basics);
    let may_read = basics.may_work && memory.report.partitions != Some(0);
    let missing = memory.absences.note(members, &basics.group, may_read);
    if sample {
        let progress = asked.progress(&basics, now).await?;
        memory.progress(object, &basics, progress, now);
    }
    Ok(missing)
}

/// How long to wait before the next look; nothing where it is due, or where the spec or the members have changed.
fn rest(memory: &Memory, object: &Consumer, members: &[Member]) -> Option<Duration> {
    let since = memory.looked_at?.elapsed();
    let is_same = memory.report.generation == object.metadata.generation
        && memory.served.iter().map(String::as_str).eq(members.iter().map(Member::name));
    let due = if is_same { pace(memory) } else { REST };
    due.checked_sub(since).filter(|rest| !rest.is_zero())
}

fn pace(memory: &Memory) -> Duration {
    if memory.is_awaiting() { LOOK_AGAIN_SOON } else { LOOK_AGAIN }
}
