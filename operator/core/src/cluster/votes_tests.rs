//! Tables for single decisions, and a model of a quorum that carries all of them out.

use std::collections::BTreeMap;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use super::*;

const NOW: i64 = 1_000_000;

fn replica(id: i32, alive: bool) -> Replica {
    let seen = Some(if alive { NOW } else { NOW - 60_000 });
    Replica { id, directory: Some(format!("d{id}")), log_end: 9, last_fetch_ms: seen, last_caught_up_ms: seen }
}

/// Nodes with whether they live, and which of them vote. The lowest voter that lives leads.
fn quorum(nodes: &BTreeMap<i32, bool>, voters: &BTreeSet<i32>) -> Quorum {
    let of = |vote: bool| {
        nodes
            .iter()
            .filter(move |(id, _)| voters.contains(*id) == vote)
            .map(|(id, alive)| replica(*id, *alive))
            .collect()
    };
    let (voters, observers): (Vec<_>, Vec<_>) = (of(true), of(false));
    let leader = voters.iter().find(|voter| voter.last_fetch_ms == Some(NOW)).map(|voter| voter.id);
    Quorum { leader, epoch: 1, high_watermark: 9, voters, observers }
}

fn wanted(stay: &[i32], leave: &[i32]) -> Wanted {
    Wanted { stay: stay.iter().copied().collect(), leave: leave.iter().copied().collect() }
}

/// Nodes up to 5; those in `dead` are dead.
fn five(voters: &[i32], dead: &[i32]) -> Quorum {
    let nodes = (1..=5).map(|id| (id, !dead.contains(&id))).collect();
    quorum(&nodes, &voters.iter().copied().collect())
}

fn add(id: i32) -> Change {
    Change::Add { id, directory: format!("d{id}") }
}

fn remove(id: i32) -> Change {
    Change::Remove { id, directory: format!("d{id}") }
}

#[test]
fn single_decisions() {
    for (why, stay, leave, quorum, expected) in [
        ("all vote", &[1, 2, 3, 4, 5][..], &[][..], five(&[1, 2, 3, 4, 5], &[]), None),
        ("one after the other", &[1, 2, 3, 4, 5], &[], five(&[1, 2, 3], &[]), Some(add(4))),
        ("the one that has caught up", &[1, 2, 3, 4, 5], &[], five(&[1, 2, 3], &[4]), Some(add(5))),
        ("the highest goes first", &[1, 2, 3], &[4, 5], five(&[1, 2, 3, 4, 5], &[]), Some(remove(5))),
        ("all others keep up", &[1, 2, 3], &[4, 5], five(&[1, 2, 3, 4, 5], &[2]), None),
        ("a dead one that is to go is no loss", &[1, 2, 3], &[4, 5], five(&[1, 2, 3, 4, 5], &[2, 4]), Some(remove(4))),
        ("without a majority nothing moves", &[1, 2, 3], &[4, 5], five(&[1, 2, 3, 4, 5], &[2, 4, 5]), None),
        ("newcomers first", &[1, 2, 3, 4], &[5], five(&[1, 2, 3, 5], &[]), Some(add(4))),
        ("no vote is taken while a newcomer is awaited", &[1, 2, 3, 4], &[5], five(&[1, 2, 3, 5], &[4]), None),
        ("the active one goes last", &[3, 4, 5], &[1, 2], five(&[1, 2, 3, 4, 5], &[]), Some(remove(2))),
        ("somebody must stay", &[], &[1, 2, 3], five(&[1, 2, 3], &[]), None),
        ("strangers are left alone", &[1, 2, 3], &[], five(&[1, 2, 3, 4], &[4]), None),
    ] {
        assert_eq!(next(&wanted(stay, leave), &quorum), expected, "{why}");
    }
}

#[test]
fn a_voter_that_came_back_with_another_disk_is_replaced() {
    let wanted = wanted(&[1, 2, 3], &[]);
    let mut quorum = five(&[1, 2, 3], &[3]);
    quorum.observers.push(Replica { directory: Some("new".to_owned()), ..replica(3, true) });
    assert_eq!(next(&wanted, &quorum), Some(remove(3)));
    quorum.voters.retain(|voter| voter.id != 3);
    quorum.observers.push(replica(3, false));
    assert_eq!(next(&wanted, &quorum), Some(Change::Add { id: 3, directory: "new".to_owned() }));
}

#[test]
fn what_is_not_as_wanted_is_told() {
    let reasons = |wanted: &Wanted, quorum: &Quorum| {
        findings(wanted, quorum).into_iter().map(|finding| (finding.reason, finding.message)).collect::<Vec<_>>()
    };
    assert_eq!(reasons(&wanted(&[1, 2, 3], &[4, 5]), &five(&[1, 2, 3], &[])), []);
    let told = reasons(&wanted(&[1, 2], &[4]), &five(&[1, 4, 5], &[]));
    let names: Vec<_> = told.iter().map(|(reason, _)| reason.as_str()).collect();
    assert_eq!(names, ["ControllersAreObservers", "ControllersStillVote", "UnknownVoters"]);
    assert!(told[0].1.contains("controllers 2 do not") && told[1].1.contains("controllers 4 still"), "{told:?}");
    assert!(reasons(&wanted(&[], &[1, 2]), &five(&[1, 2], &[]))[0].1.contains("no controller would be left"));
}

/// Nodes 0 to 8, each alive or not, those that vote, and those that are wanted.
fn situation() -> impl Strategy<Value = (BTreeMap<i32, bool>, BTreeSet<i32>, BTreeSet<i32>)> {
    let nodes = vec(proptest::bool::weighted(0.8), 9).prop_map(|alive| (0..).zip(alive).collect());
    (nodes, btree_set(0..9, 1..6), btree_set(0..9, 1..6))
}

fn has_majority(nodes: &BTreeMap<i32, bool>, voters: &BTreeSet<i32>) -> bool {
    voters.iter().filter(|id| nodes[id]).count() > voters.len() / 2
}

proptest! {
    #[test]
    fn changes_one_by_one_lead_to_what_is_wanted_and_always_leave_a_majority((nodes, mut voters, stay) in situation()) {
        prop_assume!(has_majority(&nodes, &voters));
        let leave = (0..9).filter(|id| !stay.contains(id)).collect();
        let wanted = Wanted { stay: stay.clone(), leave };
        let mut changes = 0;
        while let Some(change) = next(&wanted, &quorum(&nodes, &voters)) {
            match change {
                Change::Add { id, .. } => prop_assert!(voters.insert(id) && stay.contains(&id) && nodes[&id]),
                Change::Remove { id, .. } => prop_assert!(voters.remove(&id) && !stay.contains(&id)),
            }
            prop_assert!(has_majority(&nodes, &voters), "{voters:?}");
            changes += 1;
            prop_assert!(changes <= 18, "it ends");
        }
        if stay.iter().all(|id| nodes[id]) {
            prop_assert_eq!(voters, stay);
        }
    }
}
