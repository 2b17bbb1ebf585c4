//! What was last seen and done inside a pipeline's Kafka.

use kafkapipelines_crds::{PartitionsStatus, TopicsStatus, UsersStatus};

use crate::conditions::Finding;

/// What was last seen and done inside a pipeline's Kafka. What is `None` was not looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Reason and message: why Kafka could not be asked, or not for everything.
    pub failure: Option<(&'static str, String)>,
    /// Topics of the spec.
    pub topics: Option<TopicsStatus>,
    /// Users of the spec.
    pub users: Option<UsersStatus>,
    /// Partitions of all topics.
    pub partitions: Option<PartitionsStatus>,
    /// Space in use on the fullest disk in percent, in steps of 5.
    pub fullest_disk_percent: Option<i32>,
    /// Controllers that vote.
    pub voters: Option<Vec<i32>>,
    /// The `metadata.version` that is finalized.
    pub metadata_version: Option<String>,
    /// Conditions besides `Ready`.
    pub findings: Vec<Finding>,
    /// Something is under way: Kafka is looked at again soon.
    pub busy: bool,
}
