//! Runs the reconciles of one kind: bounded in number, one at a time for each object, tried again by their errors.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::channel::mpsc::UnboundedReceiver;
use futures::{FutureExt as _, StreamExt as _};
use kafkapipelines_core::retry::{ReconcileError, Retry};
use kube::runtime::applier;
use kube::runtime::controller::{Action, Config, Error as AppliedError};
use kube::runtime::reflector::ObjectRef;
use kube::{Resource as _, ResourceExt as _};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::backoff::Backoffs;
use super::metrics::Metrics;
use super::queue::Queue;
use super::reports::Reports;
use crate::io::watch::{Unreadable, Watchable, Watched};
use crate::io::{self, Io};

/// Changes that arrive within this time are answered by one reconcile.
const DEBOUNCE: Duration = Duration::from_millis(20);

/// Brings one kind of object to what its spec says.
pub trait Reconciler: Send + Sync + 'static {
    /// The kind.
    type Object: Watchable;
    /// Why a reconcile failed, and when to try again.
    type Error: ReconcileError + Send;

    /// The kind in lower case: name of the controller, label of its metrics.
    const NAME: &'static str;

    /// One step towards what `object` says: quick, and without a request when nothing is to be done.
    fn reconcile(&self, object: Arc<Self::Object>) -> impl Future<Output = Result<Action, Self::Error>> + Send;

    /// What this controller writes with. The runner uses it for objects that cannot be read, and for those that go.
    fn io(&self) -> &Io;

    /// The object is gone: drop what is remembered of it beyond [`Self::io`].
    fn forget(&self, _namespace: &str, _name: &str) {}
}

/// How reconciles are run.
#[derive(Clone)]
pub struct Settings {
    /// How many reconciles of one kind run at a time.
    pub concurrency: u16,
    /// Where they are measured.
    pub metrics: Metrics,
}

/// A controller: a [`Reconciler`] and what sets it going.
pub struct Runner<R: Reconciler> {
    shared: Arc<Shared<R>>,
    changes: UnboundedReceiver<ObjectRef<R::Object>>,
    concurrency: u16,
}

struct Shared<R: Reconciler> {
    reconciler: R,
    objects: Watched<R::Object>,
    queue: Queue<R::Object>,
    backoffs: Backoffs<R::Object>,
    metrics: Metrics,
}

impl<R: Reconciler> Runner<R> {
    /// A controller of `objects`: all that are there, and each that changes.
    pub fn new(reconciler: R, objects: &Watched<R::Object>, settings: &Settings) -> Self {
        let Settings { concurrency, metrics } = settings.clone();
        let (queue, changes) = Queue::new(metrics.queued(R::NAME));
        let added = queue.clone();
        objects.on_change(move |object, _| added.add(object.clone()));
        for object in objects.store().state() {
            queue.add(ObjectRef::from_obj(object.as_ref()));
        }
        objects.all_unreadable().into_iter().for_each(|object| queue.add(object));
        let objects = objects.clone();
        let shared = Arc::new(Shared { reconciler, objects, queue, backoffs: Backoffs::default(), metrics });
        Self { shared, changes, concurrency }
    }

    /// Reconciles the owner when one of its `children` changes or goes.
    #[must_use]
    pub fn owns<C: Watchable>(self, children: &Watched<C>) -> Self {
        self.watches(children, |child: &C| {
            let controller = child.owner_references().iter().find(|owner| owner.controller == Some(true));
            let ours = controller
                .filter(|owner| owner.kind == R::Object::kind(&()) && owner.api_version == R::Object::api_version(&()));
            ours.map(|owner| owner.name.clone())
        })
    }

