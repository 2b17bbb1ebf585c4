//! What was asked for, by an annotation of the Consumer.

use jiff::Timestamp;
use kafkapipelines_crds::Consumer;
use serde::{Deserialize, Serialize};

use super::target::Target;
use crate::conditions;
use crate::labels::SEEK;
use crate::refusal::Refusal;
use crate::request_annotation;
use crate::topic_selection::TopicSelection;

/// Topics that a message names.
const SHOWN: usize = 10;

/// A seek that somebody asked for. Without the annotation, one that is under way ends.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Request {
    /// When it was asked for, which is its name: it is carried out once.
    pub id: Timestamp,
    /// Where the group is to go on.
    pub to: Target,
    /// Topics whose partitions are moved. Empty: all of the consumer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
    /// Whether it is only said what would be moved.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// Whether lines may be passed over that were never read. Without it a seek that would do so fails.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub skip_lines: bool,
}

impl Request {
    /// What the Consumer's annotation asks for.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(consumer: &Consumer) -> Result<Option<Self>, Refusal> {
        let way_out = "`kubectl kafkapipelines consumer seek` writes it, and without it nothing is moved";
        request_annotation::read(consumer, SEEK, "InvalidSeek", way_out)
    }

    /// The value of the annotation.
    pub fn annotation(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Whether it names only topics that the consumer reads, or would read if they were there.
    ///
    /// # Errors
    /// The others.
    pub fn fits(&self, consumer: &Consumer) -> Result<(), String> {
        self.topics_of(&TopicSelection::of(&consumer.spec, []).among(&self.topics)).map(drop)
    }

    /// The topics whose partitions are moved, of those that the consumer reads.
    ///
    /// # Errors
    /// The topics that it does not read.
    pub fn topics_of(&self, read: &[String]) -> Result<Vec<String>, String> {
        let others: Vec<_> = self.topics.iter().filter(|topic| !read.contains(topic)).map(String::as_str).collect();
        match (self.topics.as_slice(), others.as_slice()) {
            ([], _) => Ok(read.to_vec()),
            (some, []) => Ok(some.to_vec()),
            (_, others) => Err(format!(
                "it does not read {}; its topics are {}",
                others.join(", "),
                conditions::sentence(read.iter(), SHOWN)
            )),
        }
    }
}
