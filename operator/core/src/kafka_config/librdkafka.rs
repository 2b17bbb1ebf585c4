//! Which properties of librdkafka, the Kafka client inside Vector, a user may set for a consumer.

use std::collections::BTreeMap;

use kafkapipelines_crds::{Properties, PropertyValue};

use super::catalogue::Catalogue;
use super::{shown, value};
use crate::refusal::Refusal;

/// Reason: the operator writes the property, or with it lines could be lost.
pub const OWNED: &str = "OwnedLibrdkafkaProperty";
/// Reason: librdkafka has no such property for consumers.
pub const UNKNOWN: &str = "UnknownLibrdkafkaProperty";
/// Reason: librdkafka would not take the value.
pub const INVALID: &str = "InvalidLibrdkafkaProperty";

const CONNECTION: &str = "how Kafka is reached follows from the pipeline's listener; remove it";
const COMMITS: &str = "an offset is committed only once the store, or the dead-letter topic, has the line; remove it";
const MEMBERSHIP: &str = "how members come and go was measured to lose nothing as it is; remove it";
const LARGEST: &str = "it must hold the largest line that a topic takes, and does; remove it";
const OF_VECTOR: &str = "Vector needs it as it is; remove it";
const CODE: &str = "it is set by programs, not by people; remove it";

/// What the properties of a row begin with (`.` at the end) or are, and why they are not the user's.
const OWNERS: [(&[&str], &str); 10] = [
    (&["group.id"], "say it in spec.groupId and remove it"),
    (&["auto.offset.reset", "topic.auto.offset.reset"], "say it in spec.autoOffsetReset and remove it"),
    (
        &[
            "bootstrap.servers",
            "metadata.broker.list",
            "security.",
            "ssl.",
            "sasl.",
            "https.",
            "enable.ssl.",
            "enable.sasl.",
        ],
        CONNECTION,
    ),
    (&["enable.auto.commit", "auto.commit.", "enable.auto.offset.store", "offset.store.", "isolation.level"], COMMITS),
    (
        &[
            "group.",
            "partition.assignment.strategy",
            "session.timeout.ms",
            "heartbeat.interval.ms",
            "max.poll.interval.ms",
        ],
        MEMBERSHIP,
    ),
    (
        &["fetch.message.max.bytes", "max.partition.fetch.bytes", "receive.message.max.bytes", "message.max.bytes"],
        LARGEST,
    ),
    (&["enable.partition.eof", "statistics.interval.ms", "client.id", "log.queue"], OF_VECTOR),
    (&["topic.blacklist"], "say what is read in spec.topics or spec.topicPattern and remove it"),
    (&["allow.auto.create.topics"], "topics are made by spec.topics of the LogPipeline; remove it"),
    (&["plugin.", "interceptors", "opaque", "default_topic_conf", "builtin.features", "enabled_events"], CODE),
];

/// The good part of a consumer's properties, as librdkafka reads them, and what is wrong with the rest.
pub fn check(field: &str, properties: &Properties) -> (BTreeMap<String, String>, Vec<Refusal>) {
    let (mut good, mut refusals) = (BTreeMap::new(), Vec::new());
    for (key, value) in properties {
        match check_one(key, value) {
            Ok(value) => drop(good.insert(key.clone(), value)),
            Err((reason, message)) => {
                refusals.push(Refusal::new(reason, format!("{field}[{key}]"), shown(key, value), message));
            }
        }
    }
    refusals.extend(crossed_pauses(field, &good));
    (good, refusals)
}

fn check_one(key: &str, value: &PropertyValue) -> Result<String, (&'static str, String)> {
    if let Some(why) = owner(key) {
        return Err((OWNED, format!("the operator answers for this property: {why}")));
    }
    let catalogue = Catalogue::librdkafka();
    let entry = catalogue.find(key).ok_or_else(|| (UNKNOWN, unknown(catalogue, key)))?;
    let value = value.to_string();
    let value = value.trim();
    if value.is_empty() {
        return Err((INVALID, "must not be empty: write a value, or remove the property".to_owned()));
    }
    value::check(&entry, value).map_err(|message| (INVALID, message))?;
    Ok(value::canonical(entry.type_, value))
}

fn owner(key: &str) -> Option<&'static str> {
    let owns = |pattern: &&str| if pattern.ends_with('.') { key.starts_with(*pattern) } else { key == *pattern };
    let of_programs = key.ends_with("_cb").then_some(CODE);
    OWNERS.iter().find(|(patterns, _)| patterns.iter().any(owns)).map(|(_, why)| *why).or(of_programs)
}

fn unknown(catalogue: Catalogue, key: &str) -> String {
    match catalogue.nearest(key) {
        Some(near) => format!("no property of librdkafka that a consumer may set: did you mean {near}?"),
        None => {
            "no property of librdkafka that a consumer may set: docs/consumer.md says where they are listed".to_owned()
        }
    }
}

