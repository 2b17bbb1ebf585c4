//! How full the brokers' disks are.

use std::collections::BTreeMap;

use futures::future::join_all;
use kafka_protocol::messages::DescribeLogDirsRequest;
use kafka_protocol::messages::describe_log_dirs_response::DescribeLogDirsResult;

use super::TopicPartition;
use super::outcome::{Outcomes, outcome};
use crate::client::Client;
use crate::error::Error;
use crate::route::Route;
use crate::wire::text;

/// A directory with partitions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogDir {
    /// Bytes of the volume that it is on; `None` where Kafka does not tell.
    pub total_bytes: Option<i64>,
    /// Bytes that are free on it.
    pub free_bytes: Option<i64>,
    /// Bytes of each partition.
    pub partitions: BTreeMap<TopicPartition, i64>,
}

impl LogDir {
    fn of(found: &DescribeLogDirsResult) -> Self {
        let known = |bytes: i64| Some(bytes).filter(|bytes| *bytes >= 0);
        let partitions = found.topics.iter().flat_map(|topic| topic.partitions.iter().map(move |item| (topic, item)));
        let sizes = partitions
            .map(|(topic, item)| (TopicPartition::new(text(&topic.name), item.partition_index), item.partition_size));
        Self {
            total_bytes: known(found.total_bytes),
            free_bytes: known(found.usable_bytes),
            partitions: sizes.collect(),
        }
    }
}

/// Directories of a broker by path; a failed disk is an outcome with `KAFKA_STORAGE_ERROR`.
pub type LogDirs = Outcomes<String, LogDir>;

impl Client {
    /// The directories of every live broker, or why a broker does not tell.
    pub async fn describe_log_dirs(&self) -> Result<BTreeMap<i32, Result<LogDirs, Error>>, Error> {
        let cluster = self.describe_cluster().await?;
        // No topics at all, which is not the same as an empty list: all of them.
        let request = DescribeLogDirsRequest::default().with_topics(None);
        let ask = async |broker| (broker, self.ask(Route::Node(broker), &request).await);
        let answers = join_all(cluster.live().map(ask)).await;
        let directories = answers.into_iter().map(|(broker, answer)| {
            let directory = |found: &DescribeLogDirsResult| {
                (text(&found.log_dir), outcome(LogDir::of(found), found.error_code, None))
            };
            (broker, answer.map(|answer| answer.results.iter().map(directory).collect()))
        });
        Ok(directories.collect())
    }
}
