//! Consumer groups: which there are, who is in them, and how far they have read.

use std::collections::{BTreeMap, BTreeSet};

use bytes::{Buf, TryGetError};
use futures::future::join_all;
use kafka_protocol::messages::consumer_group_describe_response as modern;
use kafka_protocol::messages::describe_groups_response as classic;
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestGroup;
use kafka_protocol::messages::offset_fetch_response::OffsetFetchResponseGroup;
use kafka_protocol::messages::{
    ConsumerGroupDescribeRequest, DeleteGroupsRequest, DescribeGroupsRequest, FindCoordinatorRequest, GroupId,
    ListGroupsRequest, OffsetFetchRequest,
};
use tokio::time::sleep;

use super::TopicPartition;
use super::outcome::{Outcomes, complete, outcome};
use crate::client::Client;
use crate::code::{Class, Code};
use crate::error::{Error, KafkaError};
use crate::route::Route;
use crate::wire::{text, wire};

/// A group in a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListedGroup {
    /// Its name.
    pub name: String,
    /// `Stable`, `Empty`, `Dead`, … as Kafka says it.
    pub state: String,
    /// `classic` or `consumer`; empty where Kafka does not tell.
    pub kind: String,
}

/// A group and its members.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Group {
    /// `Stable`, `Empty`, `Dead`, … as Kafka says it; a group that is not there may be `Dead`.
    pub state: String,
    /// Its members.
    pub members: Vec<Member>,
}

/// A member of a group.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Member {
    /// Its id, given by Kafka.
    pub id: String,
    /// What it calls itself.
    pub client_id: String,
    /// Where it is, as the broker sees it.
    pub host: String,
    /// Partitions that it reads.
    pub partitions: usize,
}

/// How far a group has read: the next offset by partition. Partitions that it never committed are left out.
pub type Committed = BTreeMap<TopicPartition, i64>;

impl Group {
    /// Whether its partitions are shared out: else members change places just now.
    pub fn is_settled(&self) -> bool {
        ["Stable", "Empty", "Dead"].contains(&self.state.as_str())
    }

    fn of_modern(group: &modern::DescribedGroup) -> Self {
        let member = |member: &modern::Member| Member {
            id: text(&member.member_id),
            client_id: text(&member.client_id),
            host: text(&member.client_host),
            partitions: member.assignment.topic_partitions.iter().map(|topic| topic.partitions.len()).sum(),
        };
        Self { state: text(&group.group_state), members: group.members.iter().map(member).collect() }
    }

    fn of_classic(group: &classic::DescribedGroup) -> Self {
        let member = |member: &classic::DescribedGroupMember| Member {
            id: text(&member.member_id),
            client_id: text(&member.client_id),
            host: text(&member.client_host),
            partitions: assigned(&member.member_assignment),
        };
        Self { state: text(&group.group_state), members: group.members.iter().map(member).collect() }
    }
}

/// How many partitions an assignment of the old protocol has; none where it cannot be read. It is the clients' own, and read without the
/// codec, which would make room for as many partitions as it claims to have.
fn assigned(mut assignment: &[u8]) -> usize {
    count_assigned(&mut assignment).unwrap_or_default()
}

fn count_assigned(rest: &mut &[u8]) -> Result<usize, TryGetError> {
    let _version = rest.try_get_i16()?;
    let mut partitions = 0;
    for _topic in 0..rest.try_get_i32()? {
        let name = usize::try_from(rest.try_get_i16()?).unwrap_or_default();
        skip(rest, name)?;
        let of_topic = usize::try_from(rest.try_get_i32()?).unwrap_or_default();
        skip(rest, of_topic.saturating_mul(size_of::<i32>()))?;
        partitions += of_topic;
    }
    Ok(partitions)
}

fn skip(rest: &mut &[u8], count: usize) -> Result<(), TryGetError> {
    *rest = rest.get(count..).ok_or(TryGetError { requested: count, available: rest.len() })?;
    Ok(())
}

fn committed(group: &OffsetFetchResponseGroup) -> Result<Committed, KafkaError> {
    let topics = group.topics.iter();
    let partitions = topics.flat_map(|topic| topic.partitions.iter().map(move |partition| (topic, partition)));
    let read = partitions.filter(|(_, partition)| partition.error_code == 0 && partition.committed_offset >= 0);
    let read = read.map(|(topic, partition)| {
        (TopicPartition::new(text(&topic.name), partition.partition_index), partition.committed_offset)
    });
    outcome(read.collect(), group.error_code, None)
}

