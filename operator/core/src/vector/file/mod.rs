//! The parts of a Vector file, in Vector's own words (0.57).
#![allow(clippy::struct_field_names)] // the names are Vector's

mod sinks;
mod transforms;
mod tree;

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

pub(crate) use sinks::*;
pub(crate) use transforms::*;
pub(crate) use tree::Tree;

/// A whole file.
#[derive(Serialize)]
pub(crate) struct VectorFile {
    pub data_dir: &'static str,
    pub api: Api,
    pub acknowledgements: Switch,
    pub expire_metrics_secs: i32,
    #[serde(skip_serializing_if = "Components::is_empty")]
    pub secret: Components<SecretBackend>,
    pub sources: Components<Source>,
    pub transforms: Components<Transform>,
    pub sinks: Components<Sink>,
}

/// Components with their ids, written as a map in the order in which lines pass them.
pub(crate) struct Components<T>(pub Vec<(String, T)>);

impl<T> Components<T> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Serialize> Serialize for Components<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(id, component)| (id, component)))
    }
}

/// A port on every address of the Pod.
pub(crate) fn everywhere(port: i32) -> String {
    format!("0.0.0.0:{port}")
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
    #[serde(untagged)]
    Raw(Tree),
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
    pub librdkafka_options: BTreeMap<String, String>,
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
pub(crate) struct Framing {
    pub method: &'static str,
}

/// A directory whose files are the values of `SECRET[<backend>.<file>]`.
#[derive(Serialize)]
#[serde(tag = "type", rename = "directory")]
pub(crate) struct SecretBackend {
    pub path: String,
    pub remove_trailing_whitespace: bool,
}
