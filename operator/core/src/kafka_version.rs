//! Kafka versions: which are supported, and what they can do.

use std::{fmt, str::FromStr};

/// A Kafka version such as 4.3.1.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct KafkaVersion {
    /// Major.
    pub major: u16,
    /// Minor.
    pub minor: u16,
    /// Patch.
    pub patch: u16,
}

/// The text is no version of three numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a version has three numbers, for example 4.3.1")]
pub struct NotAVersion;

impl KafkaVersion {
    /// Whether the operator runs it: 3.9.x (the first with a dynamic quorum) and 4.x.
    pub fn is_supported(self) -> bool {
        (self.major, self.minor) == (3, 9) || self.major == 4
    }

    /// `metadata.version` with which a new cluster is formatted unless the user says otherwise.
    pub fn default_metadata_version(self) -> String {
        if self.major == 3 {
            format!("{}.{}-IV0", self.major, self.minor)
        } else {
            format!("{}.{}", self.major, self.minor)
        }
    }

    /// Kafka 4 logs through Log4j 2, Kafka 3 through reload4j: the files and options differ.
    pub fn uses_log4j2(self) -> bool {
        self.major >= 4
    }
}

impl FromStr for KafkaVersion {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        let mut numbers = text.split('.').map(str::parse::<u16>);
        let mut next = || numbers.next().and_then(Result::ok).ok_or(NotAVersion);
        let version = Self { major: next()?, minor: next()?, patch: next()? };
        if numbers.next().is_some() { Err(NotAVersion) } else { Ok(version) }
    }
}

impl fmt::Display for KafkaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_ordered_by_number() {
        let parse = |text: &str| text.parse::<KafkaVersion>();
        assert!(parse("4.10.0").unwrap() > parse("4.9.1").unwrap());
        assert_eq!(parse("3.9.0").unwrap().to_string(), "3.9.0");
        for bad in ["", "4.3", "4.3.1.2", "4.x.1", "v4.3.1"] {
            assert_eq!(parse(bad), Err(NotAVersion), "{bad}");
        }
    }

    #[test]
    fn only_versions_with_a_dynamic_quorum_are_supported() {
        let supported = |text: &str| text.parse::<KafkaVersion>().unwrap().is_supported();
        assert!(supported("3.9.0") && supported("4.0.0") && supported("4.3.1"));
        assert!(!supported("3.8.1") && !supported("2.8.0") && !supported("5.0.0"));
    }

    #[test]
    fn a_new_cluster_is_formatted_with_the_newest_metadata_of_its_version() {
        let default = |text: &str| text.parse::<KafkaVersion>().unwrap().default_metadata_version();
        assert_eq!(default("3.9.2"), "3.9-IV0");
        assert_eq!(default("4.3.1"), "4.3");
    }
}
