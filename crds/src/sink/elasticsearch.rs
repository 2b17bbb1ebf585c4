//! Elasticsearch and OpenSearch.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::{SinkAuth, SinkTls};

/// An Elasticsearch (7.x or later) or OpenSearch cluster.
///
/// Overload (429), errors of the server (5xx) and of the network are tried again for ever, each document by itself. Lost, although counted
/// by Vector, is what the store refuses: a document that does not fit the index's mapping, or whose index is missing or may not be
/// written, and every request that is answered with 400, 401, 403, 404 or 413, as after a changed password.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.index) != has(self.dataStream)")
    .message("give index or dataStream, one of the two").reason(Reason::FieldValueRequired))]
pub struct ElasticsearchSpec {
    /// Base URLs, for example `https://elasticsearch:9200`; requests are spread over them.
    #[schemars(schema_with = "crate::schema::endpoints")]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub endpoints: Vec<String>,
    /// Index; `%F`, `%Y`, `%m`, `%d`, `%H`, `%j`, `%G` and `%V` stand for the line's time, as in `audit-%F`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200), regex(pattern = r"^([a-z0-9]|%[FYmdHjGV])([a-z0-9._-]|%[FYmdHjGV])*$"))]
    pub index: Option<String>,
    /// Data stream `<type>-<dataset>-<namespace>`; a line without a time gets the clock's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_stream: Option<DataStreamSpec>,
    /// What the store takes. What is beyond goes to the dead-letter topic.
    #[serde(default)]
    pub limits: ElasticsearchLimits,
    /// Credentials. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<SinkAuth>,
    /// TLS, for endpoints with `https`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<SinkTls>,
}

/// Name of a data stream, in three parts.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DataStreamSpec {
    /// Default: `logs`.
    #[serde(default = "logs", rename = "type")]
    #[schemars(schema_with = "crate::schema::data_stream_part")]
    pub type_: String,
    /// What the lines are about. Default: `generic`.
    #[serde(default = "generic")]
    #[schemars(schema_with = "crate::schema::data_stream_part")]
    pub dataset: String,
    /// Whose they are. Default: `default`.
    #[serde(default = "default_namespace")]
    #[schemars(schema_with = "crate::schema::data_stream_part")]
    pub namespace: String,
}

/// What an index takes. The defaults are the store's.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ElasticsearchLimits {
    /// Fields of a line, nested ones counted (`index.mapping.total_fields.limit`; the store counts those of all lines). Default: 1000.
    #[serde(default = "fields")]
    #[schemars(range(min = 10, max = 100_000))]
    pub fields: u32,
    /// How deep fields may be nested (`index.mapping.depth.limit`). Default: 20.
    #[serde(default = "depth")]
    #[schemars(range(min = 1, max = 100))]
    pub depth: u32,
}

impl Default for ElasticsearchLimits {
    fn default() -> Self {
        Self { fields: fields(), depth: depth() }
    }
}

fn fields() -> u32 {
    1_000
}

fn depth() -> u32 {
    20
}

fn logs() -> String {
    "logs".to_owned()
}

fn generic() -> String {
    "generic".to_owned()
}

fn default_namespace() -> String {
    "default".to_owned()
}
