//! What listeners with authentication and authorization make of a node's file.

use kafkapipelines_crds::{AuthorizationSpec, AuthorizationType, ListenerAuthentication, ListenerSpec};
use serde_json::{from_value, json};

use super::fixtures::{children, pool, reference};
use crate::build::{properties::server_properties, restart_hash};
use crate::labels;
use crate::pipeline::Pipeline;

/// The reference installation with a listener for each way in, and authorization.
fn secured() -> Pipeline {
    let mut pipeline = reference();
    let scram = json!({"name": "scram", "port": 9095, "type": "internal", "tls": true, "authentication": {"type": "scram-sha-512"}});
    pipeline.spec.kafka.listeners.push(from_value::<ListenerSpec>(scram).unwrap());
    pipeline.spec.kafka.listeners[1].authentication = Some(by_certificate());
    pipeline.spec.kafka.authorization = Some(authorization(&["shop", "CN=ops"]));
    pipeline
}

fn by_certificate() -> ListenerAuthentication {
    from_value(json!({"type": "tls"})).unwrap()
}

fn authorization(super_users: &[&str]) -> AuthorizationSpec {
    let super_users = super_users.iter().map(|&user| user.to_owned()).collect();
    AuthorizationSpec { type_: AuthorizationType::Simple, super_users }
}

fn file(pipeline: &Pipeline, name: &str) -> String {
    let pool = pool(pipeline, name);
    server_properties(pipeline, pool, &pool.nodes().next().unwrap())
}

/// Hashes of the pools `controller` and `broker` after a change.
fn hashes(change: impl FnOnce(&mut Pipeline)) -> (String, String) {
    let mut pipeline = reference();
    change(&mut pipeline);
    (restart_hash(&pipeline, pool(&pipeline, "controller")), restart_hash(&pipeline, pool(&pipeline, "broker")))
}

#[test]
fn a_broker_with_each_way_in() {
    insta::assert_snapshot!(file(&secured(), "broker"));
}

#[test]
fn a_controller_knows_nodes_by_their_name_and_no_clients() {
    insta::assert_snapshot!(file(&secured(), "controller"));
}

#[test]
fn without_authentication_and_authorization_only_nodes_have_a_name() {
    for pool in ["controller", "broker"] {
        let file = file(&reference(), pool);
        let absent = [
            "listener.name.tls.ssl.principal",
            "authorizer",
            "super.users",
            "sasl",
            "clients-ca.crt",
            "allow.everyone",
        ];
        assert!(absent.iter().all(|word| !file.contains(word)), "{file}");
    }
}

#[test]
fn who_proves_and_who_may_restarts_those_who_ask() {
    let before = hashes(|_| ());
    let asked = hashes(|p| p.spec.kafka.listeners[1].authentication = Some(by_certificate()));
    assert!(asked.0 == before.0 && asked.1 != before.1, "brokers alone");
    let authorized = |users: &[&str]| hashes(|p| p.spec.kafka.authorization = Some(authorization(users)));
    let on = authorized(&["a", "b"]);
    assert!(on.0 != before.0 && on.1 != before.1, "every node");
    assert_ne!(authorized(&["a"]), on);
    assert_eq!(authorized(&["b", "a", "CN=a", "CN=log-aggregator-kafka-kafka"]), on, "the same super users");
}

#[test]
fn pods_are_stamped_with_their_authorization() {
    let stamps = |pipeline: &Pipeline| {
        let sets = children(pipeline).into_iter().filter(|child| child.gvk.kind == "StatefulSet");
        let stamp =
            |set: serde_json::Value| set["spec"]["template"]["metadata"]["annotations"][labels::AUTHORIZATION].clone();
        sets.map(|set| stamp(set.intent)).collect::<Vec<_>>()
    };
    assert_eq!(stamps(&secured()), [json!("simple"), json!("simple")]);
    assert_eq!(stamps(&reference()), [json!(null), json!(null)]);
}
