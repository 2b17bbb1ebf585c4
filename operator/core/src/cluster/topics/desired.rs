//! Which topics a pipeline asks for.

use std::collections::BTreeMap;

use kafkapipelines_crds::{ConsumerSpec, DeletionPolicy, TopicSpec};

use crate::kafka_config;
use crate::kafka_version::KafkaVersion;
use crate::pipeline::Pipeline;
use crate::vector::MAX_DEAD_LETTER_BYTES;

/// How long dead letters are kept where the spec does not list their topic: two weeks, so that somebody can look after a holiday.
const DEAD_LETTER_RETENTION_MS: u64 = 14 * 24 * 3600 * 1000;

/// A topic as it is to be.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DesiredTopic {
    /// Its partitions; `None`: what the brokers' default makes of it, then whatever it has.
    pub partitions: Option<i32>,
    /// Replicas of each partition; `None`: as for partitions.
    pub replicas: Option<i16>,
    /// All settings of its own, in the form in which Kafka tells them.
    pub settings: BTreeMap<String, String>,
    /// What becomes of it when it is not desired any more.
    pub deletion: DeletionPolicy,
}

/// Topics as they are to be, by name.
pub type Desired = BTreeMap<String, DesiredTopic>;

/// The topics of the spec, and the consumers' dead-letter topics.
pub fn desired<'a>(pipeline: &Pipeline, consumers: impl IntoIterator<Item = &'a ConsumerSpec>) -> Desired {
    let listed = pipeline.topics().iter().map(|topic| (topic.name.clone(), of_spec(pipeline.version, topic)));
    let mut desired: Desired = listed.collect();
    let letters = consumers.into_iter().map(|consumer| &consumer.dead_letter.topic);
    for name in letters.filter(|name| !is_kafkas_own(name)) {
        let topic = desired.entry(name.clone()).or_insert_with(dead_letters);
        // A listed topic takes dead letters as well, unless it says itself what it takes: one that it refuses is lost.
        topic.settings.entry("max.message.bytes".to_owned()).or_insert_with(|| MAX_DEAD_LETTER_BYTES.to_string());
    }
    desired
}

/// Whether a name is of the kind that Kafka gives the topics that it keeps itself.
pub(crate) fn is_kafkas_own(name: &str) -> bool {
    name.starts_with("__")
}

fn of_spec(version: KafkaVersion, topic: &TopicSpec) -> DesiredTopic {
    let (good, _) = kafka_config::check_topic(version, &topic.name, &topic.config);
    let told = |(key, value): (String, String)| {
        let value = kafka_config::canonical_topic_value(version, &key, &value);
        (key, value)
    };
    DesiredTopic {
        partitions: topic.partitions,
        replicas: topic.replicas,
        settings: good.into_iter().map(told).collect(),
        deletion: topic.deletion_policy,
    }
}

fn dead_letters() -> DesiredTopic {
    let settings = BTreeMap::from([("retention.ms".to_owned(), DEAD_LETTER_RETENTION_MS.to_string())]);
    DesiredTopic { settings, ..DesiredTopic::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::tests::fixtures;
    use serde_json::json;

    fn letters(topic: &str) -> ConsumerSpec {
        serde_json::from_value(json!({"pipeline": "log-aggregator-kafka", "topics": ["standard-logs"], "sinks": [],
            "deadLetter": {"topic": topic}}))
        .unwrap()
    }

    fn settings(topic: &DesiredTopic) -> Vec<(&str, &str)> {
        topic.settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
    }

    #[test]
    fn listed_topics_and_those_of_dead_letters_are_wanted_each_once() {
        let mut pipeline = fixtures::reference();
        let consumers = [letters("dlq"), letters("dlq"), letters("listed"), letters("__consumer_offsets")];
        let listed = json!({"name": "listed", "replicas": 2, "config": {"preallocate": "TRUE", "cleanup.policy": "compact, delete"}});
        pipeline.spec.topics.push(serde_json::from_value(listed).unwrap());
        let desired = desired(&pipeline, &consumers);
        assert_eq!(desired.keys().collect::<Vec<_>>(), ["dlq", "listed", "standard-logs"]);
        assert_eq!(desired["standard-logs"].partitions, Some(12));
        assert_eq!(
            settings(&desired["standard-logs"]),
            [("compression.type", "producer"), ("retention.ms", "259200000")]
        );
        assert_eq!(settings(&desired["dlq"]), [("max.message.bytes", "21000000"), ("retention.ms", "1209600000")]);
        assert_eq!((desired["dlq"].partitions, desired["dlq"].deletion), (None, DeletionPolicy::Retain));
        let listed = [("cleanup.policy", "compact,delete"), ("max.message.bytes", "21000000"), ("preallocate", "true")];
        assert_eq!(settings(&desired["listed"]), listed);
    }

    #[test]
    fn a_listed_topic_takes_dead_letters_of_the_size_that_it_says() {
        let mut pipeline = fixtures::reference();
        let listed = json!({"name": "dlq", "config": {"max.message.bytes": 5_000_000}});
        pipeline.spec.topics = vec![serde_json::from_value(listed).unwrap()];
        let desired = desired(&pipeline, &[letters("dlq")]);
        assert_eq!(settings(&desired["dlq"]), [("max.message.bytes", "5000000")]);
    }
}
