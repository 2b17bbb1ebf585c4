//! What Kafka tells of a consumer: its topics, its group, and how far the group has read.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use kafkapipelines_core::cluster::acls::Acl;
use kafkapipelines_core::cluster::topics::{Topic, TopicPartition};
use kafkapipelines_core::cluster::users;
use kafkapipelines_core::consumer_health::age::Search;
use kafkapipelines_core::consumer_health::reading::Reading;
use kafkapipelines_core::consumer_health::risk;
use kafkapipelines_core::consumer_health::topics::{Facts, SETTINGS, TopicFacts};
use kafkapipelines_core::topic_selection::TopicSelection;
use kafkapipelines_crds::{Consumer, ConsumerSpec, LogPipeline};
use kafkapipelines_kafka::calls::configs::Resource;
use kafkapipelines_kafka::calls::groups::Group;
use kafkapipelines_kafka::calls::offsets::At;
use kafkapipelines_kafka::{Client, Error};

use super::super::consumer_kafka::{existing, offsets};

/// Dead letters of this time are counted.
const HOUR: Duration = Duration::from_hours(1);

type Topics = BTreeMap<String, Topic>;

/// A consumer, as Kafka knows it.
pub(super) struct Asked<'a> {
    pub(super) brokers: &'a Client,
    pub(super) spec: &'a ConsumerSpec,
    /// What it reads.
    pub(super) topics: TopicSelection,
    /// Name of its group.
    pub(super) group: &'a str,
    /// The object, and its pipeline, which say what ACLs its user needs.
    pub(super) user: Option<(&'a Consumer, &'a LogPipeline)>,
}

/// What members need before they start, and whether they read.
pub(super) struct Basics {
    /// Topics that exist, with their leaders.
    topics: Topics,
    pub(super) facts: Facts,
    /// Whether Kafka has the ACLs of its user.
    pub(super) may_work: bool,
    pub(super) group: Group,
}

/// How far the group has read.
pub(super) struct Progress {
    pub(super) reading: Reading,
    /// How old the oldest unread line is at least.
    pub(super) age: Duration,
    /// Partitions with lines that Kafka will delete soon.
    pub(super) old: BTreeSet<TopicPartition>,
    pub(super) dead_letters_last_hour: i64,
}

impl Asked<'_> {
    pub(super) async fn basics(&self) -> Result<Basics, Error> {
        let topics = existing(self.brokers, &self.topics, std::slice::from_ref(&self.spec.dead_letter.topic)).await?;
        let resources: Vec<_> = topics.keys().cloned().map(Resource::Topic).collect();
        let settings = self.brokers.describe_configs(&resources, Some(&SETTINGS)).await?;
        let fact = |(name, topic): (&String, &Topic)| {
            let settings = settings.get(&Resource::Topic(name.clone())).and_then(|settings| settings.as_ref().ok());
            let partitions = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
            (name.clone(), TopicFacts::of(partitions, settings))
        };
        let facts = topics.iter().map(fact).collect();
        let may_work = match self.rules(&topics) {
            Some(rules) => rules.is_subset(&self.brokers.describe_acls().await?.into_iter().collect()),
            None => true,
        };
        let group = self.brokers.describe_group(self.group).await?;
        Ok(Basics { topics, facts, may_work, group })
    }

    /// The ACLs that its user needs; none where Kafka asks for none.
    fn rules(&self, topics: &Topics) -> Option<BTreeSet<Acl>> {
        let (consumer, pipeline) = self.user?;
        users::rules_of(consumer, &self.topics.among(topics.keys()), pipeline)
    }

    pub(super) async fn progress(&self, basics: &Basics, now: Timestamp) -> Result<Progress, Error> {
        let read = self.topics.among(basics.topics.keys());
        let read = |name: &String| read.contains(name);
        let topics = only(&basics.topics, read);
        // Before the offsets of the brokers: a group never seems to be ahead.
        let committed = self.brokers.committed_offsets_of(self.group).await?;
        let reading = Reading {
            committed: committed.into_iter().filter(|(partition, _)| read(&partition.topic)).collect(),
            earliest: offsets(self.brokers, &topics, At::Earliest).await?,
            end: offsets(self.brokers, &topics, At::Latest).await?,
            reset: self.spec.auto_offset_reset,
        };
        let age = self.age(&topics, &reading, now).await?;
        let old = if age.is_zero() { BTreeSet::new() } else { self.old(&topics, &reading, &basics.facts, now).await? };
        let dead_letters_last_hour = self.dead_letters(&basics.topics, now).await?;
        Ok(Progress { reading, age, old, dead_letters_last_hour })
    }

    async fn age(&self, topics: &Topics, reading: &Reading, now: Timestamp) -> Result<Duration, Error> {
        let lagging = reading.lag_by_topic();
        let lagging = only(topics, |name| lagging.get(name).is_some_and(|lag| *lag > 0));
        let mut search = Search::default();
        while let Some(age) = search.next().filter(|_| !lagging.is_empty()) {
            let since = offsets(self.brokers, &lagging, At::Time(before(now, age))).await?;
            search = search.note(!reading.older(&since).is_empty());
        }
        Ok(search.age())
    }

    /// Partitions with unread lines that are older than the limit of their topic.
    async fn old(
        &self,
        topics: &Topics,
        reading: &Reading,
        facts: &Facts,
        now: Timestamp,
    ) -> Result<BTreeSet<TopicPartition>, Error> {
        let mut old = BTreeSet::new();
        for (name, limit) in facts.iter().filter_map(|(name, of)| Some((name, risk::limit_at(of, now)?))) {
            let topic = only(topics, |topic| topic == name);
            if !topic.is_empty() {
                old.extend(reading.older(&offsets(self.brokers, &topic, At::Time(limit)).await?));
            }
        }
        Ok(old)
    }

    async fn dead_letters(&self, topics: &Topics, now: Timestamp) -> Result<i64, Error> {
        let letters = only(topics, |name| *name == self.spec.dead_letter.topic);
        if letters.is_empty() {
            return Ok(0);
        }
        let since = offsets(self.brokers, &letters, At::Time(before(now, HOUR))).await?;
        let end = offsets(self.brokers, &letters, At::Latest).await?;
        // Where there is nothing since then, Kafka names no offset.
        let count = |(partition, end): (&TopicPartition, &i64)| {
            since.get(partition).filter(|first| **first >= 0).map_or(0, |first| (end - first).max(0))
        };
        Ok(end.iter().map(count).sum())
    }
}

fn only(topics: &Topics, which: impl Fn(&String) -> bool) -> Topics {
    topics.iter().filter(|(name, _)| which(name)).map(|(name, topic)| (name.clone(), topic.clone())).collect()
}

/// So long ago, in milliseconds since 1970.
fn before(now: Timestamp, age: Duration) -> i64 {
    now.as_millisecond().saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX))
}
