//! Requests end: by their deadline, or by the end of the lease. Events and deletions do no more than they must.

use std::time::Duration;

use crate::double::{Double, Step, api, refused, step, unanswered};
use http::Method;
use k8s_openapi::api::core::v1::Pod;
use kafkapipelines_core::retry::{ReconcileError as _, Retry};
use kafkapipelines_operator::io::api_server::{ApiServer, DEADLINE};
use kafkapipelines_operator::io::delete::delete;
use kafkapipelines_operator::io::error::Call;
use kafkapipelines_operator::io::events::{EventSink, News};
use kafkapipelines_operator::io::lease_guard::{self, LeaseHold};
use kafkapipelines_operator::io::metrics::Metrics;
use kube::Api;
use kube::runtime::events::EventType;
use serde_json::json;
use tokio::time::Instant;

const POD: &str = "/api/v1/namespaces/logs/pods/broker-0";
const EVENTS: &str = "/apis/events.k8s.io/v1/namespaces/logs/events";

fn server(steps: Vec<Step>, lease: Duration) -> (ApiServer, Double, LeaseHold) {
    let (client, double) = api(steps);
    let (hold, guard) = lease_guard::pair();
    hold.extend(Instant::now() + lease);
    (ApiServer::new(client, "kafkanodepool", guard, Metrics::default()), double, hold)
}

fn pod() -> Pod {
    serde_json::from_value(json!({"metadata": {"name": "broker-0", "namespace": "logs", "uid": "u1"}})).unwrap()
}

fn call() -> Call {
    Call { verb: "get", kind: "Pod".to_owned(), namespace: "logs".to_owned(), name: "broker-0".to_owned() }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_not_answered_is_an_error_that_is_tried_again() {
    let (server, double, _hold) = server(vec![unanswered(Method::GET, POD)], DEADLINE * 2);
    let pods = Api::<Pod>::namespaced(server.client(), "logs");
    let began = Instant::now();
    let error = server.read(call(), pods.get("broker-0")).await.unwrap_err();
    assert_eq!(began.elapsed(), DEADLINE);
    assert_eq!((error.reason(), error.retry()), ("ApiServerTimeout", Retry::Backoff));
    assert_eq!(error.to_string(), "get Pod logs/broker-0: no answer within 10 s");
    drop((server, pods));
    double.seen().await;
}

#[tokio::test(start_paused = true)]
async fn a_write_never_outlives_the_lease() {
    let left = Duration::from_secs(3);
    let (server, double, _hold) = server(vec![unanswered(Method::DELETE, POD)], left);
    let began = Instant::now();
    let error = delete(&server, &pod()).await.unwrap_err();
    assert_eq!(began.elapsed(), left);
    assert_eq!(error.reason(), "ApiServerTimeout");
    assert_eq!(delete(&server, &pod()).await.unwrap_err().reason(), "NotLeader");
    drop(server);
    double.seen().await;
}

#[tokio::test]
async fn only_the_observed_object_is_deleted() {
    let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Success"});
    let steps = vec![
        step(Method::DELETE, POD, status),
        refused(Method::DELETE, POD, 409, "Conflict"),
        refused(Method::DELETE, POD, 404, "NotFound"),
        refused(Method::DELETE, POD, 500, "InternalError"),
    ];
    let (server, double, _hold) = server(steps, DEADLINE);
    assert!(delete(&server, &pod()).await.unwrap());
    assert!(!delete(&server, &pod()).await.unwrap(), "another of that name");
    assert!(!delete(&server, &pod()).await.unwrap(), "gone");
    assert_eq!(delete(&server, &pod()).await.unwrap_err().reason(), "ApiServerError");
    drop(server);
    let seen = double.seen().await;
    assert_eq!(seen[0].body["preconditions"], json!({"uid": "u1"}));
}

#[tokio::test]
async fn an_event_is_published_once_for_each_change_and_its_failure_is_no_failure() {
    let event =
        json!({"apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": "e"}, "eventTime": null});
    let created = || step(Method::POST, EVENTS, event.clone());
    let steps = vec![created(), refused(Method::POST, EVENTS, 403, "Forbidden"), created(), created(), created()];
    let (server, double, _hold) = server(steps, DEADLINE);
    let sink = EventSink::new(server, "replica-0");
    let news = |topic, note: &str| News {
        kind: EventType::Normal,
        topic,
        reason: "Rolling".to_owned(),
        note: note.to_owned(),
    };
    for (topic, note) in [
        ("Roll", "Pod 0"),
        ("Roll", "Pod 0"),
        ("Roll", "Pod 1"),
        ("Roll", "Pod 1"),
        ("Roll", "Pod 0"),
        ("Ready", "Pod 0"),
    ] {
        sink.publish(&pod(), news(topic, note)).await;
    }
    sink.forget("logs", "broker-0");
    sink.publish(&pod(), news("Roll", "Pod 0")).await;
    drop(sink);
    let seen = double.seen().await;
    let notes: Vec<_> = seen.iter().map(|request| request.body["note"].as_str().unwrap()).collect();
    assert_eq!(notes, ["Pod 0", "Pod 1", "Pod 0", "Pod 0", "Pod 0"]);
    assert_eq!(seen[0].body["reportingController"], "kafkapipelines-kafkanodepool");
    assert_eq!(seen[0].body["regarding"]["uid"], "u1");
}
