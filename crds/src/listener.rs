//! How clients reach Kafka.

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::NetworkPolicyPeer;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::AuthenticationType;

/// A listener: a port of every broker, with the name by which clients are told of it.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.type != 'ingress' || has(self.ingress)")
    .message("a listener of type ingress needs the field ingress").reason(Reason::FieldValueRequired).field_path(".ingress"))]
#[x_kube(validation = Rule::new("self.type == 'ingress' || !has(self.ingress)")
    .message("the field ingress belongs to type ingress").reason(Reason::FieldValueForbidden).field_path(".ingress"))]
#[x_kube(validation = Rule::new("self.type != 'ingress' || self.tls")
    .message("a listener of type ingress needs tls: true, for the Ingress passes TLS through by host name").field_path(".tls"))]
#[x_kube(validation = Rule::new("self.type == 'ingress' || !has(self.advertisedPort)")
    .message("advertisedPort belongs to external listeners").reason(Reason::FieldValueForbidden).field_path(".advertisedPort"))]
#[x_kube(validation = Rule::new("self.tls || !has(self.authentication)")
    .message("authentication needs tls: true, for certificates are part of TLS and passwords must not be overheard").field_path(".authentication"))]
pub struct ListenerSpec {
    /// Name, lower case; Kafka's listener name is the same in upper case.
    /// `controller` and `replication` are the operator's own.
    #[schemars(length(min = 1, max = 11), regex(pattern = r"^[a-z][a-z0-9]*$"))]
    #[x_kube(validation = Rule::new("!(self in ['controller', 'replication'])").message("the listener names controller and replication are the operator's own"))]
    pub name: String,
    /// Port in the Pod and in the bootstrap Service, 9092 or above.
    /// 9090 (controller), 9091 (replication) and 9404 (metrics) are the operator's own.
    #[schemars(range(min = 9092, max = 9999))]
    #[x_kube(validation = Rule::new("self != 9404").message("port 9404 is reserved for metrics"))]
    pub port: i32,
    /// `internal`: reached inside the Kubernetes cluster. `ingress`: reached from outside, one host for each broker,
    /// by an ingress controller that passes TLS through.
    #[serde(rename = "type")]
    pub type_: ListenerType,
    /// Whether clients speak TLS; they then trust the pipeline's cluster CA.
    pub tls: bool,
    /// How clients prove who they are. Default: they need not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication: Option<ListenerAuthentication>,
    /// Port that external clients are told. Default: 443.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    pub advertised_port: Option<i32>,
    /// Hosts and class of the Ingresses; for type `ingress` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingress: Option<IngressSpec>,
    /// Who may connect, as peers of a NetworkPolicy. Default: everybody who can reach the Pods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub network_policy_peers: Vec<NetworkPolicyPeer>,
}

/// How clients of a listener prove who they are.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenerAuthentication {
    /// `tls`: a client certificate of the clients CA. `scram-sha-512`: user and password.
    #[serde(rename = "type")]
    pub type_: AuthenticationType,
}

/// Where a listener is reached from.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ListenerType {
    /// Inside the Kubernetes cluster, by Service names.
    Internal,
    /// From outside, by host names and an ingress controller with TLS passthrough.
    Ingress,
}

/// Hosts of an external listener and the Ingresses that serve them.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.brokerHostTemplate) != (has(self.brokerHosts) && self.brokerHosts.size() > 0)")
    .message("give brokerHosts or brokerHostTemplate, one of the two").reason(Reason::FieldValueRequired))]
#[x_kube(validation = Rule::new("!has(self.brokerHosts) || self.brokerHosts.all(b, b.host != self.bootstrapHost && self.brokerHosts.exists_one(o, o.host == b.host))")
    .message("every host must be different, the bootstrap host too").field_path(".brokerHosts"))]
pub struct IngressSpec {
    /// IngressClass. Its controller must pass TLS through; for `nginx` the operator sets the annotation that asks for it.
    #[schemars(length(min = 1, max = 253))]
    pub class_name: String,
    /// Host that clients give as their bootstrap server; any broker answers.
    #[schemars(schema_with = "crate::schema::host")]
    pub bootstrap_host: String,
    /// One host for each broker. Changing the list restarts the brokers one by one; `brokerHostTemplate` needs no list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["broker".into()]))]
    pub broker_hosts: Vec<BrokerHost>,
    /// Host of each broker with `{nodeId}` for its node id, for example `broker-{nodeId}.my-kafka.com`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::host_template")]
    pub broker_host_template: Option<String>,
    /// Annotations of the Ingresses, added to the operator's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(length(max = 64))]
    pub annotations: BTreeMap<String, String>,
}

/// Host of one broker.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokerHost {
    /// Node id of the broker.
    #[schemars(range(min = 0, max = 99_999))]
    pub broker: i32,
    /// Host name, in DNS before clients need it.
    #[schemars(schema_with = "crate::schema::host")]
    pub host: String,
}
