//! Ids that Kafka writes on its disks: derived, never drawn, so that every node and every restart agrees on them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// Cluster id of a pipeline that starts with empty disks.
pub fn cluster_id(pipeline_uid: &str) -> String {
    kafka_uuid(&format!("cluster/{pipeline_uid}"))
}

/// Directory id of the metadata log of a controller. It follows from the cluster id, which is written on the disks:
/// a pipeline made anew over kept disks finds the same ids.
pub fn directory_id(cluster_id: &str, node_id: i32) -> String {
    kafka_uuid(&format!("directory/{cluster_id}/{node_id}"))
}

/// A Kafka UUID: 16 bytes, base64url without padding. Kafka reserves some and refuses a leading dash, so those are passed over.
fn kafka_uuid(seed: &str) -> String {
    (0..u32::MAX)
        .map(|attempt| encode(seed, attempt))
        .find(|id| !id.starts_with('-') && !id.starts_with("AAAAAAAAAAAAAAAAA"))
        .unwrap_or_default()
}

fn encode(seed: &str, attempt: u32) -> String {
    let digest = Sha256::digest(format!("{seed}/{attempt}"));
    URL_SAFE_NO_PAD.encode(&digest[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_stable_and_differ_by_node() {
        let cluster = cluster_id("6f1b7a1e-0000-4000-8000-000000000000");
        assert_eq!(cluster, cluster_id("6f1b7a1e-0000-4000-8000-000000000000"));
        assert_eq!(cluster.len(), 22);
        assert_ne!(directory_id(&cluster, 9000), directory_id(&cluster, 9001));
    }

    #[test]
    fn no_id_begins_with_a_dash() {
        assert!((0..10_000).all(|node| !directory_id("cluster", node).starts_with('-')));
    }
}
