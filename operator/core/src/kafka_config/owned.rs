//! Keys that the operator writes itself, with where to say it instead.

/// What the keys of a row begin with (`.` at the end) or are, and where their subject is said instead.
const OWNED: [(&[&str], &str); 12] = [
    (&["node.id", "broker.id"], "node ids follow from spec.nodeIdBase of the KafkaNodePool; remove the key"),
    (&["broker.id.generation.enable", "reserved.broker.max.id"], "node ids are the operator's; remove the key"),
    (&["process.roles"], "say it in spec.roles of a KafkaNodePool and remove the key"),
    (
        &["log.dir", "log.dirs", "metadata.log.dir", "cordoned.log.dirs"],
        "disks are said in spec.storage of a KafkaNodePool; remove the key",
    ),
    (
        &[
            "listeners",
            "advertised.listeners",
            "listener.name.",
            "listener.security.protocol.map",
            "inter.broker.listener.name",
            "control.plane.listener.name",
            "controller.listener.names",
            "early.start.listeners",
            "security.inter.broker.protocol",
        ],
        "listeners are said in spec.kafka.listeners; remove the key",
    ),
    (
        &["controller.quorum.voters", "controller.quorum.bootstrap.servers", "controller.quorum.auto.join.enable"],
        "the quorum follows from the KafkaNodePools with the role controller; remove the key",
    ),
    (&["ssl."], "certificates are said in spec.certificates, and TLS in spec.kafka.listeners; remove the key"),
    (
        &["authorizer.class.name", "super.users", "allow.everyone.if.no.acl.found"],
        "who may do what is said in spec.kafka.authorization; remove the key",
    ),
    (&["sasl."], "how clients prove who they are is said in spec.kafka.listeners[].authentication; remove the key"),
    (&["broker.rack"], "say the label in spec.kafka.rack.topologyKey and remove the key"),
    (&["config.providers", "config.providers."], "values are written out; remove the key"),
    (&["zookeeper."], "there is no ZooKeeper, Kafka runs in KRaft mode; remove the key"),
];

/// Where to say it instead, if the operator owns the key.
pub(super) fn way_out(key: &str) -> Option<&'static str> {
    let owns = |pattern: &&str| if pattern.ends_with('.') { key.starts_with(*pattern) } else { key == *pattern };
    OWNED.iter().find(|(patterns, _)| patterns.iter().any(owns)).map(|(_, way_out)| *way_out)
}
