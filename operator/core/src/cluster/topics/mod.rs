//! Topics: what the spec wants, what Kafka has, and the changes between the two.

mod model;

pub use model::{Layout, NewTopic, Ongoing, Partition, Reassignment, Topic, TopicPartition};
