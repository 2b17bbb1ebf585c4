//! Topics and partitions, in Kafka's terms.

use std::collections::BTreeMap;

/// A topic to be made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewTopic {
    /// Its name.
    pub name: String,
    /// Its partitions and where they live.
    pub layout: Layout,
    /// Its own configuration.
    pub configs: BTreeMap<String, String>,
}

/// Where the partitions of a new topic live.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Layout {
    /// Kafka decides.
    Spread {
        /// How many partitions; -1 for as many as the brokers' `num.partitions` says.
        partitions: i32,
        /// How many replicas of each; -1 for as many as the brokers' `default.replication.factor` says.
        replicas: i16,
    },
    /// The brokers of each partition, the preferred leader first.
    Assigned(Vec<Vec<i32>>),
}

/// A topic.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Topic {
    /// Its id; another when it was deleted and made anew.
    pub id: Option<String>,
    /// Kafka's own, such as that of the consumers' offsets.
    pub internal: bool,
    /// Its partitions, by number.
    pub partitions: Vec<Partition>,
}

/// A partition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Partition {
    /// Its number, from 0.
    pub index: i32,
    /// The broker that leads it; none while it is offline.
    pub leader: Option<i32>,
    /// Brokers that have it, the preferred leader first.
    pub replicas: Vec<i32>,
    /// Those of them that are up to date.
    pub in_sync: Vec<i32>,
    /// Those of them that are not there.
    pub offline: Vec<i32>,
}

/// Names a partition of a topic.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TopicPartition {
    /// Name of the topic.
    pub topic: String,
    /// Number of the partition, from 0.
    pub partition: i32,
}

impl TopicPartition {
    /// A partition of a topic.
    pub fn new(topic: impl Into<String>, partition: i32) -> Self {
        Self { topic: topic.into(), partition }
    }
}

/// What is to become of the replicas of a partition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Reassignment {
    /// It moves to these brokers, the preferred leader first.
    To(Vec<i32>),
    /// A move that goes on is taken back.
    Cancel,
}

/// A move that goes on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ongoing {
    /// Brokers that have the partition, or are to have it.
    pub replicas: Vec<i32>,
    /// Those of them that do not have all of it yet.
    pub adding: Vec<i32>,
    /// Those of them that will give it up.
    pub removing: Vec<i32>,
}
