//! One watch for each kind, shared by all controllers: a store to read from, and a call for each change.
//!
//! Stores hold what the operator reads and no more: `managedFields` are dropped, children are selected by label, and
//! kinds of which only the existence matters are watched as metadata (`Watched<PartialObjectMeta<K>>`).

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use futures::future::BoxFuture;
use futures::{FutureExt as _, Stream, StreamExt as _};
use kube::api::{Api, ObjectMeta};
use kube::core::{DeserializeGuard, NamespaceResourceScope};
use kube::runtime::WatchStreamExt as _;
use kube::runtime::reflector::store::Writer;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Client, Resource, ResourceExt as _};
use serde::de::DeserializeOwned;

use super::error;
use super::metrics::Metrics;

/// The annotation in which `kubectl apply` keeps a copy of the object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// How long a watch lives before it is begun anew where it ended, in seconds: so long a dead connection goes unnoticed.
const LIFETIME: u32 = 120;

/// An object that can be watched: namespaced, of a type known at compile time.
pub trait Watchable:
    Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned + Send + Sync + 'static
{
}

impl<K> Watchable for K where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Clone
        + Debug
        + DeserializeOwned
        + Send
        + Sync
        + 'static
{
}

type Listener<K> = Box<dyn Fn(&ObjectRef<K>, Option<&K>) + Send + Sync>;

/// The objects of one kind as the watch last showed them. Cheap to clone.
pub struct Watched<K: Watchable> {
    store: Store<K>,
    listeners: Arc<RwLock<Vec<Listener<K>>>>,
    unreadable: Arc<Mutex<HashMap<ObjectRef<K>, Unreadable>>>,
}

impl<K: Watchable> Clone for Watched<K> {
    fn clone(&self) -> Self {
        let Self { store, listeners, unreadable } = self;
        Self { store: store.clone(), listeners: Arc::clone(listeners), unreadable: Arc::clone(unreadable) }
    }
}

/// An object that this version of the operator cannot read.
#[derive(Clone, Debug)]
pub struct Unreadable {
    /// Its metadata.
    pub metadata: ObjectMeta,
    /// What is wrong with it.
    pub error: String,
}

impl<K: Watchable> Watched<K> {
    fn new(writer: &Writer<K>) -> Self {
        Self { store: writer.as_reader(), listeners: Arc::default(), unreadable: Arc::default() }
    }

    /// The object, if the watch has shown it.
    pub fn get(&self, namespace: &str, name: &str) -> Option<Arc<K>> {
        self.store.get(&ObjectRef::new(name).within(namespace))
    }

    /// All objects in `namespace` that match, in no special order.
    pub fn list(&self, namespace: &str, matches: impl Fn(&K) -> bool) -> Vec<Arc<K>> {
        self.store.state_filter(|object| object.meta().namespace.as_deref() == Some(namespace) && matches(object))
    }

    /// The store behind it.
    pub fn store(&self) -> Store<K> {
        self.store.clone()
    }

    /// Calls `listener` for each object that appears, changes or goes, once the store shows it so. For an object that
    /// cannot be read it gets the reference alone. It must not block.
    pub fn on_change(&self, listener: impl Fn(&ObjectRef<K>, Option<&K>) + Send + Sync + 'static) {
        self.listeners.write().unwrap_or_else(PoisonError::into_inner).push(Box::new(listener));
    }

    /// Why the object cannot be read, if it cannot. The store keeps the last version that could, if there was one.
    pub fn unreadable(&self, object: &ObjectRef<K>) -> Option<Unreadable> {
        self.lock_unreadable().get(object).cloned()
    }

    /// All objects that cannot be read.
    pub fn all_unreadable(&self) -> Vec<ObjectRef<K>> {
        self.lock_unreadable().keys().cloned().collect()
    }

    fn tell(&self, reference: &ObjectRef<K>, object: Option<&K>) {
        for listener in self.listeners.read().unwrap_or_else(PoisonError::into_inner).iter() {
            listener(reference, object);
        }
    }

    fn lock_unreadable(&self) -> MutexGuard<'_, HashMap<ObjectRef<K>, Unreadable>> {
        self.unreadable.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a store has held all objects once.
pub trait Syncing: Send + Sync {
    /// The kind of its objects.
    fn kind(&self) -> String;

    /// Ends when it has; at once if the watch has ended, for then the process stops.
    fn synced(&self) -> BoxFuture<'_, ()>;
}

impl<K: Watchable> Syncing for Watched<K> {
    fn kind(&self) -> String {
        K::kind(&()).into_owned()
    }

    fn synced(&self) -> BoxFuture<'_, ()> {
        self.store.wait_until_ready().map(drop).boxed()
    }
}

/// Where to watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All namespaces.
    Cluster,
    /// One namespace.
    Namespace(String),
}

impl Scope {
    fn api<K>(&self, client: Client) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        match self {
            Self::Cluster => Api::all(client),
            Self::Namespace(namespace) => Api::namespaced(client, namespace),
        }
    }
}

/// Watches the objects with the labels of `selector`. The future is the watch: it never ends.
pub fn labelled<K: Watchable>(
    client: Client,
    scope: &Scope,
    selector: &str,
    metrics: Metrics,
) -> (Watched<K>, impl Future<Output = ()> + Send + use<K>) {
    follow(
        watcher(scope.api(client), watcher::Config::default().timeout(LIFETIME).labels(selector)).default_backoff(),
        metrics,
    )
}

/// Watches objects that users write: all of them, also those that this version cannot read, which are set apart.
pub fn roots<K: Watchable>(
    client: Client,
    scope: &Scope,
    metrics: Metrics,
) -> (Watched<K>, impl Future<Output = ()> + Send + use<K>) {
    follow_guarded(watcher(scope.api(client), watcher::Config::default().timeout(LIFETIME)).default_backoff(), metrics)
}

