//! Names of everything the operator creates. They are fixed: users' commands and DNS records rely on them.

/// Port of the controller listener, always mutual TLS.
pub const CONTROLLER_PORT: i32 = 9090;
/// Port of the replication listener, always mutual TLS.
pub const REPLICATION_PORT: i32 = 9091;
/// Port kept for metrics.
pub const METRICS_PORT: i32 = 9404;
/// Kafka's name of the controller listener.
pub const CONTROLLER_LISTENER: &str = "CONTROLLER";
/// Kafka's name of the replication listener.
pub const REPLICATION_LISTENER: &str = "REPLICATION";
/// Name of the Kafka container.
pub const KAFKA_CONTAINER: &str = "kafka";
/// Name of the Vector container.
pub const VECTOR_CONTAINER: &str = "vector";

/// StatefulSet of a pool, and the stem of its Pods, ConfigMap and Secret.
pub fn pool(pipeline: &str, pool: &str) -> String {
    format!("{pipeline}-{pool}")
}

/// Pod of a node; its suffix is the node id.
pub fn pod(pipeline: &str, pool: &str, node_id: i32) -> String {
    format!("{pipeline}-{pool}-{node_id}")
}

/// Prefix of a claim's name: its `StatefulSet` appends the Pod's name.
pub fn claim_template(volume_id: i32) -> String {
    format!("data-{volume_id}")
}

/// ConfigMap with each node's file of a pool.
pub fn pool_config(pipeline: &str, pool: &str) -> String {
    format!("{pipeline}-{pool}-config")
}

/// Secret with the node certificates of a pool.
pub fn pool_certificates(pipeline: &str, pool: &str) -> String {
    format!("{pipeline}-{pool}-certs")
}

/// Service for clients inside the cluster.
pub fn bootstrap_service(pipeline: &str) -> String {
    format!("{pipeline}-kafka-bootstrap")
}

/// Headless Service that gives every node a DNS name, ready or not.
pub fn headless_service(pipeline: &str) -> String {
    format!("{pipeline}-kafka-brokers")
}

/// Bootstrap Service and Ingress of an external listener.
pub fn external_bootstrap(pipeline: &str, listener: &str) -> String {
    format!("{pipeline}-kafka-{listener}-bootstrap")
}

/// Service and Ingress of one broker in an external listener.
pub fn broker_listener(pod: &str, listener: &str) -> String {
    format!("{pod}-{listener}")
}

/// Secret with the certificate of the cluster CA (`ca.crt`): what clients trust.
pub fn cluster_ca_cert(pipeline: &str) -> String {
    format!("{pipeline}-cluster-ca-cert")
}

/// Secret with the key of the cluster CA (`ca.key`).
pub fn cluster_ca_key(pipeline: &str) -> String {
    format!("{pipeline}-cluster-ca")
}

/// Secret with the certificate of the clients CA (`ca.crt`): what the nodes trust.
pub fn clients_ca_cert(pipeline: &str) -> String {
    format!("{pipeline}-clients-ca-cert")
}

/// Secret with the key of the clients CA (`ca.key`).
pub fn clients_ca_key(pipeline: &str) -> String {
    format!("{pipeline}-clients-ca")
}

/// ServiceAccount of the Kafka nodes.
pub fn service_account(pipeline: &str) -> String {
    format!("{pipeline}-kafka")
}

/// PodDisruptionBudget and NetworkPolicy of the nodes with a role.
pub fn role(pipeline: &str, role: &str) -> String {
    format!("{pipeline}-kafka-{role}")
}

/// Deployment, ConfigMap, ServiceAccount and NetworkPolicy of a consumer.
pub fn consumer(pipeline: &str, consumer: &str) -> String {
    format!("{pipeline}-{consumer}")
}

/// ConfigMap with the Vector file of one revision of a consumer.
pub fn consumer_revision(pipeline: &str, consumer: &str, revision: &str) -> String {
    format!("{}-{revision}", self::consumer(pipeline, consumer))
}

/// Deployment, ConfigMap, ServiceAccount and NetworkPolicy of a consumer's replay of dead letters.
pub fn consumer_replay(pipeline: &str, consumer: &str) -> String {
    format!("{}-replay", self::consumer(pipeline, consumer))
}

/// Secret with the credentials of a user.
pub fn user(pipeline: &str, user: &str) -> String {
    format!("{pipeline}-{user}")
}

/// What the names of the consumers' own users begin with.
pub const CONSUMER_USER: &str = "consumer-";

/// The user that a consumer is in Kafka.
pub fn consumer_user(consumer: &str) -> String {
    format!("{CONSUMER_USER}{consumer}")
}

/// ConfigMap with what servers outside of the Kubernetes cluster need.
pub fn agent(pipeline: &str) -> String {
    format!("{pipeline}-agent")
}

/// All children of a pipeline's gateway.
pub fn gateway(pipeline: &str) -> String {
    format!("{pipeline}-gateway")
}

/// The user that a gateway is in Kafka.
pub const GATEWAY_USER: &str = "gateway";

/// DNS name of a node inside the cluster, stable over restarts.
pub fn pod_dns(pod: &str, pipeline: &str, namespace: &str) -> String {
    format!("{pod}.{}.{namespace}.svc", headless_service(pipeline))
}

/// DNS name of a Service inside the cluster.
pub fn service_dns(service: &str, namespace: &str) -> String {
    format!("{service}.{namespace}.svc")
}

/// Common name in the certificate of every node: one for all, so that a new node needs no new super user.
pub fn node_common_name(pipeline: &str) -> String {
    format!("{pipeline}-kafka")
}
