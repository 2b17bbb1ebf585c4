//! The operator's own steps before stores: what arrives, and what becomes a dead letter.

use kafkapipelines_core::vector::{Bootstrap, Security, render};
use kafkapipelines_crds::ConsumerSpec;
use serde_json::{Value, json};

use super::{Chain, line, now, shown};

/// Where lines arrive with these transforms and sinks, in the order of their arrival; those that are held back at the end.
fn arrivals(transforms: &Value, sinks: &Value, payloads: &[Value]) -> Vec<(String, Value)> {
    let spec: ConsumerSpec =
        serde_json::from_value(json!({"pipeline": "logs", "topics": ["logs"], "decoding": {"codec": "json"},
        "transforms": transforms, "sinks": sinks, "deadLetter": {"topic": "dlq"}}))
        .unwrap();
    let bootstrap = Bootstrap { servers: "kafka:9092".to_owned(), security: Security::Plain };
    let mut chain = Chain::of(&render("drain", &spec, &bootstrap).unwrap()).unwrap();
    let passed: Vec<_> = payloads.iter().flat_map(|payload| chain.pass(&line(payload.to_string()), now())).collect();
    shown(passed.into_iter().chain(chain.finish()).collect())
}

fn loki() -> Value {
    json!([{"name": "loki", "loki": {"endpoint": "http://loki", "labels": {"job": "kafka", "host": "{{ host }}", "app": "{{ app }}"}, "encoding": "text"}}])
}

#[test]
fn each_of_joined_lines_becomes_a_dead_letter_with_its_own_payload() {
    let join = json!([
        {"name": "join", "reduce": {"mergeStrategies": {"message": "concat_newline"}}},
        {"name": "again", "reduce": {"mergeStrategies": {"message": "concat_newline"}}},
        {"name": "refuse", "remap": {"source": "abort \"no\""}},
    ]);
    let payloads = [json!({"message": "one"}), json!({"message": "two"})];
    let arrived = arrivals(&join, &loki(), &payloads);
    let letters: Vec<_> = arrived.iter().map(|(sink, letter)| (sink.as_str(), &letter["message"])).collect();
    let [one, two] = payloads.map(|payload| Value::from(payload.to_string()));
    assert_eq!(letters, [("_dead_letters", &one), ("_dead_letters", &two)]);
    let letter = &arrived[1].1;
    let said: Vec<_> =
        ["dlq.error", "dlq.component", "dlq.offset", "team"].map(|name| letter["headers"][name].clone()).into();
    assert_eq!(
        (said, &letter["message_key"]),
        (vec![json!("no"), json!("refuse"), json!("41"), json!("a")], &json!("key"))
    );
}

#[test]
fn joined_lines_are_stored_without_what_was_remembered_of_them() {
    let join = json!([{"name": "join", "reduce": {"mergeStrategies": {"message": "concat_newline"}}}]);
    let sinks = json!([{"name": "hook", "http": {"uri": "http://hook"}}]);
    let arrived = arrivals(&join, &sinks, &[json!({"message": "one"}), json!({"message": "two"})]);
    assert_eq!(arrived, [("hook".to_owned(), json!({"message": "one\ntwo"}))]);
}

#[test]
fn loki_gets_streams_of_one_line_and_never_one_that_it_would_refuse() {
    let good = json!({"message": "hello", "host": "web-1", "timestamp": "2026-01-10T11:59:59.5Z"});
    let stream = json!({"stream": {"host": "web-1", "job": "kafka"}, "values": [["1768046399500000000", "hello"]]});
    assert_eq!(arrivals(&json!([]), &loki(), &[good]), [("loki".to_owned(), stream)]);
    for (bad, error) in [
        (json!({"host": "a"}), "the line has no message"),
        (json!({"message": "m", "timestamp": 0}), "the time is older than the retention of the store"),
        (json!({"message": "m", "timestamp": "2026-01-10T12:06:00Z"}), "the time is in the future"),
        (json!({"message": "m", "timestamp": "yesterday"}), "the time cannot be read: yesterday"),
        (json!({"message": "m", "host": "h".repeat(3000)}), "a label is longer than 2048 bytes"),
        (json!({"message": "m".repeat(256_001)}), "the line is longer than 256000 bytes"),
    ] {
        let arrived = arrivals(&json!([]), &loki(), &[bad]);
        assert_eq!((arrived[0].0.as_str(), &arrived[0].1["headers"]["dlq.error"]), ("_dead_letters", &json!(error)));
    }
}

#[test]
fn an_index_gets_no_line_that_it_is_known_to_refuse_and_a_data_stream_none_without_time() {
    let sink = |place: Value| {
        let mut store = json!({"endpoints": ["http://es"], "limits": {"depth": 2, "fields": 10}});
        store.as_object_mut().unwrap().extend(place.as_object().unwrap().clone());
        json!([{"name": "es", "elasticsearch": store}])
    };
    let stream = sink(json!({"dataStream": {}}));
    for (payload, stored) in [
        (json!({"a": 1}), json!({"a": 1, "@timestamp": "2026-01-10T12:00:00Z"})),
        (json!({"timestamp": 1_768_046_399}), json!({"@timestamp": "2026-01-10T11:59:59Z"})),
        (json!({"@timestamp": "2026-01-10T11:59:59"}), json!({"@timestamp": "2026-01-10T11:59:59Z"})),
    ] {
        assert_eq!(arrivals(&json!([]), &stream, &[payload]), [("es".to_owned(), stored)]);
    }
    let many: serde_json::Map<_, _> = (0..11).map(|n| (format!("f{n}"), json!(n))).collect();
    for bad in [json!({"a": {"b": {"c": 1}}}), json!({"a.": 1}), json!({"": 1}), Value::Object(many)] {
        let arrived = arrivals(&json!([]), &sink(json!({"index": "logs"})), &[bad]);
        assert_eq!(arrived[0].0, "_dead_letters", "{arrived:?}");
    }
}

#[test]
fn a_line_goes_to_every_sink_that_wants_it_and_to_the_dead_letters_when_none_does() {
    let sinks = json!([{"name": "a", "when": ".n == 1", "http": {"uri": "http://a"}}, {"name": "b", "when": ".n != 3", "http": {"uri": "http://b"}}]);
    let ids = |n: i32| {
        let arrived = arrivals(&json!([]), &sinks, &[json!({"n": n})]);
        arrived.into_iter().map(|(sink, event)| (sink, event["headers"]["dlq.error"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(ids(1), [("a".to_owned(), Value::Null), ("b".to_owned(), Value::Null)]);
    assert_eq!(ids(2), [("b".to_owned(), Value::Null)]);
    assert_eq!(ids(3), [("_dead_letters".to_owned(), json!("no sink wants it"))]);
}

#[test]
fn a_record_has_no_key_where_the_field_has_no_value_and_is_never_too_long() {
    let sinks = json!([{"name": "copy", "kafka": {"topic": "audit", "keyField": "host", "maxMessageBytes": 1000}}]);
    let arrived = arrivals(&json!([]), &sinks, &[json!({"host": null, "a": 1}), json!({"a": "x".repeat(900)})]);
    assert_eq!(arrived[0], ("copy".to_owned(), json!({"a": 1})));
    assert_eq!(arrived[1].0, "_dead_letters");
}
