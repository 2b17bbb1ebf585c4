//! Whether there are brokers enough for the copies that are asked for, and copies enough for the promise.

use std::collections::BTreeMap;

use kafkapipelines_crds::TopicSpec;

use crate::kafka_config;
use crate::refusal::Refusal;

const FACTOR: &str = "default.replication.factor";
const IN_SYNC: &str = "min.insync.replicas";
/// Copies from which on a line can survive the loss of one broker during the restart of another.
const SAFE: i64 = 3;

/// How many copies the internal topics get, and how many of them must hold a record before it is acknowledged.
const INTERNAL: [(&str, Option<&str>); 3] = [
    ("offsets.topic.replication.factor", None),
    ("transaction.state.log.replication.factor", Some("transaction.state.log.min.isr")),
    ("share.coordinator.state.topic.replication.factor", Some("share.coordinator.state.topic.min.isr")),
];

/// Copies in a cluster: what the configuration says, and what the operator adds where it is silent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Replication<'a> {
    /// Brokers that the pools ask for.
    pub(super) brokers: i64,
    /// The user's Kafka configuration.
    pub(super) config: &'a BTreeMap<String, String>,
}

impl Replication<'_> {
    /// What can only fail, or can only lose lines, in the configuration of all nodes.
    pub(super) fn refusals(&self) -> Vec<Refusal> {
        let factors = [FACTOR].into_iter().chain(INTERNAL.map(|(factor, _)| factor));
        let mut refusals: Vec<_> = factors.filter_map(|key| self.too_many(config(key), self.get(key)?)).collect();
        refusals.extend(INTERNAL.iter().filter_map(|(factor, in_sync)| {
            let in_sync = (*in_sync)?;
            never_in_sync(
                config(in_sync),
                self.get(in_sync)?,
                self.get(factor).unwrap_or_else(|| self.default_factor()),
            )
        }));
        if let Some(in_sync) = self.get(IN_SYNC) {
            refusals.extend(never_in_sync(config(IN_SYNC), in_sync, self.factor()));
            refusals.extend(single_copy(config(IN_SYNC), in_sync, self.factor()));
        }
        if self.brokers >= SAFE && self.get(FACTOR) == Some(1) {
            let message = "one copy of each line is lost with the disk of its broker: set it to 3, or remove the key";
            refusals.push(Refusal::new(kafka_config::DANGEROUS, config(FACTOR), 1, message));
        }
        refusals
    }

    /// What works until the first restart or the first broken disk.
    pub(super) fn warnings(&self) -> Vec<Refusal> {
        let stuck = self.get(IN_SYNC).and_then(|in_sync| stuck(config(IN_SYNC), in_sync, self.factor()));
        let offsets = INTERNAL[0].0;
        let alone = (self.brokers >= SAFE && self.get(offsets) == Some(1)).then(|| {
            let message =
                "with one broker's disk the offsets of its consumers are lost: set it to 3, or remove the key";
            Refusal::new("NotReplicated", config(offsets), 1, message)
        });
        stuck.into_iter().chain(alone).collect()
    }

    /// The same for a topic, whose good configuration is `own`.
    pub(super) fn topic_refusals(&self, topic: &TopicSpec, own: &BTreeMap<String, String>) -> Vec<Refusal> {
        let replicas = topic.replicas.map(i64::from);
        let field = |name: &str| format!("spec.topics[{}].{name}", topic.name);
        let in_sync = own.get(IN_SYNC).and_then(|value| value.parse().ok());
        let factor = replicas.unwrap_or_else(|| self.factor());
        let in_sync_field = || field(&format!("config[{IN_SYNC}]"));
        [
            replicas.and_then(|replicas| self.too_many(field("replicas"), replicas)),
            in_sync.and_then(|in_sync| never_in_sync(in_sync_field(), in_sync, factor)),
            in_sync.and_then(|in_sync| single_copy(in_sync_field(), in_sync, factor)),
            replicas.filter(|_| in_sync.is_none()).and_then(|replicas| self.too_few(field("replicas"), replicas)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// A topic without a word of its own needs as many copies in sync as the brokers say.
    fn too_few(&self, field: String, replicas: i64) -> Option<Refusal> {
        let needed = self.get(IN_SYNC).unwrap_or_else(|| (self.factor() - 1).clamp(1, 2));
        let message = format!(
            "the brokers' {IN_SYNC} is {needed}, so no line would ever be acknowledged: set it to {} or more, or {IN_SYNC} in the topic's config to {}",
            needed + 1,
            (replicas - 1).max(1)
        );
        (replicas < needed).then(|| Refusal::new("MinIsrExceedsReplicas", field, replicas, message))
    }

    /// The same for a topic.
    pub(super) fn topic_warnings(&self, topic: &TopicSpec, own: &BTreeMap<String, String>) -> Vec<Refusal> {
        let field = |name: &str| format!("spec.topics[{}].{name}", topic.name);
        let factor = topic.replicas.map_or_else(|| self.factor(), i64::from);
        let in_sync = own.get(IN_SYNC).and_then(|value| value.parse().ok());
        let stuck = in_sync.and_then(|in_sync| stuck(field(&format!("config[{IN_SYNC}]")), in_sync, factor));
        let alone = (self.brokers >= SAFE && topic.replicas == Some(1)).then(|| {
            let message = "its lines are lost with the disk of one broker: set it to 3, or remove the field";
            Refusal::new("NotReplicated", field("replicas"), 1, message)
        });
        stuck.into_iter().chain(alone).collect()
    }

    fn get(&self, key: &str) -> Option<i64> {
        self.config.get(key).and_then(|value| value.parse().ok())
    }

    fn factor(&self) -> i64 {
        self.get(FACTOR).unwrap_or_else(|| self.default_factor())
    }

    /// What the operator writes where the user says nothing.
    fn default_factor(&self) -> i64 {
        self.brokers.clamp(1, SAFE)
    }

    fn too_many(&self, field: String, factor: i64) -> Option<Refusal> {
        let brokers = self.brokers;
        let message = format!(
            "there are {brokers} brokers, so no topic could be made: set it to {brokers} or less, or add brokers"
        );
        (brokers > 0 && factor > brokers).then(|| Refusal::new("NotEnoughBrokers", field, factor, message))
    }
}

fn config(key: &str) -> String {
    format!("spec.kafka.config[{key}]")
}

fn never_in_sync(field: String, in_sync: i64, factor: i64) -> Option<Refusal> {
    let message =
        format!("with {factor} copies no line would ever be acknowledged: set it to {} or less", (factor - 1).max(1));
    (in_sync > factor).then(|| Refusal::new("MinIsrExceedsReplicas", field, in_sync, message))
}

fn single_copy(field: String, in_sync: i64, factor: i64) -> Option<Refusal> {
    let message =
        "a line would be acknowledged while one broker alone has it, and be lost with that broker's disk: set it to 2";
    (in_sync == 1 && factor >= SAFE).then(|| Refusal::new(kafka_config::DANGEROUS, field, in_sync, message))
}

fn stuck(field: String, in_sync: i64, factor: i64) -> Option<Refusal> {
    let message = format!(
        "with {factor} copies no broker can be away without stopping producers: set it to {}, or have more copies",
        factor - 1
    );
    (factor > 1 && in_sync == factor).then(|| Refusal::new("MinIsrEqualsReplicas", field, in_sync, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config_of(pairs: &[(&str, i64)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), value.to_string())).collect()
    }

    fn said(found: &[Refusal]) -> Vec<(&str, &str, &str)> {
        found.iter().map(|r| (r.reason, r.field.as_str(), r.value.as_str())).collect()
    }

    #[test]
    fn what_can_only_fail_or_lose_lines_is_refused() {
        for (brokers, key, value, reason, way_out) in [
            (2, FACTOR, 3, "NotEnoughBrokers", "set it to 2 or less"),
            (1, "offsets.topic.replication.factor", 3, "NotEnoughBrokers", "add brokers"),
            (2, "transaction.state.log.replication.factor", 3, "NotEnoughBrokers", "set it to 2 or less"),
            (1, IN_SYNC, 2, "MinIsrExceedsReplicas", "set it to 1 or less"),
            (3, "transaction.state.log.min.isr", 4, "MinIsrExceedsReplicas", "set it to 2 or less"),
            (3, IN_SYNC, 1, "DangerousKafkaConfig", "set it to 2"),
            (3, FACTOR, 1, "DangerousKafkaConfig", "set it to 3"),
        ] {
            let config = config_of(&[(key, value)]);
            let refusals = Replication { brokers, config: &config }.refusals();
            let field = super::config(key);
            assert_eq!(said(&refusals), [(reason, field.as_str(), value.to_string().as_str())]);
            assert!(refusals[0].message.contains(way_out), "{}", refusals[0]);
        }
    }

    #[test]
    fn small_and_usual_clusters_are_accepted() {
        for (brokers, pairs) in [
            (3, vec![(FACTOR, 3), (IN_SYNC, 2), ("offsets.topic.replication.factor", 3)]),
            (1, vec![(FACTOR, 1), (IN_SYNC, 1), ("offsets.topic.replication.factor", 1)]),
            (2, vec![(FACTOR, 2), (IN_SYNC, 1)]),
            (0, vec![(FACTOR, 3)]),
        ] {
            let config = config_of(&pairs);
            let replication = Replication { brokers, config: &config };
            assert_eq!((replication.refusals(), replication.warnings()), (vec![], vec![]), "{brokers} {pairs:?}");
        }
    }

    #[test]
    fn what_works_until_the_first_restart_is_a_warning() {
        let config = config_of(&[(FACTOR, 3), (IN_SYNC, 3), ("offsets.topic.replication.factor", 1)]);
        let warnings = Replication { brokers: 3, config: &config }.warnings();
        let fields = ["spec.kafka.config[min.insync.replicas]", "spec.kafka.config[offsets.topic.replication.factor]"];
        assert_eq!(said(&warnings), [("MinIsrEqualsReplicas", fields[0], "3"), ("NotReplicated", fields[1], "1")]);
    }

    #[test]
    fn a_topic_is_judged_by_its_own_copies() {
        let none = BTreeMap::new();
        let replication = Replication { brokers: 3, config: &none };
        for (replicas, in_sync, refused, warned) in [
            (Some(3), Some(2), None, None),
            (Some(4), None, Some("NotEnoughBrokers"), None),
            (Some(2), Some(3), Some("MinIsrExceedsReplicas"), None),
            (None, Some(1), Some("DangerousKafkaConfig"), None),
            (None, Some(3), None, Some("MinIsrEqualsReplicas")),
            (Some(1), None, Some("MinIsrExceedsReplicas"), Some("NotReplicated")),
            (Some(1), Some(1), None, Some("NotReplicated")),
            (Some(2), None, None, None),
        ] {
            let topic = TopicSpec { name: "logs".into(), replicas, ..TopicSpec::default() };
            let own = in_sync.map(|value| config_of(&[(IN_SYNC, value)])).unwrap_or_default();
            let reason = |found: Vec<Refusal>| found.first().map(|refusal| refusal.reason);
            assert_eq!(reason(replication.topic_refusals(&topic, &own)), refused, "{replicas:?} {in_sync:?}");
            assert_eq!(reason(replication.topic_warnings(&topic, &own)), warned, "{replicas:?} {in_sync:?}");
        }
    }
}
