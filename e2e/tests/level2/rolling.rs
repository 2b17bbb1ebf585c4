//! A changed configuration.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use anyhow::{Context as _, Result};
use kafkapipelines_e2e::installation::Pipeline;
use serde_json::Value;

use super::bed::{READY_WITHIN, reference};
use super::pod_watch::PodWatch;

/// Kafka reads this key at its start only.
const CHANGE: &str = r#"{"spec": {"kafka": {"config": {"queued.max.requests": 400}}}}"#;

#[test]
fn a_changed_configuration_restarts_one_node_at_a_time() -> Result<()> {
    let pipeline = reference()?.pipeline;
    let events_before = restart_events(&pipeline)?;
    let (watch, mut operation) = (PodWatch::start(&pipeline)?, watch_operation(&pipeline)?);

    pipeline.kubectl(&["patch", "logpipeline", pipeline.name(), "--type=merge", "--patch", CHANGE])?;
    let output = BufReader::new(operation.stdout.take().context("kubectl has an output")?);
    assert!(output.lines().map_while(Result::ok).any(|kind| kind == "Restart"), "status.operation never said Restart");
    operation.kill()?;
    operation.wait()?;
    pipeline.await_ready(READY_WITHIN)?;

    let history = watch.history()?;
    assert_eq!(history.taken_too_early(""), []);
    let mut replaced = history.replaced;
    replaced.sort();
    let all: Vec<_> = pipeline.pod_uids()?.into_keys().collect();
    assert_eq!(replaced, all, "every node restarts once");
    let nodes = &pipeline.object_itself()?["status"]["nodes"];
    assert_eq!(nodes["upToDate"], nodes["desired"]);
    assert_eq!(new_events(&events_before, &restart_events(&pipeline)?), all.len());
    Ok(())
}

/// What the status says of the operation under way, a line for each change. It ends by itself when nothing is said in time.
fn watch_operation(pipeline: &Pipeline) -> Result<Child> {
    let watch = ["get", "logpipeline", pipeline.name(), "--watch", "--request-timeout=120s"];
    let kind = r#"--output=jsonpath={.status.operation.kind}{"\n"}"#;
    Ok(pipeline.kubectl_command().args(watch).arg(kind).stdout(Stdio::piped()).spawn()?)
}

/// How often each Event of a restart was published, by its name.
fn restart_events(pipeline: &Pipeline) -> Result<BTreeMap<String, u64>> {
    let events = pipeline.kubectl(&["get", "events.events.k8s.io", "--output=json"])?;
    let events: Value = serde_json::from_str(&events)?;
    let events = events["items"].as_array().context("a list of Events")?;
    let restarts = events.iter().filter(|event| event["action"] == "Restart");
    let name_and_count = |event: &Value| {
        let name = event["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        (name, event["series"]["count"].as_u64().unwrap_or(1))
    };
    Ok(restarts.map(name_and_count).collect())
}

fn new_events(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> usize {
    let published = |events: &BTreeMap<String, u64>| usize::try_from(events.values().sum::<u64>()).unwrap_or_default();
    published(after) - published(before)
}
