//! Ready-made configuration of clients, for Java and for librdkafka.

use kafkapipelines_crds::AuthenticationType;

use super::credentials::Credentials;
use super::password::Password;
use super::reach::Reach;
use super::secret_keys::{CA, CERTIFICATE, KEY};

/// Where librdkafka expects the Secret to be mounted: its files of properties cannot hold certificates.
const MOUNTED_AT: &str = "/etc/kafka-user";
const MECHANISM: &str = "SCRAM-SHA-512";

type Properties = Vec<(&'static str, String)>;

/// How a user logs in with its password, as Java's clients want it.
pub(super) fn jaas(user: &str, password: &Password) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let (user, password) = (quoted(user), quoted(password.text()));
    format!("org.apache.kafka.common.security.scram.ScramLoginModule required username={user} password={password};")
}

/// For Java's clients; with the certificates in it, so that it works wherever it is put.
pub(super) fn java(user: &str, credentials: &Credentials, trusted: &str, reach: &Reach) -> String {
    let mut properties = common(reach);
    if reach.tls {
        properties.push(("ssl.truststore.type", "PEM".to_owned()));
        properties.push(("ssl.truststore.certificates", trusted.to_owned()));
    }
    match credentials {
        Credentials::Certificate(certificate) if reach.tls => properties.extend([
            ("ssl.keystore.type", "PEM".to_owned()),
            ("ssl.keystore.certificate.chain", certificate.chain.clone()),
            ("ssl.keystore.key", certificate.key.pem().to_owned()),
        ]),
        Credentials::Password(password) if asks_for_password(reach) => {
            properties.extend([("sasl.mechanism", MECHANISM.to_owned()), ("sasl.jaas.config", jaas(user, password))]);
        }
        Credentials::Certificate(_) | Credentials::Password(_) => {}
    }
    lines(properties.into_iter().map(|(key, value)| (key, escaped(&value))))
}

/// For librdkafka's clients, with the Secret mounted at `/etc/kafka-user`.
pub(super) fn librdkafka(user: &str, credentials: &Credentials, reach: &Reach) -> String {
    let file = |key: &str| format!("{MOUNTED_AT}/{key}");
    let mut properties = common(reach);
    if reach.tls {
        properties.push(("ssl.ca.location", file(CA)));
    }
    match credentials {
        Credentials::Certificate(_) if reach.tls => {
            properties.extend([("ssl.certificate.location", file(CERTIFICATE)), ("ssl.key.location", file(KEY))]);
        }
        Credentials::Password(password) if asks_for_password(reach) => properties.extend([
            ("sasl.mechanism", MECHANISM.to_owned()),
            ("sasl.username", user.to_owned()),
            ("sasl.password", password.text().to_owned()),
        ]),
        Credentials::Certificate(_) | Credentials::Password(_) => {}
    }
    lines(properties)
}

fn common(reach: &Reach) -> Properties {
    let protocol = match (reach.tls, asks_for_password(reach)) {
        (true, true) => "SASL_SSL",
        (true, false) => "SSL",
        (false, true) => "SASL_PLAINTEXT",
        (false, false) => "PLAINTEXT",
    };
    vec![("bootstrap.servers", reach.servers.clone()), ("security.protocol", protocol.to_owned())]
}

fn lines(properties: impl IntoIterator<Item = (&'static str, String)>) -> String {
    properties.into_iter().flat_map(|(key, value)| [key.to_owned(), "=".to_owned(), value, "\n".to_owned()]).collect()
}

fn asks_for_password(reach: &Reach) -> bool {
    reach.authentication == Some(AuthenticationType::ScramSha512)
}

/// As `java.util.Properties` reads it: each further line of a value begins after `\n\` at the end of the one before.
fn escaped(value: &str) -> String {
    value.trim_end().replace('\\', "\\\\").replace('\n', "\\n\\\n")
}
