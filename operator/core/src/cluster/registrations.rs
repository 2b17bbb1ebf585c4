//! Brokers that are gone: Kafka forgets one when it is told to, and must be told of no other.

use std::collections::BTreeSet;

use super::topics::Topic;
use crate::conditions::{Finding, WARNING};
use crate::roll;

/// What is to be done with brokers that are registered and gone.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Gone {
    /// Those that keep nothing: Kafka may forget them.
    pub empty: Vec<i32>,
    /// Those that partitions still list.
    pub listed: Vec<i32>,
}

/// Sorts out `fenced` brokers, which are registered and do not serve. Those in `present` are wanted, or have a Pod.
pub fn gone<'a>(
    fenced: impl IntoIterator<Item = i32>,
    present: &BTreeSet<i32>,
    topics: impl IntoIterator<Item = &'a Topic>,
) -> Gone {
    let partitions = topics.into_iter().flat_map(|topic| &topic.partitions);
    let keepers: BTreeSet<_> = partitions.flat_map(|partition| &partition.replicas).copied().collect();
    let gone = fenced.into_iter().filter(|id| !present.contains(id));
    let (listed, empty) = gone.partition(|id| keepers.contains(id));
    Gone { empty, listed }
}

impl Gone {
    /// What a person should know.
    pub fn finding(&self) -> Option<Finding> {
        let message = || {
            format!(
                "brokers {} are gone and partitions still list them: move those with kafka-reassign-partitions.sh, or bring the brokers back",
                roll::list(&self.listed)
            )
        };
        (!self.listed.is_empty()).then(|| Finding::new(WARNING, true, "BrokersGone", message()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::topics::Partition;
    use super::*;

    #[test]
    fn only_what_is_gone_and_empty_is_forgotten() {
        let partition =
            Partition { index: 0, leader: Some(0), replicas: vec![0, 3], in_sync: vec![0], offline: vec![3] };
        let topic = Topic { id: None, internal: false, partitions: vec![partition] };
        let gone = gone([1, 2, 3], &[0, 1].into(), [&topic]);
        assert_eq!(gone, Gone { empty: vec![2], listed: vec![3] });
        assert!(gone.finding().unwrap().message.contains("brokers 3 are gone"));
        assert_eq!(Gone { empty: vec![2], listed: vec![] }.finding(), None);
    }
}
