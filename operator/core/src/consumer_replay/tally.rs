//! What the member of a replay counts, by its own metrics.

use std::collections::BTreeMap;

use kafkapipelines_crds::ReplayStatus;

use crate::consumer_health::counters::Counters;
use crate::vector::ids::DEAD_LETTERS;

/// What all Pods of a replay have counted, as far as it was seen: a Pod that is killed takes with it what it counted since the last look.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// The replay.
    id: String,
    /// What was on record when the counting began.
    recorded: Counts,
    /// By the uids of Pods.
    pods: BTreeMap<String, Counts>,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Counts {
    dead_again: i64,
    lost: i64,
}

impl Tally {
    /// Goes on with the counting, or begins with what is on record.
    #[must_use]
    pub fn of(self, status: &ReplayStatus) -> Self {
        if self.id == status.id {
            return self;
        }
        let recorded = Counts { dead_again: status.dead_again, lost: status.lost };
        Self { id: status.id.clone(), recorded, pods: BTreeMap::new() }
    }

    /// What a Pod says that it has counted.
    pub fn note(&mut self, uid: &str, counters: &Counters) {
        let counts = self.pods.entry(uid.to_owned()).or_default();
        let dead = counters.sinks.get(DEAD_LETTERS).map_or(0, |sink| sink.sent);
        let lost = counters.discarded.values().sum();
        *counts = Counts { dead_again: counts.dead_again.max(count(dead)), lost: counts.lost.max(count(lost)) };
    }

    /// Into the status.
    #[must_use]
    pub fn told(&self, status: ReplayStatus) -> ReplayStatus {
        let sum = |of: fn(&Counts) -> i64| of(&self.recorded).max(self.pods.values().map(of).sum());
        ReplayStatus { dead_again: sum(|counts| counts.dead_again), lost: sum(|counts| counts.lost), ..status }
    }
}

fn count(lines: u64) -> i64 {
    i64::try_from(lines).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer_health::counters::SinkCounters;

    fn counters(dead: u64, lost: u64) -> Counters {
        let sink = SinkCounters { sent: dead, ..SinkCounters::default() };
        Counters { discarded: [("store".to_owned(), lost)].into(), sinks: [(DEAD_LETTERS.to_owned(), sink)].into() }
    }

    fn told(tally: &Tally) -> (i64, i64) {
        let status = tally.told(ReplayStatus::default());
        (status.dead_again, status.lost)
    }

    #[test]
    fn pods_are_summed_up_and_nothing_that_was_told_is_taken_back() {
        let status = ReplayStatus { id: "a".to_owned(), dead_again: 5, ..ReplayStatus::default() };
        let mut tally = Tally::default().of(&status);
        assert_eq!(told(&tally), (5, 0));
        for (uid, dead, lost, expected) in
            [("1", 3, 0, (5, 0)), ("1", 6, 1, (6, 1)), ("1", 0, 0, (6, 1)), ("2", 2, 1, (8, 2))]
        {
            tally.note(uid, &counters(dead, lost));
            assert_eq!(told(&tally), expected, "{uid} {dead} {lost}");
        }
        assert_eq!(told(&tally.clone().of(&status)), (8, 2), "it goes on");
        assert_eq!(told(&tally.of(&ReplayStatus { id: "b".to_owned(), ..status })), (5, 0), "another replay");
    }
}
