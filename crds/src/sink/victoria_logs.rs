//! VictoriaLogs.

use std::collections::BTreeMap;

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::{SinkAuth, SinkTls};

/// A VictoriaLogs server.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VictoriaLogsSpec {
    /// Base URL, for example `http://victoria-logs.victoria.svc:9428`; the operator adds the path.
    #[schemars(schema_with = "crate::schema::endpoint")]
    pub endpoint: String,
    /// Field with the text of the line. Default: `message`.
    #[serde(default = "message")]
    #[schemars(schema_with = "crate::schema::field_name")]
    pub msg_field: String,
    /// Field with the time of the line. Default: `timestamp`.
    #[serde(default = "super::timestamp")]
    #[schemars(schema_with = "crate::schema::field_name")]
    pub time_field: String,
    /// Fields that name a stream (few values each), for example `host`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "crate::schema::field_names")]
    pub stream_fields: Vec<String>,
    /// What the store takes, by its flags. What is beyond goes to the dead-letter topic, for the store would drop it and answer 200.
    #[serde(default)]
    pub limits: VictoriaLogsLimits,
    /// Credentials. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<SinkAuth>,
    /// TLS, for an endpoint with `https`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<SinkTls>,
}

/// What a VictoriaLogs server takes. The defaults are those of its flags, with a margin.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VictoriaLogsLimits {
    /// Bytes of a line as JSON; 144 below `-insert.maxLineSizeBytes` (256 KiB). Default: 262000.
    #[serde(default = "line_bytes")]
    #[schemars(range(min = 1000, max = 2_000_000))]
    pub line_bytes: u32,
    /// Fields of a line, nested ones counted; below `-insert.maxFieldsPerLine` (1000). Default: 950.
    #[serde(default = "fields")]
    #[schemars(range(min = 10, max = 100_000))]
    pub fields: u32,
    /// Age of a line; below `-retentionPeriod` (7d). Default: `144h` (6 days).
    #[serde(default = "six_days")]
    #[schemars(schema_with = "crate::schema::duration")]
    pub max_age: String,
    /// How far ahead of the clock a line may be; below `-futureRetention` (2d). Default: `24h`.
    #[serde(default = "one_day")]
    #[schemars(schema_with = "crate::schema::duration")]
    pub max_ahead: String,
}

impl Default for VictoriaLogsLimits {
    fn default() -> Self {
        Self { line_bytes: line_bytes(), fields: fields(), max_age: six_days(), max_ahead: one_day() }
    }
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

fn line_bytes() -> u32 {
    262_000
}

fn fields() -> u32 {
    950
}

fn six_days() -> String {
    "144h".to_owned()
}

fn one_day() -> String {
    "24h".to_owned()
}
