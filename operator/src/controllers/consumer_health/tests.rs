//! Looks at a consumer, by doubles of its members, its store and its Kafka.
#![allow(clippy::needless_pass_by_value, reason = "the double of a Kafka hands requests over")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use k8s_openapi::api::core::v1::Pod;
use kafkapipelines_core::consumer_health::start::Start;
use kafkapipelines_core::topic_selection::TopicSelection;
use kafkapipelines_core::vector::METRICS_PORT;
use kafkapipelines_kafka::double::Conversation;
use kafkapipelines_kafka::double::codec::messages::consumer_group_describe_response::{
    Assignment, DescribedGroup, Member as GroupMember, TopicPartitions,
};
use kafkapipelines_kafka::double::codec::messages::describe_cluster_response::DescribeClusterBroker;
use kafkapipelines_kafka::double::codec::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult,
};
use kafkapipelines_kafka::double::codec::messages::find_coordinator_response::Coordinator;
use kafkapipelines_kafka::double::codec::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafkapipelines_kafka::double::codec::messages::metadata_response::{
    MetadataResponsePartition, MetadataResponseTopic,
};
use kafkapipelines_kafka::double::codec::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartitions, OffsetFetchResponseTopics,
};
use kafkapipelines_kafka::double::codec::messages::{
    BrokerId, ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, DescribeClusterRequest,
    DescribeClusterResponse, DescribeConfigsRequest, DescribeConfigsResponse, FindCoordinatorRequest,
    FindCoordinatorResponse, ListOffsetsRequest, ListOffsetsResponse, MetadataRequest, MetadataResponse,
    OffsetFetchRequest, OffsetFetchResponse, TopicName,
};
use kafkapipelines_kafka::double::codec::protocol::StrBytes;
use kafkapipelines_kafka::{Address, Endpoint, Limits};
use serde_json::json;
use tokio::net::TcpListener;

use super::*;

/// The time of all looks, in seconds.
const NOW: i64 = 1_000_000;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn consumer(endpoint: &str) -> Consumer {
    let sink = json!({"name": "store", "victoriaLogs": {"endpoint": endpoint}});
    serde_json::from_value(json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "Consumer",
        "metadata": {"name": "drain", "namespace": "kafka", "generation": 1},
        "spec": {"pipeline": "pipe", "topics": ["logs"], "sinks": [sink], "deadLetter": {"topic": "dead"}}}))
    .unwrap()
}

/// A double of a member, and of its store, at a loopback address of its own: a page of metrics that can be changed, and a store that is full.
struct Pages(Arc<Mutex<String>>);

impl Pages {
    async fn serve(address: &str) -> Self {
        let page = Arc::new(Mutex::new(String::new()));
        let shown = Arc::clone(&page);
        let routes = Router::new()
            .route("/metrics", get(move || async move { shown.lock().unwrap().clone() }))
            .route("/insert/jsonline", post(|| async { (StatusCode::SERVICE_UNAVAILABLE, "disk\n full") }));
        let address = SocketAddr::new(address.parse().unwrap(), METRICS_PORT.try_into().unwrap());
        let listener = TcpListener::bind(address).await.unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self(page)
    }

    fn show(&self, sent: u64, refused: u64, waiting: u64, discarded: u64) {
        *self.0.lock().unwrap() = format!(
            "vector_component_sent_events_total{{component_id=\"store\"}} {sent}\n\
             vector_http_client_responses_total{{component_id=\"store\",status=\"503\"}} {refused}\n\
             vector_buffer_size_events{{buffer_id=\"store\"}} {waiting}\n\
             vector_component_discarded_events_total{{component_id=\"store\",intentional=\"false\"}} {discarded}\n"
        );
    }
}

fn member(address: &str) -> Member {
    let status = json!({"podIP": address});
    let pod: Pod =
        serde_json::from_value(json!({"metadata": {"name": "drain-0", "uid": "u"}, "status": status})).unwrap();
    Member::of(&pod).unwrap()
}

/// One look at the members; all conditions that come of it.
async fn look(object: &Consumer, member: &Member, memory: &mut Memory) -> Vec<String> {
    memory.begin(object);
    let (http, loss) = (Http::new(), memory.report.loss.clone());
    memory.served = vec![member.name().to_owned()];
    let told = (loss.as_ref(), loss::acknowledged(object.annotations()));
    let counted = members::look(&http, std::slice::from_ref(member), &object.spec, &mut memory.members, told).await;
    memory.counted(&http, object, counted, now()).await;
    memory.conclude(object);
    let said = memory.report.findings.iter();
    said.map(|of| format!("{}={} {}: {}", of.type_, of.status.as_str(), of.reason, of.message)).collect()
}

fn begins(said: &[String], expected: &[&str]) {
    let begins = said.len() == expected.len() && said.iter().zip(expected).all(|(said, start)| said.starts_with(start));
    assert!(begins, "{said:#?} is not {expected:#?}");
}

