//! How payloads are written.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How payloads are written.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DecodingSpec {
    /// `raw`: the payload is the field `message`, and nothing is parsed. The others are parsed before the first transform, and their
    /// fields are the line. A payload that cannot be parsed goes to the dead-letter topic. Default: `raw`.
    #[serde(default)]
    pub codec: DecodingCodec,
}

/// Ways to write a payload.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DecodingCodec {
    /// Text or bytes, not parsed.
    #[default]
    Raw,
    /// A JSON object; of an array each element becomes a line.
    Json,
    /// Pairs such as `level=info msg="hello"`.
    Logfmt,
    /// Syslog, RFC 5424 or 3164.
    Syslog,
    /// Common Event Format.
    Cef,
    /// Logs of Kubernetes' components.
    Klog,
}
