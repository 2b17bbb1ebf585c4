//! Which topics there are, and where their partitions live.

use std::collections::BTreeMap;

use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::metadata_response::{MetadataResponsePartition, MetadataResponseTopic};
use kafka_protocol::messages::{BrokerId, MetadataRequest, MetadataResponse, TopicName};

use super::outcome::{Outcomes, complete, outcome};
use crate::client::Client;
use crate::error::Error;
use crate::route::Route;
use crate::wire::text::id_text;
use crate::wire::{text, wire};

/// A topic.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Topic {
    /// Its id; another when it was deleted and made anew.
    pub id: Option<String>,
    /// Kafka's own, such as that of the consumers' offsets.
    pub internal: bool,
    /// Its partitions, by number.
    pub partitions: Vec<Partition>,
}

/// A partition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Partition {
    /// Its number, from 0.
    pub index: i32,
    /// The broker that leads it; none while it is offline.
    pub leader: Option<i32>,
    /// Brokers that have it, the preferred leader first.
    pub replicas: Vec<i32>,
    /// Those of them that are up to date.
    pub in_sync: Vec<i32>,
    /// Those of them that are not there.
    pub offline: Vec<i32>,
}

impl Partition {
    fn of(partition: &MetadataResponsePartition) -> Self {
        let ids = |ids: &[BrokerId]| ids.iter().map(|id| id.0).collect();
        Self {
            index: partition.partition_index,
            leader: Some(partition.leader_id.0).filter(|id| *id >= 0),
            replicas: ids(&partition.replica_nodes),
            in_sync: ids(&partition.isr_nodes),
            offline: ids(&partition.offline_replicas),
        }
    }
}

impl Topic {
    fn of(topic: &MetadataResponseTopic) -> Self {
        let mut partitions: Vec<_> = topic.partitions.iter().map(Partition::of).collect();
        partitions.sort_by_key(|partition| partition.index);
        Self { id: id_text(&topic.topic_id), internal: topic.is_internal, partitions }
    }
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
    named.map(|(topic, name)| (text(name), outcome(Topic::of(topic), topic.error_code, None))).collect()
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
}
