//! What a node logs: to its standard output, from where Kubernetes takes it.

use std::collections::BTreeMap;

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

    /// The level of each logger that the file names, `root` among them.
    pub fn levels(&self) -> BTreeMap<&'static str, &'static str> {
        self.text.lines().filter_map(|line| level(line.trim())).collect()
    }
}

/// Logger and level of a line of either file.
fn level(line: &'static str) -> Option<(&'static str, &'static str)> {
    if let Some(root) = line.strip_prefix("log4j.rootLogger=") {
        return Some(("root", root.split(',').next()?));
    }
    if let Some(level) = line.strip_prefix("level: ") {
        return Some(("root", level));
    }
    let named = line.strip_prefix("- {name: ").and_then(|rest| rest.strip_suffix('}')?.split_once(", level: "));
    let (name, level) = named.or_else(|| line.strip_prefix("log4j.logger.")?.split_once('='))?;
    Some((name.trim_matches('"'), level))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_tell_their_levels() {
        for version in ["3.9.2", "4.3.1"] {
            let logging = Logging::of(version.parse().unwrap());
            let levels = logging.levels();
            assert_eq!(levels.len(), 14, "{levels:?}");
            assert_eq!((levels["root"], levels["kafka.network.RequestChannel$"]), ("INFO", "WARN"));
            assert!(levels.values().all(|level| ["INFO", "WARN"].contains(level)), "{levels:?}");
        }
    }
}
