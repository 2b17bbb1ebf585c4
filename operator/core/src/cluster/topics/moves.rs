//! Which partitions get other replicas now, and how they are throttled while they are copied.
//!
//! A copy begins in this order, so that the operator may be killed anywhere: the topic is marked, the brokers get a rate, the partition
//! is reassigned. It ends the other way round: the rate goes, then the marks. A mark without a move is thus what is left to clean up.

use std::collections::{BTreeMap, BTreeSet};

use super::actual::Actual;
use super::model::{Ongoing, Partition, Reassignment, Topic, TopicPartition};
use super::placement::{Brokers, Placement};
use super::problem::Problem;
use super::settings::{MARKS, Own};
use super::{Desired, DesiredTopic};
use crate::cluster::configs::{Change, Changes, Resource};

/// Reason: partitions get other replicas; it ends by itself.
pub(super) const REASSIGNING: &str = "Reassigning";
/// Partitions that are copied at a time, in the whole cluster.
const COPIES: usize = 10;
/// Partitions that give up replicas at a time: nothing is copied for that, so it ends at once.
const SHRINKS: usize = 1_000;

/// What becomes of the rate at which brokers copy.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Throttle {
    /// It stays as it is.
    #[default]
    Keep,
    /// These brokers need one, after the topics are marked and before the moves begin.
    On(BTreeSet<i32>),
    /// All moves have ended: no broker needs one, and the marks go after it.
    Off,
}

/// What is to be done about replicas.
#[derive(Debug, Default)]
pub(super) struct Moves {
    /// Moves that begin.
    pub(super) start: BTreeMap<TopicPartition, Reassignment>,
    /// The marks of topics, where they differ.
    pub(super) marks: Changes,
    /// The brokers' rate.
    pub(super) throttle: Throttle,
    /// How far each topic is whose replicas are not yet as many as they should.
    pub(super) problems: BTreeMap<String, Problem>,
}

/// A partition that is copied, or will be.
#[derive(Clone)]
struct Copy {
    partition: i32,
    from: Vec<i32>,
    to: Vec<i32>,
}

/// What to do next about the replicas of all topics that are there.
pub(super) fn moves(desired: &Desired, actual: &Actual<'_>) -> Moves {
    let placement = Placement::new(&actual.brokers, actual.topics.values());
    let room = COPIES.saturating_sub(actual.moves.len());
    let mut planner = Planner { actual, placement, room, throttled: BTreeSet::new(), moves: Moves::default() };
    let mut stays_marked = false;
    let there = desired.iter().filter_map(|(name, wanted)| Some((name, wanted, actual.topics.get(name)?)));
    for (name, wanted, topic) in there {
        let begun = planner.resize(name, wanted, topic);
        let own = actual.settings.get(name);
        let marked = own.is_some_and(|own| MARKS.iter().any(|mark| own.contains_key(*mark)));
        let ongoing = ongoing(name, actual);
        if !begun.is_empty() {
            planner.mark(name, own, &[begun, ongoing].concat());
        } else if marked && ongoing.is_empty() {
            planner.unmark(name, own);
        } else {
            stays_marked |= marked;
        }
    }
    planner.end(stays_marked)
}

/// What was planned so far.
struct Planner<'a> {
    actual: &'a Actual<'a>,
    placement: Placement<'a>,
    /// Partitions that may still be copied.
    room: usize,
    /// Brokers that copy.
    throttled: BTreeSet<i32>,
    moves: Moves,
}

