//! The stores that lines go to.

use std::collections::BTreeMap;

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// A store.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SinkSpec {
    /// Name; appears in Vector's metrics.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-zA-Z][a-zA-Z0-9_-]*$"))]
    pub name: String,
    /// VictoriaLogs, by its endpoint `/insert/jsonline`.
    pub victoria_logs: VictoriaLogsSpec,
}

/// A VictoriaLogs server.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VictoriaLogsSpec {
    /// Base URL, for example `http://victoria-logs.victoria.svc:9428`; the operator adds the path.
    #[schemars(length(min = 1, max = 2048), regex(pattern = r"^https?://[A-Za-z0-9.\-\[\]:]+(/[^?#\s]*)?$"))]
    pub endpoint: String,
    /// Field with the text of the line. Default: `message`.
    #[serde(default = "message")]
    #[schemars(length(min = 1, max = 128), regex(pattern = r"^[A-Za-z0-9_.@-]+$"))]
    pub msg_field: String,
    /// Field with the time of the line. Default: `timestamp`.
    #[serde(default = "timestamp")]
    #[schemars(length(min = 1, max = 128), regex(pattern = r"^[A-Za-z0-9_.@-]+$"))]
    pub time_field: String,
    /// Fields that name a stream (few values each), for example `host`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(min = 1, max = 128), regex(pattern = r"^[A-Za-z0-9_.@-]+$")))]
    pub stream_fields: Vec<String>,
}

impl VictoriaLogsSpec {
    /// The query of the ingestion URL, by VictoriaLogs' names.
    pub fn query(&self) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("_msg_field", self.msg_field.clone()),
            ("_stream_fields", self.stream_fields.join(",")),
            ("_time_field", self.time_field.clone()),
        ])
    }
}

fn message() -> String {
    "message".to_owned()
}

fn timestamp() -> String {
    "timestamp".to_owned()
}
