//! What must be known of the topics that a consumer reads and writes.

use std::collections::BTreeMap;
use std::time::Duration;

use kafkapipelines_crds::ConsumerSpec;

use crate::cluster::configs::Settings;
use crate::vector::MAX_DEAD_LETTER_BYTES;

/// The settings that are asked for.
pub const SETTINGS: [&str; 3] = ["cleanup.policy", "max.message.bytes", "retention.ms"];

/// Room for the headers of a dead letter, beside the line.
const HEADER_BYTES: u64 = 1_000_000;

/// A topic that exists.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TopicFacts {
    /// How many partitions it has.
    pub partitions: i32,
    /// The largest batch that it takes; none where Kafka did not tell.
    pub max_message_bytes: Option<u64>,
    /// How long it keeps lines; none where it keeps them for ever, or Kafka did not tell.
    pub retention: Option<Duration>,
}

/// The topics of a consumer that exist, by name.
pub type Facts = BTreeMap<String, TopicFacts>;

impl TopicFacts {
    /// A topic with so many partitions and these settings.
    pub fn of(partitions: i32, settings: Option<&Settings>) -> Self {
        let value = |key: &str| settings?.get(key)?.value.as_deref();
        // -1 is for ever.
        let retention = value("retention.ms").and_then(|ms| ms.parse().ok()).map(Duration::from_millis);
        let deletes = value("cleanup.policy").is_some_and(|policy| policy.contains("delete"));
        Self {
            partitions,
            max_message_bytes: value("max.message.bytes").and_then(|bytes| bytes.parse().ok()),
            retention: retention.filter(|_| deletes),
        }
    }
}

/// Partitions of all the topics that are read; none while a listed one does not exist. Members share them without regard to topics, so
/// more members than this stay idle.
pub fn partitions(spec: &ConsumerSpec, facts: &Facts) -> Option<i32> {
    missing(spec, facts).is_empty().then(|| read(spec, facts).map(|(_, topic)| topic.partitions).sum())
}

/// Names of the topics that are read, as far as they exist.
pub fn names(spec: &ConsumerSpec, facts: &Facts) -> Vec<String> {
    read(spec, facts).map(|(name, _)| name.clone()).collect()
}

/// The facts are those of topics that are read, and of the dead-letter topic, which never is.
fn read<'a>(spec: &'a ConsumerSpec, facts: &'a Facts) -> impl Iterator<Item = (&'a String, &'a TopicFacts)> {
    facts.iter().filter(|(name, _)| **name != spec.dead_letter.topic)
}

/// Listed topics that do not exist.
pub(super) fn missing<'a>(spec: &'a ConsumerSpec, facts: &Facts) -> Vec<&'a str> {
    spec.topics.iter().map(String::as_str).filter(|topic| !facts.contains_key(*topic)).collect()
}

/// What is wrong with the dead-letter topic.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Unfit {
    /// There is none.
    Missing,
    /// It takes less than what may be written to it.
    TooSmall {
        /// Bytes that it takes.
        takes: u64,
        /// Bytes that may be written.
        needs: u64,
    },
}

