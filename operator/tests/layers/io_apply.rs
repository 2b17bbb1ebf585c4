//! Children are written when they must be, and never otherwise.

use std::time::Duration;

use crate::double::{Double, Seen, Step, api, refused, step};
use http::Method;
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{ConfigMap, Service};
use kafkapipelines_core::child::Child;
use kafkapipelines_core::retry::{ReconcileError as _, Retry};
use kafkapipelines_operator::io::api_server::ApiServer;
use kafkapipelines_operator::io::apply::{Applier, Outcome, Prepared};
use kafkapipelines_operator::io::lease_guard::{self, LeaseHold};
use kafkapipelines_operator::io::{Error, metrics::Metrics};
use kube::Resource as _;
use kube::api::ObjectMeta;
use serde_json::{Value, json};
use tokio::time::Instant;

const CONFIG: &str = "/api/v1/namespaces/logs/configmaps/settings";
const BROKERS: &str = "/api/v1/namespaces/logs/services/brokers";
const NODES: &str = "/apis/apps/v1/namespaces/logs/statefulsets/nodes";

struct Bed {
    applier: Applier,
    double: Double,
    hold: LeaseHold,
}

impl Bed {
    fn expecting(steps: Vec<Step>) -> Self {
        let (client, double) = api(steps);
        let (hold, guard) = lease_guard::pair();
        hold.extend(Instant::now() + Duration::from_mins(1));
        let server = ApiServer::new(client, "logpipeline", guard, Metrics::default());
        Self { applier: Applier::new(server), double, hold }
    }

    async fn apply(&self, children: Vec<Prepared>) -> Result<Vec<Outcome>, Error> {
        let applied = self.applier.apply(&owner(), children).await?;
        Ok(applied.all().iter().map(|child| child.outcome).collect())
    }

    async fn seen(self) -> Vec<Seen> {
        drop(self.applier);
        self.double.seen().await
    }
}

fn owner() -> ConfigMap {
    serde_json::from_value(json!({"metadata": {"name": "pipeline", "namespace": "logs", "uid": "owner"}})).unwrap()
}

fn metadata(name: &str) -> Value {
    json!({
        "name": name, "namespace": "logs",
        "labels": {"app.kubernetes.io/managed-by": "kafkapipelines"},
        "ownerReferences": [
            {"apiVersion": "v1", "kind": "Owner", "name": "pipeline", "uid": "owner", "controller": true}
        ],
    })
}

fn config(value: &str) -> Child {
    let object = json!({"metadata": metadata("settings"), "data": {"key": value}});
    Child::new(&serde_json::from_value::<ConfigMap>(object).unwrap())
}

fn nodes(replicas: i32) -> Child {
    let spec = json!({"replicas": replicas, "selector": {}, "serviceName": "x", "template": {}});
    Child::new(&serde_json::from_value::<StatefulSet>(json!({"metadata": metadata("nodes"), "spec": spec})).unwrap())
}

fn brokers() -> Child {
    let spec = json!({"ports": [{"name": "plain", "port": 9092}]});
    Child::new(&serde_json::from_value::<Service>(json!({"metadata": metadata("brokers"), "spec": spec})).unwrap())
}

/// The metadata of a live object, as the API server and the watch show it.
fn live(name: &str, version: &str, change: Value) -> Value {
    let mut metadata = metadata(name);
    metadata["uid"] = json!(format!("uid-{name}"));
    metadata["resourceVersion"] = json!(version);
    if let (Value::Object(all), Value::Object(change)) = (&mut metadata, change) {
        all.extend(change);
    }
    json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": metadata})
}

fn prepared(child: Child, observed: Option<&Value>) -> Prepared {
    let observed = observed.map(|object| serde_json::from_value::<ObjectMeta>(object["metadata"].clone()).unwrap());
    Prepared::new(child, observed.as_ref()).unwrap()
}

fn absent(path: &'static str) -> Step {
    refused(Method::GET, path, 404, "NotFound")
}

#[tokio::test]
async fn a_child_is_created_once_and_then_there_is_silence() {
    let after = live("settings", "7", json!({}));
    let bed = Bed::expecting(vec![absent(CONFIG), step(Method::PATCH, CONFIG, after.clone())]);
    assert_eq!(bed.apply(vec![prepared(config("a"), None)]).await.unwrap(), [Outcome::Created]);
    for _ in 0..3 {
        let again = bed.apply(vec![prepared(config("a"), Some(&after))]).await.unwrap();
        assert_eq!(again, [Outcome::Unchanged]);
    }
    let seen = bed.seen().await;
    assert_eq!(seen[1].query, "&force=true&fieldManager=kafkapipelines-logpipeline");
    assert_eq!(seen[1].body["kind"], "ConfigMap");
    assert_eq!(seen[1].body["data"], json!({"key": "a"}));
}

