//! What a node logs: to its standard output, from where Kubernetes takes it.

use super::paths;
use crate::kafka_version::KafkaVersion;

/// The logging file of a Kafka version.
pub struct Logging {
    /// Key in the ConfigMap.
    pub key: &'static str,
    /// Contents.
    pub text: &'static str,
    option: &'static str,
}

const RELOAD4J: Logging = Logging {
    key: "log4j.properties",
    text: include_str!("files/log4j.properties"),
    option: "-Dlog4j.configuration=file:",
};

const LOG4J2: Logging =
    Logging { key: "log4j2.yaml", text: include_str!("files/log4j2.yaml"), option: "-Dlog4j2.configurationFile=" };

impl Logging {
    /// The file that a version reads.
    pub fn of(version: KafkaVersion) -> Self {
        if version.uses_log4j2() { LOG4J2 } else { RELOAD4J }
    }

    /// The JVM option that names the file.
    pub fn jvm_option(&self) -> String {
        format!("{}{}/{}", self.option, paths::CONFIG, self.key)
    }
}