fn ids(names: &[String]) -> Vec<GroupId> {
    names.iter().map(|name| GroupId(wire(name))).collect()
}

/// What each node coordinates, and the groups without a coordinator.
#[derive(Default)]
struct Coordinators {
    by_node: BTreeMap<i32, Vec<String>>,
    missing: BTreeMap<String, KafkaError>,
}

impl Client {
    /// All groups, of every live broker: each lists those that it coordinates.
    pub async fn list_groups(&self) -> Result<Vec<ListedGroup>, Error> {
        let cluster = self.describe_cluster().await?;
        let request = ListGroupsRequest::default();
        let answers = join_all(cluster.live().map(|node| self.ask(Route::Node(node), &request))).await;
        let mut groups = Vec::new();
        for answer in answers {
            groups.extend(answer?.groups.iter().map(|group| ListedGroup {
                name: text(&group.group_id),
                state: text(&group.group_state),
                kind: text(&group.group_type),
            }));
        }
        Ok(groups)
    }

    /// Groups and their members.
    pub async fn describe_groups(&self, names: &[String]) -> Result<Outcomes<String, Group>, Error> {
        self.ask_coordinators(names, |node, names| self.describe_groups_at(node, names)).await
    }

    /// One group and its members; one that is not there is `Dead`.
    pub async fn describe_group(&self, name: &str) -> Result<Group, Error> {
        let name = name.to_owned();
        match self.describe_groups(std::slice::from_ref(&name)).await?.remove(&name) {
            Some(Ok(group)) => Ok(group),
            Some(Err(error)) if error.code != Code::GROUP_ID_NOT_FOUND => {
                Err(Error::Kafka { api: "DescribeGroups", error })
            }
            _ => Ok(Group { state: "Dead".to_owned(), members: Vec::new() }),
        }
    }

    /// How far groups have read.
    pub async fn committed_offsets(&self, names: &[String]) -> Result<Outcomes<String, Committed>, Error> {
        self.ask_coordinators(names, |node, names| async move {
            let group = |id| {
                // No topics at all, which is not the same as an empty list: all of them.
                OffsetFetchRequestGroup::default().with_group_id(id).with_member_id(None).with_topics(None)
            };
            let request = OffsetFetchRequest::default()
                .with_groups(ids(&names).into_iter().map(group).collect())
                .with_require_stable(false);
            let answer = self.ask(Route::Node(node), &request).await?;
            Ok(answer.groups.iter().map(|group| (text(&group.group_id), committed(group))).collect())
        })
        .await
    }

    /// How far one group has read.
    pub async fn committed_offsets_of(&self, name: &str) -> Result<Committed, Error> {
        let name = name.to_owned();
        let found = self.committed_offsets(std::slice::from_ref(&name)).await?.remove(&name);
        let found = found.transpose().map_err(|error| Error::Kafka { api: "OffsetFetch", error })?;
        Ok(found.unwrap_or_default())
    }

    /// Deletes groups and how far they have read. One with members is refused.
    pub async fn delete_groups(&self, names: &[String]) -> Result<Outcomes<String>, Error> {
        self.ask_coordinators(names, |node, names| async move {
            let request = DeleteGroupsRequest::default().with_groups_names(ids(&names));
            let answer = self.ask(Route::Node(node), &request).await?;
            let results = answer.results.iter();
            Ok(results.map(|group| (text(&group.group_id), outcome((), group.error_code, None))).collect())
        })
        .await
    }

    /// Asks each coordinator for its groups, and again for those that have just moved or whose coordinator only begins to serve.
    pub(super) async fn ask_coordinators<V, F>(
        &self,
        names: &[String],
        ask: impl Fn(i32, Vec<String>) -> F,
    ) -> Result<Outcomes<String, V>, Error>
    where
        F: Future<Output = Result<Outcomes<String, V>, Error>>,
    {
        let (mut outcomes, mut open, mut pauses) = (Outcomes::new(), names.to_vec(), self.pauses());
        loop {
            outcomes.extend(self.ask_coordinators_once(&open, &ask).await?);
            open = outcomes.iter().filter(|(_, outcome)| is_open(outcome)).map(|(name, _)| name.clone()).collect();
            match pauses.next() {
                Some(pause) if !open.is_empty() => sleep(pause).await,
                _ => return Ok(outcomes),
            }
        }
    }

