//! What cannot be processed: written to the dead-letter topic.

use std::collections::BTreeMap;

use super::Bootstrap;
use super::file::{Codec, KafkaSink};
use super::kafka::{MAX_MESSAGE_BYTES, tls};

/// Makes a dead letter of what a transform dropped.
const OF_ONE: &str = include_str!("dead_letter.vrl");
/// The same where lines may have been joined: one for each of them.
const OF_JOINED: &str = include_str!("dead_letters_of_joined.vrl");

/// Room for a dead letter's headers beside the largest payload.
const HEADER_BYTES: u64 = 1_000_000;
/// The largest dead letter: what its topic must take.
pub const MAX_DEAD_LETTER_BYTES: u64 = MAX_MESSAGE_BYTES + HEADER_BYTES;

/// The program that makes dead letters of the consumer called `name`.
pub(super) fn program(name: &str, joins_lines: bool) -> String {
    let program = if joins_lines { OF_JOINED } else { OF_ONE };
    format!("consumer = \"{name}\"\n\n{program}")
}

/// The sink of dead letters. It never gives up.
pub(super) fn sink(topic: &str, bootstrap: &Bootstrap, inputs: Vec<String>) -> KafkaSink {
    KafkaSink {
        inputs,
        bootstrap_servers: bootstrap.servers.clone(),
        tls: tls(bootstrap),
        topic: topic.to_owned(),
        key_field: Some("message_key".to_owned()),
        headers_key: Some("headers"),
        encoding: Codec { codec: "raw_message" },
        compression: "zstd",
        // Endless; after Vector's default of five minutes the letter would be lost.
        message_timeout_ms: 0,
        buffer: None,
        librdkafka_options: BTreeMap::from([
            ("enable.idempotence", true.to_string()),
            ("message.max.bytes", MAX_DEAD_LETTER_BYTES.to_string()),
        ]),
    }
}
