//! Sinks.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_saphyr::{FlowSeq, LitString};

use super::Tree;
use super::{Codec, Switch, Tls};

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Sink {
    Http(Box<HttpSink>),
    Elasticsearch(Box<ElasticsearchSink>),
    Kafka(Box<KafkaSink>),
    PrometheusExporter(PrometheusExporter),
    #[serde(untagged)]
    Raw(Tree),
}

#[derive(Serialize)]
pub(crate) struct HttpSink {
    pub inputs: Vec<String>,
    pub uri: String,
    pub method: &'static str,
    pub encoding: Codec,
    pub framing: SinkFraming,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload_prefix: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload_suffix: Option<&'static str>,
    pub compression: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<Auth>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<StoreTls>,
    pub healthcheck: Switch,
    pub retry_strategy: RetryStrategy,
    pub batch: Batch,
    pub buffer: Buffer,
    pub request: Request,
}

#[derive(Serialize)]
pub(crate) struct ElasticsearchSink {
    pub inputs: Vec<String>,
    pub endpoints: Vec<String>,
    pub api_version: &'static str,
    pub mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bulk: Option<Bulk>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_stream: Option<DataStream>,
    pub request_retry_partial: bool,
    pub compression: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<Auth>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<StoreTls>,
    pub healthcheck: Switch,
    pub batch: Batch,
    pub buffer: Buffer,
    pub request: Request,
}

#[derive(Serialize)]
pub(crate) struct Bulk {
    pub action: &'static str,
    pub index: String,
}

#[derive(Serialize)]
pub(crate) struct DataStream {
    #[serde(rename = "type")]
    pub type_: String,
    pub dataset: String,
    pub namespace: String,
    pub auto_routing: bool,
}

/// Credentials, as literal blocks: there a password may have any character but a line break.
#[derive(Serialize)]
#[serde(tag = "strategy", rename_all = "snake_case")]
pub(crate) enum Auth {
    Basic { user: LitString, password: LitString },
    Bearer { token: LitString },
    Custom { value: LitString },
}

/// Trust of a store's sink.
#[derive(Serialize)]
pub(crate) struct StoreTls {
    pub ca_file: String,
}

/// How the lines of a request are told apart.
#[derive(Serialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub(crate) enum SinkFraming {
    NewlineDelimited,
    CharacterDelimited { character_delimited: Delimiter },
}

#[derive(Serialize)]
pub(crate) struct Delimiter {
    pub delimiter: &'static str,
}

#[derive(Serialize)]
pub(crate) struct RetryStrategy {
    #[serde(rename = "type")]
    pub type_: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_codes: Option<FlowSeq<Vec<u16>>>,
}

#[derive(Serialize)]
pub(crate) struct Batch {
    pub max_bytes: u64,
    pub timeout_secs: u64,
}

#[derive(Serialize)]
pub(crate) struct Buffer {
    #[serde(rename = "type")]
    pub type_: &'static str,
    pub max_events: u64,
    pub when_full: &'static str,
}

#[derive(Serialize)]
pub(crate) struct Request {
    pub timeout_secs: u64,
    pub retry_initial_backoff_secs: u64,
    pub retry_max_duration_secs: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, LitString>,
}

#[derive(Serialize)]
pub(crate) struct KafkaSink {
    pub inputs: Vec<String>,
    pub bootstrap_servers: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    pub topic: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers_key: Option<&'static str>,
    pub encoding: Codec,
    pub compression: &'static str,
    pub message_timeout_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buffer: Option<Buffer>,
    pub librdkafka_options: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
pub(crate) struct PrometheusExporter {
    pub inputs: Vec<String>,
    pub address: String,
}
