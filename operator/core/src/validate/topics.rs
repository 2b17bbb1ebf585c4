//! Topics of a pipeline.

use std::collections::{BTreeMap, BTreeSet};

use kafkapipelines_crds::TopicSpec;

use super::replication::Replication;
use crate::kafka_config;
use crate::kafka_version::KafkaVersion;
use crate::refusal::Refusal;

/// Kafka's own topics.
const KAFKAS_OWN: [&str; 4] =
    ["__consumer_offsets", "__transaction_state", "__share_group_state", "__cluster_metadata"];

/// What is wrong with the topics.
pub(super) fn refusals(topics: &[TopicSpec], version: KafkaVersion, replication: Replication<'_>) -> Vec<Refusal> {
    let mut refusals = names(topics);
    for topic in topics {
        let (good, bad) = kafka_config::check_topic(version, &topic.name, &topic.config);
        refusals.extend(bad);
        refusals.extend(replication.topic_refusals(topic, &good));
    }
    refusals
}

/// What works, but not for long, or not by itself.
pub(super) fn warnings(topics: &[TopicSpec], version: KafkaVersion, replication: Replication<'_>) -> Vec<Refusal> {
    let good = |topic: &TopicSpec| kafka_config::check_topic(version, &topic.name, &topic.config).0;
    let of_topics = topics.iter().flat_map(|topic| replication.topic_warnings(topic, &good(topic)));
    not_created(topics).into_iter().chain(of_topics).collect()
}

/// Topics are judged but not made: without this, a topic would come into being by its first line, with one partition.
fn not_created(topics: &[TopicSpec]) -> Option<Refusal> {
    let names: Vec<_> = topics.iter().map(|topic| topic.name.as_str()).collect();
    let message =
        "topics are not created by the operator yet: create them with bin/kafka-topics.sh in a broker's container";
    (!names.is_empty()).then(|| Refusal::new("TopicsNotCreated", "spec.topics", names.join(", "), message))
}

fn names(topics: &[TopicSpec]) -> Vec<Refusal> {
    let mut seen = BTreeSet::new();
    let mut by_metric: BTreeMap<String, &str> = BTreeMap::new();
    let mut refusals = Vec::new();
    for TopicSpec { name, .. } in topics {
        let mut refuse = |reason, message: &str| {
            refusals.push(Refusal::new(reason, format!("spec.topics[{name}].name"), name, message));
        };
        if KAFKAS_OWN.contains(&name.as_str()) {
            refuse("ReservedTopic", "Kafka keeps this topic itself: remove it");
        }
        if !seen.insert(name) {
            refuse("DuplicateTopic", "the topic is listed twice: remove one of them");
            continue;
        }
        if let Some(other) = by_metric.insert(name.replace('.', "_"), name) {
            refuse(
                "CollidingTopics",
                &format!("Kafka takes . and _ for the same in metrics and refuses it beside {other}: rename one"),
            );
        }
    }
    refusals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_kafka_would_refuse_are_refused() {
        let topic = |name: &str| TopicSpec { name: name.into(), ..TopicSpec::default() };
        for (topics, reason, value, way_out) in [
            (vec!["a", "a"], "DuplicateTopic", "a", "remove one"),
            (vec!["a.b", "a_b"], "CollidingTopics", "a_b", "rename one"),
            (vec!["__consumer_offsets"], "ReservedTopic", "__consumer_offsets", "remove it"),
        ] {
            let topics: Vec<_> = topics.into_iter().map(topic).collect();
            let refusals = names(&topics);
            let said: Vec<_> = refusals.iter().map(|r| (r.reason, r.field.as_str(), r.value.as_str())).collect();
            assert_eq!(said, [(reason, format!("spec.topics[{value}].name").as_str(), value)]);
            assert!(refusals[0].message.contains(way_out), "{}", refusals[0]);
        }
    }
}