    /// Reconciles the objects that `names` gives, in the same namespace, when one of `others` changes or goes.
    #[must_use]
    pub fn watches<C, N>(self, others: &Watched<C>, names: impl Fn(&C) -> N + Send + Sync + 'static) -> Self
    where
        C: Watchable,
        N: IntoIterator<Item = String>,
    {
        let queue = self.shared.queue.clone();
        others.on_change(move |_, other| {
            let Some((other, namespace)) = other.and_then(|other| Some((other, other.namespace()?))) else { return };
            names(other).into_iter().for_each(|name| queue.add(ObjectRef::new(&name).within(&namespace)));
        });
        self
    }

    /// Reconciles the objects whose report changes.
    #[must_use]
    pub(super) fn reported<T: PartialEq>(self, reports: &Reports<T>) -> Self {
        let queue = self.shared.queue.clone();
        reports.on_change(move |namespace, name| queue.add(ObjectRef::new(name).within(namespace)));
        self
    }

    /// Reconciles until `stop`, then lets the running reconciles end.
    pub async fn run(self, stop: CancellationToken) {
        let Self { shared, changes, concurrency } = self;
        let store = shared.objects.store();
        let changes = changes.map(Ok::<_, Infallible>).take_until(stop.cancelled_owned());
        let config = Config::default().concurrency(concurrency).debounce(DEBOUNCE);
        let reconcile = |object: Arc<R::Object>, shared: Arc<Shared<R>>| {
            async move { Ok::<_, Infallible>(shared.reconcile(object).await) }.boxed()
        };
        let failed = |_: Arc<R::Object>, never: &Infallible, _: Arc<Shared<R>>| match *never {};
        let mut ended = std::pin::pin!(applier(reconcile, failed, Arc::clone(&shared), store, changes, config));
        while let Some(end) = ended.next().await {
            if let Err(AppliedError::ObjectNotFound(object)) = end {
                let object = ObjectRef::new(&object.name).within(object.namespace.as_deref().unwrap_or_default());
                shared.absent(object).await;
            }
        }
    }
}

impl<R: Reconciler> Shared<R> {
    async fn reconcile(&self, object: Arc<R::Object>) -> Action {
        let reference = ObjectRef::from_obj(object.as_ref());
        match self.objects.unreadable(&reference) {
            Some(unreadable) => self.measured(&reference, self.refuse(&unreadable)).await,
            None => self.measured(&reference, self.reconciler.reconcile(object)).await,
        }
    }

    /// The store does not have the object: it is gone, or no version of it could be read.
    async fn absent(&self, object: ObjectRef<R::Object>) {
        if let Some(unreadable) = self.objects.unreadable(&object) {
            self.measured(&object, self.refuse(&unreadable)).await;
            return;
        }
        self.queue.begin(&object);
        self.backoffs.reset(&object);
        let namespace = object.namespace.unwrap_or_default();
        self.reconciler.io().forget(&namespace, &object.name);
        self.reconciler.forget(&namespace, &object.name);
    }

    async fn refuse(&self, unreadable: &Unreadable) -> Result<Action, io::Error> {
        let Unreadable { metadata, error } = unreadable;
        self.reconciler.io().status.refuse::<R::Object>(metadata, error).await?;
        Ok(Action::await_change())
    }

    /// Runs one step in its span, measures it, and says when the next is due. A panic is a failure like others.
    async fn measured<E: ReconcileError>(
        &self,
        object: &ObjectRef<R::Object>,
        step: impl Future<Output = Result<Action, E>>,
    ) -> Action {
        self.queue.begin(object);
        let _running = self.metrics.begin(R::NAME);
        let began = Instant::now();
        // No parent: the runtime's own span says the same at greater length.
        let span = tracing::info_span!(parent: None, "reconcile", kind = R::NAME, namespace = object.namespace, name = object.name);
        let ended = AssertUnwindSafe(step).catch_unwind().instrument(span.clone()).await;
        let _entered = span.enter();
        let (action, failed) = match ended {
            Ok(Ok(action)) => (self.succeeded(object, action), None),
            Ok(Err(error)) => (self.failed(object, &error), Some(error.reason())),
            Err(_panic) => (self.again(object), Some("Panic")),
        };
        self.metrics.end(R::NAME, began.elapsed(), failed);
        tracing::debug!(took = ?began.elapsed(), next = ?action, "reconciled");
        action
    }

    fn succeeded(&self, object: &ObjectRef<R::Object>, action: Action) -> Action {
        self.backoffs.reset(object);
        action
    }

    fn failed<E: ReconcileError>(&self, object: &ObjectRef<R::Object>, error: &E) -> Action {
        tracing::warn!(%error, reason = error.reason(), "reconcile failed");
        match error.retry() {
            Retry::AwaitChange => Action::await_change(),
            Retry::Backoff => self.again(object),
            Retry::After(wait) => Action::requeue(wait),
        }
    }

    fn again(&self, object: &ObjectRef<R::Object>) -> Action {
        Action::requeue(self.backoffs.next(object.clone()))
    }
}
