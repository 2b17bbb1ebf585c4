//! Members that are stopped while offsets are moved, and that start again whatever becomes of the spec meanwhile.

use kafkapipelines_core::consumer_health::report::ConsumerReport;
use kafkapipelines_core::consumer_health::start::Start;
use serde_json::{Value, json};

use crate::consumer::{Bed, CHILD, authority, config_map, consumer, pipeline, ready, replicas};
use crate::memory_api::MemoryApi;

/// A seek is on record in this phase.
fn record(bed: &Bed, phase: &str) {
    let seek = json!({"id": "1970-01-01T00:00:00Z", "to": "earliest", "phase": phase});
    bed.api.edit("consumers", "drain", |consumer| consumer["status"]["seek"] = seek);
}

async fn until_stopped(bed: &Bed) {
    record(bed, "Setting");
    bed.api.until("no members", |api| replicas(api) == Some(0)).await;
}

fn change(bed: &Bed, field: &str, value: Value) {
    bed.api.edit("consumers", "drain", |consumer| consumer["spec"][field] = value);
}

fn program(source: &str) -> Value {
    json!([{"name": "parse", "remap": {"source": source}}])
}

fn before_seek(api: &MemoryApi) -> Value {
    api.get("deployments", CHILD).unwrap()["metadata"]["annotations"]["kafkapipelines.io/members-before-seek"].clone()
}

#[tokio::test(start_paused = true)]
async fn members_stay_stopped_while_offsets_are_moved_and_then_start() {
    let bed = Bed::running().await;
    for (phase, members) in [("Stopping", 0), ("Done", 2), ("Setting", 0), ("Failed", 2)] {
        record(&bed, phase);
        let is_so = |api: &MemoryApi| {
            replicas(api) == Some(members) && ready(api).starts_with("False Seeking") == (members == 0)
        };
        bed.api.until(&format!("{phase}: {members} members are wanted"), is_so).await;
        assert_eq!(before_seek(&bed.api), if members == 0 { json!("2") } else { Value::Null });
    }
}

#[tokio::test(start_paused = true)]
async fn what_ran_runs_again_though_the_spec_is_refused_meanwhile() {
    let bed = Bed::running().await;
    let good = config_map(&bed.api);
    for (field, bad, reason) in [
        ("transforms", program(". = parse_json(.message)"), "InvalidVrl"),
        ("deadLetter", json!({"topic": "a"}), "DeadLetterLoop"),
        (
            "transforms",
            json!([{"name": "parse", "remap": {"sourceFrom": {"configMapKeyRef": {"name": "none", "key": "k"}}}}]),
            "ProgramNotFound",
        ),
    ] {
        let before = bed.api.get("consumers", "drain").unwrap()["spec"].clone();
        until_stopped(&bed).await;
        change(&bed, field, bad);
        change(&bed, "replicas", json!(5));
        bed.until_ready_is("False", reason).await;
        assert_eq!(replicas(&bed.api), Some(0), "offsets are being set");
        record(&bed, "Done");
        bed.api.until(&format!("{reason}: members"), |api| replicas(api) == Some(2)).await;
        bed.until_ready_is("False", reason).await;
        assert_eq!((config_map(&bed.api), before_seek(&bed.api)), (good.clone(), Value::Null), "{reason}");
        bed.api.edit("consumers", "drain", |consumer| consumer["spec"] = before);
        bed.run_members(2);
        bed.until_ready_is("True", "AllMembersReady").await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_never_ran_is_not_started_where_the_last_good_revision_can_be() {
    let bed = Bed::running().await;
    let good = config_map(&bed.api);
    until_stopped(&bed).await;
    change(&bed, "transforms", program(". = parse_json!(.message)"));
    bed.api.until("another file", |api| config_map(api) != good).await;
    change(&bed, "transforms", program(". = parse_json(.message)"));
    bed.until_ready_is("False", "InvalidVrl").await;
    record(&bed, "Failed");
    bed.api.until("members", |api| replicas(api) == Some(2)).await;
    assert_eq!(config_map(&bed.api), good);
}

#[tokio::test(start_paused = true)]
async fn what_ran_without_ever_being_good_runs_again() {
    let bed = Bed::new(&[consumer(), pipeline(), authority()]);
    bed.until_ready_is("False", "RolloutInProgress").await;
    let only = config_map(&bed.api);
    until_stopped(&bed).await;
    change(&bed, "deadLetter", json!({"topic": "a"}));
    bed.until_ready_is("False", "DeadLetterLoop").await;
    record(&bed, "Done");
    bed.api.until("members", |api| replicas(api) == Some(2)).await;
    assert_eq!(config_map(&bed.api), only);
}

#[tokio::test(start_paused = true)]
async fn members_that_start_again_wait_for_nothing_and_a_person_may_keep_them_stopped() {
    let bed = Bed::running().await;
    let waits = Some(Start::Waits("TopicPending", "there is no topic a".to_owned()));
    bed.see(ConsumerReport { start: waits, ..ConsumerReport::default() });
    until_stopped(&bed).await;
    record(&bed, "Done");
    bed.api.until("members", |api| replicas(api) == Some(2)).await;
    until_stopped(&bed).await;
    change(&bed, "replicas", json!(0));
    record(&bed, "Done");
    bed.until_ready_is("False", "ScaledToZero").await;
    assert_eq!((replicas(&bed.api), before_seek(&bed.api)), (Some(0), Value::Null));
}
