//! Every call against a real Kafka at `KAFKA_BOOTSTRAP` (host:port): `cargo test -p kafkapipelines-kafka --test real -- --ignored`.
//! With TLS if `KAFKA_CERTIFICATE`, `KAFKA_KEY` and `KAFKA_AUTHORITIES` name PEM files; the controllers' listener is at
//! `KAFKA_CONTROLLERS`. A test whose variables are not set fails: leave it out by `--skip controllers` or `--skip certificates`.
//!
//! What is made here is removed again, and named apart from what others make.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::time::Duration;

use kafkapipelines_kafka::calls::acls::{Acl, Operation, Pattern, Permission, ResourceKind};
use kafkapipelines_kafka::calls::configs::{Change, Changes, Resource, Source};
use kafkapipelines_kafka::calls::features::Move;
use kafkapipelines_kafka::calls::groups::Committed;
use kafkapipelines_kafka::calls::offsets::{At, lag};
use kafkapipelines_kafka::calls::quotas::QuotaOf;
use kafkapipelines_kafka::calls::reassignments::Reassignment;
use kafkapipelines_kafka::calls::topics::{Layout, NewTopic};
use kafkapipelines_kafka::calls::users::Credential;
use kafkapipelines_kafka::calls::{Mode, Outcomes, TopicPartition};
use kafkapipelines_kafka::double::without_tls;
use kafkapipelines_kafka::{Client, Code, Endpoint, Error, Identity, KafkaError, Limits};
use tokio::time::{Instant, sleep};

/// A directory id that no disk has.
const NO_DIRECTORY: &str = "4L6g3nShT-eMCtK--X86sw";

fn client_of(variable: &str, endpoint: Endpoint) -> Client {
    let bootstrap = env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set"));
    let bootstrap = bootstrap.split(',').map(|address| address.parse().unwrap()).collect();
    match identity() {
        Some(identity) => Client::new(endpoint, bootstrap, &identity, Limits::default()),
        None => without_tls(endpoint, bootstrap, Limits::default()),
    }
}

fn client() -> Client {
    client_of("KAFKA_BOOTSTRAP", Endpoint::Brokers)
}

fn identity() -> Option<Identity> {
    let [chain, key, authorities] =
        ["KAFKA_CERTIFICATE", "KAFKA_KEY", "KAFKA_AUTHORITIES"].map(|name| env::var(name).ok());
    let read = |path: String| fs::read_to_string(path).unwrap();
    Some(Identity::from_pem(&read(chain?), &read(key?), &read(authorities?)).unwrap())
}

fn name(family: &str) -> String {
    format!("door-{family}-{:08x}", fastrand::u32(..))
}

fn topic(name: &str, partitions: i32) -> NewTopic {
    let configs = BTreeMap::from([("retention.ms".to_owned(), "3600000".to_owned())]);
    NewTopic { name: name.to_owned(), layout: Layout::Spread { partitions, replicas: 1 }, configs }
}

fn code<K: Ord, V: std::fmt::Debug>(outcomes: &Outcomes<K, V>, key: &K) -> Option<Code> {
    outcomes[key].as_ref().err().map(|error| error.code)
}

fn all_well<K: Ord + std::fmt::Debug, V: std::fmt::Debug>(outcomes: &Outcomes<K, V>) {
    assert!(outcomes.values().all(Result::is_ok), "{outcomes:?}");
}

fn kafka(error: &Error) -> KafkaError {
    error.kafka().cloned().unwrap_or_else(|| panic!("{error}"))
}

/// What a broker tells follows what was written in a moment.
async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds().await {
        assert!(Instant::now() < deadline, "never: {what}");
        sleep(Duration::from_millis(50)).await;
    }
}

async fn create(client: &Client, name: &String, partitions: i32) {
    all_well(&client.create_topics(&[topic(name, partitions)], Mode::Apply).await.unwrap());
    let names = [name.clone()];
    eventually("the topic is known", async || {
        client.describe_topics(&names).await.unwrap()[name]
            .as_ref()
            .is_ok_and(|topic| topic.partitions.iter().all(|partition| partition.leader.is_some()))
    })
    .await;
}

