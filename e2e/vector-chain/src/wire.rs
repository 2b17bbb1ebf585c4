//! What is asked and answered; bytes are base64.

use std::collections::BTreeMap;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use kafkapipelines_vrl::chain;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use vrl::path;
use vrl::value::Value;

/// A record of Kafka.
#[derive(Deserialize)]
pub struct Line {
    topic: String,
    partition: i32,
    offset: i64,
    /// Milliseconds since 1970.
    time: i64,
    key: Option<Bytes>,
    headers: BTreeMap<String, Option<Bytes>>,
    payload: Bytes,
}

impl Line {
    /// The line as the chain takes it.
    pub fn into_chain(self) -> Result<chain::Line> {
        let headers = self.headers.into_iter().map(|(name, value)| (name, value.unwrap_or_default().0));
        Ok(chain::Line {
            payload: self.payload.0,
            key: self.key.map(|key| key.0),
            headers: headers.collect(),
            topic: self.topic,
            partition: self.partition,
            offset: self.offset,
            timestamp: Some(Timestamp::from_millisecond(self.time)?),
        })
    }
}

/// An event as its sink writes it.
#[derive(Serialize)]
pub struct Arrival {
    /// Id of the sink.
    pub sink: String,
    /// The lines that the event was joined of, if it was.
    pub lines: Vec<Origin>,
    /// The encoded event.
    pub payload: Bytes,
    /// Key of a record.
    pub key: Option<Bytes>,
    /// Headers of a record.
    pub headers: BTreeMap<String, Bytes>,
}

/// Where a line came from.
#[derive(Serialize)]
pub struct Origin {
    topic: String,
    partition: i64,
    offset: i64,
}

impl Origin {
    /// The lines that an event was joined of, by what the operator's programs around `reduce` remember.
    pub fn of_joined(event: &chain::Event) -> Vec<Self> {
        let lines = event.metadata.get(path!("kafkapipelines", "lines")).and_then(Value::as_array).unwrap_or_default();
        lines.iter().filter_map(Self::of).collect()
    }

    fn of(line: &Value) -> Option<Self> {
        let topic = line.get(path!("topic"))?.as_str()?.into_owned();
        let number = |name| line.get(path!(name)).and_then(Value::as_integer);
        Some(Self { topic, partition: number("partition")?, offset: number("offset")? })
    }
}

/// Any bytes.
#[derive(Default)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Self).map_err(de::Error::custom)
    }
}
