//! Renewed certificates that running nodes are to present.
//!
//! A node reads its key store again when the location is set anew, to what it was: then it presents the new certificate within seconds,
//! if the kubelet has brought the file. That Kafka takes the setting does not mean that it took the certificate, so the node is looked at.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::configs::Change;
use crate::build::key_stores;
use crate::conditions::{Finding, WARNING};
use crate::node::Node;
use crate::pipeline::Pipeline;
use crate::pool::Pool;

/// Reason: a node goes on presenting its old certificate.
pub const NOT_LOADED: &str = "CertificateNotLoaded";

/// How long a node may take. The kubelet takes a second when it works, or two minutes when it was not told.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// A node that presents another certificate than it should.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Behind {
    /// Its id.
    pub id: i32,
    /// Its Pod.
    pub pod: String,
    /// Since when it is known.
    pub since: Timestamp,
}

impl Behind {
    fn is_late(&self, now: Timestamp) -> bool {
        now.duration_since(self.since) >= PATIENCE
    }
}

/// What makes the node read its key store again.
pub fn reload(pipeline: &Pipeline, pool: &Pool, node: &Node) -> BTreeMap<String, Change> {
    let stores = key_stores(pipeline, pool, node);
    stores.into_iter().map(|(key, location)| (key, Change::Set(location))).collect()
}

/// The node to tell: one after the other, and one that is late does not hold up the others.
pub fn next(behind: &[Behind], now: Timestamp) -> Option<&Behind> {
    behind.iter().min_by_key(|node| (node.is_late(now), node.id))
}

/// Whether some node may present its new certificate in a moment.
pub fn is_under_way(behind: &[Behind], now: Timestamp) -> bool {
    behind.iter().any(|node| !node.is_late(now))
}

/// What people are told of nodes that are late.
pub fn late(behind: &[Behind], now: Timestamp) -> Option<Finding> {
    let pods: Vec<_> = behind.iter().filter(|node| node.is_late(now)).map(|node| node.pod.as_str()).collect();
    let message = format!(
        "these nodes go on presenting their old certificates; a restart brings the new ones, and comes by itself before the old ones end: {}",
        pods.join(", ")
    );
    (!pods.is_empty()).then(|| Finding::new(WARNING, true, NOT_LOADED, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::tests::fixtures::{pool, reference};

    fn behind(id: i32, second: i64) -> Behind {
        Behind { id, pod: format!("logs-broker-{id}"), since: Timestamp::from_second(second).unwrap() }
    }

    #[test]
    fn every_listener_of_a_node_that_has_a_certificate_is_set_anew_and_to_what_it_was() {
        let pipeline = reference();
        let broker = pool(&pipeline, "broker");
        let node = broker.nodes().next().unwrap();
        let changes = reload(&pipeline, broker, &node);
        assert!(changes.values().all(|change| *change == Change::Set("/etc/kafka-certs/0.pem".to_owned())));
        let tls = pipeline.listeners().iter().filter(|listener| listener.tls).count();
        assert_eq!(changes.len(), 2 + tls, "its own two, and those of clients: {:?}", changes.keys());
        assert!(changes.contains_key("listener.name.replication.ssl.keystore.location"));
    }

    #[test]
    fn nodes_are_told_one_after_the_other_and_a_late_one_holds_up_nobody() {
        let now = Timestamp::from_second(300).unwrap();
        let nodes = [behind(2, 200), behind(1, 0), behind(3, 100)];
        assert_eq!(next(&nodes, now), Some(&nodes[0]));
        assert_eq!(next(&nodes[1..2], now), Some(&nodes[1]), "it is told again");
        assert_eq!(next(&[], now), None);
        assert!(is_under_way(&nodes, now) && !is_under_way(&nodes[1..2], now));
    }

    #[test]
    fn who_is_late_is_told() {
        let now = Timestamp::from_second(300).unwrap();
        assert_eq!(late(&[behind(2, 200)], now), None);
        let finding = late(&[behind(1, 0), behind(2, 200)], now).unwrap();
        assert!(finding.message.ends_with(": logs-broker-1"), "{}", finding.message);
    }
}
