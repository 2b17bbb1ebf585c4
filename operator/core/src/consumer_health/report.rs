//! What was last seen of a consumer.

use jiff::Timestamp;
use kafkapipelines_crds::{ConsumerGroupStatus, LossStatus};

use super::start::Start;
use crate::conditions::Finding;

/// What was last seen of a consumer. What is `None` was not looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerReport {
    /// Generation of the Consumer that was looked at.
    pub generation: Option<i64>,
    /// Whether a first member may start.
    pub start: Option<Start>,
    /// Names of its topics that exist.
    pub topics: Option<Vec<String>>,
    /// Partitions of all its topics.
    pub partitions: Option<i32>,
    /// Its group.
    pub group: Option<ConsumerGroupStatus>,
    /// Members of the group that have partitions.
    pub reading_members: Option<i32>,
    /// Numbers that move.
    pub figures: Option<Figures>,
    /// When lines were last delivered.
    pub last_delivery: Option<Timestamp>,
    /// What was lost and nobody has acknowledged.
    pub loss: Option<LossStatus>,
    /// Conditions besides `Ready`.
    pub findings: Vec<Finding>,
}

/// Numbers that move, as they are told.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Figures {
    /// Lines to read.
    pub lag: i64,
    /// How old the oldest of them is.
    pub time_lag: String,
    /// Lines read each second.
    pub lines_per_second: i64,
    /// Dead letters of the last hour.
    pub dead_letters_last_hour: i64,
}
