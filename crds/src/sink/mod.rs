//! The stores that lines go to.

mod buffer;
mod connection;
mod elasticsearch;
mod http;
mod kafka;
mod loki;
mod victoria_logs;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use buffer::{BufferSpec, BufferType};
pub use connection::{SecretKey, SecretName, SinkAuth, SinkTls};
pub use elasticsearch::{DataStreamSpec, ElasticsearchLimits, ElasticsearchSpec};
pub use http::{HttpCompression, HttpEncoding, HttpMethod, HttpSpec};
pub use kafka::KafkaSinkSpec;
pub use loki::{LokiLimits, LokiSpec};
pub use victoria_logs::{VictoriaLogsLimits, VictoriaLogsSpec};

/// A store, of one kind.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.victoriaLogs), has(self.elasticsearch), has(self.loki), has(self.http), has(self.kafka)].filter(k, k).size() == 1")
    .message("give one of victoriaLogs, elasticsearch, loki, http and kafka").reason(Reason::FieldValueRequired))]
pub struct SinkSpec {
    /// Name; appears in Vector's metrics.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-zA-Z][a-zA-Z0-9_-]*$"))]
    pub name: String,
    /// A condition in VRL: the sink gets the lines for which it holds, for example `.level == "audit"`. A line goes to every sink that
    /// wants it; one that no sink wants goes to the dead-letter topic. Default: all lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::condition")]
    pub when: Option<String>,
    /// VictoriaLogs, by its endpoint `/insert/jsonline`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub victoria_logs: Option<VictoriaLogsSpec>,
    /// Elasticsearch or OpenSearch, by `_bulk`. What this store refuses by itself is lost, although not silently: see
    /// its fields, and prefer a data stream with a failure store where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elasticsearch: Option<ElasticsearchSpec>,
    /// Loki, by `/loki/api/v1/push`. A line that Loki answers with 400 is lost, although not silently; every other answer is tried again
    /// for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loki: Option<LokiSpec>,
    /// Any server that takes JSON and answers 2xx once it has it. Every other answer is tried again for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpSpec>,
    /// A topic, of the same pipeline or of another Kafka.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kafka: Option<KafkaSinkSpec>,
}

/// Which store it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SinkKind<'a> {
    /// VictoriaLogs.
    VictoriaLogs(&'a VictoriaLogsSpec),
    /// Elasticsearch or OpenSearch.
    Elasticsearch(&'a ElasticsearchSpec),
    /// Loki.
    Loki(&'a LokiSpec),
    /// Any server that takes JSON.
    Http(&'a HttpSpec),
    /// A topic.
    Kafka(&'a KafkaSinkSpec),
}

impl SinkSpec {
    /// Which store it is; `None` only for an object that no API server has seen, for the schema asks for one kind.
    pub fn kind(&self) -> Option<SinkKind<'_>> {
        let victoria_logs = self.victoria_logs.as_ref().map(SinkKind::VictoriaLogs);
        victoria_logs
            .or(self.elasticsearch.as_ref().map(SinkKind::Elasticsearch))
            .or(self.loki.as_ref().map(SinkKind::Loki))
            .or(self.http.as_ref().map(SinkKind::Http))
            .or(self.kafka.as_ref().map(SinkKind::Kafka))
    }

    /// How it proves who it is, and whom it trusts.
    pub fn connection(&self) -> (Option<&SinkAuth>, Option<&SinkTls>) {
        match self.kind() {
            Some(SinkKind::VictoriaLogs(store)) => (store.auth.as_ref(), store.tls.as_ref()),
            Some(SinkKind::Elasticsearch(store)) => (store.auth.as_ref(), store.tls.as_ref()),
            Some(SinkKind::Loki(store)) => (store.auth.as_ref(), store.tls.as_ref()),
            Some(SinkKind::Http(store)) => (store.auth.as_ref(), store.tls.as_ref()),
            Some(SinkKind::Kafka(store)) => (None, store.tls.as_ref()),
            None => (None, None),
        }
    }
}

/// How a line is written where it is not a document of its own.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LineEncoding {
    /// All fields, as JSON.
    #[default]
    Json,
    /// The field `message` alone.
    Text,
}

fn timestamp() -> String {
    "timestamp".to_owned()
}
