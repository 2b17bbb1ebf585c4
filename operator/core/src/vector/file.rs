//! The parts of a Vector file, in Vector's own words (0.57).
#![allow(clippy::struct_field_names)] // the names are Vector's

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

/// A whole file.
#[derive(Serialize)]
pub(crate) struct VectorFile {
    pub data_dir: &'static str,
    pub api: Api,
    pub acknowledgements: Switch,
    pub sources: Components<Source>,
    pub transforms: Components<Remap>,
    pub sinks: Components<Sink>,
}

/// Components with their ids, written as a map in the order in which lines pass them.
pub(crate) struct Components<T>(pub Vec<(String, T)>);

impl<T: Serialize> Serialize for Components<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(id, component)| (id, component)))
    }
}

#[derive(Serialize)]
pub(crate) struct Api {
    pub enabled: bool,
    pub address: String,
}

#[derive(Serialize)]
pub(crate) struct Switch {
    pub enabled: bool,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Source {
    Kafka(Box<KafkaSource>),
    InternalMetrics(InternalMetrics),
}

#[derive(Serialize)]
pub(crate) struct KafkaSource {
    pub bootstrap_servers: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    pub group_id: String,
    pub topics: Vec<String>,
    pub auto_offset_reset: &'static str,
    pub decoding: Codec,
    pub commit_interval_ms: u64,
    pub session_timeout_ms: u64,
    pub drain_timeout_ms: u64,
    pub metrics: KafkaMetrics,
    pub librdkafka_options: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
pub(crate) struct Tls {
    pub enabled: bool,
    pub ca_file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crt_file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Codec {
    pub codec: &'static str,
}

#[derive(Serialize)]
pub(crate) struct KafkaMetrics {
    pub topic_lag_metric: bool,
}

#[derive(Serialize)]
pub(crate) struct InternalMetrics {
    pub scrape_interval_secs: u64,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "remap")]
pub(crate) struct Remap {
    pub inputs: Vec<String>,
    pub drop_on_error: bool,
    pub drop_on_abort: bool,
    pub reroute_dropped: bool,
    pub source: String,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Sink {
    Http(HttpSink),
    Kafka(KafkaSink),
    PrometheusExporter(PrometheusExporter),
}

#[derive(Serialize)]
pub(crate) struct HttpSink {
    pub inputs: Vec<String>,
    pub uri: String,
    pub method: &'static str,
    pub encoding: Codec,
    pub framing: Framing,
    pub compression: &'static str,
    pub healthcheck: Switch,
    pub retry_strategy: RetryStrategy,
    pub batch: Batch,
    pub buffer: Buffer,
    pub request: Request,
}

#[derive(Serialize)]
pub(crate) struct Framing {
    pub method: &'static str,
}

#[derive(Serialize)]
pub(crate) struct RetryStrategy {
    #[serde(rename = "type")]
    pub type_: &'static str,
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
}

#[derive(Serialize)]
pub(crate) struct KafkaSink {
    pub inputs: Vec<String>,
    pub bootstrap_servers: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    pub topic: String,
    pub key_field: &'static str,
    pub headers_key: &'static str,
    pub encoding: Codec,
    pub compression: &'static str,
    pub message_timeout_ms: u64,
    pub librdkafka_options: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
pub(crate) struct PrometheusExporter {
    pub inputs: Vec<String>,
    pub address: String,
}