#[tokio::test]
async fn what_members_count_becomes_conditions() {
    let (pages, member) = (Pages::serve("127.0.77.1").await, member("127.0.77.1"));
    let mut object = consumer(&format!("http://127.0.77.1:{METRICS_PORT}"));
    let mut memory = Memory::default();
    pages.show(10, 0, 0, 0);
    begins(&look(&object, &member, &mut memory).await, &["NoLoss=True"]);
    pages.show(20, 0, 0, 0);
    begins(&look(&object, &member, &mut memory).await, &["NoLoss=True", "Delivering=True Delivering"]);
    pages.show(20, 3, 500, 0);
    let refuses = "Delivering=False StoreRefuses: store answers 503: disk full; nothing is lost";
    begins(&look(&object, &member, &mut memory).await, &["NoLoss=True", refuses]);
    pages.show(40, 3, 0, 7);
    let lost = "NoLoss=False LinesDiscarded: 7 lines were discarded by store; ";
    begins(&look(&object, &member, &mut memory).await, &[lost, "Delivering=True"]);
    pages.show(5, 0, 0, 2);
    begins(&look(&object, &member, &mut memory).await, &["NoLoss=False LinesDiscarded: 9 lines", "Delivering=True"]);
    assert_eq!(
        memory.report.loss.as_ref().map(|loss| loss.lines),
        Some(9),
        "a member that began anew counts from zero"
    );
    object.annotations_mut().insert(labels::LOSS_ACKNOWLEDGED.to_owned(), now().to_string());
    begins(&look(&object, &member, &mut memory).await, &["NoLoss=True", "Delivering=True"]);
}

#[tokio::test]
async fn metrics_that_cannot_be_read_are_told_after_a_while_and_are_no_loss() {
    let (object, member, mut memory) = (consumer("http://vl:9428"), member("127.0.77.2"), Memory::default());
    for _ in 0..3 {
        begins(&look(&object, &member, &mut memory).await, &["NoLoss=True"]);
    }
    let told = "Warning=True MetricsUnreachable: the metrics of drain-0 cannot be read";
    begins(&look(&object, &member, &mut memory).await, &["NoLoss=True", told]);
    let pages = Pages::serve("127.0.77.2").await;
    pages.show(1, 0, 0, 0);
    begins(&look(&object, &member, &mut memory).await, &["NoLoss=True"]);
}

#[tokio::test]
async fn a_new_process_tells_what_the_status_tells_until_it_knows_better() {
    let (pages, member) = (Pages::serve("127.0.77.3").await, member("127.0.77.3"));
    let mut object = consumer("http://vl:9428");
    let condition = |type_: &str, status: &str, reason: &str| json!({"type": type_, "status": status, "reason": reason, "message": "as before", "lastTransitionTime": "1970-01-01T00:00:00Z"});
    let conditions = [condition("Delivering", "False", "StoreSilent"), condition("AtRisk", "True", "RetentionNear")];
    let loss = json!({"lines": 3, "at": "1970-01-12T13:00:00Z", "components": [{"name": "store", "lines": 3}]});
    object.status = Some(serde_json::from_value(json!({"conditions": conditions, "loss": loss})).unwrap());
    let mut memory = Memory::default();
    let expected =
        ["NoLoss=False LinesDiscarded: 3 lines", "Delivering=False StoreSilent", "AtRisk=True RetentionNear"];
    pages.show(10, 0, 500, 3);
    begins(&look(&object, &member, &mut memory).await, &expected);
    pages.show(10, 0, 500, 3);
    begins(&look(&object, &member, &mut memory).await, &expected);
    pages.show(10, 0, 500, 3);
    let silent = "Delivering=False StoreSilent: store does not answer";
    begins(&look(&object, &member, &mut memory).await, &[expected[0], silent, expected[2]]);
    pages.show(20, 0, 500, 3);
    begins(&look(&object, &member, &mut memory).await, &[expected[0], "Delivering=True", expected[2]]);
}

