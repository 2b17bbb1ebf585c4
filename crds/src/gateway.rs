//! The ingest gateway: for hosts that cannot run an agent.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::LocalObjectReference;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{PodTemplateSpec, VectorSpec};

/// Takes lines from hosts that cannot run an agent, and writes them to a topic. One Deployment and one Service `<pipeline>-gateway`.
///
/// HTTP, Loki's protocol, Fluent Forward with acknowledgements and Logstash's protocol are answered only after Kafka has the lines.
/// Syslog knows no answer: what a gateway has received and not yet written when it dies is lost.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.syslog) || has(self.http) || has(self.loki) || has(self.fluent) || has(self.logstash)")
    .message("a gateway needs at least one of syslog, http, loki, fluent and logstash").reason(Reason::FieldValueRequired))]
pub struct GatewaySpec {
    /// How many Pods take lines. Default: 2.
    #[serde(default = "two")]
    #[schemars(range(min = 0, max = 100))]
    pub replicas: i32,
    /// Topic that the lines are written to; one of `spec.topics`.
    #[schemars(length(min = 1, max = 249), regex(pattern = r"^[a-zA-Z0-9._-]+$"))]
    pub topic: String,
    /// Syslog, as RFC 5424 and RFC 3164 have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub syslog: Option<GatewaySyslog>,
    /// HTTP: one line of the body, one line of the log; a line that is a JSON object gives its fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<GatewayHttp>,
    /// Loki's push protocol at `/loki/api/v1/push`, as Promtail and Grafana Alloy speak it: protocol buffers or JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loki: Option<GatewayHttp>,
    /// Fluent Forward, as Fluent Bit and Fluentd speak it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fluent: Option<GatewayPort>,
    /// Logstash's protocol (Lumberjack), as Filebeat and Logstash speak it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logstash: Option<GatewayPort>,
    /// The Service by which senders find the gateway.
    #[serde(default)]
    pub service: GatewayService,
    /// Image and resources of Vector.
    #[serde(default)]
    pub vector: VectorSpec,
    /// What Pods get besides: labels, annotations, scheduling; merged in, never replacing what the operator needs.
    #[serde(default)]
    pub template: PodTemplateSpec,
}

/// Syslog by one or several transports.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.tcp) || has(self.udp) || has(self.tls)")
    .message("syslog needs at least one of tcp, udp and tls").reason(Reason::FieldValueRequired))]
pub struct GatewaySyslog {
    /// Over TCP, framed by line breaks or by lengths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp: Option<GatewayPort>,
    /// Over UDP: what is sent while no Pod listens, or faster than one reads, is lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub udp: Option<GatewayPort>,
    /// Over TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<GatewayTlsPort>,
}

/// A port of the Service.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayPort {
    /// Number of the port in the Service, below 1024 too. The Pods listen on other ports, for they have no privileges.
    #[schemars(range(min = 1, max = 65535))]
    pub port: i32,
}

/// A port of the Service that speaks TLS.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayTlsPort {
    /// Number of the port in the Service.
    #[schemars(range(min = 1, max = 65535))]
    pub port: i32,
    /// Secret of type `kubernetes.io/tls` (`tls.crt`, `tls.key`) with the certificate that senders are shown; cert-manager makes such.
    /// The Pods are restarted when it changes.
    #[x_kube(validation = Rule::new("self.name != ''").message("name a Secret").reason(Reason::FieldValueRequired))]
    pub secret_ref: LocalObjectReference,
}

/// A port of the Service that speaks HTTP.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayHttp {
    /// Number of the port in the Service.
    #[schemars(range(min = 1, max = 65535))]
    pub port: i32,
    /// Whom to let in. Default: whoever reaches the port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication: Option<GatewayAuthentication>,
}

/// Whom a port lets in: by HTTP's basic authentication.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayAuthentication {
    /// Secret of type `kubernetes.io/basic-auth` (`username`, `password`). The Pods are restarted when it changes.
    #[x_kube(validation = Rule::new("self.name != ''").message("name a Secret").reason(Reason::FieldValueRequired))]
    pub secret_ref: LocalObjectReference,
}

/// The Service of a gateway.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayService {
    /// `ClusterIP`: reached inside the Kubernetes cluster. `LoadBalancer` and `NodePort`: from outside as well. Default: `ClusterIP`.
    #[serde(default, rename = "type")]
    pub type_: GatewayServiceType,
    /// Annotations of the Service, for load balancers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(length(max = 64))]
    pub annotations: BTreeMap<String, String>,
}

/// Where a gateway is reached from.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum GatewayServiceType {
    /// Inside the Kubernetes cluster.
    #[default]
    ClusterIP,
    /// By an address that a load balancer gives.
    LoadBalancer,
    /// By a port of every Kubernetes node.
    NodePort,
}

/// The gateway, as it is.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayStatus {
    /// Pods that there are to be.
    pub desired: i32,
    /// Pods that take lines.
    pub ready: i32,
}

fn two() -> i32 {
    2
}
