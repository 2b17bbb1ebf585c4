//! Topics of a pipeline.

use std::collections::{BTreeMap, BTreeSet};

use kafkapipelines_crds::TopicSpec;

use super::replication::Replication;
use crate::cluster::topics::MARKS;
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
        refusals.extend(throttles(topic));
        refusals.extend(replication.topic_refusals(topic, &good));
    }
    refusals
}

/// What works, but not for long.
pub(super) fn warnings(topics: &[TopicSpec], version: KafkaVersion, replication: Replication<'_>) -> Vec<Refusal> {
    let good = |topic: &TopicSpec| kafka_config::check_topic(version, &topic.name, &topic.config).0;
    topics.iter().flat_map(|topic| replication.topic_warnings(topic, &good(topic))).collect()
}

/// The operator keeps these itself while partitions move, and takes them away after.
fn throttles(topic: &TopicSpec) -> impl Iterator<Item = Refusal> {
    let field = |key: &str| format!("spec.topics[{}].config[{key}]", topic.name);
    let told = MARKS.into_iter().filter_map(|key| Some((key, topic.config.get(key)?)));
    told.map(move |(key, value)| {
        let message = "the operator throttles the moves that it begins itself: remove the key";
        Refusal::new(kafka_config::OWNED, field(key), value, message)
    })
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
    use kafkapipelines_crds::PropertyValue;

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

    #[test]
    fn throttles_of_moves_are_the_operators() {
        let config = [(MARKS[1].to_owned(), PropertyValue::Text("*".into()))].into();
        let topic = TopicSpec { name: "logs".into(), config, ..TopicSpec::default() };
        let none = BTreeMap::new();
        let replication = Replication { brokers: 3, config: &none };
        let refusals = refusals(&[topic], "4.3.1".parse().unwrap(), replication);
        let said: Vec<_> = refusals.iter().map(|refusal| (refusal.reason, refusal.field.as_str())).collect();
        let field = "spec.topics[logs].config[follower.replication.throttled.replicas]";
        assert_eq!(said, [(kafka_config::OWNED, field)]);
    }
}
