//! What a replay asks of Kafka: what the dead-letter topic holds, and how far the group of replays has read.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use kafkapipelines_core::cluster::acls::Acl;
use kafkapipelines_core::cluster::topics::Topic;
use kafkapipelines_core::cluster::users;
use kafkapipelines_core::consumer_health::reading::Offsets;
use kafkapipelines_core::consumer_replay;
use kafkapipelines_core::consumer_replay::plan::Plan;
use kafkapipelines_crds::{Consumer, LogPipeline};
use kafkapipelines_kafka::calls::offsets::At;
use kafkapipelines_kafka::{Client, Code, Error};

type Topics = BTreeMap<String, Topic>;

/// The group of a consumer's replays, as Kafka knows it.
pub(super) struct Asked<'a> {
    brokers: Client,
    consumer: &'a Consumer,
    group: String,
    /// The ACLs that its user needs; none where Kafka asks for none.
    rules: BTreeSet<Acl>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(brokers: Client, consumer: &'a Consumer, pipeline: &LogPipeline) -> Self {
        // It reads none of the consumer's topics.
        let rules = users::rules_of(consumer, &[], pipeline).unwrap_or_default();
        Self { brokers, consumer, group: consumer_replay::group(consumer), rules }
    }

    /// What is read: nothing where there is no such topic. None while a partition has no leader.
    pub(super) async fn plan(&self, since: Option<Timestamp>) -> Result<Option<Plan>, Error> {
        let topic = &self.consumer.spec.dead_letter.topic;
        let topics = self.topics(topic).await?;
        let first = self.offsets(&topics, At::Earliest).await?;
        let since = match since {
            Some(since) => Some(self.offsets(&topics, At::Time(since.as_millisecond())).await?),
            None => None,
        };
        let end = self.offsets(&topics, At::Latest).await?;
        let partitions: usize = topics.values().map(|topic| topic.partitions.len()).sum();
        Ok((end.len() == partitions).then(|| Plan::new(topic, &first, since.as_ref(), &end)))
    }

    /// Sets where the group begins. Why it cannot be set now, if it cannot.
    pub(super) async fn begin(&self, plan: &Plan) -> Result<Option<String>, Error> {
        if !self.rules.is_empty() && !self.rules.is_subset(&self.brokers.describe_acls().await?.into_iter().collect()) {
            return Ok(Some("waits for the right of the consumer's user to read the dead-letter topic".to_owned()));
        }
        let group = self.brokers.describe_group(&self.group).await?;
        if !group.members.is_empty() {
            return Ok(Some(format!("waits for the members of the group {} to leave it", self.group)));
        }
        let set = self.brokers.set_committed_offsets(&self.group, &plan.beginning()).await?;
        let refused = set.values().find_map(|outcome| outcome.as_ref().err());
        Ok(refused.map(|error| format!("waits for Kafka to take the offsets of the group {}: {error}", self.group)))
    }

    /// Records of the plan that were read.
    pub(super) async fn done(&self, plan: &Plan) -> Result<i64, Error> {
        let committed = self.brokers.committed_offsets_of(&self.group).await?;
        let first = self.offsets(&self.topics(&plan.topic).await?, At::Earliest).await?;
        Ok(plan.done(&committed, &first))
    }

    /// Deletes the group: its lag would grow for ever. Why it cannot be deleted now, if it cannot.
    pub(super) async fn forget_group(&self) -> Result<Option<String>, Error> {
        let outcomes = self.brokers.delete_groups(std::slice::from_ref(&self.group)).await?;
        let refused = outcomes.values().find_map(|outcome| outcome.as_ref().err());
        let refused = refused.filter(|error| error.code != Code::GROUP_ID_NOT_FOUND);
        Ok(refused.map(|error| format!("waits until the group {} can be deleted: {error}", self.group)))
    }

    async fn topics(&self, topic: &str) -> Result<Topics, Error> {
        self.brokers.existing_topics(&[topic.to_owned()]).await
    }

    /// Of all partitions that have a leader.
    async fn offsets(&self, topics: &Topics, at: At) -> Result<Offsets, Error> {
        let found = self.brokers.offsets(topics, at).await?;
        let known = |offset: Result<i64, _>| offset.map_err(|error| Error::Kafka { api: "ListOffsets", error });
        found.into_iter().map(|(partition, offset)| Ok((partition, known(offset)?))).collect()
    }
}
