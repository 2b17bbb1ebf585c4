//! Where things lie in the Kafka container.

use kafkapipelines_crds::{StorageSpec, VolumeSpec};

/// Kafka's home in the official image.
pub const HOME: &str = "/opt/kafka";
/// The pool's ConfigMap.
pub const CONFIG: &str = "/etc/kafka-config";
/// The pool's Secret with the node certificates.
pub const CERTIFICATES: &str = "/etc/kafka-certs";
/// Label and annotation of the Pod that tell its rack.
pub const RACK: &str = "/etc/kafka-rack";
/// The only directory that can be written besides the disks.
pub const SCRATCH: &str = "/tmp";

/// Key in the pool's Secret: a node's private key and certificate chain.
pub fn keystore_key(node_id: i32) -> String {
    format!("{node_id}.pem")
}

/// Key in the pool's Secret: the authorities whose certificates the nodes accept of one another.
pub const TRUSTSTORE_KEY: &str = "ca.crt";

/// Key in the pool's Secret: the authorities whose certificates the nodes accept of clients.
pub const CLIENTS_TRUSTSTORE_KEY: &str = "clients-ca.crt";

/// Where a volume is mounted.
pub fn volume(volume: &VolumeSpec) -> String {
    format!("/var/lib/kafka/data-{}", volume.id)
}

/// Log directory in a volume. A subdirectory, for a file system's root may hold `lost+found`, which Kafka refuses;
/// without the node id, so that all nodes of a pool have the same path.
pub fn log_dir(spec: &VolumeSpec) -> String {
    format!("{}/kafka-log", volume(spec))
}

/// Log directory with the KRaft metadata log: where `kraftMetadata` says, else on the volume with the lowest id.
pub fn metadata_log_dir(storage: &StorageSpec) -> String {
    let chosen = storage.volumes.iter().find(|volume| volume.kraft_metadata.is_some());
    chosen.or_else(|| storage.volumes.iter().min_by_key(|volume| volume.id)).map(log_dir).unwrap_or_default()
}
