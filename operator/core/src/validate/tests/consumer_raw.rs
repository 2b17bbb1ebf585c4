//! What may be written into `raw`, and what may not, with the way out.

use serde_json::{Value, json};

use super::consumer::VRL;
use super::{logs, merged, reader};
use crate::refusal::Refusal;
use crate::validate::consumer::consumer;

fn judged(raw: &Value) -> Vec<Refusal> {
    let transforms =
        json!([{"name": "parse", "remap": {"source": ". = {}"}}, {"name": "keep", "filter": {"condition": "true"}}]);
    let sinks = json!([
        {"name": "vl", "victoriaLogs": {"endpoint": "http://vl:9428"}},
        {"name": "es", "elasticsearch": {"endpoints": ["http://es:9200"], "index": "a"}},
        {"name": "hook", "http": {"uri": "http://hook", "headers": {"X-Source": "kafka"}}},
        {"name": "copy", "kafka": {"topic": "audit"}},
        {"name": "far", "kafka": {"topic": "audit", "bootstrapServers": "far:9092"}},
    ]);
    let pipeline = logs(json!({"topics": [{"name": "logs"}, {"name": "audit"}]}));
    let spec = json!({"transforms": transforms, "sinks": sinks, "raw": raw});
    consumer(&reader("a", spec), Some(&pipeline), VRL).err().unwrap_or_default()
}

/// A sink of one's own with something more.
fn own(more: Value) -> Value {
    let sink = json!({"type": "http", "inputs": ["parse"], "uri": "http://own", "encoding": {"codec": "json"}});
    json!({"sinks": {"own": merged(sink, more)}})
}

fn transform(fields: &Value) -> Value {
    json!({"transforms": {"mine": fields}})
}

fn option(sink: &str, options: Value) -> Value {
    json!({"sinks": Value::Object([(sink.to_owned(), options)].into_iter().collect())})
}

/// That this alone is refused.
fn is_refused(raw: &Value, reason: &str, field: &str, way_out: &str) {
    let refusals = judged(raw);
    assert_eq!(refusals.len(), 1, "{raw}: {refusals:?}");
    assert_eq!((refusals[0].reason, refusals[0].field.clone()), (reason, format!("spec.raw.{field}")));
    assert!(refusals[0].message.contains(way_out), "{}", refusals[0]);
}

#[test]
fn what_no_promise_depends_on_may_be_set() {
    let key = json!({"secretKeyRef": {"name": "store-tls", "key": "tls.key"}});
    for raw in [
        json!({}),
        option("vl", json!({"request": {"concurrency": 4, "timeout_secs": 120, "headers": {"AccountID": "7"}}})),
        option(
            "vl",
            json!({"batch": {"max_bytes": 4_000_000, "timeout_secs": 0.5}, "proxy": {"http": "http://proxy:3128", "no_proxy": ["a"]}}),
        ),
        option(
            "es",
            json!({"pipeline": "logs", "query": {"refresh": "false"}, "request": {"headers": {"X-Api-Key": key}}}),
        ),
        option("es", json!({"tls": {"crt_file": key, "key_file": key, "key_pass": key, "server_name": "es"}})),
        option("copy", json!({"compression": "lz4", "librdkafka_options": {"linger.ms": "50"}})),
        option("far", json!({"sasl": {"enabled": true, "mechanism": "PLAIN", "username": "u", "password": key}})),
        own(json!({})),
        own(
            json!({"inputs": ["_origin", "_dead_letter", "_guard_vl", "_guard_copy", "parse.dropped", "keep"], "auth": {"password": key}}),
        ),
        transform(&json!({"type": "remap", "inputs": ["parse"], "source": ".a = 1"})),
        json!({"sources": {"vector": {"type": "internal_logs"}},
            "transforms": {"bad": {"type": "route", "inputs": ["vector"], "route": {"warn": ".level == \"WARN\""}}},
            "sinks": {"own": {"type": "loki", "inputs": ["bad.warn", "bad._unmatched"]}}}),
        json!({"sinks": {"metrics": {"type": "prometheus_remote_write", "inputs": ["_internal_metrics"]}}}),
    ] {
        assert_eq!(judged(&raw), [], "{raw}");
    }
}

