use kafkapipelines_core::cluster::topics::{DesiredTopic, MARKS, Partition};
use kafkapipelines_kafka::double::Conversation;
use kafkapipelines_kafka::double::codec::messages::alter_partition_reassignments_response::{
    ReassignablePartitionResponse, ReassignableTopicResponse,
};
use kafkapipelines_kafka::double::codec::messages::create_topics_response::CreatableTopicResult;
use kafkapipelines_kafka::double::codec::messages::delete_topics_response::DeletableTopicResult;
use kafkapipelines_kafka::double::codec::messages::describe_cluster_response::DescribeClusterBroker;
use kafkapipelines_kafka::double::codec::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult,
};
use kafkapipelines_kafka::double::codec::messages::incremental_alter_configs_response::AlterConfigsResourceResponse;
use kafkapipelines_kafka::double::codec::messages::{
    AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse, BrokerId, CreateTopicsRequest,
    CreateTopicsResponse, DeleteTopicsRequest, DeleteTopicsResponse, DescribeClusterRequest, DescribeClusterResponse,
    DescribeConfigsRequest, DescribeConfigsResponse, IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse,
    ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse,
};
use kafkapipelines_kafka::double::codec::protocol::StrBytes;
use kafkapipelines_kafka::{Address, Endpoint, Limits};

use super::*;

const RATES: [&str; 2] = ["leader.replication.throttled.rate", "follower.replication.throttled.rate"];

fn wanted(retention: &str, replicas: i16) -> DesiredTopic {
    let settings = BTreeMap::from([("retention.ms".to_owned(), retention.to_owned())]);
    DesiredTopic { partitions: Some(1), replicas: Some(replicas), settings, ..DesiredTopic::default() }
}

fn thousand() -> Desired {
    (0..1000).map(|index| (format!("topic-{index:04}"), wanted("1", 1))).collect()
}

fn seen(desired: &Desired) -> BTreeMap<String, Topic> {
    let partition = Partition { index: 0, leader: Some(0), replicas: vec![0], in_sync: vec![0], offline: vec![] };
    let topic = Topic { id: None, internal: false, partitions: vec![partition] };
    desired.keys().map(|name| (name.clone(), topic.clone())).collect()
}

/// Compares and sends by a client of `kafka`; gives what became of it, and what was asked.
async fn converge(
    kafka: Conversation,
    desired: &Desired,
    topics: &BTreeMap<String, Topic>,
    removal: &Removal<'_>,
) -> (Sent, Vec<&'static str>) {
    let client = kafka.client(Endpoint::Brokers, &Address::new("bootstrap", 9091), Limits::default());
    let brokers = (0..2).map(|id| (id, None)).collect();
    let (version, moves) = ("4.3.1".parse().unwrap(), &client.list_reassignments().await.unwrap());
    let seen = Kafka { client: &client, version, topics, moves, brokers, may_delete: true };
    let sent = seen.converge(desired, removal).await.unwrap();
    (sent, kafka.finish().into_iter().map(|(_, asked)| asked).collect())
}

