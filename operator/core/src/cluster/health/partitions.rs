//! Partitions that lack replicas or a leader.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use kafkapipelines_crds::PartitionsStatus;

use super::super::restart_gate::Copies;
use super::named;
use crate::conditions::{Finding, PARTITIONS_HEALTHY};

/// How long a replica may be out of sync before it is told: a node that is restarted is usually back by then.
const PATIENCE: SignedDuration = SignedDuration::from_secs(30);

/// A partition, by topic and number.
pub type Key = (String, i32);

/// Since when partitions lack replicas.
#[derive(Clone, Debug, Default)]
pub struct Lagging(BTreeMap<Key, Timestamp>);

/// How the partitions are.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// As they are seen.
    pub seen: PartitionsStatus,
    /// As they are told: replicas that have only just fallen behind are left out.
    pub told: PartitionsStatus,
    /// The condition.
    pub finding: Finding,
}

/// Partitions by what is wrong with them.
#[derive(Default)]
struct Troubled {
    offline: Vec<String>,
    under_min_isr: Vec<String>,
    under_replicated: Vec<Key>,
}

impl Judged {
    /// Whether something is wrong, however short.
    pub fn is_troubled(&self) -> bool {
        let seen = &self.seen;
        [seen.offline, seen.under_min_isr, seen.under_replicated].into_iter().any(|count| count > 0)
    }
}

/// Judges the partitions of all topics. `adding` are the brokers to which a partition is being moved: they need not have it yet.
pub fn judge<'a>(
    partitions: impl IntoIterator<Item = Copies<'a>>,
    adding: &BTreeMap<Key, Vec<i32>>,
    lagging: &mut Lagging,
    now: Timestamp,
) -> Judged {
    let (mut total, mut troubled) = (0, Troubled::default());
    for copies in partitions {
        total += 1;
        troubled.add(&copies, adding);
    }
    let late = lagging.late(&troubled.under_replicated, now);
    let told = PartitionsStatus {
        total,
        under_replicated: count(&late),
        under_min_isr: count(&troubled.under_min_isr),
        offline: count(&troubled.offline),
        reassigning: i32::try_from(adding.len()).unwrap_or(i32::MAX),
    };
    let seen = PartitionsStatus { under_replicated: count(&troubled.under_replicated), ..told.clone() };
    Judged { finding: troubled.finding(&late), seen, told }
}

impl Troubled {
    fn add(&mut self, copies: &Copies<'_>, adding: &BTreeMap<Key, Vec<i32>>) {
        if !copies.led {
            return self.offline.push(copies.name());
        }
        if copies.min_in_sync.is_some_and(|needed| copies.in_sync.len() < needed) {
            self.under_min_isr.push(copies.name());
        }
        let behind = || copies.replicas.iter().filter(|broker| !copies.in_sync.contains(broker));
        if behind().next().is_none() {
            return;
        }
        let key = (copies.topic.to_owned(), copies.partition);
        let coming = adding.get(&key).map(Vec::as_slice).unwrap_or_default();
        if behind().any(|broker| !coming.contains(broker)) {
            self.under_replicated.push(key);
        }
    }

    fn finding(&self, late: &[String]) -> Finding {
        let bad = |reason: &str, what: &str, which: &[String]| {
            Finding::new(PARTITIONS_HEALTHY, false, reason, format!("{what}: {}", named(which)))
        };
        if !self.offline.is_empty() {
            return bad("OfflinePartitions", "partitions without a leader, nobody reads or writes them", &self.offline);
        }
        if !self.under_min_isr.is_empty() {
            let what = "partitions with fewer replicas in sync than min.insync.replicas, producers with acks=all wait";
            return bad("UnderMinIsr", what, &self.under_min_isr);
        }
        if !late.is_empty() {
            return bad("UnderReplicated", "partitions with replicas that are not in sync", late);
        }
        Finding::new(PARTITIONS_HEALTHY, true, "AllInSync", "all replicas of all partitions are in sync")
    }
}

