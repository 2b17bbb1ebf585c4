//! What a Consumer's transforms and sinks may not say.

use serde_json::{Value, json};

use super::consumer::VRL;
use super::{logs, reader, said};
use crate::validate::consumer::consumer;

fn sink(mut kind: Value) -> Value {
    kind["name"] = json!("a");
    json!({"sinks": [kind]})
}

#[test]
fn each_error_of_a_sink_names_field_value_and_way_out() {
    let es = |url: &str| sink(json!({"elasticsearch": {"endpoints": ["http://es:9200", url], "index": "a"}}));
    let kafka = |topic: &str| sink(json!({"kafka": {"topic": topic}}));
    let endpoint = "spec.sinks[a].elasticsearch.endpoints[1]";
    let lossy = "http://vl:9428/insert/elasticsearch/";
    for (spec, said_of, way_out) in [
        (es("http://es:99999"), ("InvalidEndpoint", endpoint, "http://es:99999"), "for example"),
        (es(lossy), ("LossyEndpoint", endpoint, lossy), "use a sink victoriaLogs"),
        (
            sink(json!({"loki": {"endpoint": "http://loki/%", "labels": {"a": "b"}}})),
            ("InvalidEndpoint", "spec.sinks[a].loki.endpoint", "http://loki/%"),
            "a path without them",
        ),
        (
            sink(json!({"http": {"uri": "http://:80/"}})),
            ("InvalidEndpoint", "spec.sinks[a].http.uri", "http://:80/"),
            "for example",
        ),
        (kafka("other"), ("UnlistedTopic", "spec.sinks[a].kafka.topic", "other"), "add it to spec.topics"),
        (kafka("logs"), ("SinkLoop", "spec.sinks[a].kafka.topic", "logs"), "another topic"),
    ] {
        let pipeline = logs(json!({"topics": [{"name": "logs"}, {"name": "audit"}]}));
        let refusals = consumer(&reader("a", spec), Some(&pipeline), VRL).unwrap_err();
        assert_eq!(said(&refusals), [said_of]);
        assert!(refusals[0].message.contains(way_out), "{}", refusals[0]);
    }
}

#[test]
fn a_topic_that_is_declared_or_elsewhere_is_accepted() {
    let pipeline = logs(json!({"topics": [{"name": "audit"}]}));
    for spec in [json!({"topic": "audit"}), json!({"topic": "logs", "bootstrapServers": "other:9092"})] {
        assert_eq!(consumer(&reader("a", sink(json!({"kafka": spec}))), Some(&pipeline), VRL), Ok(()));
    }
}

#[test]
fn every_condition_is_compiled() {
    let transform = |kind: Value| {
        let mut transform = json!({"name": "t"});
        transform.as_object_mut().unwrap().extend(kind.as_object().unwrap().clone());
        json!({"transforms": [transform]})
    };
    let when = json!({"sinks": [{"name": "t", "when": "bad", "http": {"uri": "http://a"}}]});
    for (spec, field) in [
        (transform(json!({"filter": {"condition": "bad"}})), "spec.transforms[t].filter.condition"),
        (transform(json!({"sample": {"rate": 2, "exclude": "bad"}})), "spec.transforms[t].sample.exclude"),
        (transform(json!({"reduce": {"startsWhen": "bad"}})), "spec.transforms[t].reduce.startsWhen"),
        (transform(json!({"reduce": {"endsWhen": "bad"}})), "spec.transforms[t].reduce.endsWhen"),
        (when, "spec.sinks[t].when"),
    ] {
        let refusals = consumer(&reader("a", spec), Some(&logs(json!({}))), VRL).unwrap_err();
        assert_eq!(said(&refusals), [("InvalidVrl", field, "bad")]);
    }
}

#[test]
fn a_text_that_vector_would_replace_by_a_secret_is_refused_wherever_it_stands() {
    let remap = json!({"transforms": [{"name": "t", "remap": {"source": ".a = \"SECRET[es.password]\""}}]});
    let header = sink(json!({"http": {"uri": "http://a", "headers": {"X": "SECRET[a.b]"}}}));
    for (spec, field) in [
        (remap, "spec.transforms[t].remap.source"),
        (header, "spec.sinks[a].http.headers.X"),
        (json!({"groupId": "SECRET[a.b]"}), "spec.groupId"),
    ] {
        let refusals = consumer(&reader("a", spec), Some(&logs(json!({}))), VRL).unwrap_err();
        assert_eq!(said(&refusals), [("SecretInText", field, "SECRET[")]);
    }
}
