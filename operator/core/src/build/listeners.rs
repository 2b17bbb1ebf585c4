//! What a listener is called and how its brokers are reached.

use kafkapipelines_crds::{IngressSpec, ListenerSpec, ListenerType};

use crate::names;
use crate::node::Node;
use crate::pipeline::Pipeline;

/// Port that external clients are told unless the listener says otherwise.
const HTTPS: i32 = 443;

/// Kafka's name of a listener.
pub fn kafka_name(listener: &ListenerSpec) -> String {
    listener.name.to_uppercase()
}

/// Listeners that are reached inside the Kubernetes cluster.
pub fn internal(pipeline: &Pipeline) -> impl Iterator<Item = &ListenerSpec> {
    pipeline.listeners().iter().filter(|listener| listener.type_ == ListenerType::Internal)
}

/// Listeners that are reached from outside, with their Ingresses.
pub fn external(pipeline: &Pipeline) -> impl Iterator<Item = (&ListenerSpec, &IngressSpec)> {
    pipeline.listeners().iter().filter_map(|listener| Some((listener, listener.ingress.as_ref()?)))
}

/// Host of a broker in an external listener.
pub fn broker_host(ingress: &IngressSpec, node_id: i32) -> Option<String> {
    let listed = ingress.broker_hosts.iter().find(|host| host.broker == node_id).map(|host| host.host.clone());
    listed.or_else(|| Some(ingress.broker_host_template.as_ref()?.replace("{nodeId}", &node_id.to_string())))
}

/// Where clients of a listener begin, `host:port`.
pub fn bootstrap_address(pipeline: &str, namespace: &str, listener: &ListenerSpec) -> String {
    match &listener.ingress {
        Some(ingress) => format!("{}:{}", ingress.bootstrap_host, advertised_port(listener)),
        None => format!("{}:{}", names::service_dns(&names::bootstrap_service(pipeline), namespace), listener.port),
    }
}

/// Port that external clients are told.
pub fn advertised_port(listener: &ListenerSpec) -> i32 {
    listener.advertised_port.unwrap_or(HTTPS)
}

/// Host and port by which clients of a listener are sent to a broker.
/// A broker without a host of its own, which validation refuses, stays reachable inside the cluster.
pub fn advertised(pipeline: &Pipeline, listener: &ListenerSpec, node: &Node) -> (String, i32) {
    match listener.ingress.as_ref().and_then(|ingress| broker_host(ingress, node.id)) {
        Some(host) => (host, advertised_port(listener)),
        None => (pod_dns(pipeline, &node.pod), listener.port),
    }
}

/// DNS name of a Pod of the pipeline.
pub fn pod_dns(pipeline: &Pipeline, pod: &str) -> String {
    names::pod_dns(pod, &pipeline.name, &pipeline.namespace)
}
