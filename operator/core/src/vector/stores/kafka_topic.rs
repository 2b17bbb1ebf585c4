//! Writing to a topic.

use std::collections::BTreeMap;

use kafkapipelines_crds::{KafkaSinkSpec, LineEncoding};

use super::Shared;
use crate::vector::file::{Codec, KafkaSink, Tls};
use crate::vector::{kafka, path, secrets};

/// What a record has besides key and payload.
const OVERHEAD_BYTES: u64 = 200;

/// The sink. It never gives up.
pub(super) fn sink(store: &KafkaSinkSpec, inputs: Vec<String>, shared: Shared) -> KafkaSink {
    let own = &shared.bootstrap;
    let (servers, tls) = match &store.bootstrap_servers {
        Some(servers) => (servers.clone(), secrets::trust(store.tls.as_ref()).map(trusting)),
        None => (own.servers.clone(), kafka::tls(own)),
    };
    KafkaSink {
        inputs,
        bootstrap_servers: servers,
        tls,
        topic: store.topic.clone(),
        key_field: store.key_field.as_deref().map(path::nested),
        headers_key: None,
        encoding: Codec { codec: if store.encoding == LineEncoding::Json { "json" } else { "text" } },
        compression: "zstd",
        // Endless; after Vector's default of five minutes lines would be lost.
        message_timeout_ms: 0,
        buffer: Some(shared.buffer()),
        librdkafka_options: BTreeMap::from([
            ("acks", "all".to_owned()),
            ("enable.idempotence", true.to_string()),
            ("message.max.bytes", store.max_message_bytes.to_string()),
        ]),
    }
}

fn trusting(ca_file: String) -> Tls {
    Tls { enabled: true, ca_file, crt_file: None, key_file: None }
}

/// The program that drops what is too long for the topic: librdkafka would give it up.
pub(super) fn guard(store: &KafkaSinkSpec) -> String {
    let key = store.key_field.as_deref().map(|field| format!(".{}", path::nested(field)));
    let limit = u64::from(store.max_message_bytes).saturating_sub(OVERHEAD_BYTES);
    let head = super::limits([("max_bytes", limit)]).join("\n");
    let measured = if key.is_some() { "length(line) + length(key)" } else { "length(line)" };
    let parts = [
        Some(head),
        key.as_deref().map(key_of),
        Some(super::line(store.encoding)),
        Some(format!(
            "if {measured} > max_bytes {{ abort \"the line is longer than \" + to_string(max_bytes) + \" bytes\" }}"
        )),
    ];
    super::program(parts.iter().flatten().map(String::as_str))
}

/// A key that is null would be written as the text `<null>`.
fn key_of(path: &str) -> String {
    format!("key = to_string({path}) ?? encode_json({path})\nif {path} == null {{ del({path}) }}")
}
