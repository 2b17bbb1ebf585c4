//! Which Kafka configuration a user may set, judged by the keys that Kafka itself knows.

mod catalogue;
mod dangerous;
mod dynamic;
pub mod librdkafka;
mod owned;
mod value;

use std::collections::BTreeMap;

use kafkapipelines_crds::{Properties, PropertyValue};

use crate::kafka_version::KafkaVersion;
use crate::refusal::Refusal;
use catalogue::Catalogue;
pub(crate) use dynamic::{Update, keys as dynamic_keys, update};

/// Reason: the key is written by the operator.
pub const OWNED: &str = "OwnedKafkaConfig";
/// Reason: Kafka has no such key.
pub const UNKNOWN: &str = "UnknownKafkaConfig";
/// Reason: Kafka would not take the value.
pub const INVALID: &str = "InvalidKafkaConfig";
/// Reason: with this value acknowledged lines can be lost, or nodes cannot be restarted safely.
pub const DANGEROUS: &str = "DangerousKafkaConfig";
/// Reason: it belongs to something that is not supported.
pub const UNSUPPORTED: &str = "UnsupportedKafkaConfig";

/// Whom a configuration is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Scope {
    /// All nodes.
    Broker,
    /// One topic.
    Topic,
}

/// The good part of `spec.kafka.config`, as Kafka reads it, and what is wrong with the rest.
pub fn check(version: KafkaVersion, properties: &Properties) -> (BTreeMap<String, String>, Vec<Refusal>) {
    check_all(Scope::Broker, version, "spec.kafka.config", properties)
}

/// The good part of the configuration of `topic`, as Kafka reads it, and what is wrong with the rest.
pub fn check_topic(
    version: KafkaVersion,
    topic: &str,
    properties: &Properties,
) -> (BTreeMap<String, String>, Vec<Refusal>) {
    check_all(Scope::Topic, version, &format!("spec.topics[{topic}].config"), properties)
}

/// Whether the operator writes the key itself.
pub(crate) fn is_owned(key: &str) -> bool {
    owned::way_out(key).is_some()
}

/// The value of a topic's key in the form in which Kafka tells it: `TRUE` and `true` are one value.
pub fn canonical_topic_value(version: KafkaVersion, key: &str, value: &str) -> String {
    canonical(Scope::Topic, version, key, value)
}

/// The value of a broker's key in one form: `TRUE` and `true` are one value.
pub fn canonical_value(version: KafkaVersion, key: &str, value: &str) -> String {
    canonical(Scope::Broker, version, key, value)
}

fn canonical(scope: Scope, version: KafkaVersion, key: &str, value: &str) -> String {
    let entry = Catalogue::of(scope, version).find(key);
    entry.map_or_else(|| value.to_owned(), |entry| value::canonical(entry.type_, value))
}

fn check_all(
    scope: Scope,
    version: KafkaVersion,
    field: &str,
    properties: &Properties,
) -> (BTreeMap<String, String>, Vec<Refusal>) {
    let mut good = BTreeMap::new();
    let mut refusals = Vec::new();
    for (key, value) in properties {
        match check_one(scope, version, key, value) {
            Ok(rendered) => drop(good.insert(key.clone(), rendered)),
            Err((reason, message)) => {
                refusals.push(Refusal::new(reason, format!("{field}[{key}]"), shown(key, value), message));
            }
        }
    }
    (good, refusals)
}

/// Reason and way out.
type Fault = (&'static str, String);

fn check_one(scope: Scope, version: KafkaVersion, key: &str, value: &PropertyValue) -> Result<String, Fault> {
    let value = value.to_string();
    let value = value.trim();
    if scope == Scope::Broker
        && let Some(way_out) = owned::way_out(key)
    {
        return Err((OWNED, format!("the operator writes this key itself: {way_out}")));
    }
    let catalogue = Catalogue::of(scope, version);
    let entry = catalogue.find(key);
    dangerous::check(key, entry.map(|entry| entry.type_), value)?;
    let entry = entry.ok_or_else(|| (UNKNOWN, unknown(scope, version, catalogue, key)))?;
    value::check(&entry, value).map_err(|message| (INVALID, message))?;
    Ok(value.to_owned())
}

fn unknown(scope: Scope, version: KafkaVersion, catalogue: Catalogue, key: &str) -> String {
    if catalogue::is_of_the_other_line(scope, version, key) {
        return format!("Kafka {version} does not have this key, though another version does: remove it");
    }
    match catalogue.nearest(key) {
        Some(near) => format!("Kafka {version} does not know this key: did you mean {near}?"),
        None => format!("Kafka {version} does not know this key: correct its name, or remove it"),
    }
}

/// The value as it may be shown: refusals end up in conditions and Events.
fn shown(key: &str, value: &PropertyValue) -> String {
    const SECRETS: [&str; 5] = ["password", "secret", "jaas", "passphrase", ".key"];
    const LONGEST: usize = 100;
    if SECRETS.iter().any(|word| key.contains(word)) {
        return "(hidden)".to_owned();
    }
    value.to_string().chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests;
