//! Ingresses of external listeners: one host for bootstrap, one for each broker, TLS passed through to Kafka.

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule, IngressServiceBackend,
    IngressSpec as IngressObjectSpec, IngressTLS, ServiceBackendPort,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kafkapipelines_crds::{IngressSpec, ListenerSpec};

use super::metadata;
use crate::names;
use crate::node::Node;
use crate::pipeline::Pipeline;
use crate::pool::Pool;

/// How ingress controllers are asked to pass TLS through. A class may have any name, so all of them are asked;
/// each reads its own.
const PASS_THROUGH: [(&str, &str); 4] = [
    ("haproxy-ingress.github.io/ssl-passthrough", "true"),
    ("haproxy.org/ssl-passthrough", "true"),
    ("nginx.ingress.kubernetes.io/backend-protocol", "HTTPS"),
    ("nginx.ingress.kubernetes.io/ssl-passthrough", "true"),
];

/// The Ingress of the bootstrap host.
pub fn bootstrap(pipeline: &Pipeline, listener: &ListenerSpec, spec: &IngressSpec, owner: &OwnerReference) -> Ingress {
    let name = names::external_bootstrap(&pipeline.name, &listener.name);
    ingress(metadata::of_pipeline(pipeline, owner, name), listener, spec, &spec.bootstrap_host)
}

/// The Ingress of a broker's host.
pub fn broker(
    pool: &Pool,
    node: &Node,
    listener: &ListenerSpec,
    spec: &IngressSpec,
    host: &str,
    owner: &OwnerReference,
) -> Ingress {
    let name = names::broker_listener(&node.pod, &listener.name);
    ingress(metadata::of_pool(pool, owner, name), listener, spec, host)
}

/// An Ingress for a host; its Service has the same name.
fn ingress(metadata: ObjectMeta, listener: &ListenerSpec, spec: &IngressSpec, host: &str) -> Ingress {
    let port = ServiceBackendPort { name: Some(listener.name.clone()), ..ServiceBackendPort::default() };
    let service = IngressServiceBackend { name: metadata.name.clone().unwrap_or_default(), port: Some(port) };
    let path = HTTPIngressPath {
        path: Some("/".to_owned()),
        path_type: "Prefix".to_owned(),
        backend: IngressBackend { service: Some(service), ..IngressBackend::default() },
    };
    let rule = IngressRule { host: Some(host.to_owned()), http: Some(HTTPIngressRuleValue { paths: vec![path] }) };
    Ingress {
        metadata: ObjectMeta { annotations: Some(annotations(spec)), ..metadata },
        spec: Some(IngressObjectSpec {
            ingress_class_name: Some(spec.class_name.clone()),
            rules: Some(vec![rule]),
            // Without a Secret: the certificate is Kafka's. Some controllers route by SNI only hosts that are listed here.
            tls: Some(vec![IngressTLS { hosts: Some(vec![host.to_owned()]), ..IngressTLS::default() }]),
            ..IngressObjectSpec::default()
        }),
        ..Ingress::default()
    }
}

fn annotations(spec: &IngressSpec) -> BTreeMap<String, String> {
    let mut annotations: BTreeMap<_, _> =
        PASS_THROUGH.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    annotations.extend(spec.annotations.clone());
    annotations
}
