//! The only writer of children: server-side apply, forced, with one field manager for each controller.
//!
//! Steady state sends nothing. What was applied last is remembered for each child, and compared with the metadata
//! that the watch shows: see [`decide`]. After a restart nothing is remembered, so each child is applied once, which
//! the API server answers without a change.
//!
//! A child that the watch does not show is looked up before it is created, so that an object of that name which
//! belongs to somebody else is never taken over.

mod decide;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use futures::{StreamExt as _, stream};
use kube::api::{Api, DeleteParams, DynamicObject, ObjectMeta, Patch, PatchParams, Preconditions};
use kube::core::PartialObjectMeta;
use kube::discovery::ApiResource;
use kube::{Resource, ResourceExt as _};
use serde::Deserialize as _;
use sha2::{Digest as _, Sha256};

use super::Error;
use super::api_server::ApiServer;
use super::error::Call;
use decide::{Decision, Intent, Ownership, Record, decide, has_our_label, ownership};
use kafkapipelines_core::child::Child;
use kafkapipelines_core::labels;

/// How many children of one object are written at a time.
const CONCURRENCY: usize = 8;

/// A child as it should be, with what the watch showed of it when that was computed.
#[derive(Clone, Debug)]
pub struct Prepared {
    child: Child,
    intent: Intent,
    observed: Option<ObjectMeta>,
}

impl Prepared {
    /// `observed` is the metadata of the live child in the same view that `child` was computed from; `None` when the
    /// view does not have it.
    ///
    /// # Errors
    /// [`Error::Json`] if the child is no Kubernetes object.
    pub fn new(child: Child, observed: Option<&ObjectMeta>) -> Result<Self, Error> {
        let digest = Sha256::digest(serde_json::to_vec(&child.intent)?).into();
        let metadata = ObjectMeta::deserialize(&child.intent["metadata"])?;
        Ok(Self { child, intent: Intent { digest, metadata }, observed: observed.cloned() })
    }

    fn call(&self, verb: &'static str) -> Call {
        let Child { gvk, namespace, name, .. } = &self.child;
        Call { verb, kind: gvk.kind.clone(), namespace: namespace.clone(), name: name.clone() }
    }
}

/// What applying one child came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did not exist.
    Created,
    /// The API server changed it.
    Changed,
    /// It was as it should be.
    Unchanged,
    /// It is being deleted and was left alone; its end will be seen as a change.
    Terminating,
}

/// Proof that the children were applied, and what came of each.
#[derive(Clone, Debug, Default)]
pub struct Applied(Vec<AppliedChild>);

/// One child of [`Applied`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedChild {
    /// The child's kind.
    pub kind: String,
    /// The child's name.
    pub name: String,
    /// What came of it.
    pub outcome: Outcome,
}

impl fmt::Display for AppliedChild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

impl Applied {
    /// The children that were created or changed, in no special order.
    pub fn changes(&self) -> impl Iterator<Item = &AppliedChild> {
        self.0.iter().filter(|child| matches!(child.outcome, Outcome::Created | Outcome::Changed))
    }

    /// All children, in no special order.
    pub fn all(&self) -> &[AppliedChild] {
        &self.0
    }

    /// This and another stage's children.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

/// Which child: kind with group, namespace and name.
type ChildKey = (String, String, String);
/// Which owner: namespace and name.
type OwnerKey = (String, String);

/// Applies the children of one kind of owner.
pub struct Applier {
    api: ApiServer,
    records: Mutex<HashMap<OwnerKey, HashMap<ChildKey, Record>>>,
}

impl Applier {
    /// Nothing is remembered yet.
    pub fn new(api: ApiServer) -> Self {
        Self { api, records: Mutex::default() }
    }

    /// Brings the children of `owner` to what they should be, several at a time. All are tried, also when one fails.
    ///
    /// Call it once for each stage: what Pods need first, the workloads last.
    ///
    /// # Errors
    /// The first failure. [`Error::NotOurs`] for a name that is taken, [`Error::Stale`] when the view that a child was
    /// computed from is older than our own last write of it.
    pub async fn apply<O>(&self, owner: &O, children: Vec<Prepared>) -> Result<Applied, Error>
    where
        O: Resource<DynamicType = ()>,
    {
        let owner = (owner.namespace().unwrap_or_default(), owner.name_any());
        let results: Vec<_> = stream::iter(children)
            .map(|child| {
                let owner = &owner;
                async move { self.apply_one(owner, &child).await.map(|outcome| describe(&child, outcome)) }
            })
            .buffer_unordered(CONCURRENCY)
            .collect()
            .await;
        results.into_iter().collect::<Result<_, _>>().map(Applied)
    }

    /// Drops what is remembered of the children of the owner `namespace`/`name`.
    pub fn forget(&self, namespace: &str, name: &str) {
        self.lock().remove(&(namespace.to_owned(), name.to_owned()));
    }