/// Keeps what `events` say. The future ends with them.
pub fn follow<K, S>(events: S, metrics: Metrics) -> (Watched<K>, impl Future<Output = ()> + Send + use<K, S>)
where
    K: Watchable,
    S: Stream<Item = watcher::Result<Event<K>>> + Send,
{
    let writer = Writer::default();
    let watched = Watched::new(&writer);
    (watched.clone(), keep(events, writer, watched, metrics))
}

/// Keeps what `events` say, with the objects set apart that cannot be read. The future ends with them.
pub fn follow_guarded<K, S>(events: S, metrics: Metrics) -> (Watched<K>, impl Future<Output = ()> + Send + use<K, S>)
where
    K: Watchable,
    S: Stream<Item = watcher::Result<Event<DeserializeGuard<K>>>> + Send,
{
    let writer = Writer::default();
    let watched = Watched::new(&writer);
    let (reading, counting) = (watched.clone(), metrics.clone());
    let readable = events.filter_map(move |event| {
        std::future::ready(event.map(|event| reading.set_apart(event, &counting)).transpose())
    });
    (watched.clone(), keep(readable, writer, watched, metrics))
}

/// Keeps the store as `events` say and tells the listeners.
async fn keep<K: Watchable>(
    events: impl Stream<Item = watcher::Result<Event<K>>> + Send,
    mut writer: Writer<K>,
    watched: Watched<K>,
    metrics: Metrics,
) {
    let mut events = std::pin::pin!(events.modify(prune));
    while let Some(event) = events.next().await {
        let kind = K::kind(&());
        match event {
            Ok(event) => take(&event, &mut writer, &watched),
            Err(error) => {
                metrics.watch_failed(&kind);
                tracing::warn!(%kind, error = brief(&error), "watch failed, trying again");
            }
        }
    }
}

fn take<K: Watchable>(event: &Event<K>, writer: &mut Writer<K>, watched: &Watched<K>) {
    // After a gap everything may have changed, and what vanished in the gap is in the old state alone.
    let before = if matches!(event, Event::InitDone) { watched.store.state() } else { Vec::new() };
    writer.apply_watcher_event(event);
    match event {
        Event::Apply(object) | Event::Delete(object) => watched.tell(&ObjectRef::from_obj(object), Some(object)),
        Event::InitDone => {
            for object in before.iter().chain(&watched.store.state()) {
                watched.tell(&ObjectRef::from_obj(object.as_ref()), Some(object));
            }
        }
        Event::Init | Event::InitApply(_) => {}
    }
}

/// The error without what the client says twice.
fn brief(error: &watcher::Error) -> String {
    match error {
        watcher::Error::InitialListFailed(source) => format!("cannot list: {}", error::brief(source)),
        watcher::Error::WatchStartFailed(source) => format!("cannot watch: {}", error::brief(source)),
        watcher::Error::WatchFailed(source) => error::brief(source),
        watcher::Error::WatchError(status) => status.message.clone(),
        watcher::Error::NoResourceVersion => error.to_string(),
    }
}

/// Drops what nobody reads and what is often the larger part of an object.
fn prune<K: Resource>(object: &mut K) {
    object.managed_fields_mut().clear();
    if let Some(annotations) = &mut object.meta_mut().annotations {
        annotations.remove(LAST_APPLIED);
    }
}

impl<K: Watchable> Watched<K> {
    /// The event, if its object can be read; else the object is noted and told of.
    fn set_apart(&self, event: Event<DeserializeGuard<K>>, metrics: &Metrics) -> Option<Event<K>> {
        match event {
            Event::Init => {
                self.lock_unreadable().clear();
                Some(Event::Init)
            }
            Event::InitDone => Some(Event::InitDone),
            Event::InitApply(object) => self.read(object, metrics).map(Event::InitApply),
            Event::Apply(object) => self.read(object, metrics).map(Event::Apply),
            Event::Delete(DeserializeGuard(object)) => self.gone(object).map(Event::Delete),
        }
    }

    fn read(&self, DeserializeGuard(object): DeserializeGuard<K>, metrics: &Metrics) -> Option<K> {
        match object {
            Ok(object) => {
                self.lock_unreadable().remove(&ObjectRef::from_obj(&object));
                Some(object)
            }
            Err(invalid) => {
                let reference = reference::<K>(&invalid.metadata);
                let kind = K::kind(&());
                metrics.skipped(&kind);
                tracing::warn!(%kind, object = %reference, error = invalid.error, "object cannot be read, skipped");
                let unreadable = Unreadable { metadata: invalid.metadata, error: invalid.error };
                self.lock_unreadable().insert(reference.clone(), unreadable);
                self.tell(&reference, None);
                None
            }
        }
    }

    /// What to delete from the store: the object, or the readable version that the store kept.
    fn gone(&self, object: Result<K, kube::core::error_boundary::InvalidObject>) -> Option<K> {
        let reference = match &object {
            Ok(object) => ObjectRef::from_obj(object),
            Err(invalid) => reference::<K>(&invalid.metadata),
        };
        self.lock_unreadable().remove(&reference);
        let kept = object.ok().or_else(|| self.store.get(&reference).map(Arc::unwrap_or_clone));
        if kept.is_none() {
            self.tell(&reference, None);
        }
        kept
    }
}

fn reference<K: Watchable>(metadata: &ObjectMeta) -> ObjectRef<K> {
    let reference = ObjectRef::new(metadata.name.as_deref().unwrap_or_default());
    reference.within(metadata.namespace.as_deref().unwrap_or_default())
}
