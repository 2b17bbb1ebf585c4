//! Which number of nodes a pool really gets.
//!
//! A node is taken away only when it keeps nothing and does not vote. Controllers lose their votes first ([`crate::cluster::votes`]);
//! partitions cannot be moved off a broker yet, so a pool of brokers never shrinks.

use kafkapipelines_crds::{KafkaNodePool, Role};

use crate::refusal::Refusal;

/// The pool as it is built while `running` nodes exist, and the refusal of what cannot be carried out. `voters` are the controllers that
/// vote, as far as is known, and `base` is the pool's lowest node id.
pub fn effective(
    mut pool: KafkaNodePool,
    running: Option<i32>,
    base: Option<i32>,
    voters: &[i32],
) -> (KafkaNodePool, Option<Refusal>) {
    let wanted = pool.spec.replicas;
    let Some(running) = running.filter(|running| wanted < *running) else { return (pool, None) };
    if pool.spec.roles.contains(&Role::Broker) {
        pool.spec.replicas = running;
        let message = format!(
            "{running} nodes run and none is taken away: partitions cannot be moved off a broker yet; set replicas back to {running}"
        );
        return (pool, Some(Refusal::new("ScaleDownRefused", "spec.replicas", wanted, message)));
    }
    pool.spec.replicas = base.map_or(running, |base| voteless_from(wanted, running, base, voters));
    (pool, None)
}

/// The lowest number of controllers, not below `wanted`, of which no vote is lost. Not knowing who votes, it is all.
fn voteless_from(wanted: i32, running: i32, base: i32, voters: &[i32]) -> i32 {
    if voters.is_empty() {
        return running;
    }
    let of_pool = voters.iter().filter(|id| (base..base + running).contains(id));
    of_pool.max().map_or(wanted, |highest| wanted.max(highest - base + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pool(replicas: i32, roles: &[&str]) -> KafkaNodePool {
        serde_json::from_value(json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "KafkaNodePool", "metadata": {"name": "broker"},
            "spec": {"pipeline": "logs", "replicas": replicas, "roles": roles, "storage": {"volumes": [{"id": 0, "size": "1Gi"}]}}}))
        .unwrap()
    }

    #[test]
    fn a_pool_of_brokers_grows_but_does_not_shrink() {
        for roles in [&["broker"][..], &["controller", "broker"]] {
            for (wanted, running, built, refused) in
                [(3, None, 3, false), (5, Some(3), 5, false), (3, Some(3), 3, false), (1, Some(3), 3, true)]
            {
                let (pool, refusal) = effective(pool(wanted, roles), running, Some(0), &[9000]);
                assert_eq!((pool.spec.replicas, refusal.is_some()), (built, refused), "{wanted} of {running:?}");
            }
        }
    }

    #[test]
    fn controllers_go_when_they_do_not_vote() {
        for (wanted, running, base, voters, built) in [
            (5, 3, Some(9000), &[9000, 9001, 9002][..], 5),
            (3, 5, Some(9000), &[9000, 9001, 9002, 9003, 9004], 5),
            (3, 5, Some(9000), &[9000, 9001, 9002, 9003], 4),
            (3, 5, Some(9000), &[9000, 9001, 9002, 9004], 5),
            (3, 5, Some(9000), &[9000, 9001, 9002], 3),
            (0, 3, Some(9000), &[100, 101], 0),
            (3, 5, Some(9000), &[], 5),
            (3, 5, None, &[9000], 5),
        ] {
            let (pool, refusal) = effective(pool(wanted, &["controller"]), Some(running), base, voters);
            assert_eq!((pool.spec.replicas, refusal), (built, None), "{wanted} of {running}, {voters:?} vote");
        }
    }
}