    async fn apply_one(&self, owner: &OwnerKey, child: &Prepared) -> Result<Outcome, Error> {
        let Some(live) = &child.observed else { return self.create(owner, child).await };
        let decision = {
            let records = self.lock();
            decide(records.get(owner).and_then(|children| children.get(&key(child))), &child.intent, live)
        };
        match decision {
            Decision::Unchanged => Ok(Outcome::Unchanged),
            Decision::Terminating => Ok(Outcome::Terminating),
            Decision::Stale => Err(stale(child)),
            Decision::Foreign(other) => Err(not_ours(child, other)),
            Decision::Apply => {
                let after = match self.send(owner, child).await {
                    Err(error) if self.is_barred_by_an_edit(owner, child, &error) => {
                        self.make_anew(owner, child, live).await?
                    }
                    sent => sent?,
                };
                let same = after.resource_version == live.resource_version;
                Ok(if same { Outcome::Unchanged } else { Outcome::Changed })
            }
        }
    }

    /// Creates a child that the watch does not show, unless the API server does have an object of that name.
    async fn create(&self, owner: &OwnerKey, child: &Prepared) -> Result<Outcome, Error> {
        let api = self.api_of(child);
        let found = self.api.read(child.call("get"), api.get_metadata_opt(&child.child.name)).await?;
        let Some(PartialObjectMeta { metadata: live, .. }) = found else {
            self.send(owner, child).await?;
            return Ok(Outcome::Created);
        };
        match ownership(&child.intent.metadata, &live) {
            Ownership::Foreign(other) => return Err(not_ours(child, other)),
            Ownership::Ours if has_our_label(&live) => {}
            Ownership::Ours => self.restore_label(child).await?,
        }
        // The view lacked it, so what was computed from the view (a new key, say) must not replace it.
        Err(stale(child))
    }

    /// Puts the label back that the watch selects by, and nothing else.
    async fn restore_label(&self, child: &Prepared) -> Result<(), Error> {
        let patch = serde_json::json!({"metadata": {"labels": {labels::MANAGED_BY: labels::MANAGER}}});
        let api = self.api_of(child);
        let request =
            async { api.patch_metadata(&child.child.name, &PatchParams::default(), &Patch::Merge(&patch)).await };
        self.api.write(child.call("patch"), request).await.map(drop)
    }

    /// Whether the API server refuses what it took before, because of what somebody else wrote into the child. A port of a
    /// Service is known by its number: one that gets another number stays beside ours, and has its name.
    fn is_barred_by_an_edit(&self, owner: &OwnerKey, child: &Prepared, refusal: &Error) -> bool {
        let records = self.lock();
        let last = records.get(owner).and_then(|children| children.get(&key(child)));
        let was_taken = last.is_some_and(|last| last.is_of(&child.intent));
        was_taken && child.child.gvk.kind == "Service" && refusal.code() == Some(422)
    }

    /// Deletes the live child and creates it again: a Service loses nothing but an address that led nowhere.
    async fn make_anew(&self, owner: &OwnerKey, child: &Prepared, live: &ObjectMeta) -> Result<ObjectMeta, Error> {
        let this_one = Preconditions { uid: live.uid.clone(), resource_version: None };
        let params = DeleteParams::default().preconditions(this_one);
        let api = self.api_of(child);
        self.api.write(child.call("delete"), async { api.delete(&child.child.name, &params).await }).await?;
        self.send(owner, child).await
    }

    async fn send(&self, owner: &OwnerKey, child: &Prepared) -> Result<ObjectMeta, Error> {
        let params = PatchParams::apply(&self.api.field_manager()).force();
        let api = self.api_of(child);
        let request =
            async { api.patch_metadata(&child.child.name, &params, &Patch::Apply(&child.child.intent)).await };
        let after = self.api.write(child.call("patch"), request).await?.metadata;
        let record = Record::new(child.intent.digest, &after);
        self.lock().entry(owner.clone()).or_default().insert(key(child), record);
        Ok(after)
    }

    fn api_of(&self, child: &Prepared) -> Api<DynamicObject> {
        let resource = ApiResource::from_gvk_with_plural(&child.child.gvk, &child.child.plural);
        Api::namespaced_with(self.api.client(), &child.child.namespace, &resource)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<OwnerKey, HashMap<ChildKey, Record>>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(Prepared { child, .. }: &Prepared) -> ChildKey {
    (format!("{}.{}", child.gvk.kind, child.gvk.group), child.namespace.clone(), child.name.clone())
}

fn describe(child: &Prepared, outcome: Outcome) -> AppliedChild {
    let Call { kind, name, .. } = child.call("patch");
    AppliedChild { kind, name, outcome }
}

fn stale(child: &Prepared) -> Error {
    let Call { kind, name, .. } = child.call("patch");
    Error::Stale { kind, name }
}

fn not_ours(child: &Prepared, owner: String) -> Error {
    let Call { kind, namespace, name, .. } = child.call("patch");
    Error::NotOurs { kind, namespace, name, owner }
}
