//! Controllers that vote and do not keep up with the metadata log.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::cluster::quorum::{Quorum, Replica};
use crate::conditions::{Finding, QUORUM_COMPLETE};
use crate::roll;

/// How long a voter may be behind before it is told: one that is restarted is usually back by then.
const PATIENCE: SignedDuration = SignedDuration::from_mins(1);

/// How far a voter is behind the leader.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Lag {
    /// Its id.
    pub id: i32,
    /// Records of the metadata log that it does not have.
    pub records: i64,
    /// Milliseconds since it had all there was, by the leader's clock; `None` where it has not since the leader was elected.
    pub ms: Option<i64>,
}

/// Since when voters have been seen behind that a new leader knows nothing of.
#[derive(Clone, Debug, Default)]
pub struct Unknown(BTreeMap<i32, Timestamp>);

/// How far each voter is behind.
pub fn lags(quorum: &Quorum) -> Vec<Lag> {
    let all = || quorum.voters.iter().chain(&quorum.observers);
    let newest = all().map(|replica| replica.log_end).max().unwrap_or_default().max(0);
    let now = all().filter_map(|replica| replica.last_fetch_ms.max(replica.last_caught_up_ms)).max();
    let ago = |voter: &Replica| now.zip(voter.last_caught_up_ms).map(|(now, caught_up)| now - caught_up);
    let lag = |voter: &Replica| Lag {
        id: voter.id,
        records: newest - voter.log_end.clamp(0, newest),
        ms: if quorum.leader == Some(voter.id) { Some(0) } else { ago(voter) },
    };
    quorum.voters.iter().map(lag).collect()
}

/// The condition, where a voter has been behind for long.
pub fn finding(lags: &[Lag], unknown: &mut Unknown, now: Timestamp) -> Option<Finding> {
    unknown.see(lags, now);
    let is_late = |lag: &&Lag| match lag.ms {
        Some(ms) => SignedDuration::from_millis(ms) > PATIENCE,
        None => unknown.0.get(&lag.id).is_some_and(|since| now.duration_since(*since) > PATIENCE),
    };
    let late: Vec<_> = lags.iter().filter(is_late).map(|lag| lag.id).collect();
    let message = || format!("voters that do not keep up with the metadata log: {}", roll::list(&late));
    (!late.is_empty()).then(|| Finding::new(QUORUM_COMPLETE, false, "VotersBehind", message()))
}

impl Unknown {
    fn see(&mut self, lags: &[Lag], now: Timestamp) {
        let unknown = lags.iter().filter(|lag| lag.ms.is_none()).map(|lag| lag.id);
        self.0 = unknown.map(|id| (id, self.0.get(&id).copied().unwrap_or(now))).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Voters by id, end of their log and when they had caught up; the first leads.
    fn quorum(voters: &[(i32, i64, Option<i64>)]) -> Quorum {
        let voter = |&(id, log_end, at): &(i32, i64, Option<i64>)| Replica {
            id,
            directory: None,
            log_end,
            last_fetch_ms: at,
            last_caught_up_ms: at,
        };
        let voters: Vec<_> = voters.iter().map(voter).collect();
        Quorum { leader: Some(voters[0].id), epoch: 1, high_watermark: 0, voters, observers: vec![] }
    }

    #[test]
    fn voters_are_measured_against_the_leader() {
        let lags =
            lags(&quorum(&[(1, 100, Some(50_000)), (2, 90, Some(49_500)), (3, 7, Some(-20_000)), (4, -1, None)]));
        let expected = [(1, 0, Some(0)), (2, 10, Some(500)), (3, 93, Some(70_000)), (4, 100, None)];
        assert_eq!(lags, expected.map(|(id, records, ms)| Lag { id, records, ms }));
    }

    #[test]
    fn a_voter_is_told_that_has_been_behind_for_long() {
        let mut unknown = Unknown::default();
        let mut told = |second: i64, voters: &[(i32, i64, Option<i64>)]| {
            let now = Timestamp::from_second(second).unwrap();
            finding(&lags(&quorum(voters)), &mut unknown, now).map(|finding| finding.message)
        };
        let (leader, good, bad) = ((1, 100, Some(90_000)), (2, 99, Some(40_000)), (3, 7, Some(10_000)));
        assert_eq!(told(0, &[leader, good]), None);
        assert!(told(0, &[leader, good, bad]).unwrap().ends_with(": 3"));
        assert_eq!(told(0, &[(1, 100, None)]), None, "the leader needs not catch up");
        let unheard = (4, -1, None);
        assert_eq!(told(100, &[leader, unheard]), None, "there may have been an election just now");
        assert!(told(161, &[leader, unheard]).unwrap().ends_with(": 4"));
        assert_eq!(told(162, &[leader, (4, 100, Some(90_000))]), None);
        assert_eq!(told(163, &[leader, unheard]), None, "time begins anew");
    }
}
