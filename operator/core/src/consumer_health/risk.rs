//! Lines that will be lost unless somebody acts: those that Kafka deletes soon though nobody has read them, and dead letters without a
//! topic that takes them.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use kafkapipelines_crds::ConsumerSpec;

use super::age;
use super::topics::{self, Facts, TopicFacts, Unfit};
use crate::cluster::topics::TopicPartition;
use crate::conditions::{self, AT_RISK, Finding};

/// Partitions that a message names.
const SHOWN: usize = 5;

/// From this age on unread lines are at risk: three quarters of how long their topic keeps them.
pub fn limit(topic: &TopicFacts) -> Option<Duration> {
    Some(topic.retention? / 4 * 3)
}

/// The time of which lines are at risk, in milliseconds since 1970.
pub fn limit_at(topic: &TopicFacts, now: Timestamp) -> Option<i64> {
    let limit = i64::try_from(limit(topic)?.as_millis()).ok()?;
    Some(now.as_millisecond().saturating_sub(limit))
}

/// What is at risk, if anything is. `old` are the partitions with unread lines beyond the limit of their topic.
pub fn findings(spec: &ConsumerSpec, facts: &Facts, old: &BTreeSet<TopicPartition>) -> Vec<Finding> {
    [retention(facts, old), dead_letters(spec, facts)].into_iter().flatten().collect()
}

fn retention(facts: &Facts, old: &BTreeSet<TopicPartition>) -> Option<Finding> {
    let topics: BTreeSet<_> = old.iter().map(|partition| partition.topic.as_str()).collect();
    let kept = |topic: &&str| {
        let retention = facts.get(*topic)?.retention?;
        Some(format!("{topic} after {}", age::text(retention)))
    };
    let kept: Vec<_> = topics.iter().filter_map(kept).collect();
    let partitions = old.iter().map(|TopicPartition { topic, partition }| format!("{topic}-{partition}"));
    let named = conditions::sentence(partitions.collect::<Vec<_>>().iter(), SHOWN);
    let message = format!(
        "unread lines have used up three quarters of the time that Kafka keeps them, in {named}; it deletes those of {}: help the store, add members, \
         or raise retention.ms in spec.topics of the LogPipeline now",
        kept.join(", ")
    );
    (!old.is_empty()).then(|| Finding::new(AT_RISK, true, "RetentionNear", message))
}

fn dead_letters(spec: &ConsumerSpec, facts: &Facts) -> Option<Finding> {
    let topic = &spec.dead_letter.topic;
    let (reason, message) = match topics::dead_letters_unfit(spec, facts)? {
        Unfit::Missing => (
            "DeadLetterTopicMissing",
            format!("there is no dead-letter topic {topic}: dead letters are lost until there is"),
        ),
        Unfit::TooSmall { takes, needs } => {
            let message = format!(
                "the dead-letter topic {topic} takes {takes} bytes, and {needs} may be written: long ones are lost until its max.message.bytes is raised \
                 in spec.topics of the LogPipeline"
            );
            ("DeadLetterTopicTooSmall", message)
        }
    };
    Some(Finding::new(AT_RISK, true, reason, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn spec() -> ConsumerSpec {
        let sink = json!({"name": "store", "victoriaLogs": {"endpoint": "http://vl:9428"}});
        serde_json::from_value(
            json!({"pipeline": "logs", "topics": ["a"], "sinks": [sink], "deadLetter": {"topic": "dead"}}),
        )
        .unwrap()
    }

    fn topic(retention: Option<u64>, bytes: u64) -> TopicFacts {
        TopicFacts { partitions: 9, max_message_bytes: Some(bytes), retention: retention.map(Duration::from_secs) }
    }

    fn facts(a: TopicFacts, dead: Option<TopicFacts>) -> Facts {
        [("a".to_owned(), Some(a)), ("dead".to_owned(), dead)]
            .into_iter()
            .filter_map(|(name, of)| Some((name, of?)))
            .collect()
    }

    #[test]
    fn three_quarters_of_the_retention_are_the_limit() {
        let now = Timestamp::from_second(1_000).unwrap();
        assert_eq!(limit_at(&topic(Some(400), 1), now), Some(700_000));
        assert_eq!(limit_at(&topic(None, 1), now), None);
    }

    #[test]
    fn what_is_at_risk_is_named_with_the_way_out() {
        let facts = facts(topic(Some(7 * 86_400), 1_000_000), Some(topic(None, 21_000_000)));
        assert_eq!(findings(&spec(), &facts, &BTreeSet::new()), []);
        let old = (0..7).map(|index| TopicPartition::new("a", index)).collect();
        let [found] = &findings(&spec(), &facts, &old)[..] else { panic!("one finding") };
        assert_eq!((found.type_, found.reason.as_str()), (AT_RISK, "RetentionNear"));
        assert!(
            found.message.contains("in a-0; a-1; a-2; a-3; a-4; and 2 more; it deletes those of a after 7d: "),
            "{}",
            found.message
        );
    }

    #[test]
    fn dead_letters_that_their_topic_would_refuse_are_at_risk() {
        let reasons = |dead| {
            let found = findings(&spec(), &facts(topic(None, 5_000_000), dead), &BTreeSet::new());
            found.into_iter().map(|finding| finding.reason).collect::<Vec<_>>()
        };
        assert_eq!(reasons(None), ["DeadLetterTopicMissing"]);
        assert_eq!(reasons(Some(topic(None, 5_500_000))), ["DeadLetterTopicTooSmall"]);
        assert_eq!(reasons(Some(topic(None, 6_000_000))), Vec::<String>::new());
    }
}