fn string(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn topic(name: &str) -> TopicName {
    TopicName(string(name))
}

fn metadata(_: MetadataRequest) -> MetadataResponse {
    let partition = MetadataResponsePartition::default().with_leader_id(BrokerId(1));
    let found = |name: &str| {
        MetadataResponseTopic::default().with_name(Some(topic(name))).with_partitions(vec![partition.clone()])
    };
    MetadataResponse::default().with_topics(vec![found("logs"), found("dead")])
}

/// Topics that keep lines for forty minutes.
fn configs(request: DescribeConfigsRequest) -> DescribeConfigsResponse {
    let setting = |(name, value): (&str, &str)| {
        DescribeConfigsResourceResult::default().with_name(string(name)).with_value(Some(string(value)))
    };
    let settings =
        || [("cleanup.policy", "delete"), ("retention.ms", "2400000"), ("max.message.bytes", "1048588")].map(setting);
    let results = request.resources.iter().map(|resource| {
        let result = DescribeConfigsResult::default().with_resource_type(resource.resource_type);
        result.with_resource_name(resource.resource_name.clone()).with_configs(settings().to_vec())
    });
    DescribeConfigsResponse::default().with_results(results.collect())
}

fn coordinator(request: FindCoordinatorRequest) -> FindCoordinatorResponse {
    let found = |key: &StrBytes| Coordinator::default().with_key(key.clone()).with_node_id(BrokerId(1));
    FindCoordinatorResponse::default().with_coordinators(request.coordinator_keys.iter().map(found).collect())
}

fn cluster(_: DescribeClusterRequest) -> DescribeClusterResponse {
    let broker =
        DescribeClusterBroker::default().with_broker_id(BrokerId(1)).with_host(string("node-1")).with_port(9091);
    DescribeClusterResponse::default().with_brokers(vec![broker])
}

fn group(request: ConsumerGroupDescribeRequest) -> ConsumerGroupDescribeResponse {
    let assigned =
        Assignment::default().with_topic_partitions(vec![TopicPartitions::default().with_partitions(vec![0])]);
    let members = vec![GroupMember::default().with_assignment(assigned), GroupMember::default()];
    let group =
        DescribedGroup::default().with_group_id(request.group_ids[0].clone()).with_group_state(string("Stable"));
    ConsumerGroupDescribeResponse::default().with_groups(vec![group.with_members(members)])
}

/// The group has read the first forty lines.
fn committed(request: OffsetFetchRequest) -> OffsetFetchResponse {
    let partition = OffsetFetchResponsePartitions::default().with_committed_offset(40);
    let topics = vec![OffsetFetchResponseTopics::default().with_name(topic("logs")).with_partitions(vec![partition])];
    let group = OffsetFetchResponseGroup::default().with_group_id(request.groups[0].group_id.clone());
    OffsetFetchResponse::default().with_groups(vec![group.with_topics(topics)])
}

/// There are the lines from 10 to 99, and that at 40 is 45 minutes old; the next is a minute old.
fn offsets(request: ListOffsetsRequest) -> ListOffsetsResponse {
    let ages_ms = |timestamp: i64| NOW * 1000 - timestamp;
    let offset = |timestamp: i64| match timestamp {
        -2 => 10,
        -1 => 100,
        at if ages_ms(at) >= 45 * 60_000 => 40,
        at if ages_ms(at) >= 60_000 => 41,
        _ => -1,
    };
    let topics = request.topics.iter().map(|of| {
        let partition = ListOffsetsPartitionResponse::default().with_offset(offset(of.partitions[0].timestamp));
        ListOffsetsTopicResponse::default().with_name(of.name.clone()).with_partitions(vec![partition])
    });
    ListOffsetsResponse::default().with_topics(topics.collect())
}

#[tokio::test(start_paused = true)]
async fn how_far_the_group_has_read_is_told_in_lines_and_in_time() {
    let asks =
        Conversation::default().expect(metadata).expect(configs).expect(coordinator).expect(cluster).expect(group);
    let asks = asks.expect(coordinator).expect(committed);
    // Earliest and latest, five ages, the limit of the topic, dead letters since an hour ago, and all of them.
    let kafka = (0..10).fold(asks, |kafka, _| kafka.expect(offsets));
    let client = kafka.client(Endpoint::Brokers, &Address::new("bootstrap", 9091), Limits::default());
    let (object, mut memory) = (consumer("http://vl:9428"), Memory::default());
    memory.served = vec!["drain-0".to_owned(), "drain-1".to_owned()];
    let asked = Asked {
        brokers: &client,
        spec: &object.spec,
        topics: TopicSelection::of(&object.spec, []),
        group: "drain",
        user: None,
    };
    ask(&asked, &object, &[], &mut memory, true, now()).await.unwrap();
    memory.conclude(&object);
    kafka.finish();

    let report = &memory.report;
    let Some(Start::Waits(reason, message)) = &report.start else { panic!("{report:?}") };
    assert!(*reason == "DeadLetterTopicPending" && message.contains("to take 2048588 bytes"), "{message}");
    let group = report.group.clone().unwrap();
    assert_eq!((group.members, group.assigned, group.partitions, report.reading_members), (2, 1, 1, Some(1)));
    let figures = report.figures.clone().unwrap();
    assert_eq!((figures.lag, figures.time_lag.as_str(), figures.dead_letters_last_hour), (60, "30m", 60));
    let reasons: Vec<_> = report.findings.iter().map(|finding| finding.reason.as_str()).collect();
    assert_eq!(reasons, ["NothingLost", "RetentionNear", "DeadLetterTopicTooSmall"]);
    assert_eq!(memory.picture.lag["logs"], 60);
}
