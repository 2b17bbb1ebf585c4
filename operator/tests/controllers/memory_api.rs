//! A double of the API server with a memory: it lists, watches and applies objects of one namespace, and remembers every
//! request that changes something. It knows one field manager, no admission and no garbage collection.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body as Answer, Bytes};
use futures::channel::mpsc::{UnboundedSender, unbounded};
use http::{Method, Request, Response, StatusCode};
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};
use tokio::sync::watch;

/// The namespace of all objects.
pub const NAMESPACE: &str = "kafka";

/// The double. Cheap to clone.
#[derive(Clone)]
pub struct MemoryApi {
    state: Arc<Mutex<State>>,
    changed: Arc<watch::Sender<u64>>,
}

#[derive(Default)]
struct State {
    version: u64,
    objects: BTreeMap<Key, Value>,
    history: Vec<Change>,
    watches: Vec<Watch>,
    writes: Vec<String>,
    notes: Vec<Value>,
}

/// A label and its value.
type Selector = (String, String);

/// Plural and name.
type Key = (String, String);

#[derive(Clone)]
struct Change {
    version: u64,
    plural: String,
    event: Value,
}

struct Watch {
    plural: String,
    selector: Option<Selector>,
    events: UnboundedSender<Result<Bytes, Infallible>>,
}

impl MemoryApi {
    pub fn new() -> Self {
        Self { state: Arc::default(), changed: Arc::new(watch::Sender::new(0)) }
    }

