//! The programs of agents and of the gateway, run on what real senders send.

use kafkapipelines_core::agent::{self, Agent};
use kafkapipelines_core::gateway;
use kafkapipelines_core::vector::{Bootstrap, Security};
use serde_json::{Value as Json, json};
use vrl::compiler::runtime::Runtime;
use vrl::compiler::{Program, TargetValue, TimeZone};
use vrl::value::{Secrets, Value};

use super::{closed, compile};

/// The file that Vector reads in the container, as it lies in the sources.
const DESCRIPTOR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../core/src/gateway/loki_push.desc");
/// A push as Promtail sends it: protocol buffers in one block of Snappy. The second line is no UTF-8.
const PUSH: &str = "lQHsCpIBCk97ZmlsZW5hbWU9Ii92YXIvbG9nL3Nob3AubG9nIiwgaG9zdD0id2ViLTEiLCBqb2I9InNob3Ai7CwgcGF0aD0iQzpcXGxvZ3MgXCJ4XCIifRItCgsIgOLPqgYQlZrvOhINaGVsbG8gIndvcmxkIhoPCgh0cnBhY2VfaWQSA2FiYxIQCgYIgeLPqgYSBv/+IHJhdw==";

/// The file of a gateway with every protocol.
fn file() -> Json {
    let spec = json!({"topic": "logs", "syslog": {"tcp": {"port": 601}}, "http": {"port": 80, "authentication": {"secretRef": {"name": "a"}}},
        "loki": {"port": 3100}, "fluent": {"port": 24224}, "logstash": {"port": 5044}});
    let bootstrap = Bootstrap { servers: "logs:9092".to_owned(), security: Security::Plain };
    let spec = serde_json::from_value(spec).unwrap();
    serde_saphyr::from_str(&gateway::render(&spec, &bootstrap).unwrap()).unwrap()
}

fn program(source: &str) -> Program {
    let source = source.replace("/etc/vector/loki_push.desc", DESCRIPTOR);
    compile(&source, &vrl::stdlib::all(), closed(&[])).map_err(|found| format!("{source}: {found:?}")).unwrap().program
}

/// What a program makes of an event: one event, or several where it assigns a list.
fn run(source: &Json, event: Value) -> Vec<Value> {
    let program = program(source.as_str().unwrap());
    let mut target = TargetValue { value: event, metadata: Value::Object([].into()), secrets: Secrets::new() };
    Runtime::default().resolve(&mut target, &program, &TimeZone::default()).unwrap();
    match target.value {
        Value::Array(events) => events,
        event => vec![event],
    }
}

/// What is written to Kafka of an event of a protocol.
fn written(protocol: &str, event: Value) -> Vec<Json> {
    let file = file();
    let fields = run(&file["transforms"][format!("{protocol}-fields")]["source"], event);
    let lines = fields.into_iter().flat_map(|event| run(&file["transforms"]["line"]["source"], event));
    lines.map(|line| serde_json::to_value(line).unwrap()).collect()
}

fn http(protocol: &str, body: &[u8]) -> Vec<Json> {
    let mut event = Value::from(json!({"host_ip": "192.0.2.7", "timestamp": "2026-01-01T00:00:00Z", "path": "/"}));
    event.insert(vrl::path!("message"), Value::from(body));
    written(protocol, event)
}

#[test]
fn each_compiles_and_none_can_fail() {
    for (id, transform) in file()["transforms"].as_object().unwrap() {
        let program = program(transform["source"].as_str().unwrap());
        assert!(!program.info().fallible && !program.info().abortable, "{id}");
    }
    let file: Json = serde_saphyr::from_str(&agent::render(&Agent::default()).unwrap()).unwrap();
    let program = program(file["transforms"]["lines"]["source"].as_str().unwrap());
    assert!(!program.info().fallible && !program.info().abortable);
}

#[test]
fn a_login_is_a_condition() {
    let program = program(file()["sources"]["http"]["auth"]["source"].as_str().unwrap());
    assert!(program.final_type_info().result.is_boolean());
}

#[test]
fn a_push_of_promtail_becomes_its_lines() {
    let body = decoded(PUSH);
    let labels = json!({"filename": "/var/log/shop.log", "host": "web-1", "job": "shop", "path": "C:\\logs \"x\"", "component": "shop",
        "host_ip": "192.0.2.7", "source": "loki"});
    let line = |more: &Json| {
        let mut line = labels.clone();
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        line
    };
    assert_eq!(
        http("loki", &body),
        [
            line(
                &json!({"message": "hello \"world\"", "trace_id": "abc", "timestamp": "2023-11-14T22:13:20.123456789Z"})
            ),
            line(&json!({"message": "\u{fffd}\u{fffd} raw", "timestamp": "2023-11-14T22:13:21Z"})),
        ]
    );
}

/// By the language itself.
fn decoded(base64: &str) -> Vec<u8> {
    let events = run(&json!(format!(".message = decode_base64!(\"{base64}\")")), Value::Object([].into()));
    events[0].get(vrl::path!("message")).unwrap().as_bytes().unwrap().to_vec()
}