impl Lagging {
    /// Those that have lacked replicas for a while.
    fn late(&mut self, under_replicated: &[Key], now: Timestamp) -> Vec<String> {
        let since = |key: &Key| self.0.get(key).copied().unwrap_or(now);
        self.0 = under_replicated.iter().map(|key| (key.clone(), since(key))).collect();
        let late = self.0.iter().filter(|(_, since)| now.duration_since(**since) >= PATIENCE);
        late.map(|((topic, partition), _)| format!("{topic}-{partition}")).collect()
    }
}

impl Copies<'_> {
    fn name(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }
}

fn count<T>(of: &[T]) -> i32 {
    i32::try_from(of.len()).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn partition(number: i32, in_sync: &[i32]) -> Copies<'_> {
        let replicas = &[0, 1, 2];
        Copies { topic: "logs", partition: number, led: !in_sync.is_empty(), replicas, in_sync, min_in_sync: Some(2) }
    }

    fn judged(partitions: &[Copies<'_>], lagging: &mut Lagging, now: i64) -> Judged {
        judge(partitions.iter().copied(), &BTreeMap::new(), lagging, at(now))
    }

    #[test]
    fn the_worst_is_told_by_name() {
        let (whole, one_away, two_away, none) =
            (partition(0, &[0, 1, 2]), partition(1, &[0, 2]), partition(2, &[1]), partition(3, &[]));
        for (partitions, reason, named) in [
            (&[][..], "AllInSync", ""),
            (&[whole], "AllInSync", ""),
            (&[whole, one_away], "UnderReplicated", ": logs-1"),
            (&[whole, one_away, two_away], "UnderMinIsr", ": logs-2"),
            (&[none, two_away], "OfflinePartitions", ": logs-3"),
        ] {
            let mut lagging = Lagging::default();
            judged(partitions, &mut lagging, 0);
            let finding = judged(partitions, &mut lagging, 60).finding;
            assert_eq!(finding.reason, reason);
            assert_eq!(finding.status, (reason == "AllInSync").into(), "{reason}");
            assert!(finding.message.ends_with(named), "{}", finding.message);
        }
    }

    #[test]
    fn a_replica_that_has_just_fallen_behind_is_seen_but_not_told() {
        let mut lagging = Lagging::default();
        let behind = [partition(0, &[0, 1])];
        let counts = |judged: &Judged| (judged.seen.under_replicated, judged.told.under_replicated);
        let first = judged(&behind, &mut lagging, 100);
        assert_eq!((counts(&first), first.is_troubled(), first.finding.reason.as_str()), ((1, 0), true, "AllInSync"));
        assert_eq!(counts(&judged(&behind, &mut lagging, 129)), (1, 0));
        assert_eq!(counts(&judged(&behind, &mut lagging, 130)), (1, 1));
        assert_eq!(counts(&judged(&[partition(0, &[0, 1, 2])], &mut lagging, 131)), (0, 0));
        assert_eq!(counts(&judged(&behind, &mut lagging, 132)), (1, 0), "time begins anew");
    }

    #[test]
    fn a_partition_without_a_leader_is_nothing_else() {
        let told = judged(&[partition(0, &[]), partition(1, &[0])], &mut Lagging::default(), 0);
        let expected = PartitionsStatus { total: 2, under_replicated: 1, under_min_isr: 1, offline: 1, reassigning: 0 };
        assert_eq!(told.seen, expected);
    }

    #[test]
    fn brokers_to_which_a_partition_moves_need_not_have_it_yet() {
        let moves = |brokers: &[i32]| BTreeMap::from([(("logs".to_owned(), 0), brokers.to_vec())]);
        let seen = |adding| judge([partition(0, &[0, 1])], &adding, &mut Lagging::default(), at(0)).seen;
        assert_eq!((seen(moves(&[2])).under_replicated, seen(moves(&[2])).reassigning), (0, 1));
        assert_eq!(seen(moves(&[])).under_replicated, 1);
    }

    #[test]
    fn no_more_than_five_are_named() {
        let many: Vec<_> = (0..7).map(|number| partition(number, &[])).collect();
        let message = judged(&many, &mut Lagging::default(), 0).finding.message;
        assert!(message.ends_with(": logs-0, logs-1, logs-2, logs-3, logs-4 and 2 more"), "{message}");
    }
}
