//! Topics: declared, made, grown, configured, kept, and deleted only where the spec said so.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use kafkapipelines_e2e::cluster::until;
use kafkapipelines_e2e::installation::Pipeline;
use serde_json::{Value, json};

use super::bed::{READY_WITHIN, reference, tool};

/// Longer than the operator lets something stay that was changed by hand.
const KEPT_WITHIN: Duration = Duration::from_mins(2);
/// The brokers' own settings, which the tool shows with every topic where they are not Kafka's defaults.
const OF_BROKERS: [&str; 2] = ["min.insync.replicas", "unclean.leader.election.enable"];

#[test]
fn topics_are_what_the_spec_says_and_others_are_left_alone() -> Result<()> {
    let bed = reference()?;
    let pipeline = &bed.pipeline;
    let declared = pipeline.object_itself()?["spec"]["topics"].clone();
    the_reference_is_in_kafka(pipeline)?;
    a_topic_is_made_grown_and_configured(pipeline, &declared)?;
    what_is_changed_by_hand_is_repaired(pipeline)?;
    fewer_partitions_are_refused(pipeline, &declared)?;
    replicas_are_added_and_taken_away(pipeline, &declared)?;
    only_what_may_be_deleted_is(pipeline, &declared)?;
    assert!(topic(pipeline, super::bed::TOPIC)?.is_some(), "a topic of nobody's spec is left alone");
    pipeline.await_ready(READY_WITHIN)
}

/// A topic as kafka-topics.sh describes it.
#[derive(Debug, PartialEq)]
struct Described {
    partitions: usize,
    replicas: usize,
    configs: BTreeMap<String, String>,
}

fn the_reference_is_in_kafka(pipeline: &Pipeline) -> Result<()> {
    let logs = topic(pipeline, "standard-logs")?.context("standard-logs is there")?;
    let own = [("compression.type", "producer"), ("retention.ms", "259200000")];
    let own = own.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    assert_eq!(logs, Described { partitions: 12, replicas: 3, configs: own });
    let dead_letters = topic(pipeline, "standard-logs-dlq")?.context("the dead-letter topic is there")?;
    assert_eq!(dead_letters.replicas, 3);
    let status = &pipeline.object_itself()?["status"]["topics"];
    assert_eq!((&status["desired"], &status["ready"]), (&json!(2), &json!(2)));
    Ok(())
}

fn a_topic_is_made_grown_and_configured(pipeline: &Pipeline, declared: &Value) -> Result<()> {
    let shop = |partitions: usize, retention: u64| json!({"name": "shop", "partitions": partitions, "replicas": 1, "config": {"retention.ms": retention, "max.message.bytes": 2_000_000, "min.insync.replicas": 1}});
    declare(pipeline, declared, &[shop(2, 3_600_000)])?;
    await_topic(pipeline, "shop", |shop| shop.partitions == 2 && shop.configs["retention.ms"] == "3600000")?;
    declare(pipeline, declared, &[shop(5, 7_200_000)])?;
    await_topic(pipeline, "shop", |shop| shop.partitions == 5 && shop.configs["retention.ms"] == "7200000")
}

fn what_is_changed_by_hand_is_repaired(pipeline: &Pipeline) -> Result<()> {
    let by_hand = ["--alter", "--entity-type", "topics", "--entity-name", "shop"];
    let change = ["--add-config", "retention.ms=1000,segment.ms=60000", "--delete-config", "max.message.bytes"];
    tool(pipeline, "kafka-configs.sh", &[&by_hand[..], &change].concat())?;
    await_topic(pipeline, "shop", |shop| {
        shop.configs.get("retention.ms").is_some_and(|value| value == "7200000")
            && shop.configs.contains_key("max.message.bytes")
            && !shop.configs.contains_key("segment.ms")
    })
}