#[test]
fn a_push_as_json_becomes_its_lines() {
    let body = json!({"streams": [
        {"stream": {"app": "shop", "hostname": "web-2"}, "values": [["1700000000000000001", "one"], ["1700000001000000000", "two", {"trace_id": "abc"}]]},
        {"stream": {}, "values": [["not a time", "three"]]}]});
    let lines = http("loki", body.to_string().as_bytes());
    assert_eq!(lines[0]["timestamp"], "2023-11-14T22:13:20.000000001Z");
    assert_eq!((&lines[0]["host"], &lines[0]["component"]), (&json!("web-2"), &json!("shop")));
    assert_eq!((&lines[1]["message"], &lines[1]["trace_id"]), (&json!("two"), &json!("abc")));
    assert_eq!((&lines[2]["message"], &lines[2]["host"]), (&json!("three"), &json!("192.0.2.7")));
    assert_eq!(lines.len(), 3);
}

#[test]
fn what_is_no_push_is_kept() {
    let lines = http("loki", b"\xff\x00garbage");
    assert_eq!((lines.len(), &lines[0]["error"]), (1, &json!("is no push of Loki")));
    assert_eq!(decoded(lines[0]["message"].as_str().unwrap()), b"\xff\x00garbage");
}

#[test]
fn a_line_of_a_body_is_text_or_fields_or_a_list() {
    let message =
        |body: &str| http("http", body.as_bytes()).into_iter().map(|line| line["message"].clone()).collect::<Vec<_>>();
    assert_eq!(message("12.50"), [json!("12.50")]);
    assert_eq!(message("{broken"), [json!("{broken")]);
    assert_eq!(message(r#"[{"message": "a"}, "b", 1]"#), [json!("a"), json!("b"), json!("1")]);
    let line = http("http", br#"{"message": "a", "host": "web-1", "level": "info"}"#).remove(0);
    let expected = json!({"message": "a", "host": "web-1", "level": "info", "host_ip": "192.0.2.7", "source": "http",
        "timestamp": "2026-01-01T00:00:00Z"});
    assert_eq!(line, expected);
}

#[test]
fn syslog_fluent_and_beats_have_the_same_fields() {
    let syslog = json!({"message": "m", "appname": "sshd", "hostname": "web-1", "host": "web-1", "source_ip": "192.0.2.7",
        "severity": "info", "source_type": "syslog", "procid": null});
    let fluent = json!({"log": "m", "tag": "shop", "host": "192.0.2.7", "source_type": "fluent"});
    let beats = json!({"message": "m", "host": {"name": "web-1", "ip": ["192.0.2.7", "::1"]}, "event": {"module": "nginx"},
        "@timestamp": "2026-01-01T00:00:00Z", "@metadata": {"beat": "filebeat"}});
    for (protocol, event, expected) in [
        (
            "syslog-tcp",
            syslog,
            json!({"message": "m", "component": "sshd", "host": "web-1", "hostname": "web-1", "host_ip": "192.0.2.7",
            "severity": "info", "source": "syslog"}),
        ),
        (
            "fluent",
            fluent,
            json!({"message": "m", "component": "shop", "tag": "shop", "host": "192.0.2.7", "source": "fluent"}),
        ),
        (
            "logstash",
            beats,
            json!({"message": "m", "component": "nginx", "host": "web-1", "host_ip": "192.0.2.7",
            "event": {"module": "nginx"}, "source": "logstash"}),
        ),
    ] {
        assert_eq!(written(protocol, Value::from(event)), [expected]);
    }
}

#[test]
fn a_line_that_kafka_would_not_take_keeps_its_beginning() {
    let line = http("http", "x".repeat(1_000_000).as_bytes()).remove(0);
    assert_eq!((line["truncated"].clone(), &line["host"]), (json!(true), &json!("192.0.2.7")));
    assert_eq!(line["message"].as_str().unwrap().len(), 150_000);
    let whole = http("http", "x".repeat(900_000).as_bytes()).remove(0);
    assert_eq!((whole.get("truncated"), whole["message"].as_str().unwrap().len()), (None, 900_000));
}

#[test]
fn a_line_of_an_agent_has_what_the_consumers_expect() {
    let agent = Agent {
        host: "web-1".to_owned(),
        component: "shop".to_owned(),
        host_ip: Some("192.0.2.7".to_owned()),
        ..Agent::default()
    };
    let file: Json = serde_saphyr::from_str(&agent::render(&agent).unwrap()).unwrap();
    let read = json!({"message": "m", "timestamp": "2026-01-01T00:00:00Z", "file": "/var/log/a.log", "host": "localhost", "source_type": "file"});
    let lines = run(&file["transforms"]["lines"]["source"], Value::from(read));
    let expected = json!({"message": "m", "timestamp": "2026-01-01T00:00:00Z", "file": "/var/log/a.log", "host": "web-1",
        "component": "shop", "host_ip": "192.0.2.7"});
    assert_eq!(serde_json::to_value(&lines[0]).unwrap(), expected);
}
