//! How many members a consumer has.

use kafkapipelines_crds::{ConsumerSpec, LogPipeline};

use crate::consumer_health::start::Start;

/// The members to have: `wanted`, but none that would stay idle, and no first one before it may start. `present` are those that the
/// Deployment has. While the partitions are not known there are no more than there were.
pub fn members(wanted: i32, present: i32, partitions: Option<i32>, start: Option<&Start>) -> i32 {
    if present == 0 && start != Some(&Start::May) {
        return 0;
    }
    wanted.min(partitions.unwrap_or(present).max(1))
}

/// Partitions of all the topics, as far as the pipeline's spec lists them; none where it does not say it of one, or where a pattern may match others.
pub fn declared_partitions(spec: &ConsumerSpec, pipeline: &LogPipeline) -> Option<i32> {
    if spec.topic_pattern.is_some() {
        return None;
    }
    let declared = &pipeline.spec.topics;
    spec.topics.iter().map(|name| declared.iter().find(|topic| topic.name == *name)?.partitions).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_member_waits_and_none_is_idle() {
        let waits = Start::Waits("TopicPending", String::new());
        for (wanted, present, partitions, start, expected) in [
            (2, 0, Some(12), None, 0),
            (2, 0, Some(12), Some(&waits), 0),
            (2, 0, Some(12), Some(&Start::May), 2),
            (4, 2, Some(12), None, 4),
            (4, 2, Some(12), Some(&waits), 4),
            (4, 2, Some(3), Some(&Start::May), 3),
            (4, 2, None, None, 2),
            (1, 2, None, None, 1),
            (0, 2, Some(12), Some(&Start::May), 0),
            (4, 0, None, Some(&Start::May), 1),
            (4, 1, Some(0), Some(&Start::May), 1),
        ] {
            assert_eq!(
                members(wanted, present, partitions, start),
                expected,
                "{wanted} {present} {partitions:?} {start:?}"
            );
        }
    }
}
