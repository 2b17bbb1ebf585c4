//! The file as a whole: what a person sees, and whether Vector's reference knows every field of it.

use kafkapipelines_crds::ConsumerSpec;
use serde_json::{Value, json};

use super::*;

const EXAMPLE: &str = include_str!("../../../../examples/log-aggregator.yaml");

fn reference() -> ConsumerSpec {
    let documents: Vec<Value> = serde_saphyr::from_multiple(EXAMPLE).unwrap();
    let consumer = documents.into_iter().find(|document| document["kind"] == "Consumer").unwrap();
    serde_json::from_value(consumer["spec"].clone()).unwrap()
}

fn plain() -> Bootstrap {
    Bootstrap { servers: "logs-kafka-bootstrap.kafka.svc:9092".to_owned(), security: Security::Plain }
}

fn over_tls() -> Bootstrap {
    let servers = "log-aggregator-kafka-kafka-bootstrap.kafka.svc:9093".to_owned();
    Bootstrap { servers, security: Security::Tls }
}

fn with_a_certificate() -> Bootstrap {
    Bootstrap { servers: "logs-kafka-bootstrap.kafka.svc:9094".to_owned(), security: Security::MutualTls }
}

/// Everything that the reference does not have: several transforms, names that need quotes, no TLS, no group.
fn other() -> ConsumerSpec {
    let transform = |name: &str, source: &str| json!({"name": name, "remap": {"source": source}});
    let store = json!({"endpoint": "https://store:9428/", "msgField": "_msg", "timeField": "kubernetes.@ts",
        "streamFields": ["pod-name", "a..b", "if", "0"]});
    serde_json::from_value(json!({
        "pipeline": "logs", "topics": ["a", "b"], "autoOffsetReset": "latest",
        "transforms": [transform("parse", ". = parse_json!(.message)"), transform("price", "if match(string(.cost) ?? \"\", r'^\\$\\d+$') { .currency = \"$\" }")],
        "sinks": [{"name": "store", "victoriaLogs": store}],
        "deadLetter": {"topic": "dead"},
    }))
    .unwrap()
}

/// Every kind of transform and of store, with credentials, and each sink with a condition.
fn everything() -> ConsumerSpec {
    let documents: Vec<Value> = serde_saphyr::from_multiple(include_str!("everything.yaml")).unwrap();
    serde_json::from_value(documents.into_iter().next().unwrap()).unwrap()
}

#[test]
fn every_kind_of_transform_and_store() {
    insta::assert_snapshot!(render("everything", &everything(), &with_a_certificate()).unwrap());
}

#[test]
fn a_sink_without_a_condition_gets_all_lines_and_no_line_is_without_a_sink() {
    let mut spec = everything();
    spec.sinks[0].when = None;
    let file: Value = serde_saphyr::from_str(&render("drain", &spec, &plain()).unwrap()).unwrap();
    assert_eq!(file["transforms"]["_route"]["reroute_unmatched"], false);
    assert!(file["transforms"].get("_unwanted").is_none());
    assert_eq!(file["transforms"][ids::guard("store")]["inputs"], json!(["_after_trace"]));
}

#[test]
fn each_codec_is_parsed_in_a_transform_and_never_in_the_source() {
    for codec in ["json", "logfmt", "syslog", "cef", "klog"] {
        let mut spec = other();
        spec.decoding = serde_json::from_value(json!({"codec": codec})).unwrap();
        let file: Value = serde_saphyr::from_str(&render("drain", &spec, &plain()).unwrap()).unwrap();
        assert_eq!(file["sources"]["_kafka"]["decoding"]["codec"], "bytes");
        let decode = &file["transforms"]["_decode"];
        assert_eq!((&decode["inputs"], &decode["reroute_dropped"]), (&json!(["_origin"]), &json!(true)));
        assert!(decode["source"].as_str().unwrap().contains(&format!("parse_{codec}!(.message)")), "{decode}");
        assert_eq!(file["transforms"]["parse"]["inputs"], json!(["_decode"]));
    }
}

