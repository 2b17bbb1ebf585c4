//! Reconciles run when they must: bounded, again after a failure, and never one object's fault upon another.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::double::{Double, api, step};
use futures::channel::mpsc::{UnboundedSender, unbounded};
use http::Method;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kafkapipelines_core::retry::{ReconcileError, Retry};
use kafkapipelines_operator::controllers::metrics::Metrics;
use kafkapipelines_operator::controllers::{Action, Reconciler, Runner, Settings};
use kafkapipelines_operator::io::api_server::ApiServer;
use kafkapipelines_operator::io::lease_guard::{self, LeaseHold};
use kafkapipelines_operator::io::watch::{Watched, follow, follow_guarded};
use kafkapipelines_operator::io::{self, Io};
use kube::core::DeserializeGuard;
use kube::runtime::watcher::{Error, Event};
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What reconciling an object comes to, by the object's name, and how often it was tried.
type Counts = BTreeMap<String, u32>;

struct Script {
    io: Io,
    reconciled: watch::Sender<Counts>,
    forgotten: Arc<Mutex<Vec<String>>>,
}

#[derive(Debug, thiserror::Error)]
#[error("scripted")]
struct Scripted(Retry);

impl ReconcileError for Scripted {
    fn reason(&self) -> &'static str {
        "Scripted"
    }

    fn retry(&self) -> Retry {
        self.0
    }
}

impl Reconciler for Script {
    type Object = ConfigMap;
    type Error = Scripted;

    const NAME: &'static str = "configmap";

    async fn reconcile(&self, object: Arc<ConfigMap>) -> Result<Action, Scripted> {
        let name = object.metadata.name.clone().unwrap();
        let mut times = 0;
        self.reconciled.send_modify(|counts| {
            times = *counts.entry(name.clone()).and_modify(|times| *times += 1).or_insert(1);
        });
        match (&*name, times) {
            ("panics", 1) => panic!("scripted"),
            ("fails", 1..=2) => Err(Scripted(Retry::Backoff)),
            ("waits", _) => Err(Scripted(Retry::AwaitChange)),
            ("again", 1) => Ok(Action::requeue(Duration::from_hours(1))),
            ("slow", _) => {
                tokio::time::sleep(Duration::from_secs(5)).await;
                self.reconciled.send_modify(|counts| *counts.entry("slow, to its end".to_owned()).or_default() += 1);
                Ok(Action::await_change())
            }
            _ => Ok(Action::await_change()),
        }
    }

    fn io(&self) -> &Io {
        &self.io
    }

    fn forget(&self, _: &str, name: &str) {
        self.forgotten.lock().unwrap().push(name.to_owned());
        self.reconciled.send_modify(|_| {});
    }
}

struct Bed {
    objects: UnboundedSender<Result<Event<DeserializeGuard<ConfigMap>>, Error>>,
    children: UnboundedSender<Result<Event<Secret>, Error>>,
    reconciled: watch::Receiver<Counts>,
    forgotten: Arc<Mutex<Vec<String>>>,
    stop: CancellationToken,
    running: JoinHandle<()>,
    registry: Registry,
    double: Double,
    _hold: LeaseHold,
}

impl Bed {
    fn new(steps: Vec<crate::double::Step>) -> Self {
        let (objects, events) = unbounded();
        let (watched, watching) = follow_guarded::<ConfigMap, _>(events, io::metrics::Metrics::default());
        let (children, child_events) = unbounded();
        let (secrets, watching_children) = follow(child_events, io::metrics::Metrics::default());
        tokio::spawn(watching);
        tokio::spawn(watching_children);
        let (client, double) = api(steps);
        let (hold, guard) = lease_guard::pair();
        hold.extend(tokio::time::Instant::now() + Duration::from_hours(24));
        let server = ApiServer::new(client, Script::NAME, guard, io::metrics::Metrics::default());
        let (reconciled, counts) = watch::channel(Counts::new());
        let forgotten = Arc::default();
        let script = Script { io: Io::new(server, "replica-0"), reconciled, forgotten: Arc::clone(&forgotten) };
        let mut registry = Registry::default();
        let settings = Settings { concurrency: 2, metrics: Metrics::register(&mut registry) };
        let stop = CancellationToken::new();
        let running = tokio::spawn(run(script, watched, secrets, settings, stop.clone()));
        Self { objects, children, reconciled: counts, forgotten, stop, running, registry, double, _hold: hold }
    }

    fn tell(&self, event: Event<DeserializeGuard<ConfigMap>>) {
        self.objects.unbounded_send(Ok(event)).unwrap();
    }

    /// Lists these objects, so that the controller begins.
    fn list(&self, names: &[&str]) {
        self.tell(Event::Init);
        for name in names {
            self.tell(Event::InitApply(object(name, json!({}))));
        }
        self.tell(Event::InitDone);
    }

    async fn until(&mut self, what: &str, holds: impl Fn(&Counts) -> bool) {
        let waiting = self.reconciled.wait_for(|counts| holds(counts));
        let waited = tokio::time::timeout(Duration::from_mins(10), waiting).await;
        assert!(waited.is_ok(), "{what}");
    }

    fn count(&self, name: &str) -> u32 {
        self.reconciled.borrow().get(name).copied().unwrap_or(0)
    }

    fn metrics(&self) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry).unwrap();
        text
    }
}

