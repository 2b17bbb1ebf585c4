use kafkapipelines_crds::{ConsumerSpec, ConsumerTest};
use serde_json::{Value, json};

use super::{logs, reader, said};
use crate::consumer::members::declared_partitions;
use crate::program::{Mistake, TestFailure, Vrl};
use crate::validate::consumer::{consumer, warnings};
use crate::validate::{PIPELINE_NOT_FOUND, is_waiting};

/// A double of VRL.
pub(super) const VRL: Vrl = Vrl { program: compiler, condition: compiler, tests: runner };

/// A double of a compiler: `bad` is the only word that it does not know.
fn compiler(program: &str) -> Vec<Mistake> {
    let mistake = |at| Mistake { line: 1, column: at + 1, excerpt: "bad".to_owned(), text: "E1 unknown".to_owned() };
    program.find("bad").map(mistake).into_iter().collect()
}

/// A double of the runner of tests: those called `bad` fail.
fn runner(file: &str, spec: &ConsumerSpec) -> Vec<TestFailure> {
    assert!(file.contains("_kafka"), "a rendered file: {file}");
    let failure = |test: &ConsumerTest| TestFailure {
        test: test.name.clone(),
        line: "a line".to_owned(),
        difference: "level: expected 1, got 2".to_owned(),
    };
    spec.tests.iter().filter(|test| test.name == "bad").map(failure).collect()
}

#[test]
fn a_test_that_fails_is_refused_once_the_rest_is_good() {
    let tests = |names: &[&str]| {
        names
            .iter()
            .map(|name| json!({"name": name, "input": {"message": ""}, "expect": {"dropped": true}}))
            .collect::<Value>()
    };
    let judged = |spec: Value| consumer(&reader("a", spec), Some(&logs(json!({}))), VRL);
    assert_eq!(judged(json!({"tests": tests(&["good"])})), Ok(()));
    let refusals = judged(json!({"tests": tests(&["good", "bad"])})).unwrap_err();
    assert_eq!(said(&refusals), [("TestFailed", "spec.tests[bad]", "a line")]);
    assert_eq!(refusals[0].message, "level: expected 1, got 2");
    let worse = json!({"tests": tests(&["bad"]), "deadLetter": {"topic": "logs"}});
    assert_eq!(said(&judged(worse).unwrap_err())[0].0, "DeadLetterLoop");
}

