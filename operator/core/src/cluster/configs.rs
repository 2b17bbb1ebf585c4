//! Configuration of topics, brokers and their loggers, in Kafka's terms.

use std::collections::BTreeMap;
use std::fmt;

/// What has configuration.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Resource {
    /// A topic, by name.
    Topic(String),
    /// What all brokers have in common.
    AllBrokers,
    /// A single broker.
    Broker(i32),
    /// The levels of the loggers of a single node.
    Loggers(i32),
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// Set for this topic.
    Topic,
    /// Set for this broker while it runs.
    Broker,
    /// Set for all brokers while they run.
    AllBrokers,
    /// From the broker's file.
    File,
    /// Nobody has set it.
    Default,
    /// The level of a logger.
    Logger,
    /// Of a newer Kafka.
    Unknown,
}

/// A setting as it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Setting {
    /// Its value; `None` where Kafka keeps it to itself, or where there is none.
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: Source,
    /// Kafka keeps the value to itself: it cannot be compared.
    pub sensitive: bool,
    /// Kafka says that it cannot be changed while the node runs; it is wrong about `listener.name.*`.
    pub read_only: bool,
}

/// Settings by name.
pub type Settings = BTreeMap<String, Setting>;

/// What to do with a setting. Values are never printed.
#[derive(Clone, Eq, PartialEq)]
pub enum Change {
    /// Gives it this value.
    Set(String),
    /// Takes the value away, so that the default holds.
    Delete,
    /// Adds to a list.
    Append(String),
    /// Takes from a list.
    Subtract(String),
}

/// Changes of each resource, by the name of the setting.
pub type Changes = BTreeMap<Resource, BTreeMap<String, Change>>;

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Set(_) => "Set(…)",
            Self::Delete => "Delete",
            Self::Append(_) => "Append(…)",
            Self::Subtract(_) => "Subtract(…)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_never_printed() {
        let changes =
            [Change::Set("secret".into()), Change::Append("secret".into()), Change::Subtract("secret".into())];
        assert!(!format!("{changes:?}").contains("secret"));
    }
}
