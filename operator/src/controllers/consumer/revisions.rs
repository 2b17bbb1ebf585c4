//! Revisions of a consumer, of which each has a ConfigMap: which are kept, and how the newest rollout stands.

use std::collections::BTreeSet;

use jiff::Timestamp;
use kafkapipelines_core::consumer::config_maps;
use kafkapipelines_core::consumer::revision::Revision;
use kafkapipelines_core::consumer::rollback::{self, Rollout, Seen};
use kafkapipelines_core::{consumer, labels, names};
use kube::ResourceExt as _;
use kube::api::ObjectMeta;

use super::super::children::delete_kind;
use super::super::consumer_view::{View, pods};
use crate::io::watches::Watches;
use crate::io::{Error, Io};

/// The last good revision, if there is one that is still kept.
pub(super) fn last_good(watches: &Watches, view: &View<'_>) -> Option<Revision> {
    let (spec, name) = (&view.object.spec, view.object.name_any());
    let good = &view.before.last_good.as_ref()?.revision;
    let config_map = names::consumer_revision(&spec.pipeline, &name, good);
    let kept = watches.config_maps.get(&view.object.namespace().unwrap_or_default(), &config_map)?;
    Revision::kept(good, &kept.metadata).filter(|_| kept.metadata.deletion_timestamp.is_none())
}

/// The revision of the Deployment as last seen, whether it was ever good or not.
pub(super) fn newest(watches: &Watches, view: &View<'_>) -> Option<Revision> {
    let pod = view.deployment.as_deref()?.spec.as_ref()?.template.spec.as_ref()?;
    let any = names::consumer_revision(&view.object.spec.pipeline, &view.object.name_any(), "");
    let (config_map, revision) = config_maps(pod).find_map(|name| Some((name, name.strip_prefix(&any)?)))?;
    let kept = watches.config_maps.get(&view.object.namespace().unwrap_or_default(), config_map)?;
    Revision::kept(revision, &kept.metadata)
}

/// How the rollout of `wanted` stands; `kept` is the last good revision.
pub(super) fn rollout(view: &View<'_>, wanted: &consumer::Consumer, kept: Option<&Revision>) -> Rollout {
    let seen = Seen {
        wanted: wanted.wanted.name(),
        spec: &view.object.spec.rollback,
        before: &view.before,
        is_kept: kept.is_some(),
        deployment: view.deployment.as_deref().filter(|deployment| wanted.is_shown_by(deployment)),
        members: &view.members,
    };
    rollback::judge(&seen, Timestamp::now())
}

/// Deletes the ConfigMaps of revisions that are neither wanted nor good, and that no Pod reads.
pub(super) async fn delete_unused(
    io: &Io,
    watches: &Watches,
    view: &View<'_>,
    wanted: &Revision,
    rollout: &Rollout,
) -> Result<(), Error> {
    let (spec, name) = (&view.object.spec, view.object.name_any());
    let good = rollout.last_good.as_ref().map(|good| names::consumer_revision(&spec.pipeline, &name, &good.revision));
    let needed: BTreeSet<_> =
        read(watches, view).into_iter().chain(good).chain([wanted.config_map(&name, spec)]).collect();
    let is_revision = |object: &ObjectMeta| object.labels.iter().flatten().any(|(key, _)| key == labels::CONSUMER);
    let is_unused = |object: &ObjectMeta| object.name.as_ref().is_some_and(|name| !needed.contains(name));
    let is_left = |_: &str, object: &ObjectMeta| is_revision(object) && is_unused(object);
    delete_kind(io, &watches.config_maps, view.object, &is_left).await
}

/// Names of the ConfigMaps that Pods read, or that Pods of the Deployment as last seen would.
fn read(watches: &Watches, view: &View<'_>) -> Vec<String> {
    let pods = pods(watches, view.object);
    let template = view.deployment.iter().filter_map(|deployment| deployment.spec.as_ref()?.template.spec.as_ref());
    let specs = pods.iter().filter_map(|pod| pod.spec.as_ref()).chain(template);
    specs.flat_map(config_maps).map(str::to_owned).collect()
}
