//! Topics: what differs from the spec is sent, all of a kind in one request.

mod throttle;

use std::collections::{BTreeMap, BTreeSet};

use kafkapipelines_core::cluster::configs::{Changes, Resource};
use kafkapipelines_core::cluster::report::Report;
use kafkapipelines_core::cluster::topics::{
    self, Actual, Brokers, Desired, Ongoing, Own, Plan, Problem, Reassignment, Removal, Throttle, Topic, TopicPartition,
};
use kafkapipelines_core::kafka_version::KafkaVersion;
use kafkapipelines_core::retry::ReconcileError as _;
use kafkapipelines_kafka::calls::Mode;
use kafkapipelines_kafka::{Class, Client, KafkaError};
use kube::ResourceExt as _;

use super::Error;
use super::turn::Turn;

/// Makes topics what the spec says.
pub(super) async fn run(turn: &Turn<'_>, report: &mut Report) -> Result<(), Error> {
    let desired = topics::desired(turn.pipeline, turn.consumers.iter().map(|consumer| &consumer.spec));
    let removal = removal(turn);
    let live = turn.seen.cluster.nodes.iter().filter(|node| !node.fenced);
    let kafka = Kafka {
        client: &turn.clients.brokers,
        version: turn.pipeline.version,
        topics: &turn.seen.topics,
        moves: &turn.seen.moves,
        brokers: live.map(|node| (node.id, node.rack.clone())).collect(),
        // A Consumer that cannot be read may use any topic.
        may_delete: turn.watches.consumers.all_unreadable().is_empty(),
    };
    let sent = kafka.converge(&desired, &removal).await?;
    let deletable = removal.record(&desired, &turn.seen.topics);
    let status = topics::status(&desired, &sent.problems, &sent.pending, deletable);
    report.findings.extend(topics::finding(&status));
    report.topics = Some(status);
    report.busy |= sent.busy;
    Ok(())
}

/// What the status recorded, and nothing that was only seen.
fn removal<'a>(turn: &'a Turn<'_>) -> Removal<'a> {
    let status = turn.object.status.as_ref().and_then(|status| status.topics.as_ref());
    let of_consumer = turn.consumers.iter().flat_map(|consumer| {
        let topics = consumer.spec.topics.iter().chain([&consumer.spec.dead_letter.topic]);
        topics.map(|topic| (topic.as_str(), consumer.name_any()))
    });
    Removal { recorded: status.map(|topics| &topics.deletable[..]).unwrap_or_default(), used: of_consumer.collect() }
}

/// A Kafka, as it was seen in this turn.
struct Kafka<'a> {
    client: &'a Client,
    version: KafkaVersion,
    topics: &'a BTreeMap<String, Topic>,
    moves: &'a BTreeMap<TopicPartition, Ongoing>,
    brokers: Brokers,
    may_delete: bool,
}

/// What became of what was sent.
#[derive(Debug, Default)]
struct Sent {
    /// Topics that are not as the spec says.
    problems: BTreeMap<String, Problem>,
    /// Topics that were not seen as Kafka has them: a broker learns of a change later than the controllers.
    pending: BTreeSet<String>,
    /// Something changes: it is looked at again soon.
    busy: bool,
}

impl Sent {
    /// A refusal counts for more than how far the topic is.
    fn note(&mut self, topic: &str, outcome: Result<(), KafkaError>) {
        match outcome {
            Ok(()) => self.busy = true,
            Err(error) if error.class() == Class::Stale => {
                self.busy = true;
                self.pending.insert(topic.to_owned());
            }
            Err(error) => {
                let problem = Problem { reason: error.reason(), message: error.to_string() };
                self.problems.insert(topic.to_owned(), problem);
            }
        }
    }
}

