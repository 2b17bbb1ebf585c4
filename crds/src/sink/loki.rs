//! Loki.

use std::collections::BTreeMap;

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::{LineEncoding, SinkAuth, SinkTls};

/// A Loki server.
///
/// Every answer but 400 is tried again for ever. With 400 Loki says that lines of the request are ones that it will never take (it keeps
/// the others): those are lost, although counted by Vector. Known reasons go to the dead-letter topic before; one that cannot
/// be known is a line that is much older than its stream's newest: Loki drops it, mostly without a word, and only its own metric
/// `loki_discarded_samples_total` has it.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LokiSpec {
    /// Base URL, for example `http://loki-gateway.loki.svc`; the operator adds the path.
    #[schemars(schema_with = "crate::schema::endpoint")]
    pub endpoint: String,
    /// Labels of the streams (few values each): a text, or a field as `{{ host }}`. A label whose field a line does not have is left
    /// out; a line without any goes to the dead-letter topic. At most 14: Loki takes 15, and adds `service_name` by itself.
    // Said in so many words: a length says nothing of a map, and rules over 64 labels would cost more than the API server allows.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 14))]
    #[x_kube(validation = Rule::new("self.all(name, name.matches('^[a-zA-Z_][a-zA-Z0-9_]{0,127}$'))")
        .message("a label's name has letters, digits and _, and begins with no digit"))]
    #[x_kube(validation = Rule::new("self.all(name, self[name].matches('^([^{}]{1,512}|[{][{] *[A-Za-z0-9_.@-]{1,128} *[}][}])$'))")
        .message("a label's value is a text without braces, or one field as {{ host }}"))]
    pub labels: BTreeMap<String, String>,
    /// Tenant (`X-Scope-OrgID`). Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 150), regex(pattern = r"^[A-Za-z0-9!_.*'()-]+$"))]
    pub tenant_id: Option<String>,
    /// How a line is written: `json` (all fields) or `text` (the field `message`). Default: `json`.
    #[serde(default)]
    pub encoding: LineEncoding,
    /// Field with the time of the line; without a value it is the clock's. Default: `timestamp`.
    #[serde(default = "super::timestamp")]
    #[schemars(schema_with = "crate::schema::field_name")]
    pub time_field: String,
    /// What the server takes. What is beyond goes to the dead-letter topic.
    #[serde(default)]
    pub limits: LokiLimits,
    /// Credentials. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<SinkAuth>,
    /// TLS, for an endpoint with `https`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<SinkTls>,
}

/// What a Loki server takes. The defaults are those of its `limits_config`, with a margin.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LokiLimits {
    /// Bytes of a line as it is written; below `max_line_size` (256KB). Default: 256000.
    #[serde(default = "line_bytes")]
    #[schemars(range(min = 1000, max = 900_000))]
    pub line_bytes: u32,
    /// Bytes of a label's value; `max_label_value_length`. Default: 2048.
    #[serde(default = "label_bytes")]
    #[schemars(range(min = 1, max = 65_536))]
    pub label_bytes: u32,
    /// Age of a line; below `reject_old_samples_max_age` (1w). Default: `144h` (6 days).
    #[serde(default = "six_days")]
    #[schemars(schema_with = "crate::schema::duration")]
    pub max_age: String,
    /// How far ahead of the clock a line may be; below `creation_grace_period` (10m). Default: `5m`.
    #[serde(default = "five_minutes")]
    #[schemars(schema_with = "crate::schema::duration")]
    pub max_ahead: String,
}

impl Default for LokiLimits {
    fn default() -> Self {
        Self { line_bytes: line_bytes(), label_bytes: label_bytes(), max_age: six_days(), max_ahead: five_minutes() }
    }
}

fn line_bytes() -> u32 {
    256_000
}

fn label_bytes() -> u32 {
    2_048
}

fn six_days() -> String {
    "144h".to_owned()
}

fn five_minutes() -> String {
    "5m".to_owned()
}