#[tokio::test]
async fn another_intent_is_written_and_so_is_a_child_changed_by_hand() {
    let first = live("settings", "7", json!({}));
    let second = live("settings", "8", json!({}));
    let healed = live("settings", "10", json!({}));
    let bed = Bed::expecting(vec![
        step(Method::PATCH, CONFIG, first.clone()),
        step(Method::PATCH, CONFIG, second.clone()),
        step(Method::PATCH, CONFIG, healed.clone()),
    ]);
    let after_restart = bed.apply(vec![prepared(config("a"), Some(&first))]).await.unwrap();
    assert_eq!(after_restart, [Outcome::Unchanged], "applied once, to no effect");
    assert_eq!(bed.apply(vec![prepared(config("b"), Some(&first))]).await.unwrap(), [Outcome::Changed]);
    let by_hand = live("settings", "9", json!({}));
    assert_eq!(bed.apply(vec![prepared(config("b"), Some(&by_hand))]).await.unwrap(), [Outcome::Changed]);
    assert_eq!(bed.apply(vec![prepared(config("b"), Some(&healed))]).await.unwrap(), [Outcome::Unchanged]);
    bed.seen().await;
}

#[tokio::test]
async fn a_status_that_moves_writes_nothing_but_a_lost_label_or_a_new_generation_does() {
    let first = live("nodes", "7", json!({"generation": 1}));
    let labels = json!({"app.kubernetes.io/managed-by": "kafkapipelines", "mine": "1"});
    let labelled = live("nodes", "30", json!({"generation": 2, "labels": labels}));
    let bed = Bed::expecting(vec![
        step(Method::PATCH, NODES, first.clone()),
        step(Method::PATCH, NODES, labelled.clone()),
        step(Method::PATCH, NODES, live("nodes", "41", json!({"generation": 2}))),
    ]);
    bed.apply(vec![prepared(nodes(3), Some(&first))]).await.unwrap();
    for version in ["8", "9", "20"] {
        let moved = live("nodes", version, json!({"generation": 1, "annotations": {"foreign": "x"}}));
        assert_eq!(bed.apply(vec![prepared(nodes(3), Some(&moved))]).await.unwrap(), [Outcome::Unchanged]);
    }
    let scaled = live("nodes", "29", json!({"generation": 2}));
    assert_eq!(bed.apply(vec![prepared(nodes(3), Some(&scaled))]).await.unwrap(), [Outcome::Changed]);
    let stripped = live("nodes", "40", json!({"generation": 2, "labels": {}}));
    assert_eq!(bed.apply(vec![prepared(nodes(3), Some(&stripped))]).await.unwrap(), [Outcome::Changed]);
    bed.seen().await;
}

#[tokio::test]
async fn a_name_that_is_taken_is_left_alone() {
    let strangers = [json!({"ownerReferences": null, "labels": null}), {
        let other = json!([{"apiVersion": "v1", "kind": "Cluster", "name": "prod", "uid": "else", "controller": true}]);
        json!({"ownerReferences": other})
    }];
    for stranger in strangers {
        let taken = live("settings", "7", stranger);
        let bed = Bed::expecting(vec![step(Method::GET, CONFIG, taken.clone())]);
        let error = bed.apply(vec![prepared(config("a"), None)]).await.unwrap_err();
        assert_eq!((error.reason(), error.retry()), ("NameTaken", Retry::Backoff), "{error}");
        if taken["metadata"]["ownerReferences"].is_array() {
            // Two of our own pipelines can want one name: then the watch does show the other's.
            let error = bed.apply(vec![prepared(config("a"), Some(&taken))]).await.unwrap_err();
            assert!(error.to_string().contains("belongs to Cluster prod"), "{error}");
        }
        bed.seen().await;
    }
}

#[tokio::test]
async fn a_view_older_than_our_last_write_changes_nothing() {
    let first = live("settings", "7", json!({}));
    let second = live("settings", "9", json!({}));
    let bed = Bed::expecting(vec![
        absent(CONFIG),
        step(Method::PATCH, CONFIG, first.clone()),
        step(Method::GET, CONFIG, first.clone()),
        step(Method::PATCH, CONFIG, second),
    ]);
    bed.apply(vec![prepared(config("key 1"), None)]).await.unwrap();
    let error = bed.apply(vec![prepared(config("key 2"), None)]).await.unwrap_err();
    assert_eq!(error.reason(), "StaleView", "made from a view without the first key: it must not replace it");
    bed.apply(vec![prepared(config("b"), Some(&first))]).await.unwrap();
    let same = bed.apply(vec![prepared(config("b"), Some(&first))]).await.unwrap();
    assert_eq!(same, [Outcome::Unchanged], "the watch is late, the child is as it should be");
    let error = bed.apply(vec![prepared(config("c"), Some(&first))]).await.unwrap_err();
    assert_eq!(error.reason(), "StaleView");
    bed.seen().await;
}