#[test]
fn what_the_operator_answers_for_is_refused_with_the_way_out() {
    for (sink, options, path, way_out) in [
        (
            "vl",
            json!({"acknowledgements": {"enabled": false}}),
            "acknowledgements.enabled",
            "only once the store has the line",
        ),
        ("vl", json!({"acknowledgements": false}), "acknowledgements", "only once the store has the line"),
        ("vl", json!({"buffer": {"when_full": "drop_newest"}}), "buffer.when_full", "set spec.buffer"),
        ("vl", json!({"inputs": ["parse"]}), "inputs", "set when of the sink"),
        ("vl", json!({"type": "loki"}), "type", "spec.sinks"),
        ("vl", json!({"encoding": {"except_fields": ["a"]}}), "encoding.except_fields", "spec.sinks"),
        ("vl", json!({"retry_strategy": {"type": "none"}}), "retry_strategy.type", "tries again for ever"),
        ("vl", json!({"request": {"retry_attempts": 3}}), "request.retry_attempts", "tries again for ever"),
        ("vl", json!({"request.retry_attempts": 3}), "request.retry_attempts", "tries again for ever"),
        ("vl", json!({"healthcheck": {"enabled": true}}), "healthcheck.enabled", "although its store is away"),
        ("vl", json!({"auth": {"strategy": "basic"}}), "auth.strategy", "set auth of the sink"),
        ("vl", json!({"tls": {"verify_certificate": false}}), "tls.verify_certificate", "tls.caFrom"),
        (
            "vl",
            json!({"request": {"headers": {"Content-Encoding": "zstd"}}}),
            "request.headers.Content-Encoding",
            "as it is",
        ),
        ("hook", json!({"request": {"headers": {"x-source": "a"}}}), "request.headers.x-source", "http.headers"),
        ("es", json!({"request_retry_partial": false}), "request_retry_partial", "tries again for ever"),
        ("es", json!({"id_key": "id"}), "id_key", "spec.sinks"),
        ("es", json!({"query": {"filter_path": "took"}}), "query.filter_path", "as it is"),
        ("copy", json!({"message_timeout_ms": 1000}), "message_timeout_ms", "tries again for ever"),
        ("copy", json!({"librdkafka_options": {"acks": "0"}}), "librdkafka_options.acks", "spec.sinks"),
        ("copy", json!({"sasl": {"enabled": true}}), "sasl.enabled", "bootstrapServers"),
        ("copy", json!({"tls": {"crt_file": "/a"}}), "tls.crt_file", "spec.sinks"),
    ] {
        is_refused(&option(sink, options), "RawOwned", &format!("sinks.{sink}.{path}"), way_out);
    }
}

#[test]
fn an_option_has_a_name_and_a_value_that_vector_takes() {
    for (sink, options, path, way_out) in [
        ("vl", json!({"request": {"concurency": 4}}), "request.concurency", "request.concurrency"),
        ("vl", json!({"request": 4}), "request", "there are batch.max_bytes"),
        ("vl", json!({"pipeline": "a"}), "pipeline", "no option of this sink"),
        ("vl", json!({"request": {"concurrency": 0}}), "request.concurrency", "adaptive"),
        ("vl", json!({"request": {"timeout_secs": 0}}), "request.timeout_secs", "from 1 to 3600"),
        ("vl", json!({"request": {"headers": {"X": "{{ host }}"}}}), "request.headers.X", "without {{"),
        ("vl", json!({"request": {"headers": {"AccountID": 7}}}), "request.headers.AccountID", "in quotes"),
        ("vl", json!({"batch": {"max_bytes": 4_000_001}}), "batch.max_bytes", "from 1 to 4000000"),
        ("hook", json!({"batch": {"max_bytes": 1_000_001}}), "batch.max_bytes", "from 1 to 1000000"),
        ("vl", json!({"batch": {"timeout_secs": 0}}), "batch.timeout_secs", "above 0"),
        ("vl", json!({"proxy": {"enabled": "yes"}}), "proxy.enabled", "true or false"),
        ("vl", json!({"proxy": {"no_proxy": "a"}}), "proxy.no_proxy", "a list"),
        ("copy", json!({"compression": "br"}), "compression", "one of gzip"),
        ("copy", json!({"request": {"concurrency": 1}}), "request.concurrency", "librdkafka_options.linger.ms"),
        ("copy", json!({"librdkafka_options": {"linger.ms": 5}}), "librdkafka_options.linger.ms", "in quotes"),
    ] {
        is_refused(&option(sink, options), "RawInvalid", &format!("sinks.{sink}.{path}"), way_out);
    }
}

