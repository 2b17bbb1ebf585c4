//! What a seek asks and sets, by a double of Kafka.
#![allow(clippy::needless_pass_by_value, reason = "the double of a Kafka hands requests over")]

use kafkapipelines_kafka::double::Conversation;
use kafkapipelines_kafka::double::codec::messages::consumer_group_describe_response::{DescribedGroup, Member};
use kafkapipelines_kafka::double::codec::messages::describe_cluster_response::DescribeClusterBroker;
use kafkapipelines_kafka::double::codec::messages::find_coordinator_response::Coordinator;
use kafkapipelines_kafka::double::codec::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafkapipelines_kafka::double::codec::messages::metadata_response::{
    MetadataResponsePartition, MetadataResponseTopic,
};
use kafkapipelines_kafka::double::codec::messages::offset_commit_response::{
    OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use kafkapipelines_kafka::double::codec::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartitions, OffsetFetchResponseTopics,
};
use kafkapipelines_kafka::double::codec::messages::{
    BrokerId, ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, DescribeClusterRequest,
    DescribeClusterResponse, FindCoordinatorRequest, FindCoordinatorResponse, GroupId, ListOffsetsRequest,
    ListOffsetsResponse, MetadataRequest, MetadataResponse, OffsetCommitRequest, OffsetCommitResponse,
    OffsetFetchRequest, OffsetFetchResponse, TopicName,
};
use kafkapipelines_kafka::double::codec::protocol::StrBytes;
use kafkapipelines_kafka::{Address, Endpoint, Limits};
use serde_json::json;

use super::*;
use kafkapipelines_core::topic_selection::TopicSelection;
use kafkapipelines_crds::SeekPartition;

const NODE: BrokerId = BrokerId(1);

fn string(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn topic() -> TopicName {
    TopicName(string("logs"))
}

fn consumer() -> Consumer {
    serde_json::from_value(json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "Consumer",
        "metadata": {"name": "drain", "namespace": "kafka"},
        "spec": {"pipeline": "pipe", "topics": ["logs"], "sinks": [], "deadLetter": {"topic": "dead"}}}))
    .unwrap()
}

fn request(to: &str) -> Request {
    let id = Timestamp::UNIX_EPOCH;
    Request { id, to: to.parse().unwrap(), topics: Vec::new(), dry_run: false, skip_lines: true }
}

fn asked<'a>(kafka: &Conversation, consumer: &'a Consumer) -> Asked<'a> {
    Asked::new(
        kafka.client(Endpoint::Brokers, &Address::new("bootstrap", 9091), Limits::default()),
        consumer,
        TopicSelection::of(&consumer.spec, []),
    )
}

fn coordinator(request: &FindCoordinatorRequest) -> FindCoordinatorResponse {
    let found = Coordinator::default().with_key(request.coordinator_keys[0].clone()).with_node_id(NODE);
    FindCoordinatorResponse::default().with_coordinators(vec![found.with_error_message(None)])
}

fn cluster(_: DescribeClusterRequest) -> DescribeClusterResponse {
    let broker = DescribeClusterBroker::default().with_broker_id(NODE).with_host(string("node-1")).with_port(9091);
    DescribeClusterResponse::default().with_brokers(vec![broker])
}

/// Two partitions, the second with or without a leader.
fn metadata(led: bool) -> impl FnOnce(MetadataRequest) -> MetadataResponse {
    move |_| {
        let partition = |index: i32, leader: i32| {
            MetadataResponsePartition::default().with_partition_index(index).with_leader_id(BrokerId(leader))
        };
        let partitions = vec![partition(0, 1), partition(1, if led { 1 } else { -1 })];
        let found = MetadataResponseTopic::default().with_name(Some(topic())).with_partitions(partitions);
        MetadataResponse::default().with_topics(vec![found])
    }
}

fn committed(of: [i64; 2]) -> impl FnOnce(OffsetFetchRequest) -> OffsetFetchResponse {
    move |request| {
        let partition = |(index, offset): (i32, i64)| {
            OffsetFetchResponsePartitions::default().with_partition_index(index).with_committed_offset(offset)
        };
        let found = OffsetFetchResponseTopics::default().with_name(topic());
        let found = found.with_partitions((0..).zip(of).map(partition).collect());
        let group = OffsetFetchResponseGroup::default().with_group_id(request.groups[0].group_id.clone());
        OffsetFetchResponse::default().with_groups(vec![group.with_topics(vec![found])])
    }
}

