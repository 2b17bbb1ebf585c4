//! Controllers that vote and do not keep up with the metadata log.

use crate::cluster::quorum::Quorum;
use crate::conditions::{Finding, QUORUM_COMPLETE};
use crate::roll;

/// How long a voter may be behind before it is told: one that is restarted is usually back by then.
const PATIENCE_MS: i64 = 30_000;

/// How far a voter is behind the leader.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Lag {
    /// Its id.
    pub id: i32,
    /// Records of the metadata log that it does not have.
    pub records: i64,
    /// Milliseconds since it had all there was, by the leader's clock; `None` where it never had, as far as the leader knows.
    pub ms: Option<i64>,
}

/// How far each voter is behind.
pub fn lags(quorum: &Quorum) -> Vec<Lag> {
    let all = || quorum.voters.iter().chain(&quorum.observers);
    let newest = all().map(|replica| replica.log_end).max().unwrap_or_default();
    let now = all().filter_map(|replica| replica.last_fetch_ms.max(replica.last_caught_up_ms)).max();
    let lag = |voter: &crate::cluster::quorum::Replica| Lag {
        id: voter.id,
        records: newest - voter.log_end.clamp(0, newest.max(0)),
        ms: if quorum.leader == Some(voter.id) {
            Some(0)
        } else {
            now.zip(voter.last_caught_up_ms).map(|(now, caught_up)| now - caught_up)
        },
    };
    quorum.voters.iter().map(lag).collect()
}

/// The condition, where a voter has been behind for long.
pub fn finding(lags: &[Lag]) -> Option<Finding> {
    let behind: Vec<_> = lags.iter().filter(|lag| lag.ms.is_none_or(|ms| ms > PATIENCE_MS)).map(|lag| lag.id).collect();
    let message = || format!("voters that do not keep up with the metadata log: {}", roll::list(&behind));
    (!behind.is_empty()).then(|| Finding::new(QUORUM_COMPLETE, false, "VotersBehind", message()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::quorum::Replica;

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
        let lags = lags(&quorum(&[(1, 100, Some(50_000)), (2, 90, Some(49_500)), (3, 7, Some(10_000)), (4, -1, None)]));
        let expected = [(1, 0, Some(0)), (2, 10, Some(500)), (3, 93, Some(40_000)), (4, 100, None)];
        assert_eq!(lags, expected.map(|(id, records, ms)| Lag { id, records, ms }));
        let finding = finding(&lags).unwrap();
        assert!(finding.message.ends_with(": 3, 4"), "{}", finding.message);
    }

    #[test]
    fn voters_that_keep_up_are_not_spoken_of() {
        assert_eq!(finding(&lags(&quorum(&[(1, 100, Some(50_000)), (2, 99, Some(20_000))]))), None);
        assert_eq!(finding(&lags(&quorum(&[(1, 100, None)]))), None, "the leader needs not catch up");
    }
}