async fn run(
    script: Script,
    objects: Watched<ConfigMap>,
    secrets: Watched<Secret>,
    settings: Settings,
    stop: CancellationToken,
) {
    let neighbour = |secret: &Secret| secret.metadata.labels.as_ref().and_then(|labels| labels.get("for")).cloned();
    Runner::new(script, &objects, &settings).owns(&secrets).watches(&secrets, neighbour).run(stop).await;
}

fn object(name: &str, data: Value) -> DeserializeGuard<ConfigMap> {
    let object = json!({"metadata": {"name": name, "namespace": "logs", "generation": 4}, "data": data});
    serde_json::from_value(object).unwrap()
}

fn secret(metadata: &Value) -> Secret {
    let mut secret = json!({"metadata": {"name": "s", "namespace": "logs"}});
    let (Value::Object(all), Value::Object(more)) = (&mut secret["metadata"], metadata) else { unreachable!() };
    all.extend(more.clone());
    serde_json::from_value(secret).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_failure_or_a_panic_is_tried_again_and_harms_no_other_object() {
    let mut bed = Bed::new(vec![]);
    bed.list(&["panics", "fails", "waits", "good", "again"]);
    let all = |counts: &Counts| {
        counts.get("panics") == Some(&2) && counts.get("fails") == Some(&3) && counts.contains_key("good")
    };
    bed.until("both are tried again", all).await;
    bed.until("a requeue is kept", |counts| counts.get("again") == Some(&1)).await;
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert_eq!((bed.count("waits"), bed.count("good"), bed.count("again")), (1, 1, 1));
    let metrics = bed.metrics();
    for line in [
        "reconcile_errors_total{kind=\"configmap\",reason=\"Scripted\"} 3",
        "reconcile_errors_total{kind=\"configmap\",reason=\"Panic\"} 1",
        "reconciles_total{kind=\"configmap\",result=\"success\"} 4",
        "reconciles_in_flight{kind=\"configmap\"} 0",
        "reconcile_queue_depth{kind=\"configmap\"} 0",
        "reconcile_duration_seconds_count{kind=\"configmap\"} 8",
    ] {
        assert!(metrics.contains(line), "no {line} in\n{metrics}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_of_a_child_or_a_neighbour_and_its_end_reconcile_the_object() {
    let mut bed = Bed::new(vec![]);
    bed.list(&["owner", "neighbour", "other"]);
    bed.until("all once", |counts| counts.len() == 3).await;
    let owner = json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": "u", "controller": true}]);
    let child = secret(&json!({"ownerReferences": owner, "labels": {"for": "neighbour"}}));
    for (times, event) in [(2, Event::Apply(child.clone())), (3, Event::Delete(child))] {
        bed.children.unbounded_send(Ok(event)).unwrap();
        let both = |counts: &Counts| counts["owner"] == times && counts["neighbour"] == times;
        bed.until("owner and neighbour again", both).await;
    }
    for kind in ["Deployment", "ConfigMap"] {
        let controller = kind == "Deployment";
        let foreign =
            json!([{"apiVersion": "v1", "kind": kind, "name": "owner", "uid": "u", "controller": controller}]);
        bed.children.unbounded_send(Ok(Event::Apply(secret(&json!({"ownerReferences": foreign}))))).unwrap();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((bed.count("owner"), bed.count("other")), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn changes_in_a_burst_are_answered_once_and_an_object_that_goes_is_forgotten() {
    let mut bed = Bed::new(vec![]);
    bed.list(&["a"]);
    bed.until("once", |counts| counts.get("a") == Some(&1)).await;
    for n in 0..10 {
        bed.tell(Event::Apply(object("a", json!({"key": n.to_string()}))));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    bed.until("again", |counts| counts.get("a") == Some(&2)).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(bed.count("a"), 2);
    bed.tell(Event::Delete(object("a", json!({}))));
    let forgotten = Arc::clone(&bed.forgotten);
    bed.until("forgotten", move |_| *forgotten.lock().unwrap() == ["a"]).await;
    assert_eq!(bed.count("a"), 2);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_cannot_be_read_gets_a_condition_instead_of_a_reconcile() {
    let status = |name| format!("/api/v1/namespaces/logs/configmaps/{name}/status").leak() as &'static str;
    let answer = |name| step(Method::PATCH, status(name), json!({"metadata": {"name": name, "resourceVersion": "9"}}));
    let mut bed = Bed::new(vec![answer("never"), answer("turned")]);
    bed.list(&["turned", "good"]);
    bed.until("both", |counts| counts.len() == 2).await;
    bed.tell(Event::Apply(object("never", json!("no map"))));
    tokio::time::sleep(Duration::from_secs(1)).await;
    bed.tell(Event::Apply(object("turned", json!("no map"))));
    bed.tell(Event::Apply(object("good", json!({"key": "2"}))));
    bed.until("the good one goes on", |counts| counts["good"] == 2).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((bed.count("turned"), bed.count("never")), (1, 0));
    bed.stop.cancel();
    bed.running.await.unwrap();
    drop((bed.objects, bed.children));
    let seen = bed.double.seen().await;
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[1].body["status"]["conditions"][0]["reason"], "Unreadable");
}

#[tokio::test(start_paused = true)]
async fn stopping_lets_running_reconciles_end_and_starts_none() {
    let mut bed = Bed::new(vec![]);
    bed.list(&["slow"]);
    bed.until("begun", |counts| counts.contains_key("slow")).await;
    bed.stop.cancel();
    bed.tell(Event::Apply(object("late", json!({}))));
    bed.running.await.unwrap();
    let counts = bed.reconciled.borrow().clone();
    assert_eq!(counts.keys().collect::<Vec<_>>(), ["slow", "slow, to its end"]);
}
