//! A gateway's file and children as a person sees them, and what changes with what.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kafkapipelines_crds::GatewaySpec;
use serde_json::{Value, json};

use super::*;
use crate::build::tests::fixtures;
use crate::vector::Security;

/// Every protocol.
fn everything() -> GatewaySpec {
    serde_json::from_value(json!({
        "replicas": 3, "topic": "standard-logs",
        "syslog": {"tcp": {"port": 601}, "udp": {"port": 514}, "tls": {"port": 6514, "secretRef": {"name": "syslog-tls"}}},
        "http": {"port": 80, "authentication": {"secretRef": {"name": "gateway-login"}}},
        "loki": {"port": 3100}, "fluent": {"port": 24224}, "logstash": {"port": 5044},
        "service": {"type": "LoadBalancer", "annotations": {"example.com/internal": "true"}},
    }))
    .unwrap()
}

fn gateway(spec: &GatewaySpec, security: Security, secret_versions: &str) -> Gateway {
    let bootstrap = Bootstrap { servers: "log-aggregator-kafka-kafka-bootstrap.kafka.svc:9093".to_owned(), security };
    let certificates = Certificates {
        authority: security.has_tls().then(|| b"certificate".to_vec()),
        own: security.needs_certificate().then(|| b"own".to_vec()),
    };
    Gateway::new(&fixtures::reference(), spec, bootstrap, certificates, secret_versions.to_owned()).unwrap()
}

fn template(gateway: &Gateway) -> Value {
    let children = gateway.children(&OwnerReference::default());
    children.last().unwrap().intent["spec"]["template"].clone()
}

#[test]
fn a_file_with_every_protocol() {
    insta::assert_snapshot!(gateway(&everything(), Security::MutualTls, "").vector_file);
}

#[test]
fn children_with_every_protocol() {
    let children = gateway(&everything(), Security::MutualTls, "syslog-tls=7").children(&OwnerReference::default());
    let mut intents: Vec<_> = children.into_iter().map(|child| child.intent).collect();
    let file = intents[1]["data"]["vector.yaml"].take();
    assert!(file.as_str().unwrap().contains("http_server"), "its text is a snapshot of its own");
    insta::assert_yaml_snapshot!(intents);
}

#[test]
fn every_kind_is_among_those_that_are_deleted_with_it() {
    let children = gateway(&everything(), Security::Plain, "").children(&OwnerReference::default());
    let kinds: Vec<_> = children.iter().map(|child| child.gvk.kind.as_str()).collect();
    assert_eq!(kinds, KINDS);
    assert!(children.iter().all(|child| child.name == "log-aggregator-kafka-gateway"));
}

#[test]
fn pods_restart_for_what_they_read_at_their_start_and_for_nothing_else() {
    let before = template(&gateway(&everything(), Security::MutualTls, "a=1"));
    assert_ne!(before, template(&gateway(&everything(), Security::MutualTls, "a=2")));
    let mut other = gateway(&everything(), Security::MutualTls, "a=1");
    other.certificates.own = Some(b"renewed".to_vec());
    assert_ne!(before, template(&other));
    let scaled = GatewaySpec { replicas: 9, ..everything() };
    assert_eq!(before, template(&gateway(&scaled, Security::MutualTls, "a=1")));
}

#[test]
fn only_what_the_spec_names_is_mounted() {
    let spec: GatewaySpec = serde_json::from_value(json!({"topic": "a", "http": {"port": 8080}})).unwrap();
    let children = gateway(&spec, Security::Plain, "").children(&OwnerReference::default());
    assert!(children[1].intent.get("binaryData").is_none());
    let pod = template(&gateway(&spec, Security::Plain, "")).to_string();
    for absent in ["gateway-tls", "cluster-ca", "kafka-user", "secretKeyRef", "secret-versions"] {
        assert!(!pod.contains(absent), "{absent}: {pod}");
    }
}

#[test]
fn the_port_of_the_pods_is_never_privileged() {
    assert!(ports::ports(&everything()).iter().all(|port| port.pod > 1023));
}

#[test]
fn the_condition_says_what_keeps_it_from_taking_lines() {
    let pod = |ready| crate::pod_state::PodState {
        name: "logs-gateway-1".to_owned(),
        ready,
        message: (!ready).then(|| "Starting".to_owned()),
        ..Default::default()
    };
    let missing = Some(("GatewaySecretMissing", "create it".to_owned()));
    for (wanted, pods, waiting, said) in [
        (1, vec![pod(true)], None, ("GatewayServes", "all its Pods take lines")),
        (2, vec![pod(true), pod(false)], None, ("GatewayNotReady", "logs-gateway-1: Starting")),
        (2, vec![pod(true)], None, ("GatewayNotReady", "there are fewer Pods than wanted")),
        (0, vec![], None, ("GatewayStopped", "spec.gateway.replicas is 0: nobody takes lines")),
        (1, vec![pod(true)], missing, ("GatewaySecretMissing", "create it")),
    ] {
        let found = finding(&Seen { wanted, pods, waiting });
        assert_eq!((found.reason.as_str(), found.message.as_str()), said);
        assert_eq!(found.status == crate::conditions::Status::True, said.0 == "GatewayServes");
    }
}
