//! The files of agents as a person sees them.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kafkapipelines_crds::AuthenticationType;
use serde_json::{Value, json};

use super::*;
use crate::build::tests::fixtures;

fn agent() -> Agent {
    let way = Way {
        listener: "external".to_owned(),
        servers: "kafka.example.com:443".to_owned(),
        authentication: Some(AuthenticationType::Tls),
    };
    Agent {
        host: "web-1.example.com".to_owned(),
        host_ip: Some("192.0.2.7".to_owned()),
        component: "shop".to_owned(),
        include: vec!["/var/log/shop/*.log".to_owned()],
        exclude: vec!["/var/log/shop/*debug*".to_owned()],
        ignore_older_secs: Some(86_400),
        connection: way.with_files(None),
        topic: "standard-logs".to_owned(),
    }
}

#[test]
fn a_server_with_a_certificate() {
    insta::assert_snapshot!(render(&agent()).unwrap());
}

#[test]
fn a_password_is_read_back_as_it_was_written() {
    for password in ["secret", "a: b # \"c\" 'd' \\ {{ x }} $HOME %", " x ", "007"] {
        let login = Login { user: "web".to_owned(), password: password.to_owned() };
        assert!(!format!("{login:?}").contains(password));
        let connection = Connection { password: Some(login), ..agent().connection };
        let file: Value = serde_saphyr::from_str(&render(&Agent { connection, ..agent() }).unwrap()).unwrap();
        let sasl = json!({"enabled": true, "mechanism": "SCRAM-SHA-512", "username": "web", "password": password});
        assert_eq!(file["sinks"]["kafka"]["sasl"], sasl);
    }
}

#[test]
fn nothing_in_a_file_looks_like_a_variable_to_an_older_vector() {
    assert!(!render(&agent()).unwrap().contains('$'));
}

#[test]
fn names_have_nothing_that_a_program_could_take_for_something_else() {
    for name in ["web-1.example.com", "@HOST@", "", "a\"b", "{{ a }}", "a b", "ü"] {
        assert_eq!(is_name(name), name == "web-1.example.com", "{name}");
    }
}

#[test]
fn the_config_map_has_all_that_is_the_same_for_all_servers() {
    let pipeline = fixtures::reference();
    assert!(has_agents(&pipeline));
    insta::assert_yaml_snapshot!(config_map(&pipeline, "authorities\n", &OwnerReference::default()).unwrap());
}

#[test]
fn each_external_listener_has_its_own_keys() {
    let mut pipeline = fixtures::reference();
    let mut other = pipeline.spec.kafka.listeners[2].clone();
    other.name = "other".to_owned();
    other.authentication = serde_json::from_value(json!({"type": "scram-sha-512"})).unwrap();
    pipeline.spec.kafka.listeners.push(other);
    let data = config_map(&pipeline, "", &OwnerReference::default()).unwrap().data.unwrap();
    let keys: Vec<_> = data.keys().map(String::as_str).collect();
    assert_eq!(keys, ["ca.crt", "external.bootstrap", "external.vector.yaml", "other.bootstrap", "other.vector.yaml"]);
    assert!(data["other.vector.yaml"].contains("@PASSWORD@") && !data["external.vector.yaml"].contains("@PASSWORD@"));
}

#[test]
fn a_pipeline_without_external_listeners_has_no_agents() {
    let mut pipeline = fixtures::reference();
    pipeline.spec.kafka.listeners.truncate(2);
    assert!(!has_agents(&pipeline));
}
