//! Calls against a double that knows what it will be asked: what is said on the wire, what becomes of the answers, who is asked again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::time::Duration;

use kafkapipelines_core::retry::{ReconcileError, Retry};
use kafkapipelines_kafka::calls::configs::{Change, Resource};
use kafkapipelines_kafka::calls::features::Move;
use kafkapipelines_kafka::calls::topics::{Layout, NewTopic};
use kafkapipelines_kafka::calls::{Mode, TopicPartition};
use kafkapipelines_kafka::double::Conversation;
use kafkapipelines_kafka::double::codec::messages::create_topics_response::CreatableTopicResult;
use kafkapipelines_kafka::double::codec::messages::describe_cluster_response::DescribeClusterBroker;
use kafkapipelines_kafka::double::codec::messages::find_coordinator_response::Coordinator;
use kafkapipelines_kafka::double::codec::messages::incremental_alter_configs_response::AlterConfigsResourceResponse;
use kafkapipelines_kafka::double::codec::messages::offset_commit_response::{
    OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use kafkapipelines_kafka::double::codec::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartitions, OffsetFetchResponseTopics,
};
use kafkapipelines_kafka::double::codec::messages::{
    BrokerId, ConsumerGroupDescribeRequest, CreatePartitionsRequest, CreatePartitionsResponse, CreateTopicsRequest,
    CreateTopicsResponse, DescribeClusterRequest, DescribeClusterResponse, DescribeGroupsRequest,
    DescribeGroupsResponse, DescribeQuorumRequest, DescribeQuorumResponse, FindCoordinatorRequest,
    FindCoordinatorResponse, GroupId, IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse,
    OffsetCommitRequest, OffsetCommitResponse, OffsetFetchRequest, OffsetFetchResponse, TopicName,
    UnregisterBrokerRequest, UnregisterBrokerResponse, UpdateFeaturesRequest, UpdateFeaturesResponse,
    consumer_group_describe_response, create_partitions_response, describe_groups_response, describe_quorum_response,
};
use kafkapipelines_kafka::double::codec::protocol::StrBytes;
use kafkapipelines_kafka::{Address, Class, Client, Code, Endpoint, Error, Limits};

fn bootstrap() -> Address {
    Address::new("bootstrap", 9091)
}

fn client(kafka: &Conversation) -> Client {
    kafka.client(Endpoint::Brokers, &bootstrap(), Limits::default())
}

fn at(node: i32) -> Address {
    Address::new(format!("node-{node}"), 9091)
}

