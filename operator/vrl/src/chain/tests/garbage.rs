//! Twenty lines of garbage through the file of the reference installation: each ends in the store or among the dead letters.

use kafkapipelines_core::vector::{Bootstrap, Security, render};
use kafkapipelines_crds::ConsumerSpec;
use vrl::path;

use super::*;

const EXAMPLE: &str = include_str!("../../../../../examples/log-aggregator.yaml");

fn reference() -> Chain {
    rendered(|_| {})
}

/// The chain of the reference, with a change to its spec.
fn rendered(change: impl FnOnce(&mut Value)) -> Chain {
    let documents: Vec<Value> = serde_saphyr::from_multiple(EXAMPLE).unwrap();
    let mut consumer = documents.into_iter().find(|document| document["kind"] == "Consumer").unwrap();
    change(&mut consumer["spec"]);
    let spec: ConsumerSpec = serde_json::from_value(consumer["spec"].clone()).unwrap();
    let bootstrap = Bootstrap { servers: "logs-kafka-bootstrap.kafka.svc:9092".to_owned(), security: Security::Plain };
    Chain::of(&render("victoria-logs", &spec, &bootstrap).unwrap()).unwrap()
}

/// Where the one event of a line ends.
fn end(chain: &mut Chain, line: &Line) -> Arrival {
    let mut arrivals = chain.pass(line, now());
    assert_eq!(arrivals.len(), 1, "{}", String::from_utf8_lossy(&line.payload[..line.payload.len().min(80)]));
    arrivals.remove(0)
}

const STORE: &str = "victoria_logs";
const DEAD: &str = "_dead_letters";

fn many(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(",")
}

#[test]
fn each_line_of_garbage_is_stored_or_a_dead_letter() {
    let text = |text: &str| text.as_bytes().to_vec();
    let at = |time: &str| text(&format!(r#"{{"message": "m", "timestamp": {time}}}"#));
    let binary = b"\x00\xff\xfe\x80{".to_vec();
    let invalid = b"{\"message\": \"a\xff\xfeb\"}".to_vec();
    let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    let garbage: Vec<(&str, Vec<u8>, &str)> = vec![
        ("text", text("no JSON at all"), DEAD),
        ("nothing", text(""), DEAD),
        ("binary", binary, DEAD),
        ("half", text(r#"{"message": "a""#), DEAD),
        ("two", text(r#"{"message": "a"} {"message": "b"}"#), DEAD),
        ("NaN", text(r#"{"message": NaN}"#), DEAD),
        ("5000 deep", text(&deep), DEAD),
        ("2 MiB of text", vec![b'x'; 2 << 20], DEAD),
        ("2 MiB of JSON", text(&format!(r#"{{"message": "{}"}}"#, "x".repeat(2 << 20))), DEAD),
        ("2000 fields", text(&format!("{{{}}}", many(2000, |n| format!(r#""f{n}": {n}"#)))), DEAD),
        ("a name of 20 KB", text(&format!(r#"{{"message": "m", "{}": 1}}"#, "n".repeat(20_000))), DEAD),
        ("a stream field of 100 KB", text(&format!(r#"{{"message": "m", "host": "{}"}}"#, "h".repeat(100_000))), DEAD),
        ("no time", at("\"yesterday\""), DEAD),
        ("a boolean as time", at("true"), DEAD),
        ("two years ahead", at("\"2028-01-01T00:00:00Z\""), DEAD),
        ("eight days old", at("\"2026-01-02T00:00:00Z\""), DEAD),
        ("1970", at("0.5"), DEAD),
        ("null", text("null"), DEAD),
        ("empty object", text("{}"), DEAD),
        ("all null", text(r#"{"a": null, "b": {"c": null}}"#), DEAD),
        ("a number", text("5"), DEAD),
        ("a string", text("\"s\""), DEAD),
        ("invalid UTF-8 in JSON", invalid, STORE),
        ("null byte in JSON", text(r#"{"message": "a\u0000b"}"#), STORE),
        ("wrong types", text(r#"{"message": {"a": []}, "host": [1], "kubernetes": "no object"}"#), STORE),
        ("reserved names", text(r#"{"message": "m", "_msg": "x", "_time": "y"}"#), STORE),
        ("metadata", text(r#"{"message": "m", "metadata": "text"}"#), STORE),
        ("nanoseconds", at("1768046400000000000"), STORE),
        ("a time without a zone", at("\"2026-01-10 11:59:59\""), STORE),
        ("100 deep", text(&format!(r#"{{"a": {}1{}}}"#, "[".repeat(100), "]".repeat(100))), STORE),
    ];
    let mut chain = reference();
    for (name, payload, sink) in garbage {
        let line = line(&payload);
        let arrival = end(&mut chain, &line);
        assert_eq!(&*arrival.sink, sink, "{name}: {:?}", arrival.event.fields.get(path!("headers", "dlq.error")));
        if sink == DEAD {
            let fields = &arrival.event.fields;
            assert_eq!(fields.get(path!("message")).and_then(|m| m.as_bytes()).unwrap(), &payload, "{name}");
            assert_eq!(fields.get(path!("message_key")), Some(&"key".into()), "{name}");
            let header = |name: &str| fields.get(path!("headers", name)).cloned();
            assert_eq!((header("team"), header("dlq.offset")), (Some("a".into()), Some("41".into())), "{name}");
            assert!(header("dlq.error").is_some() && header("dlq.component").is_some(), "{name}");
        }
    }
}

#[test]
fn of_an_array_the_good_items_are_stored_and_the_line_is_a_dead_letter() {
    let payload = r#"[{"message": "good"}, {"message": "bad", "timestamp": true}]"#;
    let mut chain = rendered(|spec| spec["transforms"][0]["remap"]["source"] = json!(". = parse_json!(.message)"));
    let mut arrivals = shown(chain.pass(&line(payload), now()));
    arrivals.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!((arrivals[0].0.as_str(), &arrivals[0].1["message"]), (DEAD, &json!(payload)));
    assert_eq!((arrivals[1].0.as_str(), &arrivals[1].1["message"]), (STORE, &json!("good")));
    assert_eq!((arrivals.len(), chain.pass(&line("[]"), now()).len()), (2, 0), "an empty array has no line in it");
}

/// The article's own file stores the object as it came, with two fields assigned to themselves.
#[test]
fn the_reference_stores_what_the_line_says() {
    let payload = json!({"message": "m", "host": "h", "component": "c", "host_ip": "10.0.0.1", "timestamp": "2026-01-10T11:00:00Z", "n": 1.5});
    assert_eq!(shown(reference().pass(&line(payload.to_string()), now())), [(STORE.to_owned(), payload)]);
}

/// A chain is compiled once and takes any number of lines.
#[test]
fn programs_are_compiled_once() {
    let mut chain = reference();
    let line = line(r#"{"message": "m", "host": "h"}"#);
    let stored = (0..1000).filter(|_| &*end(&mut chain, &line).sink == STORE).count();
    assert_eq!(stored, 1000);
}
