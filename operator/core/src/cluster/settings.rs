//! Configuration that Kafka changes while it runs, for all brokers at once.
//!
//! What somebody set by hand for all brokers is put back; keys that no version of ours changes while it runs (throttles among them) and what
//! was set for a single broker are left alone.

use std::collections::BTreeMap;

use super::configs::{Change, Setting, Settings, Source};
use crate::build::safe_defaults;
use crate::conditions::{Finding, SYNCED};
use crate::kafka_config::{self, Update};
use crate::pipeline::Pipeline;

/// Reason: Kafka does not take a value.
pub const REFUSED: &str = "KafkaConfigRefused";

/// What is to be changed of what all brokers have in common.
pub fn plan(pipeline: &Pipeline, actual: &Settings) -> BTreeMap<String, Change> {
    let defaults = safe_defaults(pipeline);
    let change = |(key, update): (&str, Update)| {
        let has = actual.get(key).filter(|setting| is_of_all_brokers(setting)).and_then(|has| has.value.as_deref());
        let said = pipeline.config.get(key).or_else(|| defaults.get(key)).map(String::as_str);
        let wanted = said.or_else(|| has.and(when_taken_away(update)));
        let one_form = |value: &str| kafka_config::canonical_value(pipeline.version, key, value);
        let change = match (wanted, has) {
            (None, None) => return None,
            (None, Some(_)) => Change::Delete,
            (Some(wanted), has) if has.map(one_form) == Some(one_form(wanted)) => return None,
            (Some(wanted), _) => Change::Set(wanted.to_owned()),
        };
        Some((key.to_owned(), change))
    };
    kafka_config::dynamic_keys(pipeline.version).filter_map(change).collect()
}

/// The value of a key that running nodes may have in their files.
fn when_taken_away(update: Update) -> Option<&'static str> {
    if let Update::LiveFromStart(start) = update { Some(start.default) } else { None }
}

fn is_of_all_brokers(setting: &Setting) -> bool {
    setting.source == Source::AllBrokers && !setting.sensitive
}

/// The keys of `changes` that a running Kafka at most halves or doubles at a time.
pub fn in_steps(changes: &BTreeMap<String, Change>) -> Vec<&str> {
    let is_in_steps = |key: &str| matches!(kafka_config::update(key), Update::LiveFromStart(start) if start.in_steps);
    changes.keys().map(String::as_str).filter(|key| is_in_steps(key)).collect()
}

/// Makes steps of changes that Kafka would refuse as too large: `running` is what each broker runs with. Whether more steps are to follow.
pub fn take_steps(changes: &mut BTreeMap<String, Change>, running: &[Settings]) -> bool {
    let keys: Vec<_> = in_steps(changes).into_iter().map(str::to_owned).collect();
    let mut follow = false;
    for key in keys {
        let now = running.iter().filter_map(|settings| settings.get(&key)?.value.as_ref()?.parse::<i32>().ok());
        if let Some(Change::Set(value)) = changes.get_mut(&key)
            && let Ok(wanted) = value.parse::<i32>()
            && let Some(step) = step(wanted, now)
        {
            follow |= step != wanted;
            *value = step.to_string();
        }
    }
    follow
}

/// A value that every broker takes; nothing where the brokers differ too much, or are not known.
fn step(wanted: i32, now: impl Iterator<Item = i32>) -> Option<i32> {
    let now: Vec<_> = now.collect();
    let most = now.iter().min()?.saturating_mul(2);
    let least = (now.iter().max()? / 2).max(1);
    (least <= most).then(|| wanted.clamp(least, most))
}

