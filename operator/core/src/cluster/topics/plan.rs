//! What to send, so that topics become what the spec wants.

use std::collections::BTreeMap;

use super::actual::Actual;
use super::desired::{Desired, DesiredTopic};
use super::model::{Layout, NewTopic, Reassignment, Topic, TopicPartition};
use super::moves::{Moves, Throttle, moves};
use super::problem::Problem;
use super::removal::Removal;
use super::settings::{self, Own};
use crate::cluster::configs::{Changes, Resource};

/// What to send. Each field is sent after those before it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Topics to make, with all their settings.
    pub create: Vec<NewTopic>,
    /// Topics to grow to a total of partitions.
    pub grow: BTreeMap<String, i32>,
    /// Settings of topics that differ.
    pub settings: Changes,
    /// Replicas of topics to throttle, or not any more.
    pub marks: Changes,
    /// The rate at which brokers copy; [`Throttle::Off`] is sent before the marks, [`Throttle::On`] after.
    pub throttle: Throttle,
    /// Partitions that get other replicas.
    pub moves: BTreeMap<TopicPartition, Reassignment>,
    /// Topics to delete.
    pub delete: Vec<String>,
    /// What is not as the spec says and will not be by this plan alone, by topic.
    pub problems: BTreeMap<String, Problem>,
}

impl Plan {
    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        *self == Self { problems: self.problems.clone(), ..Self::default() }
    }

    fn adjust(&mut self, name: &str, wanted: &DesiredTopic, topic: &Topic, own: Option<&Own>) {
        let there = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
        match wanted.partitions {
            Some(total) if total > there => drop(self.grow.insert(name.to_owned(), total)),
            Some(total) if total < there => drop(self.problems.insert(name.to_owned(), decrease(there, total))),
            _ => {}
        }
        let changes = own.map(|own| settings::changes(&wanted.settings, own)).unwrap_or_default();
        if !changes.is_empty() {
            self.settings.insert(Resource::Topic(name.to_owned()), changes);
        }
    }
}

/// What makes `desired` of `actual`, as far as it can be sent now. Topics that are neither desired nor recorded in `removal` are not touched.
pub fn plan(desired: &Desired, actual: &Actual<'_>, removal: &Removal<'_>) -> Plan {
    let Moves { start, marks, throttle, problems } = moves(desired, actual);
    let mut plan = Plan { marks, throttle, moves: start, problems, ..Plan::default() };
    for (name, wanted) in desired {
        match actual.topics.get(name) {
            None => plan.create.push(creation(name, wanted)),
            Some(topic) => plan.adjust(name, wanted, topic, actual.settings.get(name)),
        }
    }
    let (delete, in_use) = removal.plan(desired, actual.topics);
    plan.delete = delete;
    plan.problems.extend(in_use);
    plan
}

fn creation(name: &str, wanted: &DesiredTopic) -> NewTopic {
    let layout =
        Layout::Spread { partitions: wanted.partitions.unwrap_or(-1), replicas: wanted.replicas.unwrap_or(-1) };
    NewTopic { name: name.to_owned(), layout, configs: wanted.settings.clone() }
}

fn decrease(there: i32, wanted: i32) -> Problem {
    let message = format!(
        "it has {there} partitions and Kafka takes none away, so they stay, and the rest is carried out: set partitions to {there}, \
         or make another topic with {wanted} and let its readers change over"
    );
    Problem { reason: "PartitionsDecreaseRefused", message }
}
