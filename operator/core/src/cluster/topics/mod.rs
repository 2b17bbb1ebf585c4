//! Topics: what the spec wants, what Kafka has, and the changes between the two.
//!
//! | file | says |
//! |---|---|
//! | `model` | what a topic is in Kafka |
//! | `actual` | what Kafka has |
//! | `desired` | which topics the spec asks for |
//! | `plan` | what to send |
//! | `problem` | why a topic is not as the spec says |
//! | `settings` | which settings differ |
//! | `moves` | which partitions get other replicas now, and the throttle meanwhile |
//! | `placement` | on which brokers replicas are added and removed |
//! | `removal` | which topics are deleted |
//! | `status` | how topics are |

mod actual;
mod desired;
mod model;
mod moves;
mod placement;
mod plan;
mod problem;
mod removal;
mod settings;
mod status;

#[cfg(test)]
mod tests;

pub use actual::Actual;
pub(crate) use desired::is_kafkas_own;
pub use desired::{Desired, DesiredTopic, desired};
pub use model::{Layout, NewTopic, Ongoing, Partition, Reassignment, Topic, TopicPartition};
pub use moves::Throttle;
pub use placement::Brokers;
pub use plan::{Plan, plan};
pub use problem::Problem;
pub use removal::Removal;
pub use settings::{MARKS, Own, own};
pub use status::{finding, status};
