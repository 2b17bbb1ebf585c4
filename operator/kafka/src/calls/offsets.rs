//! How much partitions hold, and how far behind a group is.

use std::collections::BTreeMap;

use futures::future::join_all;
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::{BrokerId, ListOffsetsRequest, TopicName};

use super::TopicPartition;
use super::groups::Committed;
use super::metadata::Topic;
use super::outcome::{Outcomes, outcome};
use crate::client::Client;
use crate::error::Error;
use crate::route::Route;
use crate::wire::{text, wire};

/// Which offset of a partition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum At {
    /// Of the oldest record that is kept.
    Earliest,
    /// Of the next record to come.
    Latest,
    /// Of the first record that is not older than this, in milliseconds since 1970; -1 where there is none.
    Time(i64),
}

impl At {
    fn timestamp(self) -> i64 {
        match self {
            Self::Earliest => -2,
            Self::Latest => -1,
            Self::Time(ms) => ms.max(0),
        }
    }
}

/// Partitions by leader, then by topic. Those without a leader are left out.
fn by_leader(topics: &BTreeMap<String, Topic>) -> BTreeMap<i32, BTreeMap<&String, Vec<i32>>> {
    let mut leaders: BTreeMap<i32, BTreeMap<&String, Vec<i32>>> = BTreeMap::new();
    for (name, topic) in topics {
        for partition in &topic.partitions {
            if let Some(leader) = partition.leader {
                leaders.entry(leader).or_default().entry(name).or_default().push(partition.index);
            }
        }
    }
    leaders
}

fn question(topics: &BTreeMap<&String, Vec<i32>>, at: At) -> ListOffsetsRequest {
    let partition =
        |index: &i32| ListOffsetsPartition::default().with_partition_index(*index).with_timestamp(at.timestamp());
    let topics = topics.iter().map(|(name, partitions)| {
        let topic = ListOffsetsTopic::default().with_name(TopicName(wire(*name)));
        topic.with_partitions(partitions.iter().map(partition).collect())
    });
    // A replica id of -1 is a client's.
    ListOffsetsRequest::default().with_replica_id(BrokerId(-1)).with_topics(topics.collect())
}

/// How many records a group has still to read, by partition. A partition that it never committed counts from `from`, if that is known;
/// offsets of two moments are compared, so a lag is never less than none.
pub fn lag(committed: &Committed, from: &Committed, to: &Committed) -> BTreeMap<TopicPartition, i64> {
    let behind = |(partition, end): (&TopicPartition, &i64)| {
        let read = committed.get(partition).or_else(|| from.get(partition))?;
        Some((partition.clone(), (end - read).max(0)))
    };
    to.iter().filter_map(behind).collect()
}

impl Client {
    /// Offsets of all partitions of topics, as [`Client::describe_topics`] has told them. Partitions without a leader are left out; one that
    /// has just got another leader is an outcome with `NOT_LEADER_OR_FOLLOWER`.
    pub async fn offsets(
        &self,
        topics: &BTreeMap<String, Topic>,
        at: At,
    ) -> Result<Outcomes<TopicPartition, i64>, Error> {
        let leaders = by_leader(topics);
        let ask = async |leader: i32, topics: &BTreeMap<&String, Vec<i32>>| {
            self.ask(Route::Node(leader), &question(topics, at)).await
        };
        let answers = join_all(leaders.iter().map(|(leader, topics)| ask(*leader, topics))).await;
        let mut offsets = Outcomes::new();
        for answer in answers {
            let answer = answer?;
            let found = answer.topics.iter().flat_map(|topic| topic.partitions.iter().map(move |item| (topic, item)));
            offsets.extend(found.map(|(topic, item)| {
                let partition = TopicPartition::new(text(&topic.name), item.partition_index);
                (partition, outcome(item.offset, item.error_code, None))
            }));
        }
        Ok(offsets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lag_counts_from_what_was_read_or_from_the_beginning() {
        let partition = |index| TopicPartition::new("logs", index);
        let committed = Committed::from([(partition(0), 40), (partition(1), 101)]);
        let from = Committed::from([(partition(0), 10), (partition(2), 10)]);
        let to = Committed::from([0, 1, 2, 3].map(|index| (partition(index), 100)));
        let expected = [(partition(0), 60), (partition(1), 0), (partition(2), 90)];
        assert_eq!(lag(&committed, &from, &to), BTreeMap::from(expected));
    }
}
