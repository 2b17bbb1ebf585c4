//! How far a group has read.

use std::collections::{BTreeMap, BTreeSet};

use kafkapipelines_crds::AutoOffsetReset;

use crate::cluster::topics::TopicPartition;

/// An offset of each partition.
pub type Offsets = BTreeMap<TopicPartition, i64>;

/// How far a group has read, and what there is to read.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Reading {
    /// The next line to read, where the group has committed one.
    pub committed: Offsets,
    /// The oldest line that Kafka has.
    pub earliest: Offsets,
    /// The next line to be written.
    pub end: Offsets,
    /// Where the group begins without a commit.
    pub reset: AutoOffsetReset,
}

impl Reading {
    /// The next line that the group reads of a partition, as far as Kafka still has it.
    pub fn next(&self, partition: &TopicPartition) -> Option<i64> {
        let earliest = self.earliest.get(partition).copied();
        match (self.committed.get(partition), self.reset) {
            (Some(committed), _) => Some((*committed).max(earliest.unwrap_or_default())),
            (None, AutoOffsetReset::Earliest) => earliest,
            (None, AutoOffsetReset::Latest) => self.end.get(partition).copied(),
        }
    }

    /// The next line of each partition: also of those that the group has committed nothing of yet.
    pub fn places(&self) -> Offsets {
        self.end.keys().filter_map(|partition| Some((partition.clone(), self.next(partition)?))).collect()
    }

    /// Lines to read, by partition. The offsets are of several moments, so a lag is never less than none.
    pub fn lags(&self) -> Offsets {
        let lag =
            |(partition, end): (&TopicPartition, &i64)| Some((partition.clone(), (end - self.next(partition)?).max(0)));
        self.end.iter().filter_map(lag).collect()
    }

    /// Lines to read.
    pub fn lag(&self) -> i64 {
        self.lags().into_values().sum()
    }

    /// Lines to read, by topic.
    pub fn lag_by_topic(&self) -> BTreeMap<String, i64> {
        let mut by_topic = BTreeMap::new();
        for (partition, lag) in self.lags() {
            *by_topic.entry(partition.topic).or_default() += lag;
        }
        by_topic
    }

    /// Partitions whose oldest unread line is older than some time, of which `since` has the first line from that time on; -1 where there
    /// is none.
    pub fn older(&self, since: &Offsets) -> BTreeSet<TopicPartition> {
        let is_older = |(partition, first): &(&TopicPartition, &i64)| {
            let Some((next, end)) = self.next(partition).zip(self.end.get(*partition)) else { return false };
            next < *end && (**first < 0 || **first > next)
        };
        since.iter().filter(is_older).map(|(partition, _)| partition.clone()).collect()
    }

    /// Lines that Kafka has deleted though the group had not read them. `counted` is up to where they were counted before, and is moved on.
    pub fn newly_expired(&self, counted: &mut Offsets) -> i64 {
        let mut expired = 0;
        for (partition, committed) in &self.committed {
            let Some(earliest) = self.earliest.get(partition) else { continue };
            let from = counted.get(partition).map_or(*committed, |counted| *counted.max(committed));
            if *earliest > from {
                expired += earliest - from;
                counted.insert(partition.clone(), *earliest);
            }
        }
        expired
    }

    /// Takes note that the group was set to these offsets: what it reads is counted from there.
    pub fn set_to(&mut self, offsets: Offsets) {
        self.committed.extend(offsets);
    }

    /// Lines that were read since `before`; a group that was set back has read none.
    pub fn read_since(&self, before: &Self) -> i64 {
        let read = |(partition, now): (&TopicPartition, &i64)| Some((now - before.next(partition)?).max(0));
        self.committed.iter().filter_map(read).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets(all: &[i64]) -> Offsets {
        (0..)
            .zip(all)
            .filter(|(_, offset)| **offset >= 0)
            .map(|(index, offset)| (TopicPartition::new("logs", index), *offset))
            .collect()
    }

    fn partitions(all: impl IntoIterator<Item = TopicPartition>) -> Vec<i32> {
        all.into_iter().map(|partition| partition.partition).collect()
    }

    /// Read, read too far, nothing to read, never read, deleted unread.
    fn reading(reset: AutoOffsetReset) -> Reading {
        Reading {
            committed: offsets(&[40, 101, 100, -1, 5]),
            earliest: offsets(&[10, 10, 10, 90, 20]),
            end: offsets(&[100, 100, 100, 100, 30]),
            reset,
        }
    }

    #[test]
    fn a_lag_counts_what_kafka_has_and_the_group_has_not_read() {
        let lags = |reset| reading(reset).lags().into_values().collect::<Vec<_>>();
        assert_eq!(lags(AutoOffsetReset::Earliest), [60, 0, 0, 10, 10]);
        assert_eq!(lags(AutoOffsetReset::Latest), [60, 0, 0, 0, 10]);
        assert_eq!(reading(AutoOffsetReset::Earliest).lag(), 80);
        assert_eq!(reading(AutoOffsetReset::Earliest).lag_by_topic(), BTreeMap::from([("logs".to_owned(), 80)]));
    }

    #[test]
    fn a_group_that_has_committed_nothing_has_a_place_too() {
        let places = |reset| reading(reset).places().into_values().collect::<Vec<_>>();
        assert_eq!(places(AutoOffsetReset::Earliest), [40, 101, 100, 90, 20]);
        assert_eq!(places(AutoOffsetReset::Latest), [40, 101, 100, 100, 20]);
    }

    #[test]
    fn the_oldest_unread_line_is_older_than_a_time_whose_first_line_comes_after_it() {
        let reading = reading(AutoOffsetReset::Earliest);
        for (since, expected) in
            [([41, 100, 100, 91, 21], vec![0, 3, 4]), ([40, 100, 100, 90, 20], vec![]), ([39, 0, 0, 0, 0], vec![])]
        {
            assert_eq!(partitions(reading.older(&offsets(&since))), expected, "{since:?}");
        }
        let none_since: Offsets = offsets(&[0; 5]).into_keys().map(|partition| (partition, -1)).collect();
        assert_eq!(partitions(reading.older(&none_since)), [0, 3, 4], "no line is younger");
    }

    #[test]
    fn lines_that_kafka_deleted_unread_are_counted_once() {
        let (mut reading, mut counted) = (reading(AutoOffsetReset::Earliest), Offsets::new());
        assert_eq!(reading.newly_expired(&mut counted), 15);
        assert_eq!(reading.newly_expired(&mut counted), 0);
        reading.earliest.insert(TopicPartition::new("logs", 4), 27);
        assert_eq!(reading.newly_expired(&mut counted), 7);
        reading.committed.insert(TopicPartition::new("logs", 4), 29);
        reading.earliest.insert(TopicPartition::new("logs", 4), 30);
        assert_eq!(reading.newly_expired(&mut counted), 1);
    }

    #[test]
    fn what_was_read_is_what_the_commits_moved_by() {
        let (before, mut now) = (reading(AutoOffsetReset::Earliest), reading(AutoOffsetReset::Earliest));
        now.committed = offsets(&[50, 90, 100, 95, 20]);
        assert_eq!(now.read_since(&before), 15);
        let mut set_back = before.clone();
        set_back.set_to(offsets(&[20]));
        assert_eq!(now.read_since(&set_back), 35, "from where it was set to");
        assert_eq!(set_back.committed.len(), before.committed.len());
    }
}
