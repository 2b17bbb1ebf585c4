//! Which records of the dead-letter topic are read again, and how many of them were.

use std::collections::BTreeMap;

use kafkapipelines_crds::{ReplayPartition, ReplayStatus};

use crate::cluster::topics::TopicPartition;
use crate::consumer_health::reading::Offsets;

/// What is read again. It is settled once, and in the status before anything is done.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Plan {
    /// The dead-letter topic.
    pub topic: String,
    /// Of each of its partitions.
    pub partitions: BTreeMap<i32, Range>,
}

/// Records of a partition.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Range {
    /// Offset of the first.
    pub from: i64,
    /// Offset behind the last.
    pub until: i64,
}

impl Plan {
    /// From `first` to `end`, both of all partitions of the topic. `since`, where it was asked for, is the first offset of that time or later:
    /// negative where there is none, and then nothing is read.
    pub fn new(topic: &str, first: &Offsets, since: Option<&Offsets>, end: &Offsets) -> Self {
        let range = |(partition, end): (&TopicPartition, &i64)| {
            let first = first.get(partition).copied().unwrap_or_default();
            let since =
                since.map_or(first, |since| since.get(partition).copied().filter(|at| *at >= 0).unwrap_or(*end));
            (partition.partition, Range { from: since.clamp(first.min(*end), *end), until: *end })
        };
        Self { topic: topic.to_owned(), partitions: end.iter().map(range).collect() }
    }

    /// What the status has on record.
    pub fn recorded(status: &ReplayStatus) -> Self {
        let range = |of: &ReplayPartition| (of.partition, Range { from: of.from, until: of.until });
        Self { topic: status.topic.clone(), partitions: status.partitions.iter().map(range).collect() }
    }

    /// For the status.
    pub fn record(&self) -> Vec<ReplayPartition> {
        let partition = |(partition, range): (&i32, &Range)| ReplayPartition {
            partition: *partition,
            from: range.from,
            until: range.until,
        };
        self.partitions.iter().map(partition).collect()
    }

    /// Where the group begins.
    pub fn beginning(&self) -> Offsets {
        let at = |(partition, range): (&i32, &Range)| (TopicPartition::new(&self.topic, *partition), range.from);
        self.partitions.iter().map(at).collect()
    }

    /// Records to read.
    pub fn letters(&self) -> i64 {
        self.partitions.values().map(|range| range.until - range.from).sum()
    }

    /// How many of them were read: by what the group has `committed`, or because Kafka has deleted what lies before `first`.
    pub fn done(&self, committed: &Offsets, first: &Offsets) -> i64 {
        let done = |(partition, range): (&i32, &Range)| {
            let partition = TopicPartition::new(&self.topic, *partition);
            let at = |offsets: &Offsets| offsets.get(&partition).copied().unwrap_or_default();
            at(committed).max(at(first)).clamp(range.from, range.until) - range.from
        };
        self.partitions.iter().map(done).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets(of: &[i64]) -> Offsets {
        let at = |(partition, offset): (i32, &i64)| (TopicPartition::new("dead", partition), *offset);
        (0..).zip(of).map(at).collect()
    }

    fn ranges(plan: &Plan) -> Vec<(i64, i64)> {
        plan.partitions.values().map(|range| (range.from, range.until)).collect()
    }

    #[test]
    fn all_that_the_topic_holds_is_read_or_what_is_not_older() {
        let (first, end) = (offsets(&[0, 10, 5, 7]), offsets(&[4, 20, 5, 9]));
        let all = Plan::new("dead", &first, None, &end);
        assert_eq!(ranges(&all), [(0, 4), (10, 20), (5, 5), (7, 9)]);
        assert_eq!(all.letters(), 16);
        let since = Plan::new("dead", &first, Some(&offsets(&[2, -1, -1, 3])), &end);
        assert_eq!(ranges(&since), [(2, 4), (20, 20), (5, 5), (7, 9)]);
        assert_eq!(since.letters(), 4);
        let from_the_first = Plan::new("dead", &first, Some(&offsets(&[0, 10, 5, 7])), &end);
        assert_eq!(from_the_first, all);
        let deleted_meanwhile = Plan::new("dead", &offsets(&[9]), None, &offsets(&[4]));
        assert_eq!(ranges(&deleted_meanwhile), [(4, 4)]);
    }

    #[test]
    fn a_plan_is_read_back_from_the_status() {
        let plan = Plan::new("dead", &offsets(&[0, 10]), None, &offsets(&[4, 20]));
        let status = ReplayStatus { topic: "dead".to_owned(), partitions: plan.record(), ..ReplayStatus::default() };
        assert_eq!(Plan::recorded(&status), plan);
        assert_eq!(plan.beginning(), offsets(&[0, 10]));
    }

    #[test]
    fn what_was_committed_or_deleted_is_done_and_never_more_than_was_planned() {
        let plan = Plan::new("dead", &offsets(&[0, 10]), None, &offsets(&[4, 20]));
        for (committed, first, done) in [
            (&[][..], &[0, 10][..], 0),
            (&[0, 10], &[0, 10], 0),
            (&[], &[0, 0], 0),
            (&[3, 10], &[0, 10], 3),
            (&[4, 25], &[0, 10], 14),
            (&[4, 12], &[0, 15], 9),
            (&[4, 12], &[9, 30], 14),
        ] {
            assert_eq!(plan.done(&offsets(committed), &offsets(first)), done, "{committed:?} {first:?}");
        }
    }
}
