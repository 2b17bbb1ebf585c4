//! Labels and annotations of children.

use std::collections::BTreeMap;

use kafkapipelines_crds::Role;

/// Who manages a child; every watch of children selects by it.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Value of [`MANAGED_BY`].
pub const MANAGER: &str = "kafkapipelines";
/// The installation a child belongs to: the pipeline. What may outlive its owner does not have it.
pub const INSTANCE: &str = "app.kubernetes.io/instance";
/// The pipeline a child belongs to.
pub const PIPELINE: &str = "kafkapipelines.io/pipeline";
/// The pool a child belongs to.
pub const POOL: &str = "kafkapipelines.io/pool";
/// The consumer a child belongs to.
pub const CONSUMER: &str = "kafkapipelines.io/consumer";
/// The consumer whose dead letters pass the chain again.
pub const CONSUMER_REPLAY: &str = "kafkapipelines.io/consumer-replay";
/// `"true"` on the children of a gateway and on its Pods.
pub const GATEWAY: &str = "kafkapipelines.io/gateway";
/// The user whose credentials a Secret holds. As long as there is a Secret with it, Kafka may know the user.
pub const USER: &str = "kafkapipelines.io/user";
/// `"true"` on the ConfigMaps of users that consumers may take programs from; the operator sees no others.
pub const PROGRAMS: &str = "kafkapipelines.io/programs";
/// `"true"` on the Pods of nodes that are brokers.
pub const ROLE_BROKER: &str = "kafkapipelines.io/role-broker";
/// `"true"` on the Pods of nodes that are controllers.
pub const ROLE_CONTROLLER: &str = "kafkapipelines.io/role-controller";

/// Annotation of a Pod: hash of the configuration it started with.
pub const CONFIG_HASH: &str = "kafkapipelines.io/config-hash";
/// Annotation of a Pod: fingerprint of the authorities that it trusts.
pub const TRUST_HASH: &str = "kafkapipelines.io/trust-hash";
/// Annotation of a certificate Secret: another number whenever the pool's certificates were replaced. The operator writes it on a Pod that
/// runs too, so that the kubelet brings the Secret's new files at once.
pub const CERTIFICATE_GENERATION: &str = "kafkapipelines.io/certificate-generation";
/// Annotation of a Pod and of a certificate Secret: the certificates that the nodes must have been started with.
pub const CERTIFICATE_AT_START: &str = "kafkapipelines.io/certificate-at-start";
/// Annotation of a consumer's Pod: fingerprint of the certificate by which it proves who it is.
pub const CERTIFICATE_HASH: &str = "kafkapipelines.io/certificate-hash";
/// Annotation of a gateway's Pod: the versions of the user's Secrets that it started with.
pub const SECRET_VERSIONS: &str = "kafkapipelines.io/secret-versions";
/// Annotation of a Pod: the kind of authorization that it started with; absent without.
pub const AUTHORIZATION: &str = "kafkapipelines.io/authorization";
/// Annotation of a Pod: the Kafka version that it runs.
pub const KAFKA_VERSION: &str = "kafkapipelines.io/kafka-version";
/// Annotation of a Pod that the operator writes once the Pod is bound: its rack.
pub const RACK: &str = "kafkapipelines.io/rack";
/// Annotation of a claim: the cluster whose data it holds, found again when the pipeline is made anew.
pub const CLUSTER_ID: &str = "kafkapipelines.io/cluster-id";
/// Annotation of a claim: the lowest node id of its pool.
pub const NODE_ID_BASE: &str = "kafkapipelines.io/node-id-base";
/// Annotation of a user's Secret: the `rotation` that its credentials were made for.
pub const ROTATION: &str = "kafkapipelines.io/rotation";
/// Annotation of a user's Secret: fingerprint of the password that Kafka has taken.
pub const CREDENTIAL_APPLIED: &str = "kafkapipelines.io/credential-applied";
/// Annotation of a consumer's Deployment whose members are stopped for a seek: how many there were.
pub const MEMBERS_BEFORE_SEEK: &str = "kafkapipelines.io/members-before-seek";
/// Annotation of a ConfigMap with a consumer's Vector file: the rest of what its members run, as the template of a Pod.
pub const POD_TEMPLATE: &str = "kafkapipelines.io/pod-template";
/// Annotation of a Consumer, which `kubectl kafkapipelines consumer replay` writes: dead letters are to pass its chain again.
pub const REPLAY: &str = "kafkapipelines.io/replay";
/// Annotation of a Consumer, which `kubectl kafkapipelines consumer seek` writes: offsets of its group are to be moved.
pub const SEEK: &str = "kafkapipelines.io/seek";
/// Annotation of a Consumer, which people write: losses up to this time are known to them.
pub const LOSS_ACKNOWLEDGED: &str = "kafkapipelines.io/loss-acknowledged";