async fn delete(client: &Client, name: &String) {
    all_well(&client.delete_topics(std::slice::from_ref(name)).await.unwrap());
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn the_cluster_its_quorum_and_its_features() {
    let client = client();
    let cluster = client.describe_cluster().await.unwrap();
    assert_eq!((cluster.id.len(), cluster.controller), (22, None));
    let quorum = client.describe_quorum().await.unwrap();
    assert!(quorum.voters.iter().any(|voter| Some(voter.id) == quorum.leader), "{quorum:?}");
    for node in cluster.live() {
        let features = client.describe_features(node).await.unwrap();
        let (least, most) = features.supported["metadata.version"];
        assert!((least..=most).contains(&features.finalized["metadata.version"]), "{features:?}");
    }
    println!("{cluster:?}\n{quorum:?}");
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn topics_are_made_grown_and_deleted() {
    let client = client();
    let name = name("topic");
    all_well(&client.create_topics(&[topic(&name, 1)], Mode::Validate).await.unwrap());
    assert!(!client.list_topics().await.unwrap().contains_key(&name), "only validated");
    create(&client, &name, 1).await;
    let again = client.create_topics(&[topic(&name, 1), topic("not a name", 1)], Mode::Apply).await.unwrap();
    assert_eq!(code(&again, &name), Some(Code::TOPIC_ALREADY_EXISTS));
    assert_eq!(again["not a name"].as_ref().unwrap_err().code.reason(), "InvalidTopicException");
    let total = |count| BTreeMap::from([(name.clone(), count)]);
    all_well(&client.create_partitions(&total(3), Mode::Apply).await.unwrap());
    let shrunk = client.create_partitions(&total(2), Mode::Apply).await.unwrap();
    assert_eq!(shrunk[&name].as_ref().unwrap_err().code.reason(), "InvalidPartitions");
    let names = [name.clone()];
    eventually("three partitions", async || {
        client.describe_topics(&names).await.unwrap()[&name].as_ref().is_ok_and(|topic| topic.partitions.len() == 3)
    })
    .await;
    delete(&client, &name).await;
    let gone = client.delete_topics(&names).await.unwrap();
    assert_eq!(code(&gone, &name), Some(Code::UNKNOWN_TOPIC_OR_PARTITION));
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn a_topic_is_made_where_it_is_told_to_be() {
    let client = client();
    let broker = client.describe_cluster().await.unwrap().live().next().unwrap();
    let (name, configs) = (name("assigned"), BTreeMap::new());
    let topic = NewTopic { name: name.clone(), layout: Layout::Assigned(vec![vec![broker]; 2]), configs };
    all_well(&client.create_topics(&[topic], Mode::Apply).await.unwrap());
    eventually("two partitions", async || {
        client.list_topics().await.unwrap().get(&name).is_some_and(|topic| topic.partitions.len() == 2)
    })
    .await;
    delete(&client, &name).await;
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn many_topics_are_made_described_and_deleted_in_batches() {
    let client = client();
    let count = env::var("KAFKA_TOPICS").map_or(50, |count| count.parse().unwrap());
    let names: Vec<_> = (0..count).map(|_| name("many")).collect();
    let topics: Vec<_> = names.iter().map(|name| topic(name, 1)).collect();
    let began = Instant::now();
    all_well(&client.create_topics(&topics, Mode::Apply).await.unwrap());
    println!("{count} topics made in {:?}", began.elapsed());
    let resources: Vec<_> = names.iter().cloned().map(Resource::Topic).collect();
    eventually("the broker knows them all", async || {
        let began = Instant::now();
        let described = client.describe_configs(&resources, None).await.unwrap();
        println!("{count} topics described in {:?}", began.elapsed());
        described.values().all(Result::is_ok)
    })
    .await;
    all_well(&client.delete_topics(&names).await.unwrap());
}

fn set(resource: &Resource, key: &str, value: &str) -> Changes {
    let change = Change::Set(value.to_owned());
    BTreeMap::from([(resource.clone(), BTreeMap::from([(key.to_owned(), change)]))])
}

fn unset(resource: &Resource, key: &str) -> Changes {
    BTreeMap::from([(resource.clone(), BTreeMap::from([(key.to_owned(), Change::Delete)]))])
}

async fn source(client: &Client, resource: &Resource, key: &str) -> (Option<String>, Source) {
    let described = client.describe_configs(std::slice::from_ref(resource), Some(&[key])).await.unwrap();
    let settings = described[resource].as_ref().unwrap();
    assert!(settings.len() <= 1, "{settings:?}");
    settings.get(key).map_or((None, Source::Unknown), |setting| (setting.value.clone(), setting.source))
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn settings_are_changed_at_every_level() {
    let client = client();
    let broker = client.describe_cluster().await.unwrap().live().next().unwrap();
    let name = name("configs");
    create(&client, &name, 1).await;
    let topic = Resource::Topic(name.clone());
    for (resource, key, value, from) in [
        (topic.clone(), "segment.bytes", "20971520", Source::Topic),
        (Resource::Broker(broker), "log.cleaner.backoff.ms", "15001", Source::Broker),
        (Resource::AllBrokers, "log.cleaner.backoff.ms", "15002", Source::AllBrokers),
        (Resource::Loggers(broker), "root", "WARN", Source::Logger),
    ] {
        all_well(&client.alter_configs(&set(&resource, key, value), Mode::Apply).await.unwrap());
        let expected = (Some(value.to_owned()), from);
        eventually(key, async || source(&client, &resource, key).await == expected).await;
        if from != Source::Logger {
            all_well(&client.alter_configs(&unset(&resource, key), Mode::Apply).await.unwrap());
            eventually("it is unset", async || source(&client, &resource, key).await != expected).await;
        }
    }
    let wrong = client.alter_configs(&set(&topic, "retention.ms", "never"), Mode::Validate).await.unwrap();
    assert_eq!(code(&wrong, &topic), Some(Code::INVALID_CONFIG), "{wrong:?}");
    delete(&client, &name).await;
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn groups_and_how_far_they_are_behind() {
    let client = client();
    let nobody = name("group");
    let committed = client.committed_offsets(std::slice::from_ref(&nobody)).await.unwrap();
    assert_eq!(committed[&nobody], Ok(Committed::new()));
    let described = client.describe_groups(std::slice::from_ref(&nobody)).await.unwrap();
    let is_absent = |group: &Result<_, KafkaError>| match group {
        Ok(kafkapipelines_kafka::calls::groups::Group { state, .. }) => state == "Dead",
        Err(error) => error.code == Code::GROUP_ID_NOT_FOUND,
    };
    assert!(is_absent(&described[&nobody]), "{described:?}");
    let deleted = client.delete_groups(std::slice::from_ref(&nobody)).await.unwrap();
    assert_eq!(code(&deleted, &nobody), Some(Code::GROUP_ID_NOT_FOUND));
    let names: Vec<_> = client.list_groups().await.unwrap().into_iter().map(|group| group.name).collect();
    all_well(&client.describe_groups(&names).await.unwrap());
    let topics = client.list_topics().await.unwrap();
    for (name, committed) in client.committed_offsets(&names).await.unwrap() {
        let topics =
            topics.iter().filter(|(_, topic)| !topic.internal).map(|(name, topic)| (name.clone(), topic.clone()));
        let end = client.offsets(&topics.collect(), At::Latest).await.unwrap();
        let end = end.into_iter().filter_map(|(partition, end)| Some((partition, end.ok()?))).collect();
        println!("{name} is behind by {:?}", lag(&committed.unwrap(), &Committed::new(), &end));
    }
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn how_far_a_group_has_read_is_set_while_it_has_no_members() {
    let client = client();
    let (name, group) = (name("offsets"), name("group"));
    create(&client, &name, 2).await;
    let mut offsets = Committed::from([0, 1].map(|partition| (TopicPartition::new(&name, partition), 7)));
    for offset in [7, 0] {
        for of in offsets.values_mut() {
            *of = offset;
        }
        // The first group of a new Kafka has no coordinator for a while.
        eventually("the offsets are set", async || {
            let outcomes = client.set_committed_offsets(&group, &offsets).await;
            outcomes.is_ok_and(|outcomes| outcomes.len() == 2 && outcomes.values().all(Result::is_ok))
        })
        .await;
        assert_eq!(client.committed_offsets_of(&group).await.unwrap(), offsets);
    }
    let nowhere = Committed::from([(TopicPartition::new("door-nowhere", 0), 1)]);
    let outcomes = client.set_committed_offsets(&group, &nowhere).await.unwrap();
    assert!(outcomes.values().all(Result::is_err), "{outcomes:?}");
    all_well(&client.delete_groups(std::slice::from_ref(&group)).await.unwrap());
    delete(&client, &name).await;
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn an_empty_topic_begins_and_ends_at_nothing() {
    let client = client();
    let name = name("offsets");
    create(&client, &name, 2).await;
    let topics = client.describe_topics(std::slice::from_ref(&name)).await.unwrap();
    let topics = BTreeMap::from([(name.clone(), topics[&name].clone().unwrap())]);
    for at in [At::Earliest, At::Latest] {
        let expected = BTreeMap::from([0, 1].map(|partition| (TopicPartition::new(&name, partition), Ok(0))));
        // A leader may not know yet that it is one.
        eventually("no offset but 0", async || client.offsets(&topics, at).await.unwrap() == expected).await;
    }
    delete(&client, &name).await;
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn rules_are_made_found_and_deleted() {
    let client = client();
    let acl = |operation, permission| Acl {
        resource: ResourceKind::Topic,
        name: name("acl"),
        pattern: Pattern::Prefixed,
        principal: "User:door".to_owned(),
        host: "*".to_owned(),
        operation,
        permission,
    };
    let acls = [acl(Operation::Write, Permission::Allow), acl(Operation::Read, Permission::Deny)];
    match client.create_acls(&acls).await {
        Ok(outcomes) => all_well(&outcomes),
        Err(error) if kafka(&error).code.reason() == "SecurityDisabled" => return println!("skipped: no authorizer"),
        Err(error) => panic!("{error}"),
    }
    all_well(&client.create_acls(&acls[..1]).await.unwrap());
    eventually("they are found", async || {
        let found = client.describe_acls().await.unwrap();
        acls.iter().all(|acl| found.contains(acl))
    })
    .await;
    all_well(&client.delete_acls(&acls).await.unwrap());
    all_well(&client.delete_acls(&acls).await.unwrap());
    eventually("they are gone", async || {
        let found = client.describe_acls().await.unwrap();
        acls.iter().all(|acl| !found.contains(acl))
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn users_get_and_lose_passwords() {
    let client = client();
    let user = name("user");
    let credentials = BTreeMap::from([(user.clone(), Credential::of("a password").unwrap())]);
    all_well(&client.set_scram_credentials(&credentials).await.unwrap());
    eventually("it is listed", async || client.list_scram_users().await.unwrap().contains(&user)).await;
    all_well(&client.remove_scram_credentials(std::slice::from_ref(&user)).await.unwrap());
    eventually("it is not listed", async || !client.list_scram_users().await.unwrap().contains(&user)).await;
    let again = client.remove_scram_credentials(std::slice::from_ref(&user)).await.unwrap();
    assert_eq!(code(&again, &user), Some(Code::RESOURCE_NOT_FOUND));
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn quotas_are_set_and_removed() {
    let client = client();
    let user = QuotaOf::User(name("quota"));
    let change = |value| BTreeMap::from([(user.clone(), BTreeMap::from([("producer_byte_rate".to_owned(), value)]))]);
    all_well(&client.alter_quotas(&change(Some(1024.0)), Mode::Validate).await.unwrap());
    all_well(&client.alter_quotas(&change(Some(2048.0)), Mode::Apply).await.unwrap());
    let quotas = BTreeMap::from([("producer_byte_rate".to_owned(), 2048.0)]);
    eventually("it holds", async || client.describe_quotas().await.unwrap().get(&user) == Some(&quotas)).await;
    all_well(&client.alter_quotas(&change(None), Mode::Apply).await.unwrap());
    eventually("it is gone", async || !client.describe_quotas().await.unwrap().contains_key(&user)).await;
    let wrong = BTreeMap::from([(QuotaOf::DefaultUser, BTreeMap::from([("no_such_rate".to_owned(), Some(1.0))]))]);
    let wrong = client.alter_quotas(&wrong, Mode::Validate).await.unwrap();
    assert_eq!(code(&wrong, &QuotaOf::DefaultUser), Some(Code::INVALID_REQUEST), "{wrong:?}");
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn partitions_stay_where_they_are_and_with_whom() {
    let client = client();
    let name = name("moves");
    create(&client, &name, 1).await;
    let partition = TopicPartition::new(&name, 0);
    let broker = client.list_topics().await.unwrap()[&name].partitions[0].replicas[0];
    let to = |reassignment| BTreeMap::from([(partition.clone(), reassignment)]);
    all_well(&client.reassign_partitions(&to(Reassignment::To(vec![broker]))).await.unwrap());
    let cancelled = client.reassign_partitions(&to(Reassignment::Cancel)).await.unwrap();
    assert_eq!(code(&cancelled, &partition), Some(Code::NO_REASSIGNMENT_IN_PROGRESS));
    assert!(!client.list_reassignments().await.unwrap().contains_key(&partition));
    let chosen = BTreeMap::from([(name.clone(), vec![0])]);
    let elected = client.elect_preferred_leaders(Some(&chosen)).await.unwrap();
    assert_eq!(code(&elected, &partition), Some(Code::ELECTION_NOT_NEEDED));
    client.elect_preferred_leaders(None).await.unwrap();
    delete(&client, &name).await;
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn disks_are_told_of() {
    let client = client();
    let brokers = client.describe_log_dirs().await.unwrap();
    assert!(!brokers.is_empty());
    for directories in brokers.into_values() {
        for directory in directories.unwrap().into_values() {
            let directory = directory.unwrap();
            assert!(directory.total_bytes > directory.free_bytes && directory.free_bytes > Some(0), "{directory:?}");
        }
    }
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn what_cannot_be_done_to_the_quorum_is_refused() {
    let client = client();
    let voter = client.describe_quorum().await.unwrap().voters.swap_remove(0);
    let error = client.remove_voter(voter.id, NO_DIRECTORY).await.unwrap_err();
    assert_eq!(kafka(&error).code, Code::VOTER_NOT_FOUND, "{error}");
    let listeners = [("CONTROLLER".to_owned(), "127.0.0.1:1".parse().unwrap())];
    let error = client.add_voter(voter.id, NO_DIRECTORY, &listeners).await.unwrap_err();
    assert_eq!(kafka(&error).code, Code::DUPLICATE_VOTER, "{error}");
    assert!(matches!(client.remove_voter(voter.id, "no id").await.unwrap_err(), Error::Unaskable { .. }));
    let error = client.unregister_broker(999_999).await.unwrap_err();
    assert_eq!(kafka(&error).code, Code::BROKER_ID_NOT_REGISTERED, "{error}");
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn a_level_that_no_node_supports_is_refused() {
    let client = client();
    let levels = BTreeMap::from([("metadata.version".to_owned(), 1000)]);
    let refusal = match client.update_features(&levels, Move::Up, Mode::Validate).await {
        Ok(outcomes) => outcomes["metadata.version"].clone().unwrap_err(),
        Err(error) => kafka(&error),
    };
    assert_eq!(refusal.code, Code::INVALID_UPDATE_VERSION, "{refusal}");
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn controllers_can_be_spoken_to_where_no_broker_is() {
    let client = client_of("KAFKA_CONTROLLERS", Endpoint::Controllers);
    let cluster = client.describe_cluster().await.unwrap();
    let quorum = client.describe_quorum().await.unwrap();
    assert_eq!((cluster.controller, quorum.leader.is_some()), (quorum.leader, true));
    let error = client.list_topics().await.unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }), "{error}");
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn the_nodes_certificates_can_be_seen_and_ours_replaced() {
    let (client, identity) = (client(), identity().expect("KAFKA_CERTIFICATE is set"));
    let node = client.describe_cluster().await.unwrap().live().next().unwrap();
    assert!(!client.presented_certificate(node).await.unwrap().is_empty());
    client.replace_identity(&identity);
    client.describe_cluster().await.unwrap();
}