/// From 10 to 100, and 40 at any time.
fn offsets(request: ListOffsetsRequest) -> ListOffsetsResponse {
    let partition = |index: i32, timestamp: i64| {
        let offset = match timestamp {
            -2 => 10,
            -1 => 100,
            _ => 40,
        };
        ListOffsetsPartitionResponse::default().with_partition_index(index).with_offset(offset)
    };
    let topics = request.topics.iter().map(|asked| {
        let partitions = asked.partitions.iter().map(|asked| partition(asked.partition_index, asked.timestamp));
        ListOffsetsTopicResponse::default().with_name(asked.name.clone()).with_partitions(partitions.collect())
    });
    ListOffsetsResponse::default().with_topics(topics.collect())
}

fn asks(led: bool, times: usize) -> Conversation {
    let asks = Conversation::default().expect(metadata(led)).expect(|request| coordinator(&request)).expect(cluster);
    (0..times).fold(asks.expect(committed([50, -1])), |asks, _| asks.expect(offsets))
}

#[tokio::test(start_paused = true)]
async fn what_is_moved_is_told_by_kafka_and_only_if_all_of_it_can_be() {
    let (object, mut by_pattern) = (consumer(), consumer());
    (by_pattern.spec.topics, by_pattern.spec.topic_pattern) = (Vec::new(), Some("l.*".to_owned()));
    for (object, to, times, expected) in [
        (&object, "earliest", 2, [10, 10]),
        (&object, "latest", 2, [100, 100]),
        (&object, "2026-01-01T00:00Z", 3, [40, 40]),
        (&by_pattern, "earliest", 2, [10, 10]),
    ] {
        let kafka = asks(true, times);
        let Found::Plan(plan) = asked(&kafka, object).plan(&request(to)).await.unwrap() else { panic!("{to}") };
        assert_eq!(plan.partitions.iter().map(|of| of.to).collect::<Vec<_>>(), expected, "{to}");
        kafka.finish();
    }
    let kafka = asks(false, 2);
    let found = asked(&kafka, &object).plan(&request("latest")).await.unwrap();
    assert!(matches!(found, Found::Waits(why) if why.contains("a leader of logs-1")));
    kafka.finish();
}

fn set(code: i16) -> impl FnOnce(OffsetCommitRequest) -> OffsetCommitResponse {
    move |request| {
        let partition = OffsetCommitResponsePartition::default().with_error_code(code);
        let topic = OffsetCommitResponseTopic::default().with_name(request.topics[0].name.clone());
        OffsetCommitResponse::default().with_topics(vec![topic.with_partitions(vec![partition])])
    }
}

#[tokio::test(start_paused = true)]
async fn offsets_are_set_once_kafka_has_them() {
    const UNKNOWN_MEMBER_ID: i16 = 25;
    let object = consumer();
    let settled = [SeekPartition { topic: "logs".to_owned(), partition: 0, from: Some(50), to: 10 }];
    for (code, now, waits_for) in
        [(0, 10, ""), (0, 50, "logs-0 to be at 10"), (UNKNOWN_MEMBER_ID, 0, "the offset of logs-0")]
    {
        let kafka = Conversation::default().expect(|request| coordinator(&request)).expect(cluster).expect(set(code));
        let kafka = match code {
            0 => kafka.expect(|request| coordinator(&request)).expect(committed([now, -1])),
            _ => kafka,
        };
        let why = asked(&kafka, &object).set(&settled).await.unwrap();
        assert_eq!(why.is_some(), !waits_for.is_empty(), "{why:?}");
        assert!(why.unwrap_or_default().contains(waits_for));
        kafka.finish();
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_still_in_the_group_is_named() {
    let group = |request: ConsumerGroupDescribeRequest| {
        let member = Member::default().with_client_id(string("somebody")).with_client_host(string("/10.0.0.7"));
        let group =
            DescribedGroup::default().with_group_id(GroupId(request.group_ids[0].0.clone())).with_error_message(None);
        ConsumerGroupDescribeResponse::default().with_groups(vec![group.with_members(vec![member])])
    };
    let kafka = Conversation::default().expect(|request| coordinator(&request)).expect(cluster).expect(group);
    let who = asked(&kafka, &consumer()).in_the_way().await.unwrap().unwrap();
    assert!(who.contains("group drain") && who.contains("somebody at /10.0.0.7"), "{who}");
    kafka.finish();
}
