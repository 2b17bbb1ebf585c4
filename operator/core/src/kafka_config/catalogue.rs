//! The keys that Kafka knows, as its own jars list them.

use super::Scope;
use crate::kafka_version::KafkaVersion;

const BROKER_3_9: &str = include_str!("broker-keys-3.9.txt");
const BROKER_4: &str = include_str!("broker-keys-4.txt");
const TOPIC_3_9: &str = include_str!("topic-keys-3.9.txt");
const TOPIC_4: &str = include_str!("topic-keys-4.txt");

/// All keys of one scope in one version line: lines of key, type and, where Kafka states them, valid values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Catalogue(&'static str);

/// One key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Entry {
    /// Type of its values.
    pub(super) type_: Type,
    /// Valid values, alternatives by `|`, ranges by `..`; empty when any will do.
    pub(super) valid: &'static str,
}

/// Types of Kafka's configuration definitions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Type {
    Boolean,
    Short,
    Int,
    Long,
    Double,
    List,
    Text,
    Password,
    Class,
    Internal,
}

impl Catalogue {
    /// The keys of a version.
    pub(super) fn of(scope: Scope, version: KafkaVersion) -> Self {
        Self(match (scope, version.major) {
            (Scope::Broker, 3) => BROKER_3_9,
            (Scope::Broker, _) => BROKER_4,
            (Scope::Topic, 3) => TOPIC_3_9,
            (Scope::Topic, _) => TOPIC_4,
        })
    }

    /// What a consumer may set of librdkafka.
    pub(super) fn librdkafka() -> Self {
        Self(include_str!("librdkafka-keys.txt"))
    }

    /// The entry of a key.
    pub(super) fn find(self, key: &str) -> Option<Entry> {
        self.lines().find(|line| line.split(' ').next() == Some(key)).and_then(entry)
    }

    /// The key that was probably meant: the same one in the other scope's spelling, or one that differs by a slip or two.
    pub(super) fn nearest(self, key: &str) -> Option<&'static str> {
        let keys = || self.lines().filter_map(|line| line.split(' ').next());
        let respelt = [format!("log.{key}"), key.trim_start_matches("log.").to_owned()];
        let slips = 2.max(key.len() / 8);
        keys().find(|known| respelt.iter().any(|spelling| spelling == known)).or_else(|| {
            keys()
                .map(|known| (strsim::damerau_levenshtein(known, key), known))
                .filter(|(distance, _)| *distance <= slips)
                .min()
                .map(|(_, known)| known)
        })
    }

    fn lines(self) -> impl Iterator<Item = &'static str> {
        self.0.lines().filter(|line| !line.starts_with('#'))
    }
}

/// Whether a key that this version line lacks is one of the other line's.
pub(super) fn is_of_the_other_line(scope: Scope, version: KafkaVersion, key: &str) -> bool {
    let other = KafkaVersion { major: if version.major == 3 { 4 } else { 3 }, ..version };
    Catalogue::of(scope, other).find(key).is_some()
}

fn entry(line: &'static str) -> Option<Entry> {
    let mut words = line.splitn(3, ' ').skip(1);
    let type_ = match words.next()? {
        "BOOLEAN" => Type::Boolean,
        "SHORT" => Type::Short,
        "INT" => Type::Int,
        "LONG" => Type::Long,
        "DOUBLE" => Type::Double,
        "LIST" => Type::List,
        "STRING" => Type::Text,
        "PASSWORD" => Type::Password,
        "CLASS" => Type::Class,
        "INTERNAL" => Type::Internal,
        _ => return None,
    };
    Some(Entry { type_, valid: words.next().unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_every_table_is_read() {
        for (scope, table) in
            [(Scope::Broker, BROKER_3_9), (Scope::Broker, BROKER_4), (Scope::Topic, TOPIC_3_9), (Scope::Topic, TOPIC_4)]
        {
            let unread: Vec<_> = Catalogue(table).lines().filter(|line| entry(line).is_none()).collect();
            assert!(unread.is_empty(), "{scope:?}: {unread:?}");
        }
    }

    #[test]
    fn the_lines_differ() {
        let find = |text: &str, key| Catalogue::of(Scope::Broker, text.parse().unwrap()).find(key);
        assert!(find("3.9.0", "zookeeper.connect").is_some() && find("4.3.1", "zookeeper.connect").is_none());
        assert!(find("3.9.0", "cordoned.log.dirs").is_none() && find("4.0.0", "cordoned.log.dirs").is_some());
    }
}
