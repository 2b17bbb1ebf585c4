//! A line as it lies in Kafka.

use jiff::Timestamp;
use vrl::prelude::Bytes;
use vrl::value::{ObjectMap, Value};

use super::clock::time;
use super::event::{Event, MESSAGE};

/// A record of Kafka with a payload. (Vector skips records without one.)
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Line {
    /// The payload, whatever its bytes are.
    pub payload: Vec<u8>,
    /// The key.
    pub key: Option<Vec<u8>>,
    /// Headers in their order; of several with one name the last counts.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// The record's time.
    pub timestamp: Option<Timestamp>,
}

impl Line {
    /// The event that Vector's Kafka source makes of it when it decodes nothing.
    pub(super) fn event(&self) -> Event {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str().into(), bytes(value)));
        let mut fields = ObjectMap::from([
            (MESSAGE.into(), bytes(&self.payload)),
            ("message_key".into(), self.key.as_deref().map_or(Value::Null, bytes)),
            ("headers".into(), Value::Object(headers.collect())),
            ("topic".into(), bytes(self.topic.as_bytes())),
            ("partition".into(), Value::Integer(self.partition.into())),
            ("offset".into(), Value::Integer(self.offset)),
            ("source_type".into(), Value::from("kafka")),
        ]);
        fields.extend(self.timestamp.map(|at| ("timestamp".into(), time(at))));
        Event::of(fields)
    }
}

fn bytes(bytes: &[u8]) -> Value {
    Value::Bytes(Bytes::copy_from_slice(bytes))
}
