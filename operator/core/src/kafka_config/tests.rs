use super::*;

fn properties(pairs: &[(&str, &str)]) -> Properties {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), PropertyValue::Text((*value).to_owned()))).collect()
}

fn refusal(version: &str, key: &str, value: &str) -> Option<Refusal> {
    let (good, mut refusals) = check(version.parse().unwrap(), &properties(&[(key, value)]));
    assert_eq!(good.len() + refusals.len(), 1, "{key}");
    refusals.pop()
}

#[test]
fn each_bad_key_is_refused_by_name_with_a_way_out() {
    for (version, key, value, reason, way_out) in [
        ("3.9.0", "node.id", "7", OWNED, "spec.nodeIdBase"),
        ("4.3.1", "process.roles", "broker", OWNED, "spec.roles"),
        ("4.3.1", "log.dirs", "/tmp", OWNED, "spec.storage"),
        ("4.3.1", "listeners", "PLAINTEXT://:9092", OWNED, "spec.kafka.listeners"),
        ("4.3.1", "listener.name.tls.ssl.client.auth", "none", OWNED, "spec.kafka.listeners"),
        ("4.3.1", "controller.quorum.voters", "1@a:9090", OWNED, "role controller"),
        ("4.3.1", "ssl.client.auth", "none", OWNED, "spec.certificates"),
        ("4.3.1", "broker.rack", "a", OWNED, "spec.kafka.rack.topologyKey"),
        ("4.3.1", "config.providers.file.class", "x", OWNED, "remove the key"),
        ("3.9.0", "zookeeper.connect", "z:2181", OWNED, "KRaft"),
        ("4.3.1", "min.insync.replica", "2", UNKNOWN, "did you mean min.insync.replicas?"),
        ("4.3.1", "retention.ms", "1", UNKNOWN, "did you mean log.retention.ms?"),
        ("4.3.1", "log.message.downconversion.enable", "true", UNKNOWN, "another version does"),
        ("3.9.0", "group.streams.max.size", "1", UNKNOWN, "another version does"),
        ("4.3.1", "colour", "blue", UNKNOWN, "correct its name"),
        ("4.3.1", "unstable.api.versions.enable", "true", UNSUPPORTED, "remove"),
        ("4.3.1", "authorizer.class.name", "x.Y", OWNED, "spec.kafka.authorization"),
        ("4.3.1", "super.users", "User:me", OWNED, "spec.kafka.authorization"),
        ("4.3.1", "sasl.enabled.mechanisms", "PLAIN", OWNED, "spec.kafka.listeners[].authentication"),
        ("4.3.1", "principal.builder.class", "x.Y", UNSUPPORTED, "authentication"),
        ("3.9.0", "inter.broker.protocol.version", "3.9", UNSUPPORTED, "spec.kafka.metadataVersion"),
        ("4.3.1", "remote.log.storage.system.enable", "true", UNSUPPORTED, "tiered"),
        ("4.3.1", "metric.reporters", "x.Y", UNSUPPORTED, "class"),
        ("4.3.1", "create.topic.policy.class.name", "x.Y", UNSUPPORTED, "class"),
        ("4.3.1", "replica.selector.class", "x.Y", UNSUPPORTED, "class"),
        ("4.3.1", "unclean.leader.election.enable", "TRUE", DANGEROUS, "remove the key"),
        ("4.3.1", "controlled.shutdown.enable", "false", DANGEROUS, "restart"),
        ("3.9.0", "offsets.commit.required.acks", "1", DANGEROUS, "default: -1"),
        ("4.3.1", "num.io.threads", "8 threads", INVALID, "whole number of 32 bits"),
        ("4.3.1", "num.io.threads", "0", INVALID, "at least 1"),
        ("4.3.1", "num.io.threads", "9999999999", INVALID, "32 bits"),
        ("4.3.1", "log.retention.ms", "7d", INVALID, "without unit"),
        ("4.3.1", "auto.create.topics.enable", "yes", INVALID, "\"true\" or \"false\""),
        ("4.3.1", "compression.type", "brotli", INVALID, "zstd"),
        ("4.3.1", "compression.gzip.level", "0", INVALID, "between 1 and 9 or -1"),
        ("4.3.1", "log.cleanup.policy", "delete,shrink", INVALID, "compact, delete"),
        ("4.3.1", "log.cleaner.min.cleanable.ratio", "1.5", INVALID, "between 0 and 1"),
        ("4.3.1", "compression.type", "zstd\nnode.id=9", INVALID, "line breaks"),
        ("4.3.1", "metrics.recording.level", "${file:/etc/passwd:x}", INVALID, "not resolved"),
    ] {
        let refusal = refusal(version, key, value).unwrap_or_else(|| panic!("{key} was accepted"));
        assert_eq!(refusal.reason, reason, "{key}");
        assert_eq!(refusal.field, format!("spec.kafka.config[{key}]"));
        assert_eq!(refusal.value, value, "{key}");
        assert!(refusal.message.contains(way_out), "{key}: {}", refusal.message);
    }
}

#[test]
fn what_kafka_takes_and_what_is_safe_is_accepted() {
    for (key, value) in [
        ("min.insync.replicas", "2"),
        ("unclean.leader.election.enable", "false"),
        ("remote.log.storage.system.enable", "false"),
        ("replica.selector.class", "org.apache.kafka.common.replica.RackAwareReplicaSelector"),
        ("log.retention.ms", "-1"),
        ("log.cleanup.policy", "compact, delete"),
        ("compression.gzip.level", "-1"),
        ("log.cleaner.min.cleanable.ratio", "0.5"),
        ("auto.create.topics.enable", "False"),
        ("controller.quorum.fetch.timeout.ms", "3000"),
    ] {
        assert_eq!(refusal("3.9.0", key, value), None);
        assert_eq!(refusal("4.3.1", key, value), None);
    }
}

#[test]
fn one_bad_key_does_not_take_the_good_ones_with_it() {
    let (good, refusals) =
        check("4.3.1".parse().unwrap(), &properties(&[("node.id", "1"), ("num.partitions", " 12 ")]));
    assert_eq!(good, BTreeMap::from([("num.partitions".to_owned(), "12".to_owned())]));
    assert_eq!(refusals.len(), 1);
}

#[test]
fn a_secret_is_refused_without_being_repeated() {
    for key in ["ssl.keystore.password", "sasl.jaas.config", "delegation.token.secret.key"] {
        let refusal = refusal("4.3.1", key, "hunter2").unwrap();
        assert_eq!(refusal.value, "(hidden)");
        assert!(!format!("{refusal:?}").contains("hunter2"), "{key}");
    }
}

#[test]
fn topics_have_keys_of_their_own() {
    let refused = |key: &str, value: &str| {
        let (_, mut refusals) = check_topic("4.3.1".parse().unwrap(), "logs", &properties(&[(key, value)]));
        refusals.pop().map(|refusal| (refusal.reason, refusal.field, refusal.message))
    };
    assert_eq!(refused("retention.ms", "259200000"), None);
    assert_eq!(refused("compression.type", "producer"), None);
    let (reason, field, message) = refused("log.retention.ms", "1").unwrap();
    assert_eq!((reason, field.as_str()), (UNKNOWN, "spec.topics[logs].config[log.retention.ms]"));
    assert!(message.contains("did you mean retention.ms?"), "{message}");
    assert_eq!(refused("unclean.leader.election.enable", "true").unwrap().0, DANGEROUS);
    assert_eq!(refused("remote.storage.enable", "true").unwrap().0, UNSUPPORTED);
}
