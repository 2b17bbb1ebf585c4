//! Against a real Kafka of three brokers at `KAFKA_BOOTSTRAP` (host:port, without TLS), which knows no topic of these names:
//! `KAFKA_VERSION=4.3.1 KAFKA_BOOTSTRAP=… cargo test -p kafkapipelines-operator --lib real -- --ignored`.

use std::env;
use std::time::Duration;

use kafkapipelines_core::cluster::topics::{DesiredTopic, MARKS};
use kafkapipelines_kafka::double::without_tls;
use kafkapipelines_kafka::{Endpoint, Limits};
use tokio::time::{Instant, sleep};

use super::*;

fn client() -> Client {
    let bootstrap = env::var("KAFKA_BOOTSTRAP").expect("KAFKA_BOOTSTRAP is set").parse().unwrap();
    without_tls(Endpoint::Brokers, vec![bootstrap], Limits::default())
}

fn wanted(partitions: i32, replicas: i16, settings: &[(&str, &str)]) -> DesiredTopic {
    let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    DesiredTopic { partitions: Some(partitions), replicas: Some(replicas), settings, ..DesiredTopic::default() }
}

async fn turn(client: &Client, desired: &Desired, recorded: &[String]) -> Sent {
    let topics = client.list_topics().await.unwrap();
    let cluster = client.describe_cluster().await.unwrap();
    let kafka = Kafka {
        client,
        version: env::var("KAFKA_VERSION").expect("KAFKA_VERSION is set").parse().unwrap(),
        topics: &topics,
        brokers: cluster.nodes.into_iter().filter(|node| !node.fenced).map(|node| (node.id, node.rack)).collect(),
        may_delete: true,
    };
    kafka.converge(desired, &Removal { recorded, used: BTreeMap::new() }).await.unwrap()
}

/// Turns until there is nothing left to do.
async fn settle(client: &Client, desired: &Desired, recorded: &[String]) -> Sent {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let sent = turn(client, desired, recorded).await;
        if !sent.busy {
            return sent;
        }
        assert!(Instant::now() < deadline, "it never ends: {sent:?}");
        sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
#[ignore = "needs a Kafka"]
async fn topics_of_a_real_kafka_become_what_is_desired_and_then_nothing_is_sent() {
    let client = client();
    let mut desired: Desired =
        (0..1000).map(|index| (format!("real-{index:04}"), wanted(2, 1, &[("retention.ms", "3600000")]))).collect();
    let first = turn(&client, &desired, &[]).await;
    assert!(first.busy && first.problems.is_empty() && first.pending.is_empty(), "{first:?}");
    assert!(settle(&client, &desired, &[]).await.problems.is_empty());

    // Each kind of value that Kafka may tell in another way, more partitions, and more replicas.
    let odd = [("min.cleanable.dirty.ratio", "0.5"), ("cleanup.policy", "compact,delete"), ("preallocate", "true")];
    for (replicas, partitions) in [(3, 25), (2, 25), (1, 30)] {
        desired.insert("real-0000".to_owned(), wanted(partitions, replicas, &odd));
        turn(&client, &desired, &[]).await;
        if replicas == 3 {
            await_throttles(&client, 8, "two marks of the topic, two rates of each broker").await;
        }
        let sent = settle(&client, &desired, &[]).await;
        assert!(sent.problems.is_empty(), "{sent:?}");
        let topic = &client.list_topics().await.unwrap()["real-0000"];
        let shape = (i16::try_from(topic.partitions[0].replicas.len()).unwrap(), topic.partitions.len());
        assert_eq!(shape, (replicas, usize::try_from(partitions).unwrap()));
        await_throttles(&client, 0, "nothing is left of the throttle").await;
    }

    desired.insert("real-0000".to_owned(), wanted(3, 4, &[("retention.ms", "-5")]));
    let refused = settle(&client, &desired, &[]).await.problems;
    assert_eq!(refused["real-0000"].reason, "InvalidConfig", "{refused:?}");

    let recorded: Vec<_> = desired.keys().cloned().collect();
    assert!(settle(&client, &Desired::new(), &recorded).await.problems.is_empty());
    assert!(!client.list_topics().await.unwrap().keys().any(|name| name.starts_with("real-")));
}

/// What a broker tells follows what was written in a moment.
async fn await_throttles(client: &Client, count: usize, what: &str) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let throttles = throttles(client).await;
        if throttles.len() == count {
            return;
        }
        assert!(Instant::now() < deadline, "never: {what}: {throttles:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Settings of a throttle that are set for a topic or a broker.
async fn throttles(client: &Client) -> Vec<String> {
    let brokers = client.describe_cluster().await.unwrap().nodes.into_iter().map(|node| Resource::Broker(node.id));
    let resources: Vec<_> = brokers.chain([Resource::Topic("real-0000".to_owned())]).collect();
    let described = client.describe_configs(&resources, None).await.unwrap();
    let settings = described.into_values().flat_map(Result::unwrap);
    let is_set = |value: &str| !value.is_empty();
    settings
        .filter(|(name, setting)| {
            let throttles = MARKS.contains(&name.as_str()) || name.ends_with("replication.throttled.rate");
            throttles && setting.value.as_deref().is_some_and(is_set)
        })
        .map(|(name, _)| name)
        .collect()
}
