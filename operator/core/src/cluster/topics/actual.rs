//! What Kafka has of topics, as far as a plan needs it.

use std::collections::BTreeMap;

use super::model::{Ongoing, Topic, TopicPartition};
use super::placement::Brokers;
use super::settings::Own;

/// What Kafka has.
#[derive(Clone, Debug)]
pub struct Actual<'a> {
    /// All topics.
    pub topics: &'a BTreeMap<String, Topic>,
    /// The own settings of desired topics. A topic that is missing here is left as it is.
    pub settings: BTreeMap<String, Own>,
    /// Moves that go on.
    pub moves: &'a BTreeMap<TopicPartition, Ongoing>,
    /// Brokers that serve.
    pub brokers: Brokers,
}
