//! The operator is killed in the middle of what it does inside Kafka, and comes to the same end.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use kafkapipelines_e2e::cluster::until;
use serde_json::{Value, json};

use super::bed::{Bed, READY_WITHIN, reference, tool};

const ROUNDS: u64 = 10;
/// What a change of the spec sets going is over after this.
const UNDER_WAY: Duration = Duration::from_millis(1500);
/// Longer than a Lease lives, for the operator that held it is gone.
const CONVERGED_WITHIN: Duration = Duration::from_mins(3);

#[test]
fn an_operator_that_is_killed_at_any_point_comes_to_the_same_end() -> Result<()> {
    let bed = reference()?;
    let declared = bed.pipeline.object_itself()?["spec"]["topics"].clone();
    for round in 1..=ROUNDS {
        declare(&bed, &declared, round)?;
        let moment = UNDER_WAY.mul_f64(fastrand::f64());
        thread::sleep(moment);
        let operators = ["delete", "pod", "--selector=app.kubernetes.io/name=kafkapipelines-operator"];
        bed.pipeline.kubectl(&[&operators[..], &["--grace-period=0", "--force"]].concat())?;
        until("Kafka has what the spec says", CONVERGED_WITHIN, || is_as_declared(&bed, round))
            .with_context(|| format!("round {round}, killed after {moment:?}"))?;
    }
    bed.operator.await_ready()?;
    bed.pipeline.kubectl(&[
        "patch",
        "logpipeline",
        bed.pipeline.name(),
        "--type=merge",
        "--patch",
        &patch(&declared, &json!([])),
    ])?;
    until("no Secret of a user is left", CONVERGED_WITHIN, || Ok(users_with_secrets(&bed)?.is_empty()))?;
    bed.pipeline.await_ready(READY_WITHIN)
}

/// Ten topics with more partitions and another retention each round, and five users, one of them new and one gone.
fn declare(bed: &Bed, declared: &Value, round: u64) -> Result<()> {
    let topic = |number: u64| json!({"name": name(number), "partitions": round, "replicas": 1, "config": {"retention.ms": retention(round), "min.insync.replicas": 1}, "deletionPolicy": "Delete"});
    let topics: Vec<_> = declared.as_array().into_iter().flatten().cloned().chain((0..10).map(topic)).collect();
    let user = |name: &String| json!({"name": name, "authentication": {"type": "scram-sha-512"}, "quotas": {"producerByteRate": format!("{round}k")}});
    let users: Vec<_> = users(round).iter().map(user).collect();
    let patch = patch(&Value::from(topics), &Value::from(users));
    bed.pipeline.kubectl(&["patch", "logpipeline", bed.pipeline.name(), "--type=merge", "--patch", &patch]).map(drop)
}

fn patch(topics: &Value, users: &Value) -> String {
    json!({"spec": {"topics": topics, "users": users}}).to_string()
}

fn name(number: u64) -> String {
    format!("killed-{number}")
}

fn retention(round: u64) -> u64 {
    round * 3_600_000
}

fn users(round: u64) -> BTreeSet<String> {
    (round..round + 5).map(|number| format!("user-{number}")).collect()
}

fn is_as_declared(bed: &Bed, round: u64) -> Result<bool> {
    Ok(users_with_secrets(bed)? == users(round) && topics_are(bed, round)? && credentials(bed)? == users(round))
}

fn topics_are(bed: &Bed, round: u64) -> Result<bool> {
    let described = tool(&bed.pipeline, "kafka-topics.sh", &["--describe"])?;
    let is_right = |number: u64| {
        let line = described.lines().find(|line| line.starts_with(&format!("Topic: {}\t", name(number))));
        line.is_some_and(|line| {
            line.contains(&format!("PartitionCount: {round}\t"))
                && line.contains(&format!("retention.ms={}", retention(round)))
        })
    };
    Ok((0..10).all(is_right))
}

/// Users that have a password in Kafka and the quota of this round.
fn credentials(bed: &Bed) -> Result<BTreeSet<String>> {
    let described = tool(&bed.pipeline, "kafka-configs.sh", &["--describe", "--entity-type", "users"])?;
    let name = |line: &str| line.split("user-principal '").nth(1)?.split('\'').next().map(str::to_owned);
    let with =
        |mark: &str| described.lines().filter(|line| line.contains(mark)).filter_map(name).collect::<BTreeSet<_>>();
    Ok(with("SCRAM-SHA-512").intersection(&with("producer_byte_rate")).cloned().collect())
}

fn users_with_secrets(bed: &Bed) -> Result<BTreeSet<String>> {
    let label = r"--output=jsonpath={.items[*].metadata.labels.kafkapipelines\.io/user}";
    let users = bed.pipeline.kubectl(&["get", "secrets", "--selector=kafkapipelines.io/user", label])?;
    Ok(users.split_whitespace().filter(|user| !user.starts_with("consumer-")).map(str::to_owned).collect())
}