    pub fn client(&self) -> Client {
        let api = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let api = api.clone();
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect_bytes().await?;
                let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
                Ok::<_, kube::Error>(api.answer(
                    &head.method,
                    head.uri.path(),
                    head.uri.query().unwrap_or_default(),
                    body,
                ))
            }
        });
        Client::new(service, NAMESPACE)
    }

    /// Makes or replaces an object, as somebody else than the operator.
    pub fn put(&self, plural: &str, object: Value) -> Value {
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        let stored = self.state.lock().unwrap().store((plural.to_owned(), name), object);
        self.tell();
        stored
    }

    /// Changes an object, as somebody else than the operator.
    pub fn edit(&self, plural: &str, name: &str, change: impl FnOnce(&mut Value)) {
        let mut object = self.get(plural, name).unwrap();
        change(&mut object);
        self.put(plural, object);
    }

    /// Takes an object away, as somebody else than the operator.
    pub fn remove(&self, plural: &str, name: &str) {
        self.state.lock().unwrap().delete(&key(plural, name));
        self.tell();
    }

    pub fn get(&self, plural: &str, name: &str) -> Option<Value> {
        self.state.lock().unwrap().objects.get(&(plural.to_owned(), name.to_owned())).cloned()
    }

    /// Every version of an object, the oldest first.
    pub fn past(&self, plural: &str, name: &str) -> Vec<Value> {
        let state = self.state.lock().unwrap();
        let versions =
            state.history.iter().filter(|change| change.plural == plural).map(|change| &change.event["object"]);
        versions.filter(|object| object["metadata"]["name"] == name).cloned().collect()
    }

    /// The requests that changed something, or tried to, since the last call.
    pub fn writes(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().writes)
    }

    /// Reasons of all Events so far.
    pub fn notes(&self) -> Vec<String> {
        self.state.lock().unwrap().notes.iter().map(|note| note["reason"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until `holds`.
    pub async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let mut changed = self.changed.subscribe();
        let waited = tokio::time::timeout(Duration::from_mins(10), async {
            while !holds(self) {
                changed.changed().await.unwrap();
            }
        });
        assert!(waited.await.is_ok(), "{what}: {:#?}", self.state.lock().unwrap().objects.values().collect::<Vec<_>>());
    }

    fn tell(&self) {
        self.changed.send_modify(|version| *version += 1);
    }

    fn answer(&self, method: &Method, path: &str, query: &str, body: Value) -> Response<Answer> {
        let selector = selector(query);
        let place: Vec<_> = path.split_once(&format!("namespaces/{NAMESPACE}/")).unwrap().1.split('/').collect();
        let mut state = self.state.lock().unwrap();
        let answer = match (method.as_str(), place.as_slice()) {
            ("GET", [plural]) if query.contains("watch=true") => state.watch(plural, selector, query),
            ("GET", [plural]) => json_answer(StatusCode::OK, &state.list(plural, selector.as_ref())),
            ("PATCH", [plural, name, rest @ ..]) => {
                state.writes.push(format!("PATCH {}", place.join("/")));
                json_answer(StatusCode::OK, &state.apply(key(plural, name), rest.first() == Some(&"status"), body))
            }
            ("DELETE", [plural, name]) if state.objects.contains_key(&key(plural, name)) => {
                state.writes.push(format!("DELETE {}", place.join("/")));
                json_answer(StatusCode::OK, &state.delete(&key(plural, name)))
            }
            ("GET" | "DELETE", [plural, name]) => match state.objects.get(&key(plural, name)) {
                Some(object) => json_answer(StatusCode::OK, object),
                None => json_answer(
                    StatusCode::NOT_FOUND,
                    &json!({"kind": "Status", "apiVersion": "v1", "status": "Failure",
                    "code": 404, "reason": "NotFound", "message": format!("{plural} {name} not found")}),
                ),
            },
            ("POST", ["events"]) => {
                state.writes.push("POST events".to_owned());
                state.notes.push(body.clone());
                json_answer(StatusCode::CREATED, &body)
            }
            _ => panic!("the double knows no {method} {path}"),
        };
        drop(state);
        self.tell();
        answer
    }
}

impl State {
    /// One field manager: what it applies is all that the object has, but for what the API server and others add.
    fn apply(&mut self, key: Key, status: bool, intent: Value) -> Value {
        let Some(old) = self.objects.get(&key).cloned() else { return self.store(key, intent) };
        let mut new = if status { old.clone() } else { intent.clone() };
        if status {
            new["status"] = intent["status"].clone();
        } else {
            for field in ["uid", "resourceVersion", "generation"] {
                if let Some(value) = old["metadata"].get(field) {
                    new["metadata"][field] = value.clone();
                }
            }
            if let Some(status) = old.get("status") {
                new["status"] = status.clone();
            }
        }
        self.store(key, new)
    }

    fn store(&mut self, key: Key, mut new: Value) -> Value {
        let old = self.objects.get(&key);
        if old == Some(&new) {
            return new;
        }
        let generation = old.and_then(|old| old["metadata"]["generation"].as_i64()).unwrap_or(0);
        let same_spec = old.is_some_and(|old| old.get("spec") == new.get("spec"));
        self.version += 1;
        new["metadata"]["namespace"] = json!(NAMESPACE);
        new["metadata"]["uid"] = json!(format!("{}/{}", key.0, key.1));
        if new.get("spec").is_some() {
            new["metadata"]["generation"] = json!(if same_spec { generation } else { generation + 1 });
        }
        new["metadata"]["resourceVersion"] = json!(self.version.to_string());
        let event = json!({"type": if old.is_some() { "MODIFIED" } else { "ADDED" }, "object": new});
        let change = Change { version: self.version, plural: key.0.clone(), event };
        self.watches.retain(|watch| watch.send(&change));
        self.history.push(change);
        self.objects.insert(key, new.clone());
        new
    }

    fn delete(&mut self, key: &Key) -> Value {
        let object = self.objects.remove(key).unwrap();
        self.version += 1;
        let event = json!({"type": "DELETED", "object": object});
        let change = Change { version: self.version, plural: key.0.clone(), event };
        self.watches.retain(|watch| watch.send(&change));
        self.history.push(change);
        object
    }

    fn list(&self, plural: &str, selector: Option<&Selector>) -> Value {
        let all = self.objects.iter().filter(|(key, object)| key.0 == plural && is_seen(object, selector));
        let items: Vec<_> = all.map(|(_, object)| object).collect();
        json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": self.version.to_string()}, "items": items})
    }

    fn watch(&mut self, plural: &str, selector: Option<Selector>, query: &str) -> Response<Answer> {
        let since =
            query.split('&').find_map(|pair| pair.strip_prefix("resourceVersion=")).and_then(|v| v.parse().ok());
        let (events, stream) = unbounded();
        let watch = Watch { plural: plural.to_owned(), selector, events };
        let since: u64 = since.unwrap_or(0);
        self.history.iter().filter(|change| change.version > since).for_each(|change| {
            watch.send(change);
        });
        self.watches.push(watch);
        Response::new(Answer::from_stream(stream))
    }
}

impl Watch {
    /// Whether somebody still listens.
    fn send(&self, change: &Change) -> bool {
        if change.plural != self.plural || !is_seen(&change.event["object"], self.selector.as_ref()) {
            return !self.events.is_closed();
        }
        self.events.unbounded_send(Ok(Bytes::from(format!("{}\n", change.event)))).is_ok()
    }
}

/// What the query selects by, if it does.
fn selector(query: &str) -> Option<Selector> {
    let selector = query.split('&').find_map(|pair| pair.strip_prefix("labelSelector="))?;
    let decoded = selector.replace("%2F", "/").replace("%3D", "=");
    decoded.split_once('=').map(|(label, value)| (label.to_owned(), value.to_owned()))
}

fn is_seen(object: &Value, selector: Option<&Selector>) -> bool {
    selector.is_none_or(|(label, value)| object["metadata"]["labels"][label] == *value)
}

fn key(plural: &str, name: &str) -> Key {
    (plural.to_owned(), name.to_owned())
}

fn json_answer(status: StatusCode, body: &Value) -> Response<Answer> {
    Response::builder().status(status).body(Answer::from(body.to_string())).unwrap()
}
