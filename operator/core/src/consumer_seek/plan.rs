//! Which partitions are moved, and what that means in lines.

use kafkapipelines_crds::SeekPartition;

use crate::cluster::topics::TopicPartition;
use crate::consumer_health::reading::{Offsets, Reading};

/// What a seek moves. Offsets are counted as lines, which they are but for compacted topics and transactions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Plan {
    /// Partitions whose offset is set.
    pub partitions: Vec<SeekPartition>,
    /// Lines that are read once more.
    pub again: i64,
    /// Lines that were never read and are passed over.
    pub skipped: i64,
    /// Lines that are asked for, and that Kafka does not have any more.
    pub gone: i64,
}

impl Plan {
    /// By how far the group has read, and the next line to read of each partition, which is moved to where Kafka has lines.
    pub fn new(reading: &Reading, to: &Offsets) -> Self {
        let mut plan = Self::default();
        for (partition, wanted) in to {
            plan.add(reading, partition, *wanted);
        }
        plan
    }

    fn add(&mut self, reading: &Reading, partition: &TopicPartition, wanted: i64) {
        let (Some(earliest), Some(end)) = (reading.earliest.get(partition), reading.end.get(partition)) else { return };
        let to = wanted.clamp(*earliest, *end.max(earliest));
        let next = reading.next(partition).unwrap_or(to).min(*end);
        self.again += (next - to).max(0);
        self.skipped += (to - next).max(0);
        self.gone += (to - wanted).max(0);
        let from = reading.committed.get(partition).copied();
        if from != Some(to) {
            let TopicPartition { topic, partition } = partition.clone();
            self.partitions.push(SeekPartition { topic, partition, from, to });
        }
    }
}

/// What the group is set to.
pub fn wanted(partitions: &[SeekPartition]) -> Offsets {
    partitions.iter().map(|of| (TopicPartition::new(&of.topic, of.partition), of.to)).collect()
}
