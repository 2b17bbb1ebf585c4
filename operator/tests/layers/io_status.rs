//! Status is written when it differs, once, and never otherwise.

use std::time::Duration;

use crate::double::{Double, Seen, Step, api, step};
use http::Method;
use kafkapipelines_crds::LogPipeline;
use kafkapipelines_operator::io::api_server::ApiServer;
use kafkapipelines_operator::io::lease_guard::{self, LeaseHold};
use kafkapipelines_operator::io::metrics::Metrics;
use kafkapipelines_operator::io::status::{Outcome, StatusWriter, Transition};
use kube::api::ObjectMeta;
use serde_json::{Value, json};
use tokio::time::Instant;

const STATUS: &str = "/apis/kafkapipelines.io/v1alpha1/namespaces/logs/logpipelines/prod/status";

struct Bed {
    writer: StatusWriter,
    double: Double,
    _hold: LeaseHold,
}

impl Bed {
    fn expecting(steps: Vec<Step>) -> Self {
        let (client, double) = api(steps);
        let (hold, guard) = lease_guard::pair();
        hold.extend(Instant::now() + Duration::from_mins(1));
        let server = ApiServer::new(client, "logpipeline", guard, Metrics::default());
        Self { writer: StatusWriter::new(server), double, _hold: hold }
    }

    async fn write(&self, observed: &Value, status: Value) -> Outcome {
        let object: LogPipeline = serde_json::from_value(observed.clone()).unwrap();
        let status = serde_json::from_value(status).unwrap();
        self.writer.write(&object, &status).await.unwrap()
    }

    async fn seen(self) -> Vec<Seen> {
        drop(self.writer);
        self.double.seen().await
    }
}

fn condition(status: &str, reason: &str, since: &str) -> Value {
    json!({
        "type": "Ready", "status": status, "reason": reason, "message": reason, "observedGeneration": 1,
        "lastTransitionTime": since,
    })
}

/// A pipeline with this status, as the API server shows it.
fn pipeline(version: &str, status: &Value) -> Value {
    json!({
        "apiVersion": "kafkapipelines.io/v1alpha1", "kind": "LogPipeline",
        "metadata": {"name": "prod", "namespace": "logs", "generation": 1, "resourceVersion": version},
        "spec": {"kafka": {"version": "3.9.0", "listeners": []}}, "status": status,
    })
}

const THEN: &str = "2026-01-01T00:00:00Z";
const NOW: &str = "2026-02-02T00:00:00Z";

#[tokio::test]
async fn radio_silence() {
    let bed = Bed::expecting(vec![]);
    let status = json!({"clusterId": "id", "conditions": [condition("True", "Running", THEN)]});
    let same_later = json!({"clusterId": "id", "conditions": [condition("True", "Running", NOW)]});
    assert_eq!(bed.write(&pipeline("7", &status), same_later).await, Outcome::Unchanged);
    assert_eq!(bed.write(&pipeline("8", &Value::Null), json!({})).await, Outcome::Unchanged);
    bed.seen().await;
}

#[tokio::test]
async fn a_difference_is_written_and_told_and_times_move_only_with_the_status() {
    let before = json!({"conditions": [condition("False", "Starting", THEN)]});
    let reworded = json!({"conditions": [condition("False", "Rolling", THEN)]});
    let turned = json!({"conditions": [condition("True", "Running", NOW)]});
    let bed = Bed::expecting(vec![
        step(Method::PATCH, STATUS, pipeline("8", &reworded)),
        step(Method::PATCH, STATUS, pipeline("9", &turned)),
    ]);
    let transition = |status: &str, reason: &str| Transition {
        condition: "Ready".to_owned(),
        status: status.to_owned(),
        reason: reason.to_owned(),
        message: reason.to_owned(),
    };
    let rolling = json!({"conditions": [condition("False", "Rolling", NOW)]});
    let first = bed.write(&pipeline("7", &before), rolling).await;
    assert_eq!(first, Outcome::Written(vec![transition("False", "Rolling")]));
    let second = bed.write(&pipeline("8", &reworded), turned.clone()).await;
    assert_eq!(second, Outcome::Written(vec![transition("True", "Running")]));
    let seen = bed.seen().await;
    assert_eq!(seen[0].body["status"], reworded);
    assert_eq!(seen[1].body["status"], turned);
    assert_eq!(seen[0].query, "&force=true&fieldManager=kafkapipelines-logpipeline-status");
    assert_eq!(seen[0].body["metadata"], json!({"name": "prod"}));
}