#[tokio::test]
async fn a_child_that_lost_its_label_gets_the_label_back_and_nothing_else() {
    let lost = live("settings", "7", json!({"labels": {}}));
    let bed = Bed::expecting(vec![step(Method::GET, CONFIG, lost.clone()), step(Method::PATCH, CONFIG, lost)]);
    let error = bed.apply(vec![prepared(config("another key"), None)]).await.unwrap_err();
    assert_eq!(error.reason(), "StaleView");
    let seen = bed.seen().await;
    assert_eq!(seen[1].body, json!({"metadata": {"labels": {"app.kubernetes.io/managed-by": "kafkapipelines"}}}));
}

#[tokio::test]
async fn a_child_that_is_being_deleted_is_left_alone_until_it_is_gone() {
    let bed = Bed::expecting(vec![absent(CONFIG), step(Method::PATCH, CONFIG, live("settings", "9", json!({})))]);
    let dying = live("settings", "8", json!({"deletionTimestamp": "2026-01-01T00:00:00Z"}));
    assert_eq!(bed.apply(vec![prepared(config("a"), Some(&dying))]).await.unwrap(), [Outcome::Terminating]);
    assert_eq!(bed.apply(vec![prepared(config("a"), None)]).await.unwrap(), [Outcome::Created]);
    bed.seen().await;
}

#[tokio::test]
async fn one_child_that_is_refused_does_not_keep_the_others() {
    let bed = Bed::expecting(vec![
        absent(CONFIG),
        absent(NODES),
        refused(Method::PATCH, CONFIG, 403, "Forbidden"),
        step(Method::PATCH, NODES, live("nodes", "9", json!({"generation": 1}))),
    ]);
    let children = vec![prepared(config("a"), None), prepared(nodes(3), None)];
    let error = bed.apply(children).await.unwrap_err();
    assert_eq!((error.reason(), error.retry()), ("Forbidden", Retry::Backoff));
    assert!(error.to_string().starts_with("patch ConfigMap logs/settings: "), "{error}");
    bed.seen().await;
}

#[tokio::test]
async fn without_the_lease_nothing_is_written() {
    let bed = Bed::expecting(vec![absent(CONFIG)]);
    bed.hold.end();
    let first = live("settings", "7", json!({}));
    for observed in [None, Some(&first)] {
        let error = bed.apply(vec![prepared(config("a"), observed)]).await.unwrap_err();
        assert_eq!((error.reason(), error.retry()), ("NotLeader", Retry::Backoff));
    }
    bed.seen().await;
}

#[tokio::test]
async fn what_is_remembered_goes_with_the_owner() {
    let first = live("settings", "7", json!({}));
    let patch = || step(Method::PATCH, CONFIG, first.clone());
    let bed = Bed::expecting(vec![patch(), patch()]);
    bed.apply(vec![prepared(config("a"), Some(&first))]).await.unwrap();
    bed.applier.forget("logs", "another");
    bed.apply(vec![prepared(config("a"), Some(&first))]).await.unwrap();
    bed.applier.forget("logs", owner().meta().name.as_deref().unwrap());
    bed.apply(vec![prepared(config("a"), Some(&first))]).await.unwrap();
    bed.seen().await;
}

#[tokio::test]
async fn a_service_whose_edit_bars_our_ports_is_made_anew() {
    let (first, edited) = (live("brokers", "7", json!({})), live("brokers", "8", json!({})));
    let again = live("brokers", "10", json!({"uid": "another"}));
    let bed = Bed::expecting(vec![
        step(Method::PATCH, BROKERS, first.clone()),
        refused(Method::PATCH, BROKERS, 422, "Invalid"),
        step(Method::DELETE, BROKERS, json!({"kind": "Status", "apiVersion": "v1", "status": "Success"})),
        step(Method::PATCH, BROKERS, again.clone()),
    ]);
    bed.apply(vec![prepared(brokers(), Some(&first))]).await.unwrap();
    assert_eq!(bed.apply(vec![prepared(brokers(), Some(&edited))]).await.unwrap(), [Outcome::Changed]);
    let seen = bed.seen().await;
    assert_eq!(seen[2].body["preconditions"]["uid"], "uid-brokers");
}

#[tokio::test]
async fn a_service_that_was_never_taken_is_not_deleted_when_it_is_refused() {
    let first = live("brokers", "7", json!({}));
    let bed = Bed::expecting(vec![refused(Method::PATCH, BROKERS, 422, "Invalid")]);
    let error = bed.apply(vec![prepared(brokers(), Some(&first))]).await.unwrap_err();
    assert_eq!(error.reason(), "Refused");
    bed.seen().await;
}
