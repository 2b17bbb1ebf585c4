//! The gateway of a pipeline.

use std::collections::BTreeMap;

use kafkapipelines_crds::{GatewaySpec, LogPipeline, LogPipelineSpec};

use super::{pod_template, resources};
use crate::gateway::ports::ports;
use crate::names::GATEWAY_USER;
use crate::refusal::Refusal;
use crate::vector::Bootstrap;

/// What is wrong with the gateway of a pipeline, and with what it needs of the pipeline.
pub(super) fn refusals(object: &LogPipeline) -> Vec<Refusal> {
    let Some(gateway) = &object.spec.gateway else { return Vec::new() };
    let mut refusals: Vec<_> = topic(&object.spec, gateway).into_iter().collect();
    refusals.extend(no_way_in(object));
    refusals.extend(user(&object.spec));
    refusals.extend(taken_ports(gateway));
    refusals.extend(resources::refusals("spec.gateway.vector.resources", &gateway.vector.resources));
    let in_gateway = |field: &str| field.replacen("spec.", "spec.gateway.", 1);
    let template = pod_template::refusals(&gateway.template).into_iter();
    refusals.extend(template.map(|refusal| Refusal { field: in_gateway(&refusal.field), ..refusal }));
    refusals
}

fn topic(spec: &LogPipelineSpec, gateway: &GatewaySpec) -> Option<Refusal> {
    let message = "is none of spec.topics: list it there, or name one that is listed";
    let is_listed = spec.topics.iter().any(|topic| topic.name == gateway.topic);
    (!is_listed).then(|| Refusal::new("UnlistedTopic", "spec.gateway.topic", &gateway.topic, message))
}

fn no_way_in(object: &LogPipeline) -> Option<Refusal> {
    let message = "a gateway needs a listener of type internal, with authentication {type: tls} or none, and with authorization one with \
        authentication {type: tls}: add one to spec.kafka.listeners";
    Bootstrap::of(object).is_none().then(|| Refusal::new("NoListenerForGateway", "spec.gateway", "", message))
}

fn user(spec: &LogPipelineSpec) -> Option<Refusal> {
    let message = "the gateway's own user is called so: choose another name, or remove spec.gateway";
    let field = format!("spec.users[{GATEWAY_USER}].name");
    let is_taken = spec.users.iter().any(|user| user.name == GATEWAY_USER);
    is_taken.then(|| Refusal::new("ReservedUser", field, GATEWAY_USER, message))
}

/// A Service has each port once for each transport.
fn taken_ports(gateway: &GatewaySpec) -> Vec<Refusal> {
    let mut first = BTreeMap::new();
    let mut refusals = Vec::new();
    for port in ports(gateway) {
        let Some(other) = first.insert((port.transport.as_str(), port.service), port.name) else { continue };
        let field = format!("spec.gateway.{}.port", port.name.replace('-', "."));
        let message = format!("{} has this port: give each its own", other.replace('-', "."));
        refusals.push(Refusal::new("DuplicatePort", field, port.service, message));
    }
    refusals
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn found(gateway: &Value, change: &Value) -> Vec<(&'static str, String)> {
        let mut spec = json!({"topics": [{"name": "logs"}], "gateway": {"topic": "logs", "http": {"port": 8080}},
            "kafka": {"version": "4.3.1", "listeners": [{"name": "tls", "port": 9093, "type": "internal", "tls": true}]}});
        spec["gateway"].as_object_mut().unwrap().extend(gateway.as_object().unwrap().clone());
        spec.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let object = json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "LogPipeline",
            "metadata": {"name": "logs", "namespace": "kafka"}, "spec": spec});
        let refusals = refusals(&serde_json::from_value(object).unwrap());
        refusals.into_iter().map(|refusal| (refusal.reason, refusal.field)).collect()
    }

    #[test]
    fn each_error_names_its_field() {
        let none = json!({});
        let scram = json!({"kafka": {"version": "4.3.1", "listeners":
            [{"name": "scram", "port": 9095, "type": "internal", "tls": true, "authentication": {"type": "scram-sha-512"}}]}});
        let user = json!({"users": [{"name": "gateway", "authentication": {"type": "tls"}}]});
        for (gateway, change, reason, field) in [
            (json!({"topic": "other"}), &none, "UnlistedTopic", "spec.gateway.topic"),
            (json!({}), &scram, "NoListenerForGateway", "spec.gateway"),
            (json!({}), &user, "ReservedUser", "spec.users[gateway].name"),
            (json!({"syslog": {"tcp": {"port": 8080}}}), &none, "DuplicatePort", "spec.gateway.http.port"),
            (
                json!({"template": {"metadata": {"labels": {"kafkapipelines.io/a": "b"}}}}),
                &none,
                "ReservedKey",
                "spec.gateway.template.metadata.labels[kafkapipelines.io/a]",
            ),
        ] {
            assert_eq!(found(&gateway, change), [(reason, field.to_owned())]);
        }
    }

    #[test]
    fn one_number_may_be_a_port_of_each_transport() {
        let syslog = json!({"syslog": {"tcp": {"port": 514}, "udp": {"port": 514}}});
        assert_eq!(found(&syslog, &json!({})), []);
    }
}