#[test]
fn the_reference_installation() {
    insta::assert_snapshot!(render("victoria-logs", &reference(), &over_tls()).unwrap());
}

#[test]
fn another_installation() {
    insta::assert_snapshot!(render("drain", &other(), &plain()).unwrap());
}

#[test]
fn a_consumer_shows_its_certificate_to_read_and_to_write_dead_letters() {
    let file: Value = serde_saphyr::from_str(&render("drain", &other(), &with_a_certificate()).unwrap()).unwrap();
    let tls = json!({"enabled": true, "ca_file": "/etc/kafka-ca/ca.crt", "crt_file": "/etc/kafka-user/user.crt", "key_file": "/etc/kafka-user/user.key"});
    assert_eq!((&file["sources"]["_kafka"]["tls"], &file["sinks"]["_dead_letters"]["tls"]), (&tls, &tls));
}

#[test]
fn a_pattern_is_one_topic_that_begins_with_an_anchor_and_what_consumers_write_is_overlooked() {
    let source = |spec: &ConsumerSpec, beside: &[ConsumerSpec]| {
        let topics = TopicSelection::of(spec, beside);
        let file = render_reading("drain", spec, &topics, &plain()).unwrap();
        serde_saphyr::from_str::<Value>(&file).unwrap()["sources"]["_kafka"].clone()
    };
    let listed = source(&other(), &[]);
    assert!(listed["librdkafka_options"].get("topic.blacklist").is_none());
    let mut spec = ConsumerSpec { topics: Vec::new(), topic_pattern: Some("logs.*|dead".to_owned()), ..other() };
    let mut beside = other();
    beside.dead_letter.topic = "logs.dead".to_owned();
    let by_pattern = source(&spec, &[beside]);
    assert_eq!(by_pattern["topics"], json!(["^(logs.*|dead)$"]));
    let options = &by_pattern["librdkafka_options"];
    assert_eq!(options["topic.blacklist"], "^__,^dead$,^logs[.]dead$");
    assert_eq!(options["topic.metadata.refresh.interval.ms"], "30000");
    spec.librdkafka = serde_json::from_value(json!({"topic.metadata.refresh.interval.ms": 5000})).unwrap();
    assert_eq!(source(&spec, &[])["librdkafka_options"]["topic.metadata.refresh.interval.ms"], "5000");
}

#[test]
fn vector_knows_every_field() {
    let files = [
        render("victoria-logs", &reference(), &over_tls()),
        render("drain", &other(), &plain()),
        render("drain", &other(), &with_a_certificate()),
        render("everything", &everything(), &with_a_certificate()),
    ];
    for yaml in files {
        let file: Value = serde_saphyr::from_str(&yaml.unwrap()).unwrap();
        for (component, path, value) in fields(&file) {
            assert!(is_known(&component, &path, &value), "{component} {path}: {value}");
        }
    }
}

#[test]
fn an_unknown_field_or_value_is_noticed() {
    assert!(is_known("sink/http", "retry_strategy.type", &json!("all")));
    assert!(is_known("sink/kafka", "librdkafka_options.enable.idempotence", &json!("true")));
    for (path, value) in
        [("retry_strategy.kind", json!("all")), ("retry_strategy.type", json!("al")), ("method", json!(1))]
    {
        assert!(!is_known("sink/http", path, &value), "{path}");
    }
    assert!(!is_known("sink/kafka", "librdkafka_options.enable.idempotence", &json!(true)));
}

