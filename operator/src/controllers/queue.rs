//! What must be reconciled: objects that changed, or whose children or neighbours did.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use kube::runtime::reflector::{Lookup, ObjectRef};
use prometheus_client::metrics::gauge::Gauge;

/// The sending side. An object is in it once, however often it is added before its reconcile begins.
pub(super) struct Queue<K: Lookup<DynamicType = ()>> {
    sender: UnboundedSender<ObjectRef<K>>,
    waiting: Arc<Mutex<HashSet<ObjectRef<K>>>>,
    depth: Gauge,
}

impl<K: Lookup<DynamicType = ()>> Clone for Queue<K> {
    fn clone(&self) -> Self {
        let Self { sender, waiting, depth } = self;
        Self { sender: sender.clone(), waiting: Arc::clone(waiting), depth: depth.clone() }
    }
}

impl<K: Lookup<DynamicType = ()>> Queue<K> {
    pub(super) fn new(depth: Gauge) -> (Self, UnboundedReceiver<ObjectRef<K>>) {
        let (sender, receiver) = unbounded();
        (Self { sender, waiting: Arc::default(), depth }, receiver)
    }

    /// Asks for a reconcile of `object`.
    pub(super) fn add(&self, object: ObjectRef<K>) {
        if self.lock().insert(object.clone()) {
            self.depth.inc();
            // Fails when the controller has stopped: then nobody reconciles any more.
            let _ = self.sender.unbounded_send(object);
        }
    }

    /// The reconcile of `object` begins: a change from now on needs another.
    pub(super) fn begin(&self, object: &ObjectRef<K>) {
        if self.lock().remove(object) {
            self.depth.dec();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<ObjectRef<K>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
