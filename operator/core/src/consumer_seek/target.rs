//! Where a group is to go on.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use kafkapipelines_crds::LossStatus;
use serde::{Deserialize, Serialize};

use crate::cluster::topics::TopicPartition;
use crate::consumer_health::loss::MOST_OFFSETS;
use crate::consumer_health::reading::{Offsets, Reading};

/// Where a group is to go on.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    /// With the oldest line that Kafka has.
    Earliest,
    /// With the next line to be written.
    Latest,
    /// Where it was before lines were lost, as the status tells.
    Loss,
    /// With the first line that is not older than this.
    Time(Timestamp),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Earliest => f.write_str("earliest"),
            Self::Latest => f.write_str("latest"),
            Self::Loss => f.write_str("loss"),
            Self::Time(time) => time.fmt(f),
        }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "earliest" => Ok(Self::Earliest),
            "latest" => Ok(Self::Latest),
            "loss" => Ok(Self::Loss),
            time => time.parse().map(Self::Time).map_err(|_| {
                format!("{time} is neither earliest, latest, loss nor a time with its zone, such as 2026-01-01T00:00Z")
            }),
        }
    }
}

impl TryFrom<String> for Target {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.to_string()
    }
}

/// The next line to read of each partition. `since` has the first line from the time of the target on, -1 where there is none; `loss` is what
/// the status tells of lost lines.
///
/// # Errors
/// When the status does not tell where the group was.
pub fn offsets(
    target: Target,
    reading: &Reading,
    since: &Offsets,
    loss: Option<&LossStatus>,
) -> Result<Offsets, String> {
    match target {
        Target::Earliest => Ok(reading.earliest.clone()),
        Target::Latest => Ok(reading.end.clone()),
        Target::Time(_) => {
            let first = |(partition, end): (&TopicPartition, &i64)| {
                let first = since.get(partition).copied().filter(|first| *first >= 0);
                (partition.clone(), first.unwrap_or(*end))
            };
            Ok(reading.end.iter().map(first).collect())
        }
        Target::Loss => before(loss, reading),
    }
}

/// Never further than the group is: it has been set back already.
fn before(loss: Option<&LossStatus>, reading: &Reading) -> Result<Offsets, String> {
    let told = loss.map(|loss| loss.rewind_to.as_slice()).unwrap_or_default();
    if told.is_empty() {
        return Err("status.loss.rewindTo tells of no offsets".to_owned());
    }
    if told.len() >= MOST_OFFSETS && reading.end.len() > MOST_OFFSETS {
        return Err(format!("status.loss.rewindTo tells only the first {MOST_OFFSETS} partitions: seek to a time"));
    }
    let told = told.iter().filter_map(|text| partition_and_offset(text));
    let told = told.filter_map(|(partition, offset)| {
        let next = reading.next(&partition)?;
        Some((partition, offset.min(next)))
    });
    Ok(told.collect())
}

/// `topic-partition@offset`.
fn partition_and_offset(text: &str) -> Option<(TopicPartition, i64)> {
    let (partition, offset) = text.rsplit_once('@')?;
    let (topic, number) = partition.rsplit_once('-')?;
    Some((TopicPartition::new(topic, number.parse().ok()?), offset.parse().ok()?))
}