#[tokio::test]
async fn a_late_watch_or_a_stranger_s_condition_repeats_nothing_but_a_status_changed_by_hand_is_put_right() {
    let before = json!({"conditions": [condition("False", "Starting", THEN)]});
    let wanted = json!({"conditions": [condition("True", "Running", NOW)]});
    let stranger = json!({
        "type": "Foreign", "status": "True", "reason": "X", "message": "", "lastTransitionTime": THEN,
    });
    let became = json!({"conditions": [condition("True", "Running", NOW), stranger]});
    let bed = Bed::expecting(vec![
        step(Method::PATCH, STATUS, pipeline("8", &became)),
        step(Method::PATCH, STATUS, pipeline("11", &became)),
    ]);
    bed.write(&pipeline("7", &before), wanted.clone()).await;
    let late = bed.write(&pipeline("7", &before), wanted.clone()).await;
    assert_eq!(late, Outcome::Unchanged, "the watch does not show the write yet");
    assert_eq!(bed.write(&pipeline("8", &became), wanted.clone()).await, Outcome::Unchanged);
    assert_eq!(bed.write(&pipeline("9", &became), wanted.clone()).await, Outcome::Unchanged, "the spec changed");
    let by_hand = pipeline("10", &json!({"clusterId": "wrong", "conditions": became["conditions"]}));
    assert!(matches!(bed.write(&by_hand, wanted.clone()).await, Outcome::Written(_)));
    let current = bed.writer.current(&serde_json::from_value::<LogPipeline>(by_hand).unwrap()).unwrap();
    assert_eq!(json!(current), became, "what was written last is newer than what was observed");
    bed.seen().await;
}

#[tokio::test]
async fn an_unreadable_object_gets_one_condition_for_each_generation() {
    let answer = || step(Method::PATCH, STATUS, pipeline("8", &Value::Null));
    let bed = Bed::expecting(vec![answer(), answer()]);
    let metadata = |generation| ObjectMeta {
        name: Some("prod".to_owned()),
        namespace: Some("logs".to_owned()),
        generation: Some(generation),
        ..ObjectMeta::default()
    };
    for generation in [1, 1, 2, 2] {
        bed.writer.refuse::<LogPipeline>(&metadata(generation), "missing field `spec`").await.unwrap();
    }
    let seen = bed.seen().await;
    let status = &seen[1].body["status"];
    assert_eq!(status["observedGeneration"], 2);
    for (index, kind, says) in [(0, "Ready", "False"), (1, "Stalled", "True")] {
        let condition = &status["conditions"][index];
        assert_eq!((&condition["type"], &condition["status"]), (&json!(kind), &json!(says)));
        assert_eq!((&condition["reason"], &condition["observedGeneration"]), (&json!("Unreadable"), &json!(2)));
        assert!(condition["message"].as_str().unwrap().contains("missing field `spec`"));
    }
    assert!(seen[0].query.ends_with("fieldManager=kafkapipelines-logpipeline-unreadable"), "{}", seen[0].query);
}

#[tokio::test]
async fn what_was_said_of_an_unreadable_object_is_taken_back_once_it_can_be_read() {
    let stalled = json!({
        "type": "Stalled", "status": "True", "reason": "Unreadable", "message": "", "lastTransitionTime": THEN,
    });
    let refused = json!({"conditions": [condition("False", "Unreadable", THEN), stalled]});
    let wanted = json!({"conditions": [condition("True", "Running", NOW)]});
    let between = json!({"conditions": [condition("True", "Running", NOW), stalled]});
    let bed = Bed::expecting(vec![
        step(Method::PATCH, STATUS, pipeline("8", &between)),
        step(Method::PATCH, STATUS, pipeline("9", &wanted)),
    ]);
    bed.write(&pipeline("7", &refused), wanted.clone()).await;
    assert_eq!(bed.write(&pipeline("9", &wanted), wanted.clone()).await, Outcome::Unchanged);
    let seen = bed.seen().await;
    let managers =
        ["status", "unreadable"].map(|name| format!("&force=true&fieldManager=kafkapipelines-logpipeline-{name}"));
    assert_eq!([&seen[0].query, &seen[1].query], [&managers[0], &managers[1]]);
    assert_eq!((&seen[0].body["status"], &seen[1].body["status"]), (&wanted, &json!({})));
}
