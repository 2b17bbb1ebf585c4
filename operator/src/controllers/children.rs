//! From built children to applied ones: what the watches show beside each intent, and what is left over.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use kafkapipelines_core::child::Child;
use kube::core::{NamespaceResourceScope, PartialObjectMeta};
use kube::{Resource, ResourceExt as _};

use super::Action;
use crate::io::apply::Prepared;
use crate::io::watch::Watched;
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
}

/// Deletes Services, Ingresses, NetworkPolicies and PodDisruptionBudgets that `owner` controls and that are not built any more.
pub(super) async fn delete_leftovers<O>(io: &Io, watches: &Watches, owner: &O, kept: &Kept) -> Result<(), Error>
where
    O: Resource<DynamicType = ()>,
{
    delete_kind(io, &watches.ingresses, owner, kept).await?;
    delete_kind(io, &watches.services, owner, kept).await?;
    delete_kind(io, &watches.network_policies, owner, kept).await?;
    delete_kind(io, &watches.disruption_budgets, owner, kept).await
}

async fn delete_kind<O, K>(
    io: &Io,
    watched: &Watched<PartialObjectMeta<K>>,
    owner: &O,
    kept: &Kept,
) -> Result<(), Error>
where
    O: Resource<DynamicType = ()>,
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + std::fmt::Debug + Send + Sync + 'static,
{
    let uid = owner.uid();
    let is_left = |object: &PartialObjectMeta<K>| {
        let owned =
            object.owner_references().iter().any(|o| o.controller == Some(true) && Some(&o.uid) == uid.as_ref());
        let going = object.metadata.deletion_timestamp.is_some();
        owned && !going && !kept.0.contains(&(K::kind(&()).into_owned(), object.name_any()))
    };
    for object in watched.list(&owner.namespace().unwrap_or_default(), is_left) {
        delete::delete(&io.api, object.as_ref()).await?;
    }
    Ok(())
}

/// Waits for a change, but no longer than until `due`.
pub(super) fn due_action(due: Option<Timestamp>) -> Action {
    let Some(due) = due else { return Action::await_change() };
    // Timers of days drift with a suspended machine: looking once a day costs nothing and sends nothing.
    let rest = Duration::try_from(due.duration_since(Timestamp::now())).unwrap_or_default();
    Action::requeue(rest.clamp(Duration::from_secs(1), Duration::from_hours(24)))
}
