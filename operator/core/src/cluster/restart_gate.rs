//! Whether a node that serves may be stopped now: what would be left of the partitions and of the quorum without it.
//!
//! Without the node, each partition keeps as many replicas in sync as producers with `acks=all` need (`min.insync.replicas`), and each
//! quorum a majority that has all of the metadata. A topic or quorum that can never spare a node (one replica, one or two controllers;
//! `min.insync.replicas` as high as the replicas) only waits until all the others are in sync: else no node could ever be restarted.

use super::quorum::Quorum;
use crate::node::Node;
use crate::roll;

/// Where a partition has its copies.
#[derive(Clone, Copy, Debug)]
pub struct Copies<'a> {
    /// Name of the topic.
    pub topic: &'a str,
    /// Number of the partition.
    pub partition: i32,
    /// Whether a broker leads it.
    pub led: bool,
    /// Brokers that have it.
    pub replicas: &'a [i32],
    /// Those of them that are up to date.
    pub in_sync: &'a [i32],
    /// `min.insync.replicas` of the topic; `None` where it is not known, which counts as all replicas.
    pub min_in_sync: Option<usize>,
}

/// Whether the node may be stopped.
///
/// # Errors
/// What it waits for, for people.
pub fn may_stop<'a>(
    node: &Node,
    quorum: &Quorum,
    partitions: impl IntoIterator<Item = Copies<'a>>,
) -> Result<(), String> {
    if node.is_controller() {
        spares_controller(node.id, quorum)?;
    }
    if node.is_broker() {
        spares_broker(node.id, partitions)?;
    }
    Ok(())
}

fn spares_controller(id: i32, quorum: &Quorum) -> Result<(), String> {
    if !quorum.voters.iter().any(|voter| voter.id == id) {
        return Ok(());
    }
    let majority = quorum.voters.len() / 2 + 1;
    let others = || quorum.voters.iter().filter(|voter| voter.id != id);
    let behind: Vec<_> = others().filter(|voter| !quorum.is_caught_up(voter)).map(|voter| voter.id).collect();
    if others().count() - behind.len() >= majority.min(others().count()) {
        return Ok(());
    }
    Err(format!("controllers that have not caught up, as node {id} is part of the majority: {}", roll::list(&behind)))
}

fn spares_broker<'a>(id: i32, partitions: impl IntoIterator<Item = Copies<'a>>) -> Result<(), String> {
    let needed: Vec<_> = partitions.into_iter().filter(|copies| copies.need(id)).collect();
    let Some(first) = needed.first() else { return Ok(()) };
    let more = if needed.len() > 1 { " and others" } else { "" };
    Err(format!(
        "replicas of {}-{}{more} to be in sync: node {id} cannot be spared before",
        first.topic, first.partition
    ))
}

impl Copies<'_> {
    /// Whether too few are in sync without the broker. A partition that nobody leads has nothing to lose.
    fn need(&self, id: i32) -> bool {
        let others = |brokers: &[i32]| brokers.iter().filter(|broker| **broker != id).count();
        let wanted = self.min_in_sync.unwrap_or(usize::MAX).min(others(self.replicas));
        self.led && self.in_sync.contains(&id) && others(self.in_sync) < wanted
    }
}

#[cfg(test)]
mod tests {
    use super::super::quorum::Replica;
    use super::*;
    use kafkapipelines_crds::Role;

    fn node(id: i32, role: Role) -> Node {
        Node { id, pod: format!("logs-{id}"), roles: vec![role] }
    }

    fn copies<'a>(replicas: &'a [i32], in_sync: &'a [i32], min_in_sync: usize) -> Copies<'a> {
        Copies { topic: "logs", partition: 3, led: true, replicas, in_sync, min_in_sync: Some(min_in_sync) }
    }

    /// Voters by id, each with how long ago it had caught up.
    fn quorum(leader: i32, voters: &[(i32, i64)]) -> Quorum {
        let now = 1_000_000;
        let voter = |&(id, ago): &(i32, i64)| Replica {
            id,
            directory: None,
            log_end: 100,
            last_fetch_ms: Some(now - ago),
            last_caught_up_ms: Some(now - ago),
        };
        let voters = voters.iter().map(voter).collect();
        Quorum { leader: Some(leader), epoch: 1, high_watermark: 100, voters, observers: vec![] }
    }

    #[test]
    fn a_broker_waits_while_a_partition_needs_it() {
        for (replicas, in_sync, min_in_sync, spared) in [
            (&[0, 1, 2][..], &[0, 1, 2][..], 2, true),
            (&[0, 1, 2], &[0, 1], 2, false),
            (&[0, 1, 2], &[0, 1], 1, true),
            (&[0, 1, 2], &[1], 2, true),
            (&[1, 2, 3], &[1, 2], 2, true),
            (&[0, 1, 2], &[0, 1, 2], 3, true),
            (&[0, 1, 2], &[0, 1], 3, false),
            (&[0, 1], &[0, 1], 2, true),
            (&[0, 1], &[0], 2, false),
            (&[0], &[0], 1, true),
        ] {
            let answer = may_stop(&node(0, Role::Broker), &quorum(9000, &[]), [copies(replicas, in_sync, min_in_sync)]);
            assert_eq!(answer.is_ok(), spared, "{in_sync:?} of {replicas:?}, at least {min_in_sync}");
        }
    }

    #[test]
    fn a_partition_that_is_offline_holds_nobody_and_an_unknown_minimum_is_all() {
        let offline = Copies { led: false, ..copies(&[0, 1, 2], &[0], 2) };
        let unknown = Copies { min_in_sync: None, ..copies(&[0, 1, 2], &[0, 1], 1) };
        let stop = |partitions: &[Copies<'_>]| {
            may_stop(&node(0, Role::Broker), &quorum(9000, &[]), partitions.iter().copied())
        };
        assert_eq!(stop(&[offline]), Ok(()));
        let expected = "replicas of logs-3 to be in sync: node 0 cannot be spared before";
        assert_eq!(stop(&[offline, unknown]), Err(expected.to_owned()));
        assert!(stop(&[unknown, unknown]).unwrap_err().contains("logs-3 and others"));
    }

    #[test]
    fn a_controller_waits_until_the_others_are_a_majority() {
        let stop = |voters: &[(i32, i64)]| may_stop(&node(1, Role::Controller), &quorum(2, voters), []);
        assert_eq!(stop(&[(1, 0), (2, 0), (3, 500)]), Ok(()));
        let behind = stop(&[(1, 0), (2, 0), (3, 60_000)]).unwrap_err();
        assert!(behind.ends_with(": 3"), "{behind}");
        assert_eq!(stop(&[(1, 0), (2, 0), (3, 0), (4, 0), (5, 60_000)]), Ok(()));
        assert!(stop(&[(1, 0), (2, 0), (3, 0), (4, 60_000), (5, 60_000)]).is_err());
        assert_eq!(stop(&[(1, 0)]), Ok(()), "one alone could never be restarted");
        assert_eq!(stop(&[(1, 0), (2, 0)]), Ok(()));
        assert!(may_stop(&node(1, Role::Controller), &quorum(1, &[(1, 0), (2, 60_000)]), []).is_err());
        assert_eq!(stop(&[(2, 0), (3, 60_000)]), Ok(()), "an observer is no part of it");
    }
}
