//! The controllers' quorum.

/// The quorum, as its leader sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Quorum {
    /// The active controller; none while there is an election.
    pub leader: Option<i32>,
    /// How many leaders there have been.
    pub epoch: i32,
    /// Up to where the voters agree.
    pub high_watermark: i64,
    /// Controllers that vote.
    pub voters: Vec<Replica>,
    /// Brokers, and controllers that do not vote (yet, or any more).
    pub observers: Vec<Replica>,
}

/// A node that has the metadata log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Replica {
    /// Its id.
    pub id: i32,
    /// The id of the directory that has the log: another after the disk was lost. `None` in a quorum that is fixed by configuration.
    pub directory: Option<String>,
    /// Up to where it has the log.
    pub log_end: i64,
    /// When it last asked for more, in milliseconds since 1970 by the leader's clock; the leader itself: now.
    pub last_fetch_ms: Option<i64>,
    /// When it last had all there was, in milliseconds since 1970 by the leader's clock.
    pub last_caught_up_ms: Option<i64>,
}

/// How long ago a replica had all there was, at most, to count as caught up. One that lives asks twice a second.
const RECENT_MS: i64 = 3_000;

impl Quorum {
    /// Whether a voter or observer follows the log closely.
    pub fn is_caught_up(&self, replica: &Replica) -> bool {
        let newest = self.replicas().filter_map(|replica| replica.last_fetch_ms).max();
        match (replica.last_caught_up_ms, newest) {
            _ if self.leader == Some(replica.id) => true,
            (Some(caught_up), Some(newest)) => caught_up + RECENT_MS >= newest,
            _ => false,
        }
    }

    fn replicas(&self) -> impl Iterator<Item = &Replica> {
        self.voters.iter().chain(&self.observers)
    }
}