#[test]
fn a_component_that_is_not_for_members_is_refused_with_the_reason() {
    let source = |type_: &str| json!({"sources": {"a": {"type": type_}}});
    let mine = |type_: &str| transform(&json!({"type": type_, "inputs": ["parse"]}));
    for (raw, type_, way_out) in [
        (source("exec"), "exec", "no programs"),
        (source("file"), "file", "agent on the host"),
        (source("kubernetes_logs"), "kubernetes_logs", "agent on the host"),
        (source("syslog"), "syslog", "spec.gateway"),
        (source("kafka"), "kafka", "spec.topics"),
        (source("kafak"), "kafak", "internal_logs"),
        (mine("lua"), "lua", "write it in VRL"),
        (mine("reduce"), "reduce", "reduce in spec.transforms"),
        (mine("aggregate"), "aggregate", "holds lines back"),
        (mine("aws_ec2_metadata"), "aws_ec2_metadata", "nothing of the host"),
        (own(json!({"type": "file"})), "file", "over the network"),
        (own(json!({"type": "redis"})), "redis", "asks its server at the start"),
        (own(json!({"type": "console"})), "console", "for ever"),
        (own(json!({"type": "prometheus_exporter"})), "prometheus_exporter", "prometheus_remote_write"),
        (own(json!({"type": "htpp"})), "htpp", "none of the sinks"),
    ] {
        let refusals = judged(&raw);
        assert_eq!(refusals.len(), 1, "{type_}: {refusals:?}");
        assert_eq!((refusals[0].reason, refusals[0].value.as_str()), ("RawRefused", type_));
        assert!(
            refusals[0].field.rsplit('.').next() == Some("type") && refusals[0].message.contains(way_out),
            "{}",
            refusals[0]
        );
    }
}

#[test]
fn a_component_stands_beside_the_chain_and_in_nobodys_place() {
    let remap = |inputs: Value| json!({"type": "remap", "inputs": inputs, "source": ".a = 1"});
    for (raw, reason, field, way_out) in [
        (json!({"transforms": {"parse": {"type": "remap"}}}), "RawOwned", "transforms.parse", "spec.transforms[parse]"),
        (json!({"transforms": {"vl": remap(json!(["parse"]))}}), "DuplicateName", "transforms.vl", "its own"),
        (json!({"sinks": {"parse": own(json!({}))["sinks"]["own"]}}), "DuplicateName", "sinks.parse", "its own"),
        (transform(&json!({"inputs": ["parse"]})), "RawInvalid", "transforms.mine.type", "type: http"),
        (json!({"transforms": {"_mine": remap(json!(["parse"]))}}), "RawInvalid", "transforms._mine", "a letter first"),
        (json!({"transforms": {"a.b": remap(json!(["parse"]))}}), "RawInvalid", "transforms.a.b", "a letter first"),
        (own(json!({"buffer": {"type": "memory"}})), "RawOwned", "sinks.own.buffer", "a sink of the spec"),
        (own(json!({"acknowledgements": true})), "RawOwned", "sinks.own.acknowledgements", "a sink of the spec"),
        (own(json!({"type": "kafka", "topic": "logs"})), "SinkLoop", "sinks.own.topic", "another topic"),
        (
            own(json!({"type": "clickhouse", "format": "arrow_stream"})),
            "RawRefused",
            "sinks.own.format",
            "asks its server at the start",
        ),
        (own(json!({"inputs": []})), "RawInvalid", "sinks.own.inputs", "inputs: [parse]"),
        (own(json!({"inputs": "parse"})), "RawInvalid", "sinks.own.inputs", "inputs: [parse]"),
        (own(json!({"inputs": ["pars"]})), "RawInvalid", "sinks.own.inputs", "there are _dead_letter"),
        (own(json!({"inputs": ["vl"]})), "RawInvalid", "sinks.own.inputs", "_guard_vl"),
        (own(json!({"inputs": ["_guard_hook"]})), "RawInvalid", "sinks.own.inputs", "there are"),
        (own(json!({"inputs": ["*"]})), "RawInvalid", "sinks.own.inputs", "there are"),
        (own(json!({"inputs": ["keep.dropped"]})), "RawInvalid", "sinks.own.inputs", "parse.dropped"),
        (transform(&remap(json!(["mine"]))), "RawInvalid", "transforms.mine.inputs", "come back to it"),
        (
            json!({"transforms": {"a": remap(json!(["b.dropped"])), "b": remap(json!(["parse", "a"]))}}),
            "RawInvalid",
            "transforms.a.inputs",
            "come back to it",
        ),
        (
            transform(&json!({"type": "remap", "inputs": ["parse"], "file": "/a.vrl"})),
            "RawOwned",
            "transforms.mine.file",
            "in source",
        ),
        (
            transform(&json!({"type": "remap", "inputs": ["parse"], "source": "bad"})),
            "InvalidVrl",
            "transforms.mine.source",
            "line 1",
        ),
        (
            transform(&json!({"type": "filter", "inputs": ["parse"], "condition": "bad"})),
            "InvalidVrl",
            "transforms.mine.condition",
            "line 1",
        ),
        (
            transform(&json!({"type": "route", "inputs": ["parse"], "route": {"a": {"type": "vrl", "source": "bad"}}})),
            "InvalidVrl",
            "transforms.mine.route.a",
            "line 1",
        ),
    ] {
        is_refused(&raw, reason, field, way_out);
    }
}

