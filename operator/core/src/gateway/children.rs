//! What the Pods of a gateway need, and how they are found.

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{ConfigMap, Service, ServicePort, ServiceSpec};
use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicyPort};
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta, OwnerReference};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kafkapipelines_crds::GatewayServiceType;

use super::Gateway;
use super::ports::{Port, ports};
use crate::child::Child;
use crate::labels;
use crate::vector::METRICS_PORT;
use crate::vector_pod::{FILE, open_at, service_account};

/// Kinds of the children, all of one name.
pub const KINDS: [&str; 6] =
    ["ServiceAccount", "ConfigMap", "Service", "NetworkPolicy", "PodDisruptionBudget", "Deployment"];

/// How Loki's protocol buffers are read, as `protoc` compiled it.
const LOKI_PUSH: (&str, &[u8]) = ("loki_push.desc", include_bytes!("loki_push.desc"));

/// All children but the Deployment.
pub(super) fn needs(gateway: &Gateway, owner: &OwnerReference) -> Vec<Child> {
    vec![
        Child::new(&service_account(gateway.metadata(owner))),
        Child::new(&config_map(gateway, owner)),
        Child::new(&service(gateway, owner)),
        Child::new(&network_policy(gateway, owner)),
        Child::new(&disruption_budget(gateway, owner)),
    ]
}

fn config_map(gateway: &Gateway, owner: &OwnerReference) -> ConfigMap {
    let (name, bytes) = LOKI_PUSH;
    let descriptor = gateway.spec.loki.as_ref().map(|_| [(name.to_owned(), ByteString(bytes.to_vec()))].into());
    ConfigMap {
        metadata: gateway.metadata(owner),
        data: Some([(FILE.to_owned(), gateway.vector_file.clone())].into()),
        binary_data: descriptor,
        ..ConfigMap::default()
    }
}

fn service(gateway: &Gateway, owner: &OwnerReference) -> Service {
    let spec = &gateway.spec.service;
    let port = |port: Port| ServicePort {
        name: Some(port.name.to_owned()),
        port: port.service,
        protocol: Some(port.transport.as_str().to_owned()),
        target_port: Some(IntOrString::String(port.name.to_owned())),
        ..ServicePort::default()
    };
    let type_ = match spec.type_ {
        GatewayServiceType::ClusterIP => "ClusterIP",
        GatewayServiceType::LoadBalancer => "LoadBalancer",
        GatewayServiceType::NodePort => "NodePort",
    };
    let annotations = (!spec.annotations.is_empty()).then(|| spec.annotations.clone());
    Service {
        metadata: ObjectMeta { annotations, ..gateway.metadata(owner) },
        spec: Some(ServiceSpec {
            type_: Some(type_.to_owned()),
            selector: Some(labels::gateway_selector(&gateway.pipeline)),
            ports: Some(ports(&gateway.spec).into_iter().map(port).collect()),
            ..ServiceSpec::default()
        }),
        ..Service::default()
    }
}

/// Its own ports and the metrics are open.
fn network_policy(gateway: &Gateway, owner: &OwnerReference) -> NetworkPolicy {
    let port = |number: i32, protocol: &str| NetworkPolicyPort {
        port: Some(IntOrString::Int(number)),
        protocol: Some(protocol.to_owned()),
        ..NetworkPolicyPort::default()
    };
    let own = ports(&gateway.spec).into_iter().map(|own| port(own.pod, own.transport.as_str()));
    let open = own.chain([port(METRICS_PORT, "TCP")]).collect();
    open_at(gateway.metadata(owner), labels::gateway_selector(&gateway.pipeline), open)
}

/// A drain takes one Pod at a time.
fn disruption_budget(gateway: &Gateway, owner: &OwnerReference) -> PodDisruptionBudget {
    PodDisruptionBudget {
        metadata: gateway.metadata(owner),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            selector: Some(selector(gateway)),
            // One that is not ready takes no lines.
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".to_owned()),
            ..PodDisruptionBudgetSpec::default()
        }),
        ..PodDisruptionBudget::default()
    }
}

pub(super) fn selector(gateway: &Gateway) -> LabelSelector {
    let labels = labels::gateway_selector(&gateway.pipeline);
    LabelSelector { match_labels: Some(labels), ..LabelSelector::default() }
}