impl Kafka<'_> {
    /// Compares, and sends what differs.
    async fn converge(&self, desired: &Desired, removal: &Removal<'_>) -> Result<Sent, Error> {
        if desired.is_empty() && removal.recorded.is_empty() {
            return Ok(Sent::default());
        }
        let mut sent = Sent::default();
        let actual = self.observe(desired, &mut sent).await?;
        let Plan { create, grow, settings, marks, throttle, moves, delete, problems } =
            topics::plan(desired, &actual, removal);
        sent.busy |= !actual.moves.is_empty() && !problems.is_empty();
        sent.problems.extend(problems);
        for (name, outcome) in self.client.create_topics(&create, Mode::Apply).await? {
            sent.note(&name, outcome);
        }
        for (name, outcome) in self.client.create_partitions(&grow, Mode::Apply).await? {
            sent.note(&name, outcome);
        }
        self.alter(&settings, &mut sent).await?;
        self.reassign(&marks, &throttle, moves, &mut sent).await?;
        if self.may_delete {
            self.delete(&delete, &mut sent).await?;
        }
        Ok(sent)
    }

    /// What Kafka has of what is desired; a topic that cannot be described is left as it is.
    async fn observe(&self, desired: &Desired, sent: &mut Sent) -> Result<Actual<'_>, Error> {
        let there = desired.keys().filter(|name| self.topics.contains_key(*name));
        let resources: Vec<_> = there.map(|name| Resource::Topic(name.clone())).collect();
        let mut settings: BTreeMap<String, Own> = BTreeMap::new();
        for (resource, described) in self.client.describe_configs(&resources, None).await? {
            let Resource::Topic(name) = resource else { continue };
            match described {
                Ok(described) => drop(settings.insert(name, topics::own(self.version, &described))),
                Err(error) => sent.note(&name, Err(error)),
            }
        }
        Ok(Actual { topics: self.topics, settings, moves: self.moves, brokers: self.brokers.clone() })
    }

    /// Changes settings of topics; tells which topics have theirs.
    async fn alter(&self, changes: &Changes, sent: &mut Sent) -> Result<BTreeSet<String>, Error> {
        let mut altered = BTreeSet::new();
        for (resource, outcome) in self.client.alter_configs(changes, Mode::Apply).await? {
            let Resource::Topic(name) = resource else { continue };
            if outcome.is_ok() {
                altered.insert(name.clone());
            }
            sent.note(&name, outcome);
        }
        Ok(altered)
    }

    /// Begins moves, each only where its throttle holds, and clears up after those that have ended.
    async fn reassign(
        &self,
        marks: &Changes,
        throttle: &Throttle,
        mut moves: BTreeMap<TopicPartition, Reassignment>,
        sent: &mut Sent,
    ) -> Result<(), Error> {
        if *throttle == Throttle::Off
            && let Err(refused) = throttle::off(self.client, self.brokers.keys().copied()).await?
        {
            // The marks stay: they say that there is something left to clean up.
            topics_of(marks).for_each(|name| sent.note(name, Err(refused.clone())));
            return Ok(());
        }
        let marked = self.alter(marks, sent).await?;
        let unmarked: BTreeSet<_> = topics_of(marks).filter(|name| !marked.contains(*name)).collect();
        moves.retain(|key, _| !unmarked.contains(&key.topic));
        if let Throttle::On(brokers) = throttle
            && let Err(refused) = throttle::on(self.client, brokers.iter().copied()).await?
        {
            for TopicPartition { topic, .. } in moves.keys() {
                sent.note(topic, Err(refused.clone()));
            }
            return Ok(());
        }
        if moves.is_empty() {
            return Ok(());
        }
        for (key, outcome) in self.client.reassign_partitions(&moves).await? {
            sent.note(&key.topic, outcome);
        }
        Ok(())
    }

    async fn delete(&self, names: &[String], sent: &mut Sent) -> Result<(), Error> {
        if !names.is_empty() {
            tracing::info!(?names, "topics that are not listed any more are deleted with their data");
        }
        for (name, outcome) in self.client.delete_topics(names).await? {
            sent.note(&name, outcome);
        }
        Ok(())
    }
}

fn topics_of(changes: &Changes) -> impl Iterator<Item = &String> {
    changes.keys().filter_map(|resource| if let Resource::Topic(name) = resource { Some(name) } else { None })
}

#[cfg(test)]
mod tests;
