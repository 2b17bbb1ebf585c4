//! Which topics there are, and where their partitions live.

use std::collections::BTreeMap;

use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::metadata_response::{MetadataResponsePartition, MetadataResponseTopic};
use kafka_protocol::messages::{BrokerId, MetadataRequest, MetadataResponse, TopicName};
pub use kafkapipelines_core::cluster::topics::{Partition, Topic};

use super::outcome::{Outcomes, complete, outcome};
use crate::client::Client;
use crate::code::Code;
use crate::error::Error;
use crate::route::Route;
use crate::wire::text::id_text;
use crate::wire::{text, wire};

fn partition(found: &MetadataResponsePartition) -> Partition {
    let ids = |ids: &[BrokerId]| ids.iter().map(|id| id.0).collect();
    Partition {
        index: found.partition_index,
        leader: Some(found.leader_id.0).filter(|id| *id >= 0),
        replicas: ids(&found.replica_nodes),
        in_sync: ids(&found.isr_nodes),
        offline: ids(&found.offline_replicas),
    }
}

fn topic(found: &MetadataResponseTopic) -> Topic {
    let mut partitions: Vec<_> = found.partitions.iter().map(partition).collect();
    partitions.sort_by_key(|partition| partition.index);
    Topic { id: id_text(&found.topic_id), internal: found.is_internal, partitions }
}

/// `None` asks for all. Topics are never made by asking for them.
fn question(names: Option<&[String]>) -> MetadataRequest {
    let topic = |name: &String| MetadataRequestTopic::default().with_name(Some(TopicName(wire(name))));
    MetadataRequest::default()
        .with_topics(names.map(|names| names.iter().map(topic).collect()))
        .with_allow_auto_topic_creation(false)
}

fn topics(answer: &MetadataResponse) -> Outcomes<String, Topic> {
    let named = answer.topics.iter().filter_map(|topic| Some((topic, topic.name.as_ref()?)));
    named.map(|(found, name)| (text(name), outcome(topic(found), found.error_code, None))).collect()
}

impl Client {
    /// All topics that the identity may see. One that is just being deleted is left out.
    pub async fn list_topics(&self) -> Result<BTreeMap<String, Topic>, Error> {
        let answer = self.ask(Route::Any, &question(None)).await?;
        Ok(topics(&answer).into_iter().filter_map(|(name, topic)| Some((name, topic.ok()?))).collect())
    }

    /// The topics of these names. A broker may not know yet what the controller has just made.
    pub async fn describe_topics(&self, names: &[String]) -> Result<Outcomes<String, Topic>, Error> {
        let answer = self.ask(Route::Any, &question(Some(names))).await?;
        Ok(complete(names.iter().cloned(), topics(&answer)))
    }

    /// Those of these topics that exist.
    pub async fn existing_topics(&self, names: &[String]) -> Result<BTreeMap<String, Topic>, Error> {
        let mut existing = BTreeMap::new();
        for (name, outcome) in self.describe_topics(names).await? {
            match outcome {
                Ok(topic) => drop(existing.insert(name, topic)),
                Err(error) if error.code == Code::UNKNOWN_TOPIC_OR_PARTITION => {}
                Err(error) => return Err(Error::Kafka { api: "Metadata", error }),
            }
        }
        Ok(existing)
    }
}