/// librdkafka does not start with a longest pause that is shorter than the first one.
fn crossed_pauses(field: &str, good: &BTreeMap<String, String>) -> Option<Refusal> {
    const FIRST: &str = "reconnect.backoff.ms";
    const LONGEST: &str = "reconnect.backoff.max.ms";
    let number = |key: &str, default: i64| good.get(key).and_then(|value| value.parse().ok()).unwrap_or(default);
    let (first, longest) = (number(FIRST, 100), number(LONGEST, 10_000));
    let message = format!("must be {first} or more, which is {FIRST}");
    (longest < first).then(|| Refusal::new(INVALID, format!("{field}[{LONGEST}]"), longest, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn checked(properties: Value) -> (BTreeMap<String, String>, Vec<Refusal>) {
        check("spec.librdkafka", &serde_json::from_value(properties).unwrap())
    }

    #[test]
    fn what_may_be_set_is_a_text_for_vector() {
        let (good, refusals) = checked(
            json!({"fetch.max.bytes": 104_857_600, "check.crcs": "TRUE", "client.rack": " a ", "debug": "cgrp, fetch",
            "topic.metadata.refresh.interval.ms": "10000", "broker.address.family": "v4"}),
        );
        assert_eq!(refusals, []);
        let expected = json!({"fetch.max.bytes": "104857600", "check.crcs": "true", "client.rack": "a", "debug": "cgrp,fetch",
            "topic.metadata.refresh.interval.ms": "10000", "broker.address.family": "v4"});
        assert_eq!(serde_json::to_value(good).unwrap(), expected);
    }

    #[test]
    fn what_may_not_be_set_is_refused_by_name_with_the_reason() {
        for (key, value, reason, way_out) in [
            ("enable.auto.commit", json!("false"), OWNED, "committed only once the store"),
            ("enable.auto.offset.store", json!("true"), OWNED, "committed only once"),
            ("auto.commit.interval.ms", json!(5000), OWNED, "committed only once"),
            ("offset.store.method", json!("none"), OWNED, "committed only once"),
            ("isolation.level", json!("read_uncommitted"), OWNED, "committed only once"),
            ("group.id", json!("a"), OWNED, "spec.groupId"),
            ("group.instance.id", json!("a"), OWNED, "measured"),
            ("group.protocol", json!("consumer"), OWNED, "measured"),
            ("partition.assignment.strategy", json!("range"), OWNED, "measured"),
            ("session.timeout.ms", json!(6000), OWNED, "measured"),
            ("max.poll.interval.ms", json!(6000), OWNED, "measured"),
            ("auto.offset.reset", json!("error"), OWNED, "spec.autoOffsetReset"),
            ("security.protocol", json!("plaintext"), OWNED, "listener"),
            ("ssl.ca.pem", json!("a"), OWNED, "listener"),
            ("sasl.password", json!("hunter2"), OWNED, "listener"),
            ("enable.ssl.certificate.verification", json!("false"), OWNED, "listener"),
            ("bootstrap.servers", json!("a:1"), OWNED, "listener"),
            ("topic.blacklist", json!("a"), OWNED, "spec.topics"),
            ("max.partition.fetch.bytes", json!(1000), OWNED, "largest line"),
            ("statistics.interval.ms", json!(0), OWNED, "Vector"),
            ("plugin.library.paths", json!("/a.so"), OWNED, "programs"),
            ("log_cb", json!("a"), OWNED, "programs"),
            ("fetch.max.byte", json!(1), UNKNOWN, "did you mean fetch.max.bytes?"),
            ("linger.ms", json!(1), UNKNOWN, "docs/consumer.md"),
            ("fetch.max.bytes", json!(999_999), INVALID, "1000000"),
            ("fetch.max.bytes", json!("50MB"), INVALID, "whole number"),
            ("check.crcs", json!("yes"), INVALID, "\"true\" or \"false\""),
            ("broker.address.family", json!("v5"), INVALID, "one of"),
            ("debug", json!("cgrp,everything"), INVALID, "list of"),
            ("client.rack", json!(" "), INVALID, "must not be empty"),
            ("client.rack", json!("a\nb"), INVALID, "one line"),
            ("reconnect.backoff.max.ms", json!(50), INVALID, "100 or more"),
        ] {
            let (_, refusals) = checked(json!({ key: value }));
            assert_eq!(refusals.len(), 1, "{key}: {refusals:?}");
            assert_eq!((refusals[0].reason, &refusals[0].field), (reason, &format!("spec.librdkafka[{key}]")));
            assert!(refusals[0].message.contains(way_out), "{}", refusals[0]);
            assert!(!refusals[0].to_string().contains("hunter2"));
        }
    }

    #[test]
    fn the_longest_pause_is_no_shorter_than_the_first_written_or_not() {
        for (first, longest, is_good) in [
            (json!(20_000), json!(20_000), true),
            (json!(20_001), json!(20_000), false),
            (json!(10_000), Value::Null, true),
            (json!(10_001), Value::Null, false),
        ] {
            let pauses = [("reconnect.backoff.ms", &first), ("reconnect.backoff.max.ms", &longest)];
            let written = pauses.into_iter().filter(|(_, value)| !value.is_null());
            let (_, refusals) = checked(written.map(|(key, value)| (key.to_owned(), value.clone())).collect());
            assert_eq!(refusals.is_empty(), is_good, "{first} {longest}: {refusals:?}");
        }
    }

    #[test]
    fn nothing_that_may_be_set_is_the_operators() {
        let keys = include_str!("librdkafka-keys.txt").lines().filter(|line| !line.starts_with('#'));
        for key in keys.filter_map(|line| line.split(' ').next()) {
            assert_eq!(owner(key), None, "{key}");
            assert!(Catalogue::librdkafka().find(key).is_some(), "{key}");
        }
    }
}
