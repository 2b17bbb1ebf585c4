//! Writing lines to Kafka, as agents and the gateway do: a sink that never gives up, in Vector's own words.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::vector::file::{Buffer, Codec, Switch, Tls};

/// A line that is longer as JSON keeps only its beginning, for librdkafka sends no message above 1,000,000 bytes.
pub(crate) const SHORTEN: &str = include_str!("shorten.vrl");

/// How a writer reaches Kafka, and how it proves who it is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Connection {
    /// `host:port` of the listener.
    pub servers: String,
    /// Where the certificates are; `None`: the listener does not speak TLS.
    pub tls: Option<CertificateFiles>,
    /// User and password; `None`: the listener does not ask for them.
    pub password: Option<Login>,
}

/// Paths of certificates in PEM, or the PEM texts themselves: Vector's Kafka client takes both.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificateFiles {
    /// The authorities that are trusted.
    pub trusted: String,
    /// Certificate and key of the writer's own, where the listener asks for them.
    pub own: Option<(String, String)>,
}

/// A user and its password, by SCRAM-SHA-512.
#[derive(Clone, Eq, PartialEq)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the login of {}", self.user)
    }
}

/// The sink.
#[derive(Serialize)]
#[serde(tag = "type", rename = "kafka")]
pub(crate) struct Producer {
    inputs: Vec<String>,
    bootstrap_servers: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls: Option<Tls>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sasl: Option<Sasl>,
    topic: String,
    encoding: Codec,
    compression: &'static str,
    message_timeout_ms: u64,
    acknowledgements: Switch,
    buffer: Buffer,
    librdkafka_options: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct Sasl {
    enabled: bool,
    mechanism: &'static str,
    username: String,
    password: String,
}

impl Producer {
    /// Takes what comes out of `input`.
    pub(crate) fn new(input: &str, connection: &Connection, topic: &str) -> Self {
        Self {
            inputs: vec![input.to_owned()],
            bootstrap_servers: connection.servers.clone(),
            tls: connection.tls.as_ref().map(tls),
            sasl: connection.password.as_ref().map(sasl),
            topic: topic.to_owned(),
            encoding: Codec { codec: "json" },
            compression: "zstd",
            // Endless; after Vector's default of five minutes a line would be lost.
            message_timeout_ms: 0,
            // The source is told that a line is safe only when all replicas in sync have it.
            acknowledgements: Switch { enabled: true },
            buffer: Buffer { type_: "memory", max_events: 500, when_full: "block" },
            librdkafka_options: BTreeMap::from([("acks", "all".to_owned()), ("enable.idempotence", true.to_string())]),
        }
    }
}

fn tls(files: &CertificateFiles) -> Tls {
    let (certificate, key) = files.own.clone().unzip();
    Tls { enabled: true, ca_file: files.trusted.clone(), crt_file: certificate, key_file: key }
}

fn sasl(login: &Login) -> Sasl {
    Sasl { enabled: true, mechanism: "SCRAM-SHA-512", username: login.user.clone(), password: login.password.clone() }
}
