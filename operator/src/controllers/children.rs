//! From built children to applied ones: what the watches show beside each intent, and what is left over.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use kafkapipelines_core::child::Child;
use kafkapipelines_core::labels;
use kafkapipelines_crds::LogPipeline;
use kube::ResourceExt as _;
use kube::api::ObjectMeta;

use super::Action;
use crate::io::apply::Prepared;
use crate::io::watch::{Watchable, Watched};
use crate::io::watches::Watches;
use crate::io::{Error, Io, delete};

/// The children with what the watches show of each.
pub(super) fn prepare(watches: &Watches, children: Vec<Child>) -> Result<Vec<Prepared>, Error> {
    children
        .into_iter()
        .map(|child| {
            let live = watches.metadata(&child);
            Prepared::new(child, live.as_ref())
        })
        .collect()
}

/// Kind and name of every child that is built.
pub(super) struct Kept(HashSet<(String, String)>);

impl Kept {
    pub(super) fn of(children: &[Child]) -> Self {
        Self(children.iter().map(|child| (child.gvk.kind.clone(), child.name.clone())).collect())
    }

    /// And a child of each of these kinds that may not be built yet.
    pub(super) fn and(mut self, kinds: &[&str], name: &str) -> Self {
        self.0.extend(kinds.iter().map(|kind| ((*kind).to_owned(), name.to_owned())));
        self
    }

    fn contains(&self, kind: &str, object: &ObjectMeta) -> bool {
        self.0.contains(&(kind.to_owned(), object.name.clone().unwrap_or_default()))
    }
}

/// Deletes what `pipeline` controls of its own, or of one of its pools, and what is not built any more.
pub(super) async fn delete_leftovers(
    io: &Io,
    watches: &Watches,
    pipeline: &LogPipeline,
    pool: Option<&str>,
    kept: &Kept,
) -> Result<(), Error> {
    let is_left = |kind: &str, object: &ObjectMeta| pool_label(object) == pool && !kept.contains(kind, object);
    delete_kind(io, &watches.ingresses, pipeline, &is_left).await?;
    delete_kind(io, &watches.services, pipeline, &is_left).await?;
    delete_kind(io, &watches.config_maps, pipeline, &is_left).await?;
    delete_kind(io, &watches.deployments, pipeline, &is_left).await?;
    delete_kind(io, &watches.network_policies, pipeline, &is_left).await?;
    delete_kind(io, &watches.service_accounts, pipeline, &is_left).await?;
    delete_kind(io, &watches.disruption_budgets, pipeline, &is_left).await
}

/// Deletes what was built for pools that are gone. Claims stay or go as their StatefulSet says.
pub(super) async fn delete_pools_except(
    io: &Io,
    watches: &Watches,
    pipeline: &LogPipeline,
    pools: &BTreeSet<String>,
) -> Result<(), Error> {
    let is_left = |_: &str, object: &ObjectMeta| pool_label(object).is_some_and(|pool| !pools.contains(pool));
    delete_kind(io, &watches.stateful_sets, pipeline, &is_left).await?;
    delete_kind(io, &watches.ingresses, pipeline, &is_left).await?;
    delete_kind(io, &watches.services, pipeline, &is_left).await?;
    delete_kind(io, &watches.config_maps, pipeline, &is_left).await?;
    delete_kind(io, &watches.secrets, pipeline, &is_left).await
}

/// Deletes what `owner` controls of a kind and is left over.
pub(super) async fn delete_kind<K: Watchable, O: kube::Resource>(
    io: &Io,
    watched: &Watched<K>,
    owner: &O,
    is_left: &impl Fn(&str, &ObjectMeta) -> bool,
) -> Result<(), Error> {
    let uid = owner.uid();
    let is_ours = |object: &K| {
        object.owner_references().iter().any(|o| o.controller == Some(true) && Some(&o.uid) == uid.as_ref())
            && object.meta().deletion_timestamp.is_none()
    };
    let matches = |object: &K| is_ours(object) && is_left(&K::kind(&()), object.meta());
    for object in watched.list(&owner.namespace().unwrap_or_default(), matches) {
        delete::delete(&io.api, object.as_ref()).await?;
    }
    Ok(())
}

fn pool_label(object: &ObjectMeta) -> Option<&str> {
    object.labels.as_ref()?.get(labels::POOL).map(String::as_str)
}

/// Waits for a change, but no longer than until `due`.
pub(super) fn due_action(due: Option<Timestamp>) -> Action {
    let Some(due) = due else { return Action::await_change() };
    // Timers of days drift with a suspended machine: looking once a day costs nothing and sends nothing.
    let rest = Duration::try_from(due.duration_since(Timestamp::now())).unwrap_or_default();
    Action::requeue(rest.clamp(Duration::from_secs(1), Duration::from_hours(24)))
}
