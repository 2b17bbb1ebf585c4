//! Listeners: names, ports and the hosts of their brokers.

use std::collections::{BTreeMap, BTreeSet};

use kafkapipelines_crds::{IngressSpec, ListenerSpec};

use crate::build::broker_host;
use crate::refusal::Refusal;

const LONGEST_HOST: usize = 253;
const LONGEST_LABEL: usize = 63;

/// What is wrong with the listeners of a pipeline with these brokers.
pub(super) fn refusals(listeners: &[ListenerSpec], brokers: &[i32]) -> Vec<Refusal> {
    let mut refusals = twice(listeners);
    for (listener, ingress) in external(listeners) {
        refusals.extend(missing_hosts(listener, ingress, brokers));
        refusals.extend(brokers.iter().find_map(|broker| impossible_host(listener, ingress, *broker)));
    }
    refusals.extend(shared_hosts(listeners, brokers));
    refusals
}

fn external(listeners: &[ListenerSpec]) -> impl Iterator<Item = (&ListenerSpec, &IngressSpec)> {
    listeners.iter().filter_map(|listener| Some((listener, listener.ingress.as_ref()?)))
}

fn field(listener: &ListenerSpec, name: &str) -> String {
    format!("spec.kafka.listeners[{}].{name}", listener.name)
}

fn twice(listeners: &[ListenerSpec]) -> Vec<Refusal> {
    let (mut names, mut ports) = (BTreeSet::new(), BTreeSet::new());
    let mut refusals = Vec::new();
    for listener in listeners {
        if !names.insert(&listener.name) {
            let message = "another listener has this name: give each its own";
            refusals.push(Refusal::new("DuplicateListener", field(listener, "name"), &listener.name, message));
        }
        if !ports.insert(listener.port) {
            let message = "another listener has this port: give each its own";
            refusals.push(Refusal::new("DuplicatePort", field(listener, "port"), listener.port, message));
        }
    }
    refusals
}

fn missing_hosts(listener: &ListenerSpec, ingress: &IngressSpec, brokers: &[i32]) -> Option<Refusal> {
    let missing: Vec<_> =
        brokers.iter().filter(|id| broker_host(ingress, **id).is_none()).map(ToString::to_string).collect();
    let message = "these brokers have no host: add one for each, or give brokerHostTemplate, for example broker-{nodeId}.example.com";
    let field = field(listener, "ingress.brokerHosts");
    (!missing.is_empty()).then(|| Refusal::new("MissingBrokerHost", field, missing.join(", "), message))
}

fn impossible_host(listener: &ListenerSpec, ingress: &IngressSpec, broker: i32) -> Option<Refusal> {
    ingress.broker_host_template.as_ref()?;
    let host = broker_host(ingress, broker).filter(|host| !is_host(host))?;
    let message =
        "is no host name: labels of at most 63 lower-case letters, digits and dashes, 253 in all; correct the template";
    Some(Refusal::new("InvalidBrokerHost", field(listener, "ingress.brokerHostTemplate"), host, message))
}

/// Ingress controllers tell brokers apart by host name alone.
fn shared_hosts(listeners: &[ListenerSpec], brokers: &[i32]) -> Vec<Refusal> {
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    let mut refusals = Vec::new();
    for (listener, ingress) in external(listeners) {
        let ids: BTreeSet<_> =
            brokers.iter().copied().chain(ingress.broker_hosts.iter().map(|host| host.broker)).collect();
        let of_broker =
            |id: i32| Some((field(listener, &format!("ingress.brokerHosts[{id}].host")), broker_host(ingress, id)?));
        let bootstrap = (field(listener, "ingress.bootstrapHost"), ingress.bootstrap_host.clone());
        for (field, host) in std::iter::once(bootstrap).chain(ids.into_iter().filter_map(of_broker)) {
            match owners.get(&host) {
                Some(owner) => {
                    let message =
                        format!("{owner} has this host too, and connections are told apart by host: give each its own");
                    refusals.push(Refusal::new("DuplicateHost", field, host, message));
                }
                None => drop(owners.insert(host, field)),
            }
        }
    }
    refusals
}

fn is_host(host: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_label = |label: &str| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && label.chars().all(is_inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= LONGEST_HOST && host.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn found(listeners: Value) -> Vec<Refusal> {
        refusals(&serde_json::from_value::<Vec<ListenerSpec>>(listeners).unwrap(), &[0, 1, 2])
    }

    fn external(name: &str, port: u16, ingress: &Value) -> Value {
        let mut listener =
            json!({"name": name, "port": port, "type": "ingress", "tls": true, "ingress": {"className": "nginx"}});
        listener["ingress"].as_object_mut().unwrap().extend(ingress.as_object().unwrap().clone());
        listener
    }

    fn template(template: &str) -> Value {
        json!({"bootstrapHost": "kafka.x.com", "brokerHostTemplate": template})
    }

    #[test]
    fn each_error_names_field_value_and_way_out() {
        let internal = |name: &str, port: u16| json!({"name": name, "port": port, "type": "internal", "tls": false});
        let one_host = json!({"bootstrapHost": "kafka.x.com", "brokerHosts": [{"broker": 1, "host": "b1.x.com"}]});
        let long = format!("{}{{nodeId}}.x.com", "b".repeat(63));
        let long_host = long.replace("{nodeId}", "0");
        for (listeners, reason, field, value, way_out) in [
            (json!([internal("a", 9092), internal("a", 9093)]), "DuplicateListener", "a].name", "a", "its own"),
            (json!([internal("a", 9092), internal("b", 9092)]), "DuplicatePort", "b].port", "9092", "its own"),
            (
                json!([external("e", 9094, &one_host)]),
                "MissingBrokerHost",
                "e].ingress.brokerHosts",
                "0, 2",
                "brokerHostTemplate",
            ),
            (
                json!([external("e", 9094, &template(&long))]),
                "InvalidBrokerHost",
                "e].ingress.brokerHostTemplate",
                &long_host,
                "correct",
            ),
            (
                json!([
                    external("e", 9094, &template("b-{nodeId}.x.com")),
                    external(
                        "f",
                        9095,
                        &json!({"bootstrapHost": "b-1.x.com", "brokerHostTemplate": "c-{nodeId}.x.com"})
                    )
                ]),
                "DuplicateHost",
                "f].ingress.bootstrapHost",
                "b-1.x.com",
                "its own",
            ),
        ] {
            let found = found(listeners);
            let said: Vec<_> = found.iter().map(|r| (r.reason, r.field.clone(), r.value.as_str())).collect();
            assert_eq!(said, [(reason, format!("spec.kafka.listeners[{field}"), value)]);
            assert!(found[0].message.contains(way_out), "{}", found[0]);
        }
    }

    #[test]
    fn hosts_for_brokers_yet_to_come_are_accepted() {
        let hosts: Vec<_> = (0..5).map(|id| json!({"broker": id, "host": format!("b{id}.x.com")})).collect();
        assert_eq!(
            found(json!([external("e", 9094, &json!({"bootstrapHost": "kafka.x.com", "brokerHosts": hosts}))])),
            []
        );
    }
}
