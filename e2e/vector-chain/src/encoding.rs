//! How each sink writes an event.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use kafkapipelines_vrl::chain;
use serde::Deserialize;
use vrl::path;
use vrl::path::{OwnedValuePath, PathParseError, parse_value_path};
use vrl::value::Value;

use super::wire::{Arrival, Bytes, Origin};

/// What the sinks of a file say of it.
#[derive(Deserialize)]
pub struct Encodings {
    sinks: BTreeMap<String, Sink>,
}

#[derive(Deserialize)]
struct Sink {
    #[serde(rename = "type")]
    type_: String,
    encoding: Option<Encoding>,
    key_field: Option<Path>,
    headers_key: Option<Path>,
}

/// A path in Vector's own syntax.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Path(OwnedValuePath);

impl TryFrom<String> for Path {
    type Error = PathParseError;

    fn try_from(path: String) -> Result<Self, Self::Error> {
        parse_value_path(&path).map(Self)
    }
}

/// A codec that is not known here, and fields that are left out, are refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Encoding {
    codec: Codec,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Codec {
    Json,
    RawMessage,
    Text,
}

impl Encodings {
    /// Reads them from a Vector file.
    pub fn of(file: &str) -> Result<Self> {
        serde_saphyr::from_str(file).context("the encodings of the sinks")
    }

    /// The event as its sink writes it.
    pub fn encode(&self, arrival: &chain::Arrival) -> Result<Arrival> {
        let id = arrival.sink.as_ref();
        let sink = self.sinks.get(id).with_context(|| format!("there is no sink {id}"))?;
        let fields = &arrival.event.fields;
        let codec = sink.codec().with_context(|| format!("{id} has no encoding"))?;
        let field = |path: &Option<Path>| path.as_ref().and_then(|path| fields.get(&path.0));
        Ok(Arrival {
            sink: id.to_owned(),
            lines: Origin::of_joined(&arrival.event),
            payload: Bytes(payload(codec, fields)?),
            key: field(&sink.key_field).map(|key| Bytes(text(key))),
            headers: headers(field(&sink.headers_key)),
        })
    }
}

impl Sink {
    /// Documents are JSON: the sink has no other.
    fn codec(&self) -> Option<Codec> {
        if self.type_ == "elasticsearch" {
            Some(Codec::Json)
        } else {
            self.encoding.as_ref().map(|encoding| encoding.codec)
        }
    }
}

fn payload(codec: Codec, fields: &Value) -> Result<Vec<u8>> {
    match codec {
        Codec::Json => Ok(serde_json::to_vec(fields)?),
        Codec::RawMessage | Codec::Text => Ok(fields.get(path!("message")).map(text).unwrap_or_default()),
    }
}

/// Values that are text, byte for byte; others are no headers.
fn headers(value: Option<&Value>) -> BTreeMap<String, Bytes> {
    let fields = value.and_then(Value::as_object).into_iter().flatten();
    let texts = fields.filter_map(|(name, value)| Some((name.to_string(), Bytes(value.as_bytes()?.to_vec()))));
    texts.collect()
}

/// A value as text: that of a null is `<null>`.
fn text(value: &Value) -> Vec<u8> {
    match value {
        Value::Bytes(bytes) => bytes.to_vec(),
        Value::Null => b"<null>".to_vec(),
        other => other.to_string().into_bytes(),
    }
}
