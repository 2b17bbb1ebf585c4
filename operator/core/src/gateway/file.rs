//! The parts of a gateway's file that only it has, in Vector's own words (0.57).

use serde::Serialize;

use crate::producer::Producer;
use crate::vector::file::{Api, Codec, Components, Framing, InternalMetrics, Remap, Switch};

/// A whole file.
#[derive(Serialize)]
pub(super) struct GatewayFile {
    pub data_dir: &'static str,
    pub api: Api,
    pub acknowledgements: Switch,
    pub sources: Components<Source>,
    pub transforms: Components<Remap>,
    pub sinks: Components<Sink>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Source {
    Syslog(SyslogSource),
    HttpServer(HttpServer),
    Fluent(Listener),
    Logstash(Listener),
    InternalMetrics(InternalMetrics),
}

#[derive(Serialize)]
pub(super) struct SyslogSource {
    pub mode: &'static str,
    pub address: String,
    pub max_length: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<ServerTls>,
}

#[derive(Serialize)]
pub(super) struct ServerTls {
    pub enabled: bool,
    pub crt_file: String,
    pub key_file: String,
}

#[derive(Serialize)]
pub(super) struct HttpServer {
    pub address: String,
    pub path: &'static str,
    pub strict_path: bool,
    pub response_code: u16,
    pub host_key: &'static str,
    pub framing: Framing,
    pub decoding: Codec,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<Auth>,
}

#[derive(Serialize)]
pub(super) struct Auth {
    pub strategy: &'static str,
    pub source: String,
}

#[derive(Serialize)]
pub(super) struct Listener {
    pub address: String,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Sink {
    Kafka(Box<Producer>),
    Metrics(PrometheusExporter),
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "prometheus_exporter")]
pub(super) struct PrometheusExporter {
    pub inputs: Vec<String>,
    pub address: String,
}