#[test]
fn each_error_of_a_consumer_names_field_value_and_way_out() {
    let twice = json!({"transforms": [{"name": "store", "remap": {"source": ". = {}"}}]});
    let tight = json!({"vector": {"resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "512Mi"}}}});
    let request = "spec.vector.resources.requests[memory]";
    for (name, spec, said_of, way_out) in [
        (
            "a",
            json!({"deadLetter": {"topic": "logs"}}),
            ("DeadLetterLoop", "spec.deadLetter.topic", "logs"),
            "another topic",
        ),
        ("a", twice, ("DuplicateName", "spec.sinks[store].name", "store"), "its own"),
        ("kafka", json!({}), ("ReservedName", "metadata.name", "kafka"), "another name"),
        ("a", tight, ("RequestAboveLimit", request, "1Gi"), "raise the limit"),
    ] {
        let refusals = consumer(&reader(name, spec), Some(&logs(json!({}))), VRL).unwrap_err();
        assert_eq!(said(&refusals), [said_of]);
        assert!(refusals[0].message.contains(way_out), "{}", refusals[0]);
    }
}

#[test]
fn a_program_that_does_not_compile_is_refused_with_its_place() {
    let transform = |name: &str, source: &str| json!({"name": name, "remap": {"source": source}});
    let transforms = json!({"transforms": [transform("parse", ". = {}"), transform("time", ".a = bad")]});
    let refusals = consumer(&reader("a", transforms), Some(&logs(json!({}))), VRL).unwrap_err();
    assert_eq!(said(&refusals), [("InvalidVrl", "spec.transforms[time].remap.source", "bad")]);
    assert_eq!(refusals[0].message, "line 1, column 6: E1 unknown");
}

#[test]
fn an_endpoint_is_a_base_url_and_never_the_path_that_loses_lines() {
    for (url, reason, way_out) in [
        ("http://vl:9428/insert/elasticsearch/", "LossyEndpoint", "remove the path"),
        ("http://vl:9428/insert/jsonline", "InvalidEndpoint", "remove the path"),
        ("http://vl:9428/%2Flogs", "InvalidEndpoint", "a path without them"),
        ("http://vl:9428/{{ host }}", "InvalidEndpoint", "for example"),
        ("http://vl:9428/{{host}}", "InvalidEndpoint", "a path without them"),
        ("http://vl:99999", "InvalidEndpoint", "for example"),
        ("http://vl:", "InvalidEndpoint", "for example"),
        ("http://:9428", "InvalidEndpoint", "for example"),
        ("vl:9428", "InvalidEndpoint", "for example"),
    ] {
        let spec = json!({"sinks": [{"name": "store", "victoriaLogs": {"endpoint": url}}]});
        let refusals = consumer(&reader("a", spec), Some(&logs(json!({}))), VRL).unwrap_err();
        assert_eq!(said(&refusals), [(reason, "spec.sinks[store].victoriaLogs.endpoint", url)]);
        assert!(refusals[0].message.contains(way_out), "{}", refusals[0]);
    }
    for url in ["http://vl:9428", "https://logs.example.com/base", "http://[::1]:9428"] {
        let spec = json!({"sinks": [{"name": "store", "victoriaLogs": {"endpoint": url}}]});
        assert_eq!(consumer(&reader("a", spec), Some(&logs(json!({}))), VRL), Ok(()), "{url}");
    }
}

#[test]
fn a_consumer_waits_for_its_pipeline_and_needs_a_way_in() {
    let refusals = consumer(&reader("a", json!({})), None, VRL).unwrap_err();
    assert_eq!(said(&refusals), [(PIPELINE_NOT_FOUND, "spec.pipeline", "logs")]);
    assert!(is_waiting(&refusals));
    let ingress = json!({"className": "nginx", "bootstrapHost": "k.x", "brokerHostTemplate": "b{nodeId}.x"});
    let outside = logs(
        json!({"kafka": {"listeners": [{"name": "e", "port": 9094, "type": "ingress", "tls": true, "ingress": ingress}]}}),
    );
    let refusals = consumer(&reader("a", json!({})), Some(&outside), VRL).unwrap_err();
    assert_eq!(said(&refusals), [("NoInternalListener", "spec.pipeline", "logs")]);
    assert!(!is_waiting(&refusals));
}

#[test]
fn a_consumer_needs_a_listener_that_takes_its_certificate() {
    let listener = |authentication: Value| json!({"name": "a", "port": 9093, "type": "internal", "tls": true, "authentication": authentication});
    let pipeline = |listener: Value, more: Value| {
        let listeners = json!({"kafka": {"listeners": [listener]}});
        logs(super::merged(listeners, json!({"kafka": more})))
    };
    let on = || json!({"authorization": {"type": "simple"}});
    for (authentication, more, reason) in [
        (json!({"type": "tls"}), on(), None),
        (json!({"type": "tls"}), json!({}), None),
        (json!({"type": "scram-sha-512"}), json!({}), Some("NoListenerForConsumers")),
        (Value::Null, on(), Some("NoListenerForConsumers")),
        (Value::Null, json!({}), None),
    ] {
        let found = consumer(&reader("a", json!({})), Some(&pipeline(listener(authentication), more)), VRL);
        assert_eq!(found.as_ref().err().map(|refusals| refusals[0].reason), reason, "{found:?}");
        assert!(found.err().is_none_or(|refusals| refusals[0].message.contains("authentication {type: tls}")));
    }
}

#[test]
fn a_consumers_user_is_never_called_like_the_nodes() {
    let mut pipeline = logs(json!({}));
    pipeline.metadata.name = Some("consumer-a".to_owned());
    let refusals = consumer(&reader("a-kafka", json!({})), Some(&pipeline), VRL).unwrap_err();
    assert_eq!(said(&refusals), [("ReservedName", "metadata.name", "a-kafka")]);
    assert_eq!(consumer(&reader("kafkas", json!({})), Some(&pipeline), VRL), Ok(()));
}

#[test]
fn members_without_partitions_are_a_warning_where_the_partitions_are_known() {
    let declared = |partitions: Value| logs(json!({"topics": [{"name": "logs", "partitions": partitions}]}));
    let many = reader("a", json!({"replicas": 5}));
    let warnings = |pipeline| warnings(&many, declared_partitions(&many.spec, &pipeline));
    assert_eq!(said(&warnings(declared(json!(4)))), [("IdleMembers", "spec.replicas", "5")]);
    for pipeline in [declared(json!(5)), declared(Value::Null), logs(json!({}))] {
        assert_eq!(warnings(pipeline), []);
    }
    let by_pattern = reader("a", json!({"replicas": 5, "topics": [], "topicPattern": "logs.*"}));
    assert_eq!(declared_partitions(&by_pattern.spec, &declared(json!(4))), None, "it may match others");
    let told = super::super::consumer::warnings(&by_pattern, Some(0));
    assert_eq!(said(&told), [("NoTopicMatches", "spec.topicPattern", "logs.*")]);
    let refused = reader("a", json!({"topics": [], "topicPattern": "logs-(a"}));
    assert_eq!(super::super::consumer::warnings(&refused, Some(0)), []);
    let told = super::super::consumer::warnings(&by_pattern, Some(3));
    assert_eq!(said(&told), [("IdleMembers", "spec.replicas", "5")]);
}

#[test]
fn a_pattern_must_be_a_regular_expression() {
    let refusals =
        consumer(&reader("a", json!({"topics": [], "topicPattern": "logs-(a"})), Some(&logs(json!({}))), VRL);
    assert_eq!(said(&refusals.unwrap_err()), [("InvalidTopicPattern", "spec.topicPattern", "logs-(a")]);
}