#[test]
fn every_input_exists_and_every_component_is_used() {
    for spec in [reference(), other(), without_transforms(), everything()] {
        let file: Value = serde_saphyr::from_str(&render("drain", &spec, &plain()).unwrap()).unwrap();
        let components =
            || ["sources", "transforms", "sinks"].into_iter().flat_map(|kind| file[kind].as_object().unwrap());
        let inputs: Vec<_> = components().flat_map(|(_, c)| c["inputs"].as_array().into_iter().flatten()).collect();
        let senders = file["sources"].as_object().unwrap().iter().chain(file["transforms"].as_object().unwrap());
        let outputs: Vec<_> = senders.flat_map(|(id, component)| outputs(id, component)).collect();
        for input in &inputs {
            assert!(outputs.iter().any(|output| **input == *output), "{input} is none of {outputs:?}");
        }
        for output in &outputs {
            assert!(inputs.iter().any(|input| **input == *output), "nothing takes {output}: {inputs:?}");
        }
    }
}

/// What other components can take from this one.
fn outputs(id: &str, component: &Value) -> Vec<String> {
    if component["type"] == "route" {
        let rest = (component["reroute_unmatched"] == true).then(|| "_unmatched".to_owned());
        let routes = component["route"].as_object().unwrap().keys().cloned().chain(rest);
        return routes.map(|route| format!("{id}.{route}")).collect();
    }
    let dropped = (component["reroute_dropped"] == true).then(|| format!("{id}.dropped"));
    std::iter::once(id.to_owned()).chain(dropped).collect()
}

fn without_transforms() -> ConsumerSpec {
    ConsumerSpec { transforms: Vec::new(), ..other() }
}

#[test]
fn a_program_is_read_back_as_it_was_written() {
    for source in [".a = \"$HOME ${X} $$ %d\"", "a\tb  \n\n  c", "# x: y\n", "yes", "'\"\\", "\n\t\n. = 1 \n \n"] {
        let mut spec = reference();
        spec.transforms[0].remap.as_mut().unwrap().source = Some(source.to_owned());
        let file: Value = serde_saphyr::from_str(&render("drain", &spec, &plain()).unwrap()).unwrap();
        assert_eq!(file["transforms"]["kafka_parser"]["source"], source.trim_start());
    }
}

#[test]
fn a_url_has_nothing_that_vector_takes_for_a_template() {
    let file: Value = serde_saphyr::from_str(&render("drain", &other(), &plain()).unwrap()).unwrap();
    assert!(!file["sinks"]["store"]["uri"].as_str().unwrap().contains(['%', '{']));
}

/// Every value of a file, with its component and its path in it.
fn fields(file: &Value) -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    for (key, value) in file.as_object().unwrap() {
        let kind = key.trim_end_matches('s');
        if !matches!(kind, "source" | "transform" | "sink") {
            collect("global", key, value, &mut found);
            continue;
        }
        for component in value.as_object().unwrap().values() {
            let name = format!("{kind}/{}", component["type"].as_str().unwrap());
            let fields = component.as_object().unwrap().iter().filter(|(field, _)| *field != "type");
            fields.for_each(|(field, value)| collect(&name, field, value, &mut found));
        }
    }
    found
}

fn collect(component: &str, path: &str, value: &Value, found: &mut Vec<(String, String, Value)>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, v)| collect(component, &format!("{path}.{key}"), v, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(component, &format!("{path}[]"), item, found)),
        value => found.push((component.to_owned(), path.to_owned(), value.clone())),
    }
}

fn is_known(component: &str, path: &str, value: &Value) -> bool {
    let entries = include_str!("fields.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    entries.map(|line| line.split(' ').collect::<Vec<_>>()).any(|entry| {
        let same_path = match entry[1].split_once('*') {
            None => entry[1] == path,
            Some((prefix, suffix)) => path.starts_with(prefix) && path.ends_with(suffix),
        };
        entry[0] == component && same_path && has_type(entry[2], value)
    })
}

fn has_type(type_: &str, value: &Value) -> bool {
    match type_ {
        "string" => value.is_string(),
        "bool" => value.is_boolean(),
        "uint" => value.is_u64(),
        "float" => value.is_number(),
        choices => value.as_str().is_some_and(|value| choices.split('|').any(|choice| choice == value)),
    }
}
