//! On which brokers replicas are added and removed: over racks first, then where there are fewest.

use std::collections::BTreeMap;

use super::model::{Partition, Topic};

/// Brokers that serve, each with its rack.
pub type Brokers = BTreeMap<i32, Option<String>>;

/// Brokers and how many replicas each has; counted on while replicas are added and removed.
pub(super) struct Placement<'a> {
    brokers: &'a Brokers,
    load: BTreeMap<i32, usize>,
}

impl<'a> Placement<'a> {
    /// As it is with these topics.
    pub(super) fn new<'t>(brokers: &'a Brokers, topics: impl IntoIterator<Item = &'t Topic>) -> Self {
        let mut load: BTreeMap<i32, usize> = brokers.keys().map(|id| (*id, 0)).collect();
        let partitions = topics.into_iter().flat_map(|topic| &topic.partitions);
        for id in partitions.flat_map(|partition| &partition.replicas) {
            *load.entry(*id).or_default() += 1;
        }
        Self { brokers, load }
    }

    /// `now`, the brokers of a partition, with so many added or removed that `wanted` are left. `None` where brokers are missing.
    pub(super) fn resize(&self, partition: &Partition, now: &[i32], wanted: usize) -> Option<Vec<i32>> {
        let mut replicas = now.to_vec();
        while replicas.len() < wanted {
            let added = self.best(&replicas)?;
            replicas.push(added);
        }
        while replicas.len() > wanted.max(1) {
            let removed = self.worst(partition, &replicas)?;
            replicas.retain(|id| *id != removed);
        }
        Some(replicas)
    }

    /// The broker to add: in a rack with fewest of these replicas, and of those the one with fewest in all.
    fn best(&self, replicas: &[i32]) -> Option<i32> {
        let free = self.brokers.keys().filter(|id| !replicas.contains(id));
        free.min_by_key(|id| (self.neighbours(**id, replicas), self.load(**id), **id)).copied()
    }

    /// The broker to remove, never the leader: one that is away or lags, then one in the fullest rack, then the one with most in all.
    fn worst(&self, partition: &Partition, replicas: &[i32]) -> Option<i32> {
        let others = replicas.iter().filter(|id| partition.leader != Some(**id));
        let is_away = |id: &i32| !self.brokers.contains_key(id) || partition.offline.contains(id);
        let rank = |id: &i32| {
            let lags = !partition.in_sync.contains(id);
            // Of equals the last one goes: the first is the preferred leader.
            let place = replicas.iter().position(|other| other == id);
            (is_away(id), lags, self.neighbours(*id, replicas), self.load(*id), place)
        };
        others.max_by_key(|id| rank(id)).copied()
    }

    /// How many of the replicas are in the rack of this broker.
    fn neighbours(&self, id: i32, replicas: &[i32]) -> usize {
        let rack = |id: &i32| self.brokers.get(id).and_then(Option::as_ref);
        replicas.iter().filter(|other| rack(other) == rack(&id)).count()
    }

    fn load(&self, id: i32) -> usize {
        self.load.get(&id).copied().unwrap_or_default()
    }

    /// Counts a partition that gets `after` in place of `before`.
    pub(super) fn count(&mut self, before: &[i32], after: &[i32]) {
        for id in after.iter().filter(|id| !before.contains(id)) {
            *self.load.entry(*id).or_default() += 1;
        }
        for id in before.iter().filter(|id| !after.contains(id)) {
            self.load.entry(*id).and_modify(|load| *load = load.saturating_sub(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brokers(racks: &[(i32, &str)]) -> Brokers {
        racks.iter().map(|(id, rack)| (*id, (!rack.is_empty()).then(|| (*rack).to_owned()))).collect()
    }

    fn partition(replicas: &[i32], in_sync: &[i32]) -> Partition {
        let leader = in_sync.first().copied();
        Partition { index: 0, leader, replicas: replicas.to_vec(), in_sync: in_sync.to_vec(), offline: vec![] }
    }

    #[test]
    fn replicas_go_to_other_racks_and_leave_the_fullest() {
        let two_racks = brokers(&[(0, "a"), (1, "a"), (2, "b"), (3, "b")]);
        let none = brokers(&[(0, ""), (1, ""), (2, "")]);
        let away = brokers(&[(0, "a"), (1, "b")]);
        for (brokers, replicas, in_sync, wanted, expected) in [
            (&two_racks, vec![0], vec![0], 2, Some(vec![0, 2])),
            (&two_racks, vec![0], vec![0], 3, Some(vec![0, 2, 1])),
            (&two_racks, vec![0, 1, 2], vec![0, 1, 2], 2, Some(vec![0, 2])),
            // The leader stays, though its rack is the fullest.
            (&two_racks, vec![1, 0, 2], vec![0, 1, 2], 1, Some(vec![0])),
            // Who lags goes first.
            (&two_racks, vec![0, 1, 2], vec![0, 1], 2, Some(vec![0, 1])),
            (&none, vec![2], vec![2], 2, Some(vec![2, 0])),
            (&none, vec![0, 1], vec![0, 1], 4, None),
            // Broker 7 is not there any more.
            (&away, vec![7, 0, 1], vec![0, 1, 7], 2, Some(vec![0, 1])),
            (&away, vec![0], vec![0], 0, Some(vec![0])),
        ] {
            let there = partition(&replicas, &in_sync);
            let placement = Placement::new(brokers, []);
            assert_eq!(placement.resize(&there, &replicas, wanted), expected, "{replicas:?} {in_sync:?} {wanted}");
        }
    }

    #[test]
    fn what_was_added_counts_for_what_comes_after() {
        let brokers = brokers(&[(0, ""), (1, ""), (2, "")]);
        let topic = Topic { id: None, internal: false, partitions: vec![partition(&[0], &[0]); 2] };
        let mut placement = Placement::new(&brokers, [&topic]);
        let mut grow = || {
            let replicas = placement.resize(&partition(&[0], &[0]), &[0], 2).unwrap();
            placement.count(&[0], &replicas);
            replicas
        };
        assert_eq!([grow(), grow()], [[0, 1], [0, 2]]);
    }
}
