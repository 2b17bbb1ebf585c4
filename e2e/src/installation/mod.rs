//! The product installed on a cluster, as the demo shows it and the suites try it: the operator as Pods from its own image with
//! its own rights, the reference installation beside it, and a Kafka client.

mod byte_client;
mod client;
mod kustomization;
mod namespace;
mod operator;
mod pipeline;
mod producer;
mod programs;

pub use byte_client::ByteClient;
pub use client::{Access, Client};
pub use namespace::remove_namespace;
pub use operator::Operator;
pub use pipeline::{Pipeline, SMALL};
pub use producer::Producer;
pub use programs::{provide_byte_client, provide_images, provide_store};

use std::path::{Path, PathBuf};

/// The namespace of the reference installation.
pub const NAMESPACE: &str = "kafka";
/// The pipeline of the reference installation.
pub const PIPELINE: &str = "log-aggregator-kafka";

/// The reference installation.
pub fn example() -> PathBuf {
    project().join("examples/log-aggregator.yaml")
}

/// The root of the work tree.
fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
