//! Services: how clients find the brokers, and how every node gets a DNS name.

use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kafkapipelines_crds::{ListenerSpec, Role};

use super::{listeners, metadata};
use crate::labels::{self, Labels};
use crate::names;
use crate::node::Node;
use crate::pipeline::Pipeline;
use crate::pool::Pool;

/// The headless Service: a DNS name for every node, ready or not, for the nodes find each other by it while they start.
pub fn headless(pipeline: &Pipeline, owner: &OwnerReference) -> Service {
    let own = [("controller", names::CONTROLLER_PORT), ("replication", names::REPLICATION_PORT)];
    let ports = own.into_iter().map(|(name, number)| port(name, number)).chain(pipeline.listeners().iter().map(of));
    let mut service = service(
        metadata::of_pipeline(pipeline, owner, names::headless_service(&pipeline.name)),
        labels::kafka_selector(&pipeline.name),
        ports.collect(),
    );
    if let Some(spec) = service.spec.as_mut() {
        spec.cluster_ip = Some("None".to_owned());
        spec.publish_not_ready_addresses = Some(true);
    }
    service
}

/// The Service by which clients inside the cluster find any broker; `None` where all listeners are external.
pub fn bootstrap(pipeline: &Pipeline, owner: &OwnerReference) -> Option<Service> {
    let ports: Vec<_> = listeners::internal(pipeline).map(of).collect();
    let metadata = metadata::of_pipeline(pipeline, owner, names::bootstrap_service(&pipeline.name));
    (!ports.is_empty()).then(|| service(metadata, brokers(pipeline), ports))
}

/// The Service behind the bootstrap host of an external listener: any broker.
pub fn external_bootstrap(pipeline: &Pipeline, listener: &ListenerSpec, owner: &OwnerReference) -> Service {
    let name = names::external_bootstrap(&pipeline.name, &listener.name);
    service(metadata::of_pipeline(pipeline, owner, name), brokers(pipeline), vec![of(listener)])
}

/// The Service behind a broker's host of an external listener: that broker alone.
pub fn broker(pool: &Pool, node: &Node, listener: &ListenerSpec, owner: &OwnerReference) -> Service {
    let selector = Labels::from([("statefulset.kubernetes.io/pod-name".to_owned(), node.pod.clone())]);
    let name = names::broker_listener(&node.pod, &listener.name);
    service(metadata::of_pool(pool, owner, name), selector, vec![of(listener)])
}

fn brokers(pipeline: &Pipeline) -> Labels {
    labels::role_selector(&pipeline.name, Role::Broker)
}

fn of(listener: &ListenerSpec) -> ServicePort {
    port(&listener.name, listener.port)
}

fn port(name: &str, port: i32) -> ServicePort {
    ServicePort { name: Some(name.to_owned()), port, ..ServicePort::default() }
}

fn service(metadata: ObjectMeta, selector: Labels, ports: Vec<ServicePort>) -> Service {
    let spec = ServiceSpec { selector: Some(selector), ports: Some(ports), ..ServiceSpec::default() };
    Service { metadata, spec: Some(spec), ..Service::default() }
}