fn fewer_partitions_are_refused(pipeline: &Pipeline, declared: &Value) -> Result<()> {
    declare(pipeline, declared, &[json!({"name": "shop", "partitions": 3, "config": {"retention.ms": 5_000_000}})])?;
    until("the decrease is refused by name", KEPT_WITHIN, || {
        let problems = pipeline.object_itself()?["status"]["topics"]["problems"].clone();
        Ok(problems[0]["name"] == "shop" && problems[0]["reason"] == "PartitionsDecreaseRefused")
    })?;
    await_topic(pipeline, "shop", |shop| shop.partitions == 5 && shop.configs["retention.ms"] == "5000000")
}

fn replicas_are_added_and_taken_away(pipeline: &Pipeline, declared: &Value) -> Result<()> {
    for replicas in [3, 2] {
        let shop =
            json!({"name": "shop", "partitions": 5, "replicas": replicas, "config": {"retention.ms": 5_000_000}});
        declare(pipeline, declared, &[shop])?;
        // Throttles are configuration of the topic, and are gone when the data has moved.
        await_topic(pipeline, "shop", |shop| shop.replicas == replicas && shop.configs.len() == 1)?;
    }
    Ok(())
}

fn only_what_may_be_deleted_is(pipeline: &Pipeline, declared: &Value) -> Result<()> {
    let gone = json!({"name": "gone", "partitions": 1, "replicas": 2, "deletionPolicy": "Delete"});
    let shop = json!({"name": "shop", "partitions": 5, "replicas": 2, "config": {"retention.ms": 5_000_000}});
    declare(pipeline, declared, &[gone, shop])?;
    await_topic(pipeline, "gone", |_| true)?;
    until("it is on record as one that may be deleted", KEPT_WITHIN, || {
        Ok(pipeline.object_itself()?["status"]["topics"]["deletable"] == json!(["gone"]))
    })?;
    declare(pipeline, declared, &[])?;
    until("the topic is deleted", KEPT_WITHIN, || Ok(topic(pipeline, "gone")?.is_none()))?;
    assert!(topic(pipeline, "shop")?.is_some(), "a topic is retained unless the spec says otherwise");
    Ok(())
}

/// Makes the spec's topics those of the reference, and these.
fn declare(pipeline: &Pipeline, declared: &Value, more: &[Value]) -> Result<()> {
    let topics: Vec<_> = declared.as_array().into_iter().flatten().chain(more).collect();
    let patch = json!({"spec": {"topics": topics}}).to_string();
    pipeline.kubectl(&["patch", "logpipeline", pipeline.name(), "--type=merge", "--patch", &patch]).map(drop)
}

fn await_topic(pipeline: &Pipeline, name: &str, is_right: impl Fn(&Described) -> bool) -> Result<()> {
    let mut last = None;
    until(&format!("topic {name}"), KEPT_WITHIN, || {
        last = topic(pipeline, name)?;
        Ok(last.as_ref().is_some_and(&is_right))
    })
    .with_context(|| format!("{last:?}"))
}

/// What Kafka's own tool says of a topic; nothing when there is none.
fn topic(pipeline: &Pipeline, name: &str) -> Result<Option<Described>> {
    let text = tool(pipeline, "kafka-topics.sh", &["--describe"])?;
    let of_topic = format!("Topic: {name}\t");
    Ok(text.lines().find(|line| line.starts_with(&of_topic) && line.contains("PartitionCount")).map(described))
}

/// `Topic: a  TopicId: x  PartitionCount: 1  ReplicationFactor: 1  Configs: a=1,b=2`, with tabs between.
fn described(line: &str) -> Described {
    let field =
        |name: &str| line.split('\t').find_map(|part| part.trim().strip_prefix(name)).unwrap_or_default().trim();
    let number = |name: &str| field(name).parse().unwrap_or_default();
    let pairs = field("Configs:").split(',').filter_map(|pair| pair.split_once('='));
    let own = pairs.filter(|(key, _)| !OF_BROKERS.contains(key));
    Described {
        partitions: number("PartitionCount:"),
        replicas: number("ReplicationFactor:"),
        configs: own.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
    }
}
