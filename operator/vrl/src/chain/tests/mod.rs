//! What becomes of lines, against what was measured of Vector.

mod everyday;
mod garbage;
mod replay;
mod stores;
mod transforms;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Arrival, Chain, Line};

/// The clock of these tests.
fn now() -> Timestamp {
    "2026-01-10T12:00:00Z".parse().unwrap()
}

fn line(payload: impl AsRef<[u8]>) -> Line {
    Line {
        payload: payload.as_ref().to_vec(),
        key: Some(b"key".to_vec()),
        headers: vec![("team".to_owned(), b"a".to_vec())],
        topic: "logs".to_owned(),
        partition: 3,
        offset: 41,
        timestamp: Some(now()),
    }
}

/// A chain of these transforms; sink `all` takes what the last one gives, and further sinks take other outputs.
fn chain(transforms: &Value, sinks: &Value) -> Chain {
    let file = json!({
        "sources": {"_kafka": {"type": "kafka", "decoding": {"codec": "bytes"}}, "_internal_metrics": {"type": "internal_metrics"}},
        "transforms": transforms,
        "sinks": sinks,
    });
    Chain::of(&file.to_string()).unwrap()
}

/// Where lines arrive, with the fields as JSON.
fn shown(arrivals: Vec<Arrival>) -> Vec<(String, Value)> {
    let shown = |arrival: Arrival| (arrival.sink.to_string(), serde_json::to_value(&arrival.event.fields).unwrap());
    arrivals.into_iter().map(shown).collect()
}
