//! What Kafka changes while it runs, with nobody restarted: brokers' configuration, log levels, certificates.

use std::time::Duration;

use anyhow::{Context as _, Result};
use kafkapipelines_e2e::cluster::until;
use kafkapipelines_e2e::installation::{Access, Pipeline, Producer};
use serde_json::json;

use super::bed::{Bed, READY_WITHIN, line_passes, pod, presented, reference, tool};

/// Longer than the operator lets something stay that was changed by hand.
const KEPT_WITHIN: Duration = Duration::from_mins(2);
const CONFIGS: &str = "kafka-configs.sh";
const RETENTION: &str = "log.retention.ms=86400000";
const THREADS: &str = "num.io.threads=40";

#[test]
fn configuration_levels_and_certificates_change_and_nobody_restarts() -> Result<()> {
    let bed = reference()?;
    let pods = bed.pipeline.pod_uids()?;
    configuration_is_sent_and_kept(&bed.pipeline)?;
    a_value_that_kafka_refuses_is_told(&bed.pipeline)?;
    configuration_that_is_taken_out_is_gone(&bed.pipeline)?;
    levels_are_set_and_go_back(&bed.pipeline)?;
    brokers_present_renewed_certificates(&bed)?;
    bed.pipeline.await_ready(READY_WITHIN)?;
    assert_eq!(bed.pipeline.pod_uids()?, pods, "nobody restarts");
    Ok(())
}

fn configuration_is_sent_and_kept(pipeline: &Pipeline) -> Result<()> {
    patch(pipeline, r#"{"config": {"log.retention.ms": 86400000, "num.io.threads": 40}}"#)?;
    await_configuration(pipeline, |all| all.contains(RETENTION) && all.contains(THREADS))?;
    for id in 0..3 {
        let one = configs(pipeline, id, &["--describe", "--all", "--entity-type", "brokers"])?;
        assert!(one.contains(THREADS) && one.contains(RETENTION), "broker {id} runs with it: {one}");
    }
    let by_hand =
        ["--alter", "--entity-type", "brokers", "--entity-default", "--add-config", "log.retention.ms=90000000"];
    tool(pipeline, CONFIGS, &by_hand)?;
    await_configuration(pipeline, |all| all.contains(RETENTION))
}

/// No connection from anywhere is refused; the other keys are in effect all the same.
fn a_value_that_kafka_refuses_is_told(pipeline: &Pipeline) -> Result<()> {
    patch(pipeline, r#"{"config": {"max.connections.per.ip": 0, "log.preallocate": "true"}}"#)?;
    await_configuration(pipeline, |all| all.contains("log.preallocate=true"))?;
    until("the refusal is told", KEPT_WITHIN, || {
        let synced = pipeline.condition("Synced")?;
        let named = synced["message"].as_str().is_some_and(|text| text.contains("[max.connections.per.ip]"));
        Ok(synced["reason"] == "KafkaConfigRefused" && named)
    })?;
    patch(pipeline, r#"{"config": {"max.connections.per.ip": null, "log.preallocate": null}}"#)?;
    until("the refusal is gone", KEPT_WITHIN, || Ok(pipeline.condition("Synced")?.is_null()))
}

fn configuration_that_is_taken_out_is_gone(pipeline: &Pipeline) -> Result<()> {
    patch(pipeline, r#"{"config": {"log.retention.ms": null, "num.io.threads": null}}"#)?;
    await_configuration(pipeline, |all| {
        !all.contains("log.retention.ms") && !all.contains("log.preallocate") && all.contains("num.io.threads=8 ")
    })
}

fn levels_are_set_and_go_back(pipeline: &Pipeline) -> Result<()> {
    let levels = |levels: &str| patch(pipeline, &format!(r#"{{"logLevels": {levels}}}"#));
    levels(r#"{"kafka.request.logger": "TRACE", "no.such.logger": "DEBUG"}"#)?;
    for id in 0..3 {
        await_level(pipeline, id, "kafka.request.logger=TRACE ")?;
    }
    until("the unknown logger is told", KEPT_WITHIN, || {
        Ok(pipeline.condition("Warning")?["message"].as_str().is_some_and(|text| text.contains("[no.such.logger]")))
    })?;
    levels("null")?;
    await_level(pipeline, 0, "kafka.request.logger=WARN ")
}

fn brokers_present_renewed_certificates(bed: &Bed) -> Result<()> {
    let pipeline = &bed.pipeline;
    let client = bed.client()?;
    let producer = Producer::start(&client, &bed.bootstrap(9092), "renewals")?;
    for renewal in 1..=3 {
        let before = presented_by_all(pipeline)?;
        pipeline.kubectl(&["delete", "secret", &format!("{}-broker-certs", pipeline.name())])?;
        until(&format!("renewal {renewal} is presented by all"), KEPT_WITHIN, || {
            Ok(presented_by_all(pipeline)?.iter().zip(&before).all(|(now, before)| now != before))
        })?;
    }
    producer.all_arrived()?;
    let tls = bed.bootstrap(9093);
    line_passes(&client, Access::Tls, &tls, &tls)
}

/// Serial numbers of the certificates between the nodes.
fn presented_by_all(pipeline: &Pipeline) -> Result<Vec<String>> {
    (0..3).map(|id| presented(pipeline, &pod("broker", id), "localhost:9091")).collect()
}

fn patch(pipeline: &Pipeline, kafka: &str) -> Result<()> {
    let patch = json!({"spec": {"kafka": serde_json::from_str::<serde_json::Value>(kafka)?}}).to_string();
    pipeline.kubectl(&["patch", "logpipeline", pipeline.name(), "--type=merge", "--patch", &patch]).map(drop)
}

/// Waits for what all brokers have in common.
fn await_configuration(pipeline: &Pipeline, is_right: impl Fn(&str) -> bool) -> Result<()> {
    let mut last = String::new();
    until("the brokers' configuration", KEPT_WITHIN, || {
        last = tool(pipeline, CONFIGS, &["--describe", "--entity-type", "brokers", "--entity-default"])?;
        Ok(is_right(&last))
    })
    .with_context(|| last.clone())
}

fn await_level(pipeline: &Pipeline, id: i32, level: &str) -> Result<()> {
    until(&format!("{level}at node {id}"), KEPT_WITHIN, || {
        Ok(configs(pipeline, id, &["--describe", "--entity-type", "broker-loggers"])?.contains(level))
    })
}

fn configs(pipeline: &Pipeline, id: i32, args: &[&str]) -> Result<String> {
    tool(pipeline, CONFIGS, &[args, &["--entity-name", &id.to_string()]].concat())
}
