//! Whether a child must be written, from what was written last and what the watch shows: a pure function.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::ObjectMeta;

use kafkapipelines_core::labels;

use crate::io::resource_version;

/// What a child should be.
#[derive(Clone, Debug)]
pub(super) struct Intent {
    /// SHA-256 of the object as JSON.
    pub(super) digest: [u8; 32],
    /// Its metadata.
    pub(super) metadata: ObjectMeta,
}

/// What was applied last, and what the object was right after.
#[derive(Clone, Debug)]
pub(super) struct Record {
    digest: [u8; 32],
    uid: Option<String>,
    resource_version: Option<String>,
    generation: Option<i64>,
}

impl Record {
    pub(super) fn new(digest: [u8; 32], after: &ObjectMeta) -> Self {
        Self {
            digest,
            uid: after.uid.clone(),
            resource_version: after.resource_version.clone(),
            generation: after.generation,
        }
    }

    /// Whether this very intent was applied.
    pub(super) fn is_of(&self, intent: &Intent) -> bool {
        self.digest == intent.digest
    }
}

/// What to do with a child that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Write it: it was never applied by this process, should be different, or was changed by somebody else.
    Apply,
    /// It is as it should be.
    Unchanged,
    /// It should be different, but the view this was computed from is older than our own last write.
    Stale,
    /// It is being deleted.
    Terminating,
    /// It belongs to somebody else.
    Foreign(String),
}

/// Whose an existing object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ownership {
    Ours,
    Foreign(String),
}

/// Decides about the child `live` that should be `intent`.
pub(super) fn decide(last: Option<&Record>, intent: &Intent, live: &ObjectMeta) -> Decision {
    if let Ownership::Foreign(owner) = ownership(&intent.metadata, live) {
        return Decision::Foreign(owner);
    }
    if live.deletion_timestamp.is_some() {
        return Decision::Terminating;
    }
    let Some(last) = last.filter(|last| last.uid == live.uid) else { return Decision::Apply };
    let same_intent = last.digest == intent.digest;
    match (same_intent, resource_version::is_older(live, last.resource_version.as_deref())) {
        (true, true) => Decision::Unchanged,
        (false, true) => Decision::Stale,
        (true, false) if is_untouched(last, &intent.metadata, live) => Decision::Unchanged,
        _ => Decision::Apply,
    }
}

/// Whose `live` is: ours if it has the controller that `intent` names, or none but our label, or another kind of ours
/// as an older version chose it.
pub(super) fn ownership(intent: &ObjectMeta, live: &ObjectMeta) -> Ownership {
    let Some(wanted) = controller(intent) else { return Ownership::Ours };
    match controller(live) {
        Some(found) if found.uid == wanted.uid => Ownership::Ours,
        Some(found)
            if found.api_version == wanted.api_version && found.kind != wanted.kind && is_same(intent, live) =>
        {
            Ownership::Ours
        }
        Some(found) => Ownership::Foreign(format!("{} {}", found.kind, found.name)),
        None if has_our_label(live) => Ownership::Ours,
        None => Ownership::Foreign("nobody that the operator knows".to_owned()),
    }
}

fn controller(metadata: &ObjectMeta) -> Option<&OwnerReference> {
    metadata.owner_references.iter().flatten().find(|owner| owner.controller == Some(true))
}

/// Whether both are children of one pipeline, and of one pool or consumer of it.
fn is_same(intent: &ObjectMeta, live: &ObjectMeta) -> bool {
    let label = |metadata: &ObjectMeta, key: &str| metadata.labels.as_ref().and_then(|all| all.get(key)).cloned();
    let parts = [labels::PIPELINE, labels::POOL, labels::CONSUMER];
    label(live, labels::PIPELINE).is_some() && parts.iter().all(|part| label(intent, part) == label(live, part))
}

/// Whether the watch shows `live`.
pub(super) fn has_our_label(live: &ObjectMeta) -> bool {
    live.labels.as_ref().and_then(|all| all.get(labels::MANAGED_BY)).is_some_and(|by| by == labels::MANAGER)
}

/// Whether nobody changed what we own. A kind that counts generations does so for its spec alone, so its status may
/// change without a write of ours; any other kind is compared by its resource version.
fn is_untouched(last: &Record, intent: &ObjectMeta, live: &ObjectMeta) -> bool {
    if last.resource_version == live.resource_version {
        return true;
    }
    last.generation.is_some()
        && last.generation == live.generation
        && contains(live.labels.as_ref(), intent.labels.as_ref())
        && contains(live.annotations.as_ref(), intent.annotations.as_ref())
        && controller(live).map(|owner| &owner.uid) == controller(intent).map(|owner| &owner.uid)
}

fn contains(live: Option<&BTreeMap<String, String>>, wanted: Option<&BTreeMap<String, String>>) -> bool {
    wanted.into_iter().flatten().all(|(key, value)| live.and_then(|live| live.get(key)) == Some(value))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn child(owner: &Value, labels: &Value) -> ObjectMeta {
        serde_json::from_value(json!({"ownerReferences": [owner], "labels": labels})).unwrap()
    }

    fn owner(kind: &str, uid: &str) -> Value {
        let api = "kafkapipelines.io/v1alpha1";
        json!({"apiVersion": api, "kind": kind, "name": "x", "uid": uid, "controller": true})
    }

    #[test]
    fn another_owner_s_child_is_ours_only_if_an_older_version_gave_it_another_kind_of_owner() {
        let pool = json!({labels::MANAGED_BY: labels::MANAGER, labels::PIPELINE: "logs", labels::POOL: "broker"});
        let consumer = json!({labels::PIPELINE: "logs", labels::CONSUMER: "broker"});
        let intent = child(&owner("LogPipeline", "1"), &pool);
        for (live, ours) in [
            (child(&owner("LogPipeline", "1"), &json!({})), true),
            (child(&owner("KafkaNodePool", "2"), &pool), true),
            // Of a pipeline that was deleted and made anew: its end is near.
            (child(&owner("LogPipeline", "2"), &pool), false),
            // Of a consumer whose child happens to have this name.
            (child(&owner("Consumer", "2"), &consumer), false),
            (child(&owner("Consumer", "2"), &json!({})), false),
            (
                child(&json!({"apiVersion": "v1", "kind": "X", "name": "x", "uid": "2", "controller": true}), &pool),
                false,
            ),
            (child(&json!({"apiVersion": "v1", "kind": "X", "name": "x", "uid": "2"}), &pool), true),
            (child(&json!({"apiVersion": "v1", "kind": "X", "name": "x", "uid": "2"}), &json!({})), false),
        ] {
            assert_eq!(ownership(&intent, &live) == Ownership::Ours, ours, "{live:?}");
        }
    }
}