/// Labels in key order.
pub type Labels = BTreeMap<String, String>;

/// Labels of a pipeline's children.
pub fn pipeline(name: &str) -> Labels {
    of([(MANAGED_BY, MANAGER), ("app.kubernetes.io/name", "kafka"), (INSTANCE, name), (PIPELINE, name)])
}

/// Labels of a pool's children and Pods.
pub fn pool(pipeline_name: &str, pool: &str, roles: &[Role]) -> Labels {
    let mut labels = pipeline(pipeline_name);
    labels.insert(POOL.to_owned(), pool.to_owned());
    for role in roles {
        labels.extend(of([(role_key(*role), "true")]));
    }
    labels
}

/// Labels of a consumer's children and Pods.
pub fn consumer(pipeline_name: &str, consumer: &str) -> Labels {
    of([
        (MANAGED_BY, MANAGER),
        ("app.kubernetes.io/name", "vector"),
        (INSTANCE, pipeline_name),
        (PIPELINE, pipeline_name),
        (CONSUMER, consumer),
    ])
}

/// Labels of the children and Pods of a consumer's replay: they are no members of the consumer.
pub fn consumer_replay(pipeline_name: &str, consumer: &str) -> Labels {
    of([
        (MANAGED_BY, MANAGER),
        ("app.kubernetes.io/name", "vector"),
        (INSTANCE, pipeline_name),
        (PIPELINE, pipeline_name),
        (CONSUMER_REPLAY, consumer),
    ])
}

/// Labels of a gateway's children and Pods.
pub fn gateway(pipeline_name: &str) -> Labels {
    of([
        (MANAGED_BY, MANAGER),
        ("app.kubernetes.io/name", "vector"),
        (INSTANCE, pipeline_name),
        (PIPELINE, pipeline_name),
        (GATEWAY, "true"),
    ])
}

/// Labels of a user's Secret.
pub fn user(pipeline_name: &str, user: &str) -> Labels {
    let mut labels = pipeline(pipeline_name);
    labels.insert(USER.to_owned(), user.to_owned());
    labels
}

/// Selector of a pool's Pods; immutable in a StatefulSet, so it says no more than it must.
pub fn pool_selector(pipeline: &str, pool: &str) -> Labels {
    of([(PIPELINE, pipeline), (POOL, pool)])
}

/// Selector of the Pods with a role.
pub fn role_selector(pipeline: &str, role: Role) -> Labels {
    of([(PIPELINE, pipeline), (role_key(role), "true")])
}

/// Selector of all Kafka Pods of a pipeline.
pub fn kafka_selector(pipeline: &str) -> Labels {
    of([(PIPELINE, pipeline), ("app.kubernetes.io/name", "kafka")])
}

/// Selector of a consumer's Pods.
pub fn consumer_selector(pipeline: &str, consumer: &str) -> Labels {
    of([(PIPELINE, pipeline), (CONSUMER, consumer)])
}

/// Selector of the Pods of a consumer's replay.
pub fn consumer_replay_selector(pipeline: &str, consumer: &str) -> Labels {
    of([(PIPELINE, pipeline), (CONSUMER_REPLAY, consumer)])
}

/// Selector of a gateway's Pods.
pub fn gateway_selector(pipeline: &str) -> Labels {
    of([(PIPELINE, pipeline), (GATEWAY, "true")])
}

/// Selector of the Pods of all consumers of a pipeline, and of its gateway.
pub fn all_consumers_selector(pipeline: &str) -> Labels {
    of([(PIPELINE, pipeline), ("app.kubernetes.io/name", "vector")])
}

/// A selector in the notation of kubectl and of the scale subresource.
pub fn to_query(selector: &Labels) -> String {
    selector.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}

/// Label that marks a role.
pub fn role_key(role: Role) -> &'static str {
    match role {
        Role::Broker => ROLE_BROKER,
        Role::Controller => ROLE_CONTROLLER,
    }
}

fn of<const N: usize>(pairs: [(&str, &str); N]) -> Labels {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