fn string(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn topic(name: &str) -> TopicName {
    TopicName(string(name))
}

fn nodes(ids: &[i32]) -> DescribeClusterResponse {
    let node = |id: &i32| {
        let broker = DescribeClusterBroker::default().with_broker_id(BrokerId(*id));
        broker.with_host(string(&format!("node-{id}"))).with_port(9091)
    };
    DescribeClusterResponse::default().with_brokers(ids.iter().map(node).collect())
}

fn created(name: &str, code: i16) -> CreatableTopicResult {
    CreatableTopicResult::default().with_name(topic(name)).with_error_code(code)
}

fn logs() -> Vec<NewTopic> {
    let topic = |name: &str| NewTopic {
        name: name.to_owned(),
        layout: Layout::Spread { partitions: 3, replicas: 2 },
        configs: BTreeMap::new(),
    };
    vec![topic("logs"), topic("audit"), topic("forgotten")]
}

#[tokio::test]
async fn each_topic_has_an_outcome_also_if_the_answer_forgets_it() {
    let kafka = Conversation::default().expect(|request: CreateTopicsRequest| {
        assert!(request.validate_only && request.timeout_ms > 0);
        assert_eq!((request.topics[0].num_partitions, request.topics[0].replication_factor), (3, 2));
        CreateTopicsResponse::default().with_topics(vec![created("logs", 0), created("audit", 36), created("other", 0)])
    });
    let outcomes = client(&kafka).create_topics(&logs(), Mode::Validate).await.unwrap();
    assert_eq!(outcomes.len(), 3);
    assert_eq!(outcomes["logs"], Ok(()));
    assert_eq!(outcomes["audit"].as_ref().unwrap_err().code, Code::TOPIC_ALREADY_EXISTS);
    assert_eq!(outcomes["forgotten"].as_ref().unwrap_err().class(), Class::Transient);
    assert_eq!(kafka.finish(), [(bootstrap(), "CreateTopics")]);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_not_the_controller_has_done_nothing_and_is_asked_again() {
    let kafka = Conversation::default()
        .expect(|_: CreateTopicsRequest| CreateTopicsResponse::default().with_topics(vec![created("logs", 41)]))
        .expect(|_: CreateTopicsRequest| CreateTopicsResponse::default().with_topics(vec![created("logs", 0)]));
    let client = client(&kafka);
    let outcomes = client.create_topics(&logs()[..1], Mode::Apply).await.unwrap();
    assert_eq!(outcomes["logs"], Ok(()));
    assert_eq!(kafka.finish().len(), 2);
    assert_eq!(client.sent(), BTreeMap::from([("CreateTopics", 2)]), "each try counts");
}

fn quorum(code: i16, leader: i32) -> DescribeQuorumResponse {
    let partition = describe_quorum_response::PartitionData::default();
    let partition = partition.with_error_code(code).with_leader_id(BrokerId(leader));
    let topic = describe_quorum_response::TopicData::default().with_partitions(vec![partition]);
    DescribeQuorumResponse::default().with_topics(vec![topic])
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_done_is_not_done_twice_but_what_is_only_read_is() {
    const REQUEST_TIMED_OUT: i16 = 7;
    let kafka = Conversation::default()
        .expect(|_: UnregisterBrokerRequest| UnregisterBrokerResponse::default().with_error_code(REQUEST_TIMED_OUT))
        .expect(|_: DescribeQuorumRequest| quorum(REQUEST_TIMED_OUT, -1))
        .expect(|_: DescribeQuorumRequest| quorum(0, 8));
    let client = client(&kafka);
    assert_eq!(client.unregister_broker(3).await.unwrap_err().reason(), "RequestTimedOut");
    assert_eq!(client.describe_quorum().await.unwrap().leader, Some(8));
    kafka.finish();
}

#[tokio::test]
async fn growing_a_topic_leaves_the_placement_to_kafka() {
    let kafka = Conversation::default().expect(|request: CreatePartitionsRequest| {
        assert_eq!((request.topics[0].count, request.topics[0].assignments.as_ref()), (6, None));
        let result = create_partitions_response::CreatePartitionsTopicResult::default().with_name(topic("logs"));
        CreatePartitionsResponse::default().with_results(vec![result])
    });
    let outcomes =
        client(&kafka).create_partitions(&BTreeMap::from([("logs".to_owned(), 6)]), Mode::Apply).await.unwrap();
    assert_eq!(outcomes["logs"], Ok(()));
    kafka.finish();
}

#[tokio::test]
async fn a_brokers_configuration_goes_to_the_broker_and_one_change_is_one_change() {
    let kafka = Conversation::default().expect(|_: DescribeClusterRequest| nodes(&[1, 2])).expect(
        |request: IncrementalAlterConfigsRequest| {
            assert_eq!((request.resources.len(), request.resources[0].configs.len()), (1, 1));
            let (kind, name) = (request.resources[0].resource_type, request.resources[0].resource_name.clone());
            let response = AlterConfigsResourceResponse::default().with_resource_type(kind).with_resource_name(name);
            IncrementalAlterConfigsResponse::default().with_responses(vec![response])
        },
    );
    let change = BTreeMap::from([("log.cleaner.threads".to_owned(), Change::Set("2".to_owned()))]);
    let changes = BTreeMap::from([(Resource::Broker(2), change)]);
    let outcomes = client(&kafka).alter_configs(&changes, Mode::Apply).await.unwrap();
    assert_eq!(outcomes[&Resource::Broker(2)], Ok(()));
    assert_eq!(kafka.finish(), [(bootstrap(), "DescribeCluster"), (at(2), "IncrementalAlterConfigs")]);
}

fn coordinated(key: &str, node: i32, code: i16) -> Coordinator {
    let coordinator = Coordinator::default().with_key(string(key)).with_node_id(BrokerId(node));
    coordinator.with_error_code(code).with_error_message(None)
}

fn found(request: &FindCoordinatorRequest, code: i16) -> FindCoordinatorResponse {
    let nodes = BTreeMap::from([("a", 1), ("b", 2), ("c", 1)]);
    let found = request.coordinator_keys.iter().map(|key| coordinated(key, nodes[key.as_str()], code));
    FindCoordinatorResponse::default().with_coordinators(found.collect())
}

#[tokio::test]
async fn groups_are_asked_for_at_their_coordinators_in_one_request_each() {
    let read = |request: OffsetFetchRequest| {
        let partition = |index, offset| {
            OffsetFetchResponsePartitions::default().with_partition_index(index).with_committed_offset(offset)
        };
        let group = |name: &str| {
            let topic = OffsetFetchResponseTopics::default().with_name(topic("logs"));
            let topic = topic.with_partitions(vec![partition(0, 7), partition(1, -1)]);
            OffsetFetchResponseGroup::default().with_group_id(GroupId(string(name))).with_topics(vec![topic])
        };
        assert!(request.groups.iter().all(|group| group.topics.is_none()));
        let groups = request.groups.iter().map(|asked| group(&asked.group_id)).collect();
        OffsetFetchResponse::default().with_groups(groups)
    };
    let kafka = Conversation::default()
        .expect(|request: FindCoordinatorRequest| found(&request, 0))
        .expect(|_: DescribeClusterRequest| nodes(&[1, 2]))
        .expect(read)
        .expect(read);
    let names = ["a", "b", "c"].map(str::to_owned);
    let committed = client(&kafka).committed_offsets(&names).await.unwrap();
    assert!(committed.values().all(|group| group.as_ref().unwrap().len() == 1), "{committed:?}");
    assert_eq!(committed.len(), 3);
    let asked = kafka.finish();
    assert_eq!(asked.iter().filter(|(_, what)| *what == "OffsetFetch").count(), 2, "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn coordinators_that_are_not_there_yet_are_waited_for() {
    let kafka = Conversation::default()
        .expect(|request: FindCoordinatorRequest| found(&request, 15))
        .expect(|request: FindCoordinatorRequest| found(&request, 15))
        .expect(|request: FindCoordinatorRequest| found(&request, 0))
        .expect(|_: DescribeClusterRequest| nodes(&[1]))
        .expect(|request: OffsetFetchRequest| {
            let group = OffsetFetchResponseGroup::default().with_group_id(request.groups[0].group_id.clone());
            OffsetFetchResponse::default().with_groups(vec![group])
        });
    let committed = client(&kafka).committed_offsets(&["a".to_owned()]).await.unwrap();
    assert_eq!(committed["a"], Ok(BTreeMap::new()));
    kafka.finish();
}

#[tokio::test(start_paused = true)]
async fn a_group_that_has_just_moved_is_found_again() {
    let answer = |code| {
        move |request: OffsetFetchRequest| {
            let group = OffsetFetchResponseGroup::default().with_group_id(request.groups[0].group_id.clone());
            OffsetFetchResponse::default().with_groups(vec![group.with_error_code(code)])
        }
    };
    let moved = |request: FindCoordinatorRequest| {
        FindCoordinatorResponse::default().with_coordinators(vec![coordinated(&request.coordinator_keys[0], 2, 0)])
    };
    let kafka = Conversation::default()
        .expect(|request: FindCoordinatorRequest| found(&request, 0))
        .expect(|_: DescribeClusterRequest| nodes(&[1, 2]))
        .expect(answer(16))
        .expect(moved)
        .expect(answer(0));
    assert_eq!(client(&kafka).committed_offsets(&["a".to_owned()]).await.unwrap()["a"], Ok(BTreeMap::new()));
    let asked = kafka.finish();
    assert_eq!((&asked[2].0, &asked[4].0), (&at(1), &at(2)));
}

fn set(request: &OffsetCommitRequest, code: i16) -> OffsetCommitResponse {
    let partition = |index| {
        let partition = OffsetCommitResponsePartition::default().with_partition_index(index);
        partition.with_error_code(if index == 1 { code } else { 0 })
    };
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| partition(asked.partition_index));
        OffsetCommitResponseTopic::default().with_name(topic.name.clone()).with_partitions(partitions.collect())
    });
    OffsetCommitResponse::default().with_topics(topics.collect())
}

#[tokio::test(start_paused = true)]
async fn offsets_are_set_in_nobodys_name_by_who_coordinates_now() {
    const NOT_COORDINATOR: i16 = 16;
    const UNKNOWN_MEMBER_ID: i16 = 25;
    let kafka = Conversation::default()
        .expect(|request: FindCoordinatorRequest| found(&request, 0))
        .expect(|_: DescribeClusterRequest| nodes(&[1, 2]))
        .expect(|request: OffsetCommitRequest| set(&request, NOT_COORDINATOR))
        .expect(|request: FindCoordinatorRequest| found(&request, 0))
        .expect(|request: OffsetCommitRequest| {
            assert_eq!((request.generation_id_or_member_epoch, request.member_id.as_str()), (-1, ""));
            let asked = request.topics.iter().flat_map(|topic| &topic.partitions);
            let asked: Vec<_> = asked.map(|asked| (asked.partition_index, asked.committed_offset)).collect();
            assert_eq!(asked, [(0, 7), (1, 0), (0, 9)]);
            set(&request, UNKNOWN_MEMBER_ID)
        });
    let [zero, one, other] =
        [("audit", 0), ("audit", 1), ("logs", 0)].map(|(topic, at)| TopicPartition::new(topic, at));
    let offsets = BTreeMap::from([(zero.clone(), 7), (one.clone(), 0), (other.clone(), 9)]);
    let outcomes = client(&kafka).set_committed_offsets("b", &offsets).await.unwrap();
    assert_eq!((&outcomes[&zero], &outcomes[&other], outcomes.len()), (&Ok(()), &Ok(()), 3));
    assert_eq!(outcomes[&one].as_ref().unwrap_err().code.number(), UNKNOWN_MEMBER_ID);
    let asked = kafka.finish();
    assert!([&asked[2], &asked[4]].iter().all(|asked| **asked == (at(2), "OffsetCommit")), "{asked:?}");
}

#[tokio::test]
async fn a_classic_group_is_described_in_the_words_of_the_old_protocol() {
    let kafka = Conversation::default()
        .expect(|request: FindCoordinatorRequest| found(&request, 0))
        .expect(|_: DescribeClusterRequest| nodes(&[1]))
        .expect(|request: ConsumerGroupDescribeRequest| {
            let group = |id: &GroupId, code| {
                let group = consumer_group_describe_response::DescribedGroup::default().with_group_id(id.clone());
                group.with_error_code(code).with_group_state(string("Stable"))
            };
            let groups = vec![group(&request.group_ids[0], 0), group(&request.group_ids[1], 69)];
            kafkapipelines_kafka::double::codec::messages::ConsumerGroupDescribeResponse::default().with_groups(groups)
        })
        .expect(|request: DescribeGroupsRequest| {
            assert_eq!(request.groups.len(), 1);
            let group = describe_groups_response::DescribedGroup::default().with_group_id(request.groups[0].clone());
            DescribeGroupsResponse::default().with_groups(vec![group.with_group_state(string("Empty"))])
        });
    let groups = client(&kafka).describe_groups(&["a".to_owned(), "c".to_owned()]).await.unwrap();
    let states = groups.values().map(|group| group.as_ref().unwrap().state.as_str());
    assert_eq!(states.collect::<Vec<_>>(), ["Stable", "Empty"]);
    kafka.finish();
}

#[tokio::test(start_paused = true)]
async fn on_the_controllers_listener_the_active_one_is_found() {
    let active = |id| nodes(&[7, 8]).with_endpoint_type(2).with_controller_id(BrokerId(id));
    let kafka = Conversation::default()
        .expect(move |request: DescribeClusterRequest| {
            assert_eq!((request.endpoint_type, request.include_fenced_brokers), (2, false));
            active(7)
        })
        .expect(|_: DescribeQuorumRequest| quorum(6, 8))
        .expect(move |_: DescribeClusterRequest| active(8))
        .expect(|_: DescribeQuorumRequest| quorum(0, 8));
    let client = kafka.client(Endpoint::Controllers, &bootstrap(), Limits::default());
    assert_eq!(client.describe_quorum().await.unwrap().leader, Some(8));
    let asked = kafka.finish();
    assert_eq!((&asked[1].0, &asked[3].0), (&at(7), &at(8)));
}

#[tokio::test]
async fn levels_are_refused_in_one_of_two_places() {
    let levels = BTreeMap::from([("metadata.version".to_owned(), 30)]);
    let refused = |request: UpdateFeaturesRequest| {
        assert!(request.validate_only);
        UpdateFeaturesResponse::default().with_error_code(95).with_error_message(Some(string("Controller 3 cannot")))
    };
    let kafka = Conversation::default().expect(refused);
    let error = client(&kafka).update_features(&levels, Move::Up, Mode::Validate).await.unwrap_err();
    assert_eq!(error.kafka().unwrap().code, Code::INVALID_UPDATE_VERSION);
    assert_eq!((error.reason(), error.retry()), ("InvalidUpdateVersion", Retry::Backoff));
    kafka.finish();
    let kafka = Conversation::default()
        .limited::<UpdateFeaturesRequest>(2)
        .expect(|_: UpdateFeaturesRequest| UpdateFeaturesResponse::default());
    let outcomes = client(&kafka).update_features(&levels, Move::Up, Mode::Apply).await.unwrap();
    assert_eq!(outcomes["metadata.version"], Ok(()));
    kafka.finish();
}

#[tokio::test]
async fn what_an_older_kafka_does_not_know_is_left_out_or_refused() {
    let kafka = Conversation::default().limited::<DescribeClusterRequest>(1).limited::<CreateTopicsRequest>(4).expect(
        |request: DescribeClusterRequest| {
            assert!(!request.include_fenced_brokers);
            nodes(&[1])
        },
    );
    let client = client(&kafka);
    assert_eq!(client.describe_cluster().await.unwrap().live().collect::<Vec<_>>(), [1]);
    let error = client.create_topics(&logs(), Mode::Apply).await.unwrap_err();
    assert!(matches!(&error, Error::Unsupported { api: "CreateTopics", .. }), "{error}");
    assert_eq!(error.retry(), Retry::AwaitChange);
    kafka.finish();
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_not_there_is_an_error_that_is_tried_again() {
    let kafka = (0..7).fold(Conversation::default(), |kafka, _| kafka.expect(|_: DescribeClusterRequest| nodes(&[1])));
    let error = client(&kafka).describe_features(9).await.unwrap_err();
    assert_eq!((&error, error.retry()), (&Error::UnknownNode(9), Retry::Backoff));
    kafka.finish();
}

#[tokio::test]
async fn calls_can_be_spawned() {
    fn spawnable<T: Send>(_: &T) {}
    let kafka = Conversation::default();
    let client = client(&kafka);
    let limits = Limits { call: Duration::from_millis(1), ..Limits::default() };
    assert!(limits.call < Limits::default().call);
    spawnable(&client.describe_groups(&[]));
    spawnable(&client.committed_offsets(&[]));
    let no_offsets = BTreeMap::new();
    spawnable(&client.set_committed_offsets("a", &no_offsets));
    spawnable(&client.describe_log_dirs());
    spawnable(&client.list_groups());
    spawnable(&client.offsets(&BTreeMap::new(), kafkapipelines_kafka::calls::offsets::At::Latest));
    spawnable(&client.create_topics(&[], Mode::Apply));
    spawnable(&client.describe_configs(&[], None));
}
