//! Which controllers vote: those that the pools ask for. One vote is given or taken at a time, and what Kafka shows then decides on the
//! next one.
//!
//! A vote is given to a controller that has caught up. It is taken from one that is dead and is to go, or has come back with another
//! disk; from one that lives only while all others keep up and none still waits for a vote. So those that live are always a majority.

use std::collections::BTreeSet;

use super::quorum::{Quorum, Replica};
use crate::conditions::{Finding, QUORUM_COMPLETE};
use crate::roll;

/// Which controllers the pools ask for. A voter that is neither is not the operator's to judge.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Wanted {
    /// Controllers that vote, or will.
    pub stay: BTreeSet<i32>,
    /// Controllers that are no longer wanted.
    pub leave: BTreeSet<i32>,
}

/// One change of the voters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// The controller gets a vote.
    Add {
        /// Its id.
        id: i32,
        /// The directory that has its log.
        directory: String,
    },
    /// The controller loses its vote.
    Remove {
        /// Its id.
        id: i32,
        /// The directory by which it is known.
        directory: String,
    },
}

/// The next change; none when all is as wanted, or when something must come first.
pub fn next(wanted: &Wanted, quorum: &Quorum) -> Option<Change> {
    let alive = quorum.voters.iter().filter(|voter| quorum.is_caught_up(voter)).count();
    if wanted.stay.is_empty() || alive < quorum.voters.len() / 2 + 1 {
        return None;
    }
    dead(wanted, quorum).or_else(|| newcomer(wanted, quorum)).or_else(|| leaver(wanted, quorum))
}

/// A voter that is gone for good.
fn dead(wanted: &Wanted, quorum: &Quorum) -> Option<Change> {
    let has_another_disk = |voter: &Replica| observer(quorum, voter.id).is_some_and(|o| o.directory != voter.directory);
    let is_gone =
        |voter: &&Replica| !quorum.is_caught_up(voter) && (wanted.leave.contains(&voter.id) || has_another_disk(voter));
    remove(quorum.voters.iter().find(is_gone)?)
}

fn newcomer(wanted: &Wanted, quorum: &Quorum) -> Option<Change> {
    let observer = voteless(wanted, quorum).find_map(|id| observer(quorum, id))?;
    Some(Change::Add { id: observer.id, directory: observer.directory.clone()? })
}

/// The highest first, as a pool shrinks from its end; the active one last, as each election is a pause.
fn leaver(wanted: &Wanted, quorum: &Quorum) -> Option<Change> {
    let all_keep_up = quorum.voters.iter().all(|voter| quorum.is_caught_up(voter));
    if !all_keep_up || voteless(wanted, quorum).next().is_some() {
        return None;
    }
    let leavers = quorum.voters.iter().filter(|voter| wanted.leave.contains(&voter.id));
    remove(leavers.max_by_key(|voter| (quorum.leader != Some(voter.id), voter.id))?)
}

fn remove(voter: &Replica) -> Option<Change> {
    Some(Change::Remove { id: voter.id, directory: voter.directory.clone()? })
}

/// The node's newest disk, if it follows the log closely.
fn observer(quorum: &Quorum, id: i32) -> Option<&Replica> {
    let of_node = quorum.observers.iter().filter(|observer| observer.id == id && quorum.is_caught_up(observer));
    of_node.max_by_key(|observer| observer.last_fetch_ms)
}

fn votes(quorum: &Quorum, id: i32) -> bool {
    quorum.voters.iter().any(|voter| voter.id == id)
}

fn voteless(wanted: &Wanted, quorum: &Quorum) -> impl Iterator<Item = i32> {
    wanted.stay.iter().copied().filter(|id| !votes(quorum, *id))
}

/// What of the voters is not as wanted.
pub fn findings(wanted: &Wanted, quorum: &Quorum) -> Vec<Finding> {
    let ids = |matches: &dyn Fn(i32) -> bool| {
        let ids: BTreeSet<_> = quorum.voters.iter().map(|voter| voter.id).filter(|id| matches(*id)).collect();
        ids.into_iter().collect::<Vec<_>>()
    };
    let voteless: Vec<_> = voteless(wanted, quorum).collect();
    let leaving = ids(&|id| wanted.leave.contains(&id));
    let strangers = ids(&|id| !wanted.leave.contains(&id) && !wanted.stay.contains(&id));
    let none_left = if wanted.stay.is_empty() { ", and cannot go: no controller would be left" } else { "" };
    [
        finding("ControllersAreObservers", &voteless, |ids| {
            format!("controllers {ids} do not vote yet: each is given a vote once it has caught up")
        }),
        finding("ControllersStillVote", &leaving, |ids| {
            format!("controllers {ids} still vote{none_left}: they keep running until their votes are taken, one at a time, while all others keep up")
        }),
        finding("UnknownVoters", &strangers, |ids| {
            format!("controllers {ids} vote and belong to no pool: take their votes with kafka-metadata-quorum.sh remove-controller if they are gone for good")
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn finding(reason: &str, ids: &[i32], message: impl Fn(String) -> String) -> Option<Finding> {
    (!ids.is_empty()).then(|| Finding::new(QUORUM_COMPLETE, false, reason, message(roll::list(ids))))
}

#[cfg(test)]
#[path = "votes_tests.rs"]
mod tests;
