//! Keys that Kafka changes while it runs.

use super::Scope;
use super::catalogue::Catalogue;
use crate::kafka_version::KafkaVersion;

const KEYS: &str = include_str!("dynamic-keys.txt");

/// How a key of `spec.kafka.config` comes into effect.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Update {
    /// From the node's file, when it starts.
    AtStart,
    /// By the admin protocol, and in no file: a node takes it up before it serves, and a key that is taken away is gone.
    Live,
    /// By the admin protocol, and from the file at a start.
    ///
    /// A node that starts goes from its file's value to the one that all brokers have. Where it cannot, as with threads that would more than
    /// double, it takes up none of what all brokers have. A key that is taken away is set to the default, for nodes have it from their files.
    LiveFromStart(Start),
}

/// A key that a node must find in its file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Start {
    /// Kafka's default.
    pub(crate) default: &'static str,
    /// A running Kafka at most halves or doubles the value at a time.
    pub(crate) in_steps: bool,
}

/// How the key comes into effect.
pub(crate) fn update(key: &str) -> Update {
    lines().find(|(dynamic, _)| *dynamic == key).map_or(Update::AtStart, |(_, update)| update)
}

/// The keys that a version changes while it runs.
pub(crate) fn keys(version: KafkaVersion) -> impl Iterator<Item = (&'static str, Update)> {
    let known = Catalogue::of(Scope::Broker, version);
    lines().filter(move |(key, _)| known.find(key).is_some())
}

fn lines() -> impl Iterator<Item = (&'static str, Update)> {
    KEYS.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut words = line.split(' ');
        let key = words.next().unwrap_or_default();
        let start = words.next().map(|default| Start { default, in_steps: words.next() == Some("steps") });
        (key, start.map_or(Update::Live, Update::LiveFromStart))
    })
}

#[cfg(test)]
mod tests {
    use super::super::owned;
    use super::*;

    #[test]
    fn every_key_is_known_to_some_version_is_no_owned_one_and_has_a_good_default() {
        let versions = ["3.9.2", "4.3.1"].map(|version| version.parse::<KafkaVersion>().unwrap());
        for (key, update) in lines() {
            let entries = versions.iter().filter_map(|version| Catalogue::of(Scope::Broker, *version).find(key));
            let entries: Vec<_> = entries.collect();
            assert!(!entries.is_empty() && owned::way_out(key).is_none(), "{key}");
            if let Update::LiveFromStart(start) = update {
                assert!(entries.iter().all(|entry| super::super::value::check(entry, start.default).is_ok()), "{key}");
                assert_eq!(entries.len(), versions.len(), "{key}: a default for both lines");
            }
        }
    }

    #[test]
    fn keys_come_into_effect_in_three_ways() {
        assert_eq!(update("log.retention.ms"), Update::Live);
        assert_eq!(update("num.io.threads"), Update::LiveFromStart(Start { default: "8", in_steps: true }));
        assert_eq!(update("min.insync.replicas"), Update::LiveFromStart(Start { default: "1", in_steps: false }));
        assert_eq!(update("queued.max.requests"), Update::AtStart);
        assert_eq!(update("log.retention.hours"), Update::AtStart);
    }

    #[test]
    fn a_version_changes_only_what_it_knows() {
        let has = |version: &str, wanted: &str| keys(version.parse().unwrap()).any(|(key, _)| key == wanted);
        assert!(
            has("3.9.2", "log.message.downconversion.enable") && !has("4.3.1", "log.message.downconversion.enable")
        );
    }
}