#[test]
fn a_credential_is_in_a_secret_and_told_to_nobody() {
    for (raw, path) in [
        (own(json!({"auth": {"strategy": "basic", "user": "u", "password": "hunter2"}})), "sinks.own.auth.password"),
        (own(json!({"request": {"headers": {"X-API-Key": "hunter2"}}})), "sinks.own.request.headers.X-API-Key"),
        (own(json!({"default_api_key": "hunter2"})), "sinks.own.default_api_key"),
        (own(json!({"uri": "https://u:hunter2@own/"})), "sinks.own.uri"),
        (own(json!({"endpoints": ["http://a", "https://u:hunter2@own/"]})), "sinks.own.endpoints"),
        (own(json!({"users": [{"password": "hunter2"}]})), "sinks.own.users"),
        (option("far", json!({"sasl": {"password": "hunter2"}})), "sinks.far.sasl.password"),
    ] {
        let refusals = judged(&raw);
        let told: Vec<_> = refusals.iter().map(|r| (r.reason, r.field.clone())).collect();
        assert!(told.contains(&("RawCredential", format!("spec.raw.{path}"))), "{path}: {told:?}");
        assert!(
            refusals.iter().all(|refusal| !refusal.value.contains("hunter2") || refusal.reason != "RawCredential"),
            "{refusals:?}"
        );
    }
    for reference in [
        json!({"secretKeyRef": {"name": "../a", "key": "b"}}),
        json!({"secretKeyRef": {"name": "a", "key": ".."}}),
        json!({"secretKeyRef": {"name": "a"}}),
        json!({"secretKeyRef": {"name": "a", "key": "b"}, "optional": true}),
    ] {
        let refusals = judged(&own(json!({"auth": {"password": reference}})));
        assert!(
            refusals.iter().all(|refusal| refusal.reason.starts_with("Raw")) && !refusals.is_empty(),
            "{reference}"
        );
    }
    let text = judged(&own(json!({"auth": {"user": "SECRET[a.b]"}})));
    assert_eq!((text[0].reason, text[0].field.as_str()), ("SecretInText", "spec.raw.sinks.own.auth.user"));
}

#[test]
fn what_else_stands_in_a_vector_file_is_refused_by_name() {
    for (key, way_out) in [
        ("api", "kubelet"),
        ("data_dir", "only directory"),
        ("acknowledgements", "before the store has the line"),
        ("secret", "secretKeyRef"),
        ("enrichment_tables", "no files"),
        ("log_schema", "what programs see"),
        ("proxy", "raw.sinks.NAME.proxy"),
        ("tests", "spec.tests"),
        ("expire_metrics_secs", "metrics as they are"),
        ("sink", "only sources, transforms and sinks"),
    ] {
        is_refused(&json!({ key: {} }), "RawRefused", key, way_out);
    }
}

#[test]
fn it_is_not_the_place_for_large_things() {
    let refusals = judged(&own(json!({"payload_prefix": "a".repeat(65_536)})));
    assert_eq!((refusals[0].reason, refusals[0].field.as_str()), ("RawInvalid", "spec.raw"));
    assert!(refusals[0].message.contains("65536 bytes"), "{}", refusals[0]);
}
