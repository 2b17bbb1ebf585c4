//! Settings of a topic: which differ.

use std::collections::BTreeMap;

use crate::cluster::configs::{Change, Settings, Source};
use crate::kafka_config;
use crate::kafka_version::KafkaVersion;

/// Which replicas of a topic are throttled while they move: the operator's own marks, which no spec lists. First those that are read
/// from, then those that are written.
pub const MARKS: [&str; 2] = ["leader.replication.throttled.replicas", "follower.replication.throttled.replicas"];

/// The settings that a topic has of its own, in the form in which Kafka tells them; `None` where it keeps the value to itself.
pub type Own = BTreeMap<String, Option<String>>;

/// Those settings that are the topic's own: the others are the brokers' or Kafka's defaults.
pub fn own(version: KafkaVersion, settings: &Settings) -> Own {
    let own = settings.iter().filter(|(_, setting)| setting.source == Source::Topic);
    own.map(|(key, setting)| {
        let value = setting.value.as_ref().filter(|_| !setting.sensitive);
        (key.clone(), value.map(|value| kafka_config::canonical_topic_value(version, key, value)))
    })
    .collect()
}

/// What makes `own` the settings that are wanted. What cannot be compared and the marks stay as they are.
pub(super) fn changes(wanted: &BTreeMap<String, String>, own: &Own) -> BTreeMap<String, Change> {
    let differs = |key: &String, value: &String| match own.get(key) {
        Some(Some(there)) => there != value,
        Some(None) => false,
        None => true,
    };
    let set = wanted.iter().filter(|(key, value)| differs(key, value));
    let set = set.map(|(key, value)| (key.clone(), Change::Set(value.clone())));
    let gone = own
        .iter()
        .filter(|(key, value)| value.is_some() && !wanted.contains_key(*key) && !MARKS.contains(&key.as_str()));
    set.chain(gone.map(|(key, _)| (key.clone(), Change::Delete))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::configs::Setting;

    fn set(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn only_what_differs_is_changed_and_what_nobody_wants_goes_back_to_the_default() {
        let own: Own = [
            ("retention.ms", Some("1")),
            ("cleanup.policy", Some("delete")),
            ("segment.ms", Some("7")),
            ("secret", None),
            (MARKS[0], Some("0:1")),
        ]
        .map(|(key, value)| (key.to_owned(), value.map(str::to_owned)))
        .into();
        let wanted =
            set(&[("retention.ms", "2"), ("cleanup.policy", "delete"), ("max.message.bytes", "9"), ("secret", "x")]);
        let expected = [
            ("max.message.bytes", Change::Set("9".into())),
            ("retention.ms", Change::Set("2".into())),
            ("segment.ms", Change::Delete),
        ];
        assert_eq!(changes(&wanted, &own), expected.map(|(key, change)| (key.to_owned(), change)).into());
    }

    #[test]
    fn a_value_that_holds_by_default_is_set_all_the_same_so_that_it_stays() {
        let setting =
            |source, sensitive| Setting { value: Some("604800000".into()), source, sensitive, read_only: false };
        let told = [
            ("retention.ms", setting(Source::Default, false)),
            ("segment.ms", setting(Source::Topic, false)),
            ("secret", setting(Source::Topic, true)),
        ];
        let own = own("4.3.1".parse().unwrap(), &told.map(|(key, setting)| (key.to_owned(), setting)).into());
        assert_eq!(own, [("secret".to_owned(), None), ("segment.ms".to_owned(), Some("604800000".to_owned()))].into());
        let wanted = set(&[("retention.ms", "604800000"), ("segment.ms", "604800000")]);
        assert_eq!(changes(&wanted, &own), [("retention.ms".to_owned(), Change::Set("604800000".into()))].into());
    }
}