fn string(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

/// Nothing moves, and each resource has these settings of its own.
fn describing(requests: usize, own: &'static [(&'static str, &'static str)]) -> Conversation {
    let nothing = |_: ListPartitionReassignmentsRequest| ListPartitionReassignmentsResponse::default();
    let kafka = Conversation::default().expect(nothing);
    (0..requests).fold(kafka, |kafka, _| kafka.expect(move |request| described(&request, 1, own)))
}

fn described(request: &DescribeConfigsRequest, source: i8, own: &[(&str, &str)]) -> DescribeConfigsResponse {
    let setting = |(name, value): &(&str, &str)| {
        let setting = DescribeConfigsResourceResult::default().with_name(string(name));
        setting.with_value(Some(string(value))).with_config_source(source)
    };
    let result = request.resources.iter().map(|resource| {
        let result = DescribeConfigsResult::default().with_resource_type(resource.resource_type);
        result.with_resource_name(resource.resource_name.clone()).with_configs(own.iter().map(setting).collect())
    });
    DescribeConfigsResponse::default().with_results(result.collect())
}

fn altered(request: &IncrementalAlterConfigsRequest, code: i16) -> IncrementalAlterConfigsResponse {
    let response = request.resources.iter().map(|resource| {
        let response = AlterConfigsResourceResponse::default().with_resource_type(resource.resource_type);
        response.with_resource_name(resource.resource_name.clone()).with_error_code(code)
    });
    IncrementalAlterConfigsResponse::default().with_responses(response.collect())
}

fn created(request: &CreateTopicsRequest, code: impl Fn(&str) -> i16) -> CreateTopicsResponse {
    let result = request
        .topics
        .iter()
        .map(|topic| CreatableTopicResult::default().with_name(topic.name.clone()).with_error_code(code(&topic.name)));
    CreateTopicsResponse::default().with_topics(result.collect())
}

fn two_brokers(_: DescribeClusterRequest) -> DescribeClusterResponse {
    let broker = |id: i32| {
        let broker = DescribeClusterBroker::default().with_broker_id(BrokerId(id));
        broker.with_host(string(&format!("broker-{id}"))).with_port(9091)
    };
    DescribeClusterResponse::default().with_brokers((0..2).map(broker).collect())
}

#[tokio::test]
async fn a_thousand_topics_are_made_in_one_pass_of_full_requests() {
    let mut kafka = describing(0, &[]);
    for _ in 0..4 {
        kafka = kafka.expect(|request: CreateTopicsRequest| {
            assert_eq!((request.topics.len(), request.topics[0].configs.len()), (250, 1));
            created(&request, |_| 0)
        });
    }
    let (sent, asked) = converge(kafka, &thousand(), &BTreeMap::new(), &Removal::default()).await;
    assert!(sent.busy && sent.problems.is_empty() && sent.pending.is_empty(), "{sent:?}");
    assert_eq!(asked, ["ListPartitionReassignments", "CreateTopics", "CreateTopics", "CreateTopics", "CreateTopics"]);
}

#[tokio::test]
async fn a_thousand_topics_that_are_as_they_should_be_are_only_looked_at() {
    let (sent, asked) =
        converge(describing(4, &[("retention.ms", "1")]), &thousand(), &seen(&thousand()), &Removal::default()).await;
    assert!(!sent.busy && sent.problems.is_empty(), "{sent:?}");
    assert_eq!(asked.len(), 5);
}

#[tokio::test]
async fn one_setting_of_one_topic_of_a_thousand_is_one_change() {
    let kafka = describing(4, &[("retention.ms", "1")]).expect(|request: IncrementalAlterConfigsRequest| {
        let [topic] = &request.resources[..] else { panic!("{request:?}") };
        let [config] = &topic.configs[..] else { panic!("{topic:?}") };
        let set = (topic.resource_name.as_str(), config.name.as_str(), config.value.as_deref());
        assert_eq!(set, ("topic-0500", "retention.ms", Some("2")));
        altered(&request, 0)
    });
    let mut desired = thousand();
    desired.insert("topic-0500".to_owned(), wanted("2", 1));
    let (sent, asked) = converge(kafka, &desired, &seen(&desired), &Removal::default()).await;
    assert!(sent.busy, "it is looked whether it is so");
    assert_eq!(asked.iter().filter(|asked| **asked == "IncrementalAlterConfigs").count(), 1);
}

#[tokio::test]
async fn what_kafka_refuses_is_a_problem_and_what_it_has_already_is_looked_at_again() {
    let kafka = describing(0, &[]).expect(|request: CreateTopicsRequest| {
        created(&request, |name| match name {
            "refused" => 44,
            "there" => 36,
            _ => 0,
        })
    });
    let desired = ["made", "refused", "there"].map(|name| (name.to_owned(), wanted("1", 1))).into();
    let (sent, _) = converge(kafka, &desired, &BTreeMap::new(), &Removal::default()).await;
    assert_eq!(sent.problems.keys().collect::<Vec<_>>(), ["refused"]);
    assert_eq!(sent.problems["refused"].reason, "PolicyViolation");
    assert_eq!((sent.pending, sent.busy), (["there".to_owned()].into(), true));
}

#[tokio::test]
async fn a_topic_is_marked_and_brokers_have_a_rate_before_a_partition_moves() {
    let kafka = describing(1, &[("retention.ms", "1")])
        .expect(|request: IncrementalAlterConfigsRequest| {
            let marks: Vec<_> = request.resources[0].configs.iter().map(|mark| mark.value.as_deref()).collect();
            assert_eq!(marks, [Some("0:1"), Some("0:0")], "followers, leaders");
            altered(&request, 0)
        })
        .expect(two_brokers)
        // Somebody has given broker 0 a rate: it stays.
        .expect(|request: DescribeConfigsRequest| described(&request, 2, &[(RATES[0], "7"), (RATES[1], "7")]))
        .expect(|request: DescribeConfigsRequest| described(&request, 5, &[]))
        .expect(|request: IncrementalAlterConfigsRequest| {
            assert_eq!((request.resources[0].resource_name.as_str(), request.resources[0].configs.len()), ("1", 2));
            altered(&request, 0)
        })
        .expect(|request: AlterPartitionReassignmentsRequest| {
            let partition = ReassignablePartitionResponse::default().with_error_message(None);
            let topic = ReassignableTopicResponse::default().with_name(request.topics[0].name.clone());
            let topic = topic.with_partitions(vec![partition]);
            AlterPartitionReassignmentsResponse::default().with_responses(vec![topic])
        });
    let desired = [("logs".to_owned(), wanted("1", 2))].into();
    let (sent, _) = converge(kafka, &desired, &seen(&desired), &Removal::default()).await;
    assert!(sent.busy);
    assert_eq!(sent.problems["logs"].message, "0 of 1 partitions have 2 replicas");
}

#[tokio::test]
async fn a_topic_that_could_not_be_marked_does_not_move() {
    let kafka = describing(1, &[("retention.ms", "1")])
        .expect(|request: IncrementalAlterConfigsRequest| altered(&request, 40))
        .expect(two_brokers)
        .expect(|request: DescribeConfigsRequest| described(&request, 2, &[(RATES[0], "7"), (RATES[1], "7")]))
        .expect(|request: DescribeConfigsRequest| described(&request, 2, &[(RATES[0], "7"), (RATES[1], "7")]));
    let desired = [("logs".to_owned(), wanted("1", 2))].into();
    let (sent, _) = converge(kafka, &desired, &seen(&desired), &Removal::default()).await;
    assert_eq!(sent.problems["logs"].reason, "InvalidConfig");
}

#[tokio::test]
async fn without_a_rate_nothing_moves() {
    let kafka = describing(1, &[("retention.ms", "1")])
        .expect(|request: IncrementalAlterConfigsRequest| altered(&request, 0))
        .expect(two_brokers)
        .expect(|request: DescribeConfigsRequest| described(&request, 2, &[(RATES[0], "7"), (RATES[1], "7")]))
        .expect(|request: DescribeConfigsRequest| described(&request, 5, &[]))
        .expect(|request: IncrementalAlterConfigsRequest| altered(&request, 44));
    let desired = [("logs".to_owned(), wanted("1", 2))].into();
    let (sent, _) = converge(kafka, &desired, &seen(&desired), &Removal::default()).await;
    assert_eq!(sent.problems["logs"].reason, "PolicyViolation");
}

fn without_rates(request: &IncrementalAlterConfigsRequest, broker: &str) -> IncrementalAlterConfigsResponse {
    let deleted = request.resources[0].configs.iter().filter(|config| config.config_operation == 1);
    let deleted: BTreeSet<_> = deleted.map(|config| config.name.as_str()).collect();
    assert_eq!((request.resources[0].resource_name.as_str(), deleted), (broker, RATES.into()));
    altered(request, 0)
}

#[tokio::test]
async fn after_the_last_move_the_rates_go_before_the_marks() {
    let own: &[_] = &[("retention.ms", "1"), (MARKS[0], "0:0")];
    let kafka = describing(1, own)
        .expect(two_brokers)
        .expect(|request| without_rates(&request, "0"))
        .expect(|request| without_rates(&request, "1"))
        .expect(|request: IncrementalAlterConfigsRequest| {
            let [mark] = &request.resources[0].configs[..] else { panic!("{request:?}") };
            assert_eq!((mark.name.as_str(), mark.config_operation), (MARKS[0], 1));
            altered(&request, 0)
        });
    let desired = [("logs".to_owned(), wanted("1", 1))].into();
    converge(kafka, &desired, &seen(&desired), &Removal::default()).await;
}

#[tokio::test]
async fn a_recorded_topic_is_deleted_and_nothing_else() {
    let topics = seen(&["recorded", "stranger"].map(|name| (name.to_owned(), wanted("1", 1))).into());
    let recorded = ["recorded".to_owned()];
    let removal = Removal { recorded: &recorded, used: BTreeMap::new() };
    let kafka = describing(0, &[]).expect(|request: DeleteTopicsRequest| {
        let name = request.topics[0].name.clone();
        assert_eq!((request.topics.len(), name.as_ref().map(|name| name.as_str())), (1, Some("recorded")));
        let result = DeletableTopicResult::default().with_name(name).with_error_message(None);
        DeleteTopicsResponse::default().with_responses(vec![result])
    });
    let (sent, _) = converge(kafka, &Desired::new(), &topics, &removal).await;
    assert!(sent.busy && sent.problems.is_empty(), "{sent:?}");
}
