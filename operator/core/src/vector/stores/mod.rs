//! The sinks of stores, and before each the guard that knows what its store would not keep.

mod elasticsearch;
mod http;
mod kafka_topic;
mod loki;
mod payload;
mod victoria_logs;

use std::collections::BTreeMap;

use kafkapipelines_crds::{BufferSpec, LineEncoding, SinkKind, SinkSpec};

use super::file::{Batch, Buffer, Request, Sink};
use super::steps::Steps;
use super::{Bootstrap, ids, path, route};

/// Finds out when a line was written.
const TIME: &str = include_str!("time.vrl");
/// Drops lines that are too old, or too new.
const AGE: &str = include_str!("age.vrl");

/// What all sinks of a file share.
#[derive(Clone, Copy)]
pub(super) struct Shared<'a> {
    /// How the consumer reaches its own Kafka.
    pub bootstrap: &'a Bootstrap,
    /// What waits before each sink.
    pub buffer: &'a BufferSpec,
}

/// A sink, after the guard that it needs, if it needs one.
pub(super) fn add(steps: &mut Steps, sink: &SinkSpec, shared: Shared) -> Option<Sink> {
    let kind = sink.kind()?;
    let mut input = route::output(steps, sink);
    if let Some(program) = guard(kind, payload::bytes_of_field(steps)) {
        let id = ids::guard(&sink.name);
        steps.branch_dropper(&id, program, input);
        input = id;
    }
    let inputs = vec![input];
    Some(match kind {
        SinkKind::VictoriaLogs(store) => Sink::Http(Box::new(victoria_logs::sink(store, inputs, shared))),
        SinkKind::Elasticsearch(store) => Sink::Elasticsearch(Box::new(elasticsearch::sink(store, inputs, shared))),
        SinkKind::Loki(store) => Sink::Http(Box::new(loki::sink(store, inputs, shared))),
        SinkKind::Http(store) => Sink::Http(Box::new(http::sink(store, inputs, shared))),
        SinkKind::Kafka(store) => Sink::Kafka(Box::new(kafka_topic::sink(store, inputs, shared))),
    })
}

/// The program of a guard; of the server behind `http` nothing is known.
fn guard(kind: SinkKind, bytes_of_field: Option<u32>) -> Option<String> {
    match kind {
        SinkKind::VictoriaLogs(store) => Some(victoria_logs::guard(store, bytes_of_field)),
        SinkKind::Elasticsearch(store) => Some(elasticsearch::guard(store)),
        SinkKind::Loki(store) => Some(loki::guard(store)),
        SinkKind::Kafka(store) => Some(kafka_topic::guard(store)),
        SinkKind::Http(_) => None,
    }
}

impl Shared<'_> {
    /// Memory that blocks: Kafka is the buffer.
    fn buffer(&self) -> Buffer {
        Buffer { type_: "memory", max_events: u64::from(self.buffer.max_events), when_full: "block" }
    }
}

/// Requests of so many bytes, uncompressed; larger ones cost memory, smaller ones speed.
fn batch(max_bytes: u64) -> Batch {
    Batch { max_bytes, timeout_secs: 1 }
}

/// The largest request that the sink of a store sends: more is not what the store was seen to take.
pub(crate) fn largest_request(kind: SinkKind) -> u64 {
    match kind {
        SinkKind::VictoriaLogs(_) => victoria_logs::BATCH_BYTES,
        SinkKind::Elasticsearch(_) => elasticsearch::BATCH_BYTES,
        SinkKind::Loki(_) => loki::BATCH_BYTES,
        SinkKind::Http(_) => http::BATCH_BYTES,
        SinkKind::Kafka(store) => u64::from(store.max_message_bytes),
    }
}

/// A request is repeated for ever, with pauses of at most ten seconds.
fn request() -> Request {
    Request { timeout_secs: 60, retry_initial_backoff_secs: 1, retry_max_duration_secs: 10, headers: BTreeMap::new() }
}

/// The statement that gives `line` the text of a line.
fn line(encoding: LineEncoding) -> String {
    match encoding {
        LineEncoding::Json => "line = encode_json(.)".to_owned(),
        LineEncoding::Text => {
            "line, err = string(.message)\nif err != null { abort \"the line has no message\" }".to_owned()
        }
    }
}

/// Names and numbers at the beginning of a guard.
fn limits<const N: usize>(limits: [(&str, u64); N]) -> Vec<String> {
    limits.map(|(name, value)| format!("{name} = {value}")).into()
}

/// The statement that gives `time` the value of a field.
fn time(field: &str) -> String {
    format!("time = {}", path::value(field))
}

/// A program of paragraphs.
fn program<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    parts.into_iter().map(str::trim_end).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n") + "\n"
}