/// What keeps dead letters out of their topic, if anything does: one that it refuses is lost.
pub(super) fn dead_letters_unfit(spec: &ConsumerSpec, facts: &Facts) -> Option<Unfit> {
    let Some(letters) = facts.get(&spec.dead_letter.topic) else { return Some(Unfit::Missing) };
    let largest = read(spec, facts).filter_map(|(_, topic)| topic.max_message_bytes).max()?;
    let (takes, needs) = (letters.max_message_bytes?, (largest + HEADER_BYTES).min(MAX_DEAD_LETTER_BYTES));
    (takes < needs).then_some(Unfit::TooSmall { takes, needs })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::configs::{Setting, Source};
    use serde_json::json;

    pub(crate) fn spec() -> ConsumerSpec {
        let sink = json!({"name": "store", "victoriaLogs": {"endpoint": "http://vl:9428"}});
        serde_json::from_value(
            json!({"pipeline": "logs", "topics": ["a", "b"], "sinks": [sink], "deadLetter": {"topic": "dead"}}),
        )
        .unwrap()
    }

    fn takes(bytes: u64) -> TopicFacts {
        TopicFacts { partitions: 3, max_message_bytes: Some(bytes), retention: None }
    }

    fn facts(topics: &[(&str, TopicFacts)]) -> Facts {
        topics.iter().map(|(name, facts)| ((*name).to_owned(), facts.clone())).collect()
    }

    #[test]
    fn settings_tell_what_a_topic_takes_and_how_long_it_keeps_it() {
        let setting = |(key, value): &(&str, &str)| {
            let setting = Setting {
                value: Some((*value).to_owned()),
                source: Source::Default,
                sensitive: false,
                read_only: false,
            };
            ((*key).to_owned(), setting)
        };
        for (settings, bytes, retention) in [
            (
                vec![("cleanup.policy", "delete"), ("retention.ms", "60000"), ("max.message.bytes", "99")],
                Some(99),
                Some(60),
            ),
            (vec![("cleanup.policy", "compact,delete"), ("retention.ms", "60000")], None, Some(60)),
            (vec![("cleanup.policy", "compact"), ("retention.ms", "60000")], None, None),
            (vec![("cleanup.policy", "delete"), ("retention.ms", "-1")], None, None),
        ] {
            let settings = settings.iter().map(setting).collect();
            let retention = retention.map(Duration::from_secs);
            assert_eq!(
                TopicFacts::of(3, Some(&settings)),
                TopicFacts { partitions: 3, max_message_bytes: bytes, retention }
            );
        }
        assert_eq!(TopicFacts::of(3, None), TopicFacts { partitions: 3, ..TopicFacts::default() });
    }

    #[test]
    fn partitions_are_known_when_all_topics_are() {
        assert_eq!(partitions(&spec(), &facts(&[("a", takes(1)), ("b", takes(1)), ("dead", takes(1))])), Some(6));
        assert_eq!(partitions(&spec(), &facts(&[("a", takes(1)), ("dead", takes(1))])), None);
        assert_eq!(missing(&spec(), &facts(&[("a", takes(1))])), ["b"]);
    }

    #[test]
    fn of_a_pattern_all_that_match_are_known_though_they_are_none() {
        let pattern = ConsumerSpec { topics: Vec::new(), topic_pattern: Some(".*".to_owned()), ..spec() };
        let there = facts(&[("a", takes(1)), ("c", takes(5_000_000)), ("dead", takes(1))]);
        assert_eq!(
            (partitions(&pattern, &there), names(&pattern, &there)),
            (Some(6), vec!["a".to_owned(), "c".to_owned()])
        );
        assert_eq!(dead_letters_unfit(&pattern, &there), Some(Unfit::TooSmall { takes: 1, needs: 6_000_000 }));
        let nothing = facts(&[("dead", takes(1))]);
        assert_eq!((partitions(&pattern, &nothing), missing(&pattern, &nothing)), (Some(0), Vec::new()));
        assert_eq!(dead_letters_unfit(&pattern, &nothing), None);
    }

    #[test]
    fn a_dead_letter_has_room_for_the_largest_line_and_its_headers() {
        let unfit = |dead: u64, b: u64| {
            dead_letters_unfit(&spec(), &facts(&[("a", takes(1_000_000)), ("b", takes(b)), ("dead", takes(dead))]))
        };
        assert_eq!(unfit(2_000_000, 1_000_000), None);
        assert_eq!(unfit(1_999_999, 1_000_000), Some(Unfit::TooSmall { takes: 1_999_999, needs: 2_000_000 }));
        assert_eq!(unfit(2_000_000, 5_000_000), Some(Unfit::TooSmall { takes: 2_000_000, needs: 6_000_000 }));
        assert_eq!(unfit(21_000_000, 99_000_000), None, "more than is fetched need not fit");
        assert_eq!(dead_letters_unfit(&spec(), &facts(&[("a", takes(1))])), Some(Unfit::Missing));
    }
}
