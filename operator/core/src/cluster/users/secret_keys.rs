//! Keys of the Secret of a user.

/// certificates of the authorities that sign the nodes' certificates, PEM.
pub const CA: &str = "ca.crt";
/// the user's certificate, then those between it and a root, PEM.
pub const CERTIFICATE: &str = "user.crt";
/// the key of the user's certificate, PKCS#8 PEM.
pub const KEY: &str = "user.key";
/// key and certificates in one file, as Kafka's key store of type PEM reads it.
pub const COMBINED: &str = "user.pem";
/// the password.
pub const PASSWORD: &str = "password";
/// how Java's clients log in with the password.
pub const JAAS: &str = "sasl.jaas.config";
/// where clients begin, `host:port`.
pub const BOOTSTRAP: &str = "bootstrap.servers";
/// ready-made configuration for Java's clients.
pub const JAVA: &str = "client.properties";
/// ready-made configuration for librdkafka's clients, with this Secret mounted at `/etc/kafka-user`.
pub const LIBRDKAFKA: &str = "librdkafka.properties";