impl Planner<'_> {
    /// Begins as much as may be begun of a topic; tells what will be copied.
    fn resize(&mut self, name: &str, wanted: &DesiredTopic, topic: &Topic) -> Vec<Copy> {
        let Some(replicas) = wanted.replicas.and_then(|replicas| usize::try_from(replicas).ok()) else { return vec![] };
        let mut begun = Vec::new();
        let mut unfinished = 0;
        for partition in &topic.partitions {
            let key = TopicPartition::new(name, partition.index);
            let ongoing = self.actual.moves.get(&key);
            let now = goal(partition, ongoing);
            unfinished += usize::from(now.len() != replicas || ongoing.is_some());
            // Without a leader there is nobody to copy from.
            if now.len() == replicas || partition.leader.is_none() {
                continue;
            }
            let Some(to) = self.placement.resize(partition, &now, replicas) else {
                self.moves.problems.insert(name.to_owned(), too_few_brokers(replicas, &self.actual.brokers));
                return begun;
            };
            begun.extend(self.begin(key, partition, &now, to));
        }
        if unfinished > 0 {
            let done = topic.partitions.len() - unfinished;
            self.moves.problems.insert(name.to_owned(), progress(done, topic, replicas));
        }
        begun
    }

    /// Begins a move if there is room for it; tells what will be copied, if anything.
    fn begin(&mut self, key: TopicPartition, partition: &Partition, now: &[i32], to: Vec<i32>) -> Option<Copy> {
        let ongoing = self.actual.moves.get(&key);
        let copy = Copy::new(partition, ongoing, &to);
        let needs_room = !copy.to.is_empty() && ongoing.is_none();
        if self.moves.start.len() >= SHRINKS || (needs_room && self.room == 0) {
            return None;
        }
        self.room -= usize::from(needs_room);
        self.placement.count(now, &to);
        self.moves.start.insert(key, Reassignment::To(to));
        Some(copy).filter(|copy| !copy.to.is_empty())
    }

    fn mark(&mut self, name: &str, own: Option<&Own>, copies: &[Copy]) {
        let lists = [list(copies, |copy| &copy.from), list(copies, |copy| &copy.to)];
        let has = |mark: &str, list: &String| {
            own.and_then(|own| own.get(mark)).is_some_and(|there| there.as_ref() == Some(list))
        };
        let differing = MARKS.into_iter().zip(lists).filter(|(mark, list)| !has(mark, list));
        let changes: BTreeMap<_, _> = differing.map(|(mark, list)| (mark.to_owned(), Change::Set(list))).collect();
        if !changes.is_empty() {
            self.moves.marks.insert(Resource::Topic(name.to_owned()), changes);
        }
        self.throttled.extend(copies.iter().flat_map(|copy| copy.from.iter().chain(&copy.to)));
    }

    fn unmark(&mut self, name: &str, own: Option<&Own>) {
        let there = MARKS.into_iter().filter(|mark| own.is_some_and(|own| own.contains_key(*mark)));
        let changes = there.map(|mark| (mark.to_owned(), Change::Delete)).collect();
        self.moves.marks.insert(Resource::Topic(name.to_owned()), changes);
    }

    fn end(mut self, stays_marked: bool) -> Moves {
        if !self.throttled.is_empty() {
            self.throttled.retain(|id| self.actual.brokers.contains_key(id));
            self.moves.throttle = Throttle::On(self.throttled);
        } else if !self.moves.marks.is_empty() && !stays_marked {
            self.moves.throttle = Throttle::Off;
        }
        self.moves
    }
}

impl Copy {
    /// What is copied to reach `to`, which also is the case for what is being copied already.
    fn new(partition: &Partition, ongoing: Option<&Ongoing>, to: &[i32]) -> Self {
        let adding = ongoing.map(|ongoing| &ongoing.adding[..]).unwrap_or_default();
        let from: Vec<_> = partition.replicas.iter().filter(|id| !adding.contains(id)).copied().collect();
        let to = to.iter().filter(|id| !from.contains(id)).copied().collect();
        Self { partition: partition.index, from, to }
    }
}

/// Kafka's way to name replicas: `partition:broker`, separated by commas.
fn list(copies: &[Copy], brokers: fn(&Copy) -> &[i32]) -> String {
    let pairs = copies.iter().flat_map(|copy| brokers(copy).iter().map(|id| (copy.partition, *id)));
    let pairs: BTreeSet<_> = pairs.collect();
    pairs.iter().map(|(partition, id)| format!("{partition}:{id}")).collect::<Vec<_>>().join(",")
}

/// The brokers that a partition will have when what goes on has ended.
fn goal(partition: &Partition, ongoing: Option<&Ongoing>) -> Vec<i32> {
    let Some(ongoing) = ongoing else { return partition.replicas.clone() };
    ongoing.replicas.iter().filter(|id| !ongoing.removing.contains(id)).copied().collect()
}

fn ongoing(name: &str, actual: &Actual<'_>) -> Vec<Copy> {
    let of_topic = actual.moves.range(TopicPartition::new(name, 0)..).take_while(|(key, _)| key.topic == name);
    of_topic
        .map(|(key, ongoing)| Copy {
            partition: key.partition,
            from: ongoing.replicas.iter().filter(|id| !ongoing.adding.contains(id)).copied().collect(),
            to: ongoing.adding.clone(),
        })
        .collect()
}

fn progress(done: usize, topic: &Topic, replicas: usize) -> Problem {
    Problem {
        reason: REASSIGNING,
        message: format!("{done} of {} partitions have {replicas} replicas", topic.partitions.len()),
    }
}

fn too_few_brokers(replicas: usize, brokers: &Brokers) -> Problem {
    let message = format!(
        "{replicas} replicas are asked for and {} brokers serve: it goes on when there are enough",
        brokers.len()
    );
    Problem { reason: "NotEnoughBrokers", message }
}
