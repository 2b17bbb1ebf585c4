//! Any server that takes JSON.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{SinkAuth, SinkTls};

/// A server that takes lines as JSON and answers 2xx once it has them all.
///
/// Every other answer is tried again for ever, 4xx too: one that will never be another stops the flow, visibly, and loses nothing. Keep
/// lines that the server will not take out with a transform that aborts. What the server drops while it answers 2xx is lost.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpSpec {
    /// URL.
    #[schemars(length(min = 1, max = 2048), regex(pattern = r"^https?://[A-Za-z0-9.\-\[\]:]+(/[^#\s{%]*)?$"))]
    pub uri: String,
    /// Default: `POST`.
    #[serde(default)]
    pub method: HttpMethod,
    /// Headers by name. Nothing secret: that belongs into `auth`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(validation = Rule::new("self.all(name, name.matches('^[A-Za-z0-9-]{1,64}$') && name.lowerAscii() != 'authorization')")
        .message("a header's name has letters, digits and -, and Authorization belongs into auth"))]
    #[x_kube(validation = Rule::new("self.all(name, self[name].matches('^[^{%\\\\r\\\\n]{1,512}$'))")
        .message("a header's value has no { and no %, which Vector takes for a template"))]
    pub headers: BTreeMap<String, String>,
    /// `ndjson`: one line of JSON for each line. `json`: an array of them. Default: `ndjson`.
    #[serde(default)]
    pub encoding: HttpEncoding,
    /// Default: `none`.
    #[serde(default)]
    pub compression: HttpCompression,
    /// Credentials. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<SinkAuth>,
    /// TLS, for a URL with `https`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<SinkTls>,
}

/// Methods that write.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    /// POST.
    #[default]
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
}

/// How the lines of a request are written.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HttpEncoding {
    /// One object on each line.
    #[default]
    Ndjson,
    /// An array of objects.
    Json,
}

/// How a request's body is compressed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HttpCompression {
    /// Not at all.
    #[default]
    None,
    /// By gzip.
    Gzip,
    /// By Zstandard.
    Zstd,
}