    async fn ask_coordinators_once<V, F>(
        &self,
        names: &[String],
        ask: impl Fn(i32, Vec<String>) -> F,
    ) -> Result<Outcomes<String, V>, Error>
    where
        F: Future<Output = Result<Outcomes<String, V>, Error>>,
    {
        let coordinators = self.coordinators(names).await?;
        let answers = join_all(coordinators.by_node.into_iter().map(|(node, names)| ask(node, names))).await;
        let mut outcomes: Outcomes<String, V> =
            coordinators.missing.into_iter().map(|(name, error)| (name, Err(error))).collect();
        for answer in answers {
            outcomes.extend(answer?);
        }
        Ok(complete(names.iter().cloned(), outcomes))
    }

    async fn coordinators(&self, names: &[String]) -> Result<Coordinators, Error> {
        let keys = names.iter().collect::<BTreeSet<_>>().into_iter().map(wire).collect();
        let request = FindCoordinatorRequest::default().with_key_type(0).with_coordinator_keys(keys);
        let answer = self.ask(Route::Any, &request).await?;
        let mut found = Coordinators::default();
        for coordinator in &answer.coordinators {
            match outcome((), coordinator.error_code, coordinator.error_message.as_ref()) {
                Ok(()) => found.by_node.entry(coordinator.node_id.0).or_default().push(text(&coordinator.key)),
                Err(error) => {
                    found.missing.insert(text(&coordinator.key), error);
                }
            }
        }
        Ok(found)
    }

    /// In the words of the new group protocol, then the rest in those of the old one: a node knows each group in one of them.
    async fn describe_groups_at(&self, node: i32, names: Vec<String>) -> Result<Outcomes<String, Group>, Error> {
        let request = ConsumerGroupDescribeRequest::default().with_group_ids(ids(&names));
        let mut outcomes = Outcomes::new();
        match self.ask(Route::Node(node), &request).await {
            Ok(answer) => outcomes.extend(answer.groups.iter().map(|group| {
                let described = Group::of_modern(group);
                (text(&group.group_id), outcome(described, group.error_code, group.error_message.as_ref()))
            })),
            Err(Error::Unsupported { .. }) => {}
            Err(error) => return Err(error),
        }
        outcomes.retain(|_, group| group.as_ref().err().is_none_or(|error| !is_of_the_old_protocol(error)));
        let rest: Vec<_> = names.into_iter().filter(|name| !outcomes.contains_key(name)).collect();
        if !rest.is_empty() {
            let request = DescribeGroupsRequest::default().with_groups(ids(&rest));
            let answer = self.ask(Route::Node(node), &request).await?;
            outcomes.extend(answer.groups.iter().map(|group| {
                let described = Group::of_classic(group);
                (text(&group.group_id), outcome(described, group.error_code, group.error_message.as_ref()))
            }));
        }
        Ok(outcomes)
    }
}

/// Whether nothing was done yet, and another question will find who does it.
fn is_open<V>(outcome: &Result<V, KafkaError>) -> bool {
    outcome.as_ref().err().is_some_and(KafkaError::is_before_asking)
}

/// 3.9 says that the version is not supported where the new protocol is off.
fn is_of_the_old_protocol(error: &KafkaError) -> bool {
    error.code == Code::GROUP_ID_NOT_FOUND || error.class() == Class::Unsupported
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::{BufMut, BytesMut};
    use kafka_protocol::messages::consumer_protocol_assignment::TopicPartition as Assigned;
    use kafka_protocol::messages::{ConsumerProtocolAssignment, TopicName};
    use kafka_protocol::protocol::Encodable;

    #[test]
    fn an_assignment_of_the_old_protocol_tells_its_partitions() {
        let topic =
            |name: &str, partitions| Assigned::default().with_topic(TopicName(wire(name))).with_partitions(partitions);
        let topics = vec![topic("a", vec![0, 2]), topic("b", vec![1])];
        let assignment = ConsumerProtocolAssignment::default().with_assigned_partitions(topics);
        for version in [0, 1, 3, 9] {
            let mut bytes = BytesMut::new();
            bytes.put_i16(version);
            assignment.encode(&mut bytes, version.min(3)).unwrap();
            assert_eq!(assigned(&bytes), 3, "version {version}");
        }
        let huge = b"\0\0\x7f\xff\xff\xff\0\x01a\x7f\xff\xff\xff";
        for garbage in [&b""[..], b"\0", b"\0\x01\xff\xff\xff\xff", b"\0\0garbage", huge] {
            assert_eq!(assigned(garbage), 0, "{garbage:?}");
        }
    }
}
