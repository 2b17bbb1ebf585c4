//! The file with users' own words in it.

use kafkapipelines_crds::ConsumerSpec;
use serde_json::{Value, json};

use crate::vector::{Bootstrap, Security, render, render_chain, replay, secrets};

/// What docs/consumer.md shows, and whatever else may be set.
fn spec() -> ConsumerSpec {
    let documents: Vec<Value> = serde_saphyr::from_multiple(include_str!("example.yaml")).unwrap();
    serde_json::from_value(documents.into_iter().next().unwrap()).unwrap()
}

fn plain() -> Bootstrap {
    Bootstrap { servers: "logs-kafka-bootstrap.kafka.svc:9092".to_owned(), security: Security::Plain }
}

fn read(file: &str) -> Value {
    serde_saphyr::from_str(file).unwrap()
}

#[test]
fn options_and_components_are_in_the_file() {
    let file = render("drain", &spec(), &plain()).unwrap();
    let (_, sinks) = file.split_once("\nsinks:\n").unwrap();
    insta::assert_snapshot!(sinks);
    let file = read(&file);
    assert_eq!(file["sources"]["vector_logs"], json!({"type": "internal_logs"}));
    let errors = json!({"type": "filter", "inputs": ["parse"], "condition": ".level == \"error\""});
    assert_eq!(file["transforms"]["errors"], errors);
}

#[test]
fn the_chain_is_what_it_was() {
    let (mut with, without) =
        (read(&render("drain", &spec(), &plain()).unwrap()), read(&render_chain("drain", &spec(), &plain()).unwrap()));
    for (section, own) in [
        ("sources", "vector_logs"),
        ("transforms", "errors"),
        ("sinks", "metrics"),
        ("sinks", "errors_elsewhere"),
        ("sinks", "vector_to_loki"),
    ] {
        assert!(with[section].as_object_mut().unwrap().remove(own).is_some(), "{own}");
    }
    assert_eq!((&with["sources"], &with["transforms"]), (&without["sources"], &without["transforms"]));
    for (id, sink) in without["sinks"].as_object().unwrap() {
        for key in ["inputs", "type", "buffer", "encoding", "retry_strategy", "healthcheck"] {
            assert_eq!(with["sinks"][id][key], sink[key], "{id}.{key}");
        }
    }
}

#[test]
fn what_a_sink_of_ones_own_is_too_slow_for_is_dropped_from_its_disk() {
    let file = read(&render("drain", &spec(), &plain()).unwrap());
    for id in ["metrics", "errors_elsewhere", "vector_to_loki"] {
        let disk = json!({"type": "disk", "max_size": 268_435_488, "when_full": "drop_newest"});
        assert_eq!(file["sinks"][id]["buffer"], disk, "{id}");
    }
    assert_eq!(file["sinks"]["store"]["buffer"]["when_full"], "block");
}

#[test]
fn a_secret_is_a_file_or_a_text_that_vector_replaces_and_is_mounted() {
    let file = read(&render("drain", &spec(), &plain()).unwrap());
    assert_eq!(file["sinks"]["store"]["tls"]["key_file"], "/etc/kafkapipelines/secrets/store-tls/tls.key");
    assert_eq!(file["sinks"]["store"]["tls"]["ca_file"], "/etc/kafkapipelines/secrets/store-ca/ca.crt");
    assert_eq!(file["sinks"]["errors_elsewhere"]["auth"]["password"], "SECRET[elsewhere.password]");
    let backends: Vec<_> = file["secret"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(backends, ["elsewhere"], "a file is read without a backend");
    let mounted = secrets::mounted(&spec());
    let keys: Vec<_> = mounted.iter().map(|(name, keys)| (name.as_str(), keys.len())).collect();
    assert_eq!(keys, [("elsewhere", 1), ("store-ca", 1), ("store-tls", 2)]);
}

#[test]
fn a_replay_has_the_options_and_not_the_components() {
    let plan = crate::consumer_replay::plan::Plan { topic: "dead".to_owned(), partitions: [].into() };
    let file = read(&replay::render("drain", &spec(), &plain(), "drain-replay".to_owned(), &plan).unwrap());
    assert_eq!(file["sinks"]["store"]["request"]["concurrency"], 4);
    assert!(file["sinks"].get("errors_elsewhere").is_none() && file["transforms"].get("errors").is_none());
}
