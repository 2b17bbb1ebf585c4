//! What Kafka can be asked. Each file adds its calls to [`Client`](crate::Client), and turns plain types into the protocol's and back.

pub mod acls;
pub mod cluster;
pub mod commits;
pub mod configs;
pub mod features;
pub mod groups;
pub mod leaders;
pub mod log_dirs;
pub mod metadata;
pub mod offsets;
mod outcome;
pub mod quorum;
pub mod quotas;
pub mod reassignments;
pub mod topics;
pub mod users;

use std::time::Duration;

pub use kafkapipelines_core::cluster::topics::TopicPartition;
pub use outcome::Outcomes;

/// Items of one request, where a request may have any number of them.
const BATCH: usize = 250;

/// Whether a change is made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// It is made.
    Apply,
    /// Kafka says whether it would be made; nothing changes.
    Validate,
}

/// How long Kafka itself may take: less than we wait, so that it is Kafka who says that it took too long.
fn kafka_timeout(patience: Duration) -> i32 {
    i32::try_from((patience / 2).as_millis()).unwrap_or(i32::MAX)
}
