//! `metadata.version`: the format of the metadata log, by the name that people know and by the level that Kafka counts in.

use std::fmt;

use crate::kafka_version::KafkaVersion;

/// Releases that every supported Kafka reads, with the first and last `-IV` of each. Levels count on through them.
const RELEASES: [(u16, u16, u16, u16); 11] = [
    (3, 3, 3, 3),
    (3, 4, 0, 0),
    (3, 5, 0, 2),
    (3, 6, 0, 2),
    (3, 7, 0, 4),
    (3, 8, 0, 0),
    (3, 9, 0, 0),
    (4, 0, 0, 3),
    (4, 1, 0, 1),
    (4, 2, 0, 1),
    (4, 3, 0, 0),
];

/// Level of the first of them.
const FIRST_LEVEL: i16 = 7;

/// A `metadata.version`; without `-IV`, the last of its release.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct MetadataVersion {
    /// Major.
    pub major: u16,
    /// Minor.
    pub minor: u16,
    /// Counts within the release.
    iv: u16,
}

impl MetadataVersion {
    /// Reads a name; `None` when there is no such version. A release after this operator's is let pass: Kafka itself will tell.
    pub fn read(text: &str) -> Option<Self> {
        let (release, iv) = text.split_once("-IV").map_or((text, None), |(release, iv)| (release, Some(iv)));
        let (major, minor) = release.split_once('.')?;
        let (major, minor): (u16, u16) = (major.parse().ok()?, minor.parse().ok()?);
        let known = RELEASES.iter().find(|known| (known.0, known.1) == (major, minor));
        let iv: u16 = match (iv, known) {
            (Some(iv), _) => iv.parse().ok()?,
            (None, Some((_, _, _, last))) => *last,
            (None, None) => u16::MAX,
        };
        let is_valid = match known {
            Some((_, _, first, last)) => (*first..=*last).contains(&iv),
            None => RELEASES.last().is_some_and(|last| (major, minor) > (last.0, last.1)),
        };
        is_valid.then_some(Self { major, minor, iv })
    }

    /// The version of a level, if this operator knows it.
    pub fn of_level(level: i16) -> Option<Self> {
        Self::all().find(|(_, known)| *known == level).map(|(version, _)| version)
    }

    /// Its level, if this operator knows it.
    pub fn level(self) -> Option<i16> {
        Self::all().find(|(known, _)| *known == self).map(|(_, level)| level)
    }

    /// Whether a Kafka of this version reads it.
    pub fn is_read_by(self, version: KafkaVersion) -> bool {
        (self.major, self.minor) <= (version.major, version.minor)
    }

    fn all() -> impl Iterator<Item = (Self, i16)> {
        let releases = RELEASES.iter();
        let versions =
            releases.flat_map(|&(major, minor, first, last)| (first..=last).map(move |iv| Self { major, minor, iv }));
        versions.zip(FIRST_LEVEL..)
    }
}

impl fmt::Display for MetadataVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        if self.iv == u16::MAX { Ok(()) } else { write!(f, "-IV{}", self.iv) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_levels_are_those_that_kafka_tells() {
        for (name, level) in [
            ("3.3-IV3", 7),
            ("3.8-IV0", 20),
            ("3.9-IV0", 21),
            ("4.0-IV0", 22),
            ("4.0-IV3", 25),
            ("4.1-IV1", 27),
            ("4.2-IV0", 28),
            ("4.3-IV0", 30),
        ] {
            assert_eq!(MetadataVersion::read(name).unwrap().level(), Some(level), "{name}");
            assert_eq!(MetadataVersion::of_level(level).unwrap().to_string(), name);
        }
        assert_eq!(MetadataVersion::read("4.0").unwrap().level(), Some(25));
        assert_eq!(MetadataVersion::read("4.9").unwrap().level(), None);
        assert_eq!((MetadataVersion::of_level(6), MetadataVersion::of_level(31)), (None, None));
    }
}