/// What people are told of values that Kafka did not take, each with Kafka's words. Nothing when it took all.
pub fn refused(refusals: &BTreeMap<String, String>) -> Option<Finding> {
    let said: Vec<_> =
        refusals.iter().map(|(key, words)| format!("spec.kafka.config[{key}]: Kafka refuses it: {words}")).collect();
    (!said.is_empty()).then(|| Finding::new(SYNCED, false, REFUSED, said.join("; ")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::build::tests::fixtures::reference;

    fn pipeline(config: &[(&str, &str)]) -> Pipeline {
        let config = config.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Pipeline { config, ..reference() }
    }

    fn setting(value: &str, source: Source) -> Setting {
        Setting { value: Some(value.to_owned()), source, sensitive: false, read_only: false }
    }

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        let of_all = |(key, value): &(&str, &str)| ((*key).to_owned(), setting(value, Source::AllBrokers));
        pairs.iter().map(of_all).collect()
    }

    /// What is sent, beside what is always said: two copies in sync, no unclean election.
    fn sent(config: &[(&str, &str)], actual: &[(&str, &str)]) -> Vec<String> {
        let safe = [("min.insync.replicas", "2"), ("unclean.leader.election.enable", "false")];
        let mut known = settings(&safe);
        known.extend(settings(actual));
        said(&plan(&pipeline(config), &known))
    }

    fn said(changes: &BTreeMap<String, Change>) -> Vec<String> {
        let said = |(key, change): (&String, &Change)| match change {
            Change::Set(value) => format!("{key}={value}"),
            other => format!("{key} {other:?}"),
        };
        changes.iter().map(said).collect()
    }

    #[test]
    fn only_differences_are_sent() {
        type Pairs = &'static [(&'static str, &'static str)];
        let cases: [(Pairs, Pairs, &[&str]); 10] = [
            (&[], &[], &[]),
            (&[("log.retention.ms", "7")], &[], &["log.retention.ms=7"]),
            (&[("log.retention.ms", "7")], &[("log.retention.ms", "7")], &[]),
            (&[("log.preallocate", "TRUE")], &[("log.preallocate", "true")], &[]),
            (&[], &[("log.retention.ms", "7")], &["log.retention.ms Delete"]),
            (&[("log.retention.hours", "7")], &[], &[]),
            (&[], &[("num.io.threads", "32")], &["num.io.threads=8"]),
            (&[], &[("num.io.threads", "8")], &[]),
            (&[("min.insync.replicas", "1")], &[], &["min.insync.replicas=1"]),
            (&[], &[("unclean.leader.election.enable", "true")], &["unclean.leader.election.enable=false"]),
        ];
        for (config, actual, expected) in cases {
            assert_eq!(sent(config, actual), expected, "{config:?} {actual:?}");
        }
    }

    #[test]
    fn a_new_cluster_is_told_what_keeps_lines_safe() {
        let changes = plan(&pipeline(&[]), &Settings::new());
        assert_eq!(said(&changes), ["min.insync.replicas=2", "unclean.leader.election.enable=false"]);
    }

    #[test]
    fn what_is_not_of_all_brokers_or_not_ours_is_left_alone() {
        let mut actual = settings(&[("leader.replication.throttled.rate", "1"), ("ssl.keystore.location", "/x")]);
        actual.insert("log.retention.ms".to_owned(), setting("7", Source::Default));
        let secret = Setting { value: None, sensitive: true, ..setting("", Source::AllBrokers) };
        actual.insert("log.roll.ms".to_owned(), secret);
        let changes = plan(&pipeline(&[]), &actual);
        assert_eq!(said(&changes), ["min.insync.replicas=2", "unclean.leader.election.enable=false"]);
    }

    #[test]
    fn threads_are_changed_in_steps_that_every_broker_takes() {
        for (wanted, running, step, follow) in [
            (64, vec![8, 8], 16, true),
            (64, vec![32, 40], 64, false),
            (1, vec![9], 4, true),
            (1, vec![1], 1, false),
            (64, vec![8, 64], 64, false),
            (64, vec![], 64, false),
        ] {
            let mut changes = BTreeMap::from([("num.io.threads".to_owned(), Change::Set(wanted.to_string()))]);
            changes.insert("log.retention.ms".to_owned(), Change::Set("64".to_owned()));
            let brokers: Vec<_> = running.iter().map(|now| settings(&[("num.io.threads", &now.to_string())])).collect();
            assert_eq!(take_steps(&mut changes, &brokers), follow, "{wanted} {running:?}");
            assert_eq!(said(&changes), ["log.retention.ms=64".to_owned(), format!("num.io.threads={step}")]);
        }
    }

    /// What Kafka has afterwards.
    fn applied(mut actual: Settings, changes: &BTreeMap<String, Change>) -> Settings {
        for (key, change) in changes {
            match change {
                Change::Set(value) => drop(actual.insert(key.clone(), setting(value, Source::AllBrokers))),
                _ => drop(actual.remove(key)),
            }
        }
        actual
    }

    fn some_keys() -> impl Strategy<Value = BTreeMap<String, String>> {
        let key = prop::sample::select(vec![
            "log.retention.ms",
            "num.io.threads",
            "min.insync.replicas",
            "queued.max.requests",
        ]);
        prop::collection::btree_map(key.prop_map(str::to_owned), (1..9_i32).prop_map(|value| value.to_string()), 0..4)
    }

    proptest! {
        #[test]
        fn a_plan_that_was_carried_out_leaves_nothing_to_do(config in some_keys(), before in some_keys()) {
            let pipeline = Pipeline { config: config.clone(), ..reference() };
            let before: Settings = before.iter().map(|(key, value)| (key.clone(), setting(value, Source::AllBrokers))).collect();
            let after = applied(before.clone(), &plan(&pipeline, &before));
            prop_assert!(plan(&pipeline, &after).is_empty());
            for key in config.keys().filter(|key| kafka_config::update(key) != Update::AtStart) {
                prop_assert_eq!(after[key].value.as_ref(), Some(&config[key]));
            }
        }
    }
}
