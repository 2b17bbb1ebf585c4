//! Which number of nodes a pool really gets.
//!
//! A node is taken away only when it keeps nothing and does not vote. Neither can be seen or arranged yet, so a pool never shrinks.

use kafkapipelines_crds::KafkaNodePool;

use crate::refusal::Refusal;

/// The pool as it is built while `running` nodes exist, and the refusal of what cannot be carried out.
pub fn effective(mut pool: KafkaNodePool, running: Option<i32>) -> (KafkaNodePool, Option<Refusal>) {
    let wanted = pool.spec.replicas;
    let Some(running) = running.filter(|running| wanted < *running) else { return (pool, None) };
    pool.spec.replicas = running;
    let message = format!(
        "{running} nodes run and none is taken away: partitions and votes cannot be moved off a node yet; set replicas back to {running}"
    );
    (pool, Some(Refusal::new("ScaleDownRefused", "spec.replicas", wanted, message)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pool(replicas: i32) -> KafkaNodePool {
        serde_json::from_value(json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "KafkaNodePool", "metadata": {"name": "broker"},
            "spec": {"pipeline": "logs", "replicas": replicas, "roles": ["broker"], "storage": {"volumes": [{"id": 0, "size": "1Gi"}]}}}))
        .unwrap()
    }

    #[test]
    fn a_pool_grows_but_does_not_shrink() {
        for (wanted, running, built, refused) in
            [(3, None, 3, false), (5, Some(3), 5, false), (3, Some(3), 3, false), (1, Some(3), 3, true)]
        {
            let (pool, refusal) = effective(pool(wanted), running);
            assert_eq!((pool.spec.replicas, refusal.is_some()), (built, refused), "{wanted} of {running:?}");
        }
    }
}
