//! Keys and values that Kafka would take, but that break the promise or need what is not there.
//!
//! The measure: an acknowledged line is never lost, and nodes can be restarted one by one.

use super::catalogue::Type;
use super::{DANGEROUS, Fault, UNSUPPORTED};

/// Key, the value that is refused, and why.
const DANGEROUS_VALUES: [(&str, &str, &str); 4] = [
    (
        "unclean.leader.election.enable",
        "true",
        "a replica that missed acknowledged lines could become leader, and they would be lost: remove the key (default: false)",
    ),
    (
        "controlled.shutdown.enable",
        "false",
        "every restart of a node would interrupt its clients: remove the key (default: true)",
    ),
    (
        "log.cleaner.enable",
        "false",
        "committed offsets would never be compacted until the disk is full: remove the key (default: true)",
    ),
    (
        "transaction.partition.verification.enable",
        "false",
        "a transaction left open could block readers for ever: remove the key (default: true)",
    ),
];

/// What the key is or begins with (`.` at the end), and what it would need.
const UNSUPPORTED_KEYS: [(&str, &str); 11] = [
    ("delegation.token.", AUTHENTICATION),
    ("password.encoder.", AUTHENTICATION),
    ("principal.builder.class", AUTHENTICATION),
    ("inter.broker.protocol.version", METADATA_VERSION),
    ("log.message.format.version", METADATA_VERSION),
    ("remote.log.storage.system.enable", TIERED),
    ("remote.log.storage.manager.", TIERED),
    ("remote.log.metadata.manager.", TIERED),
    ("metric.reporters", PLUGIN),
    ("kafka.metrics.reporters", PLUGIN),
    ("security.providers", PLUGIN),
];

const AUTHENTICATION: &str =
    "clients prove who they are as spec.kafka.listeners[].authentication says, and in no other way: remove the key";
const METADATA_VERSION: &str =
    "KRaft has metadata.version in its place: say it in spec.kafka.metadataVersion and remove the key";
const TIERED: &str = "tiered storage is not supported yet, and Kafka's image has no plugin for it: remove the key";
const PLUGIN: &str = "Kafka would load a class that its image does not have, and not start: remove the key";

const SECRET: &str = "a secret does not belong into a spec: remove the key";
const INTERNAL: &str = "Kafka keeps this key to itself and changes it without notice: remove it";
const RACK_AWARE_SELECTOR: &str = "org.apache.kafka.common.replica.RackAwareReplicaSelector";

/// Refuses what breaks the promise and what cannot work.
pub(super) fn check(key: &str, type_: Option<Type>, value: &str) -> Result<(), Fault> {
    if let Some(why) = unsupported(key, type_, value) {
        return Err((UNSUPPORTED, why.to_owned()));
    }
    if key == "offsets.commit.required.acks" && value != "-1" {
        return Err((
            DANGEROUS,
            "a committed offset could be lost with one broker: remove the key (default: -1)".into(),
        ));
    }
    DANGEROUS_VALUES
        .iter()
        .find(|(dangerous, bad, _)| *dangerous == key && value.eq_ignore_ascii_case(bad))
        .map_or(Ok(()), |(_, _, why)| Err((DANGEROUS, (*why).to_owned())))
}

fn unsupported(key: &str, type_: Option<Type>, value: &str) -> Option<&'static str> {
    let is = |pattern: &str| if pattern.ends_with('.') { key.starts_with(pattern) } else { key == pattern };
    let listed = UNSUPPORTED_KEYS.iter().find(|(pattern, _)| is(pattern)).map(|(_, why)| *why);
    let is_on = value.eq_ignore_ascii_case("true");
    match (key, type_) {
        ("remote.log.storage.system.enable", _) if !is_on => None,
        ("replica.selector.class", _) => (value != RACK_AWARE_SELECTOR).then_some(PLUGIN),
        ("remote.storage.enable", _) => is_on.then_some(TIERED),
        (_, Some(Type::Class)) => listed.or(Some(PLUGIN)),
        (_, Some(Type::Password)) => listed.or(Some(SECRET)),
        (_, Some(Type::Internal)) => Some(INTERNAL),
        _ => listed,
    }
}
