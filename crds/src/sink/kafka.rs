//! A topic.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::{LineEncoding, SinkTls};

/// A topic. Writing never gives up, and waits for all replicas that are in sync.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(self.tls) || has(self.bootstrapServers)")
    .message("tls belongs to bootstrapServers: to its own pipeline the consumer connects as its listener asks").field_path(".tls"))]
pub struct KafkaSinkSpec {
    /// Topic. It must exist: to a missing one Vector gives up lines. One of the same pipeline must be in its `spec.topics`.
    #[schemars(length(min = 1, max = 249), regex(pattern = r"^[a-zA-Z0-9._-]+$"))]
    #[x_kube(validation = Rule::new("self != '.' && self != '..'").message("a topic cannot be called . or .."))]
    pub topic: String,
    /// Another Kafka: `host:port`, several with commas. Default: the consumer's own pipeline, with the consumer's certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 1024),
        regex(pattern = r"^[A-Za-z0-9.\-\[\]:]+:[0-9]+(,[A-Za-z0-9.\-\[\]:]+:[0-9]+)*$")
    )]
    pub bootstrap_servers: Option<String>,
    /// Field whose text is the key of the record. Default: records have no key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::field_name")]
    pub key_field: Option<String>,
    /// How a line is written: `json` (all fields) or `text` (the field `message`). Default: `json`.
    #[serde(default)]
    pub encoding: LineEncoding,
    /// Bytes of a record, at most the topic's `max.message.bytes`; a longer line goes to the dead-letter topic. Default: 1000000.
    #[serde(default = "one_million")]
    #[schemars(range(min = 1000, max = 20_000_000))]
    pub max_message_bytes: u32,
    /// TLS, for `bootstrapServers` that ask for it. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<SinkTls>,
}

fn one_million() -> u32 {
    1_000_000
}
