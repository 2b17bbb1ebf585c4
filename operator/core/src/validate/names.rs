//! Names: each becomes part of others, which Kubernetes bounds and which must not meet.

use crate::refusal::Refusal;

/// `<pipeline>-<pool>-<node id>-<listener>` is the name of a Service, of at most 63: 5 digits, 11 letters, 2 dashes.
const LONGEST_POOL: usize = 45;
/// Consumers whose objects would be those of the Kafka nodes, of the agents or of the gateway.
const RESERVED_CONSUMERS: [&str; 5] = ["agent", "gateway", "kafka", "kafka-broker", "kafka-controller"];

/// What is wrong with the name of a pool.
pub(super) fn pool(pipeline: &str, pool: &str) -> Option<Refusal> {
    let length = pipeline.len() + 1 + pool.len();
    let message = format!(
        "with the pipeline's name it makes {length} characters, and Pods and Services have room for {LONGEST_POOL}: choose a shorter name"
    );
    (length > LONGEST_POOL).then(|| Refusal::new("NameTooLong", "metadata.name", pool, message))
}

/// What is wrong with the name of a consumer.
pub(super) fn consumer(consumer: &str) -> Option<Refusal> {
    let message = "the pipeline has objects of this name itself: choose another name";
    RESERVED_CONSUMERS.contains(&consumer).then(|| Refusal::new("ReservedName", "metadata.name", consumer, message))
}
