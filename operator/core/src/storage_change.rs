//! Disks that exist already: a StatefulSet's claim templates are immutable, so what they say stays until claims can be resized.

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kafkapipelines_crds::{KafkaNodePool, VolumeSpec};

use crate::names;
use crate::refusal::Refusal;

/// Reason of the refusals.
const REASON: &str = "StorageChangeNotSupported";

/// The pool with the disks that its StatefulSet has, and the refusals of what cannot be carried out.
pub fn effective(mut pool: KafkaNodePool, live: Option<&StatefulSet>) -> (KafkaNodePool, Vec<Refusal>) {
    let templates = live.and_then(|set| set.spec.as_ref()?.volume_claim_templates.as_deref()).unwrap_or_default();
    if templates.is_empty() {
        return (pool, Vec::new());
    }
    let mut refusals = Vec::new();
    for volume in &mut pool.spec.storage.volumes {
        match templates
            .iter()
            .find(|template| template.metadata.name.as_deref() == Some(&names::claim_template(volume.id)))
        {
            Some(template) => refusals.extend(keep_size(volume, template)),
            None => refusals.push(new_volume(volume)),
        }
    }
    pool.spec.storage.volumes.retain(|volume| !refusals.iter().any(|refusal| refusal.field == path(volume, "id")));
    (pool, refusals)
}

fn keep_size(volume: &mut VolumeSpec, template: &PersistentVolumeClaim) -> Option<Refusal> {
    let size = template.spec.as_ref()?.resources.as_ref()?.requests.as_ref()?.get("storage")?.clone();
    if size == volume.size {
        return None;
    }
    let Quantity(wanted) = std::mem::replace(&mut volume.size, size.clone());
    let message =
        format!("disks cannot be resized by the operator yet: set it back to {}, or resize the claims by hand", size.0);
    Some(Refusal::new(REASON, path(volume, "size"), wanted, message))
}

fn new_volume(volume: &VolumeSpec) -> Refusal {
    let message = "disks cannot be added to a pool that exists yet: remove the volume, or make another pool";
    Refusal::new(REASON, path(volume, "id"), volume.id, message)
}

fn path(volume: &VolumeSpec, field: &str) -> String {
    format!("spec.storage.volumes[{}].{field}", volume.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pool(volumes: &serde_json::Value) -> KafkaNodePool {
        serde_json::from_value(
            json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "KafkaNodePool", "metadata": {"name": "broker"},
            "spec": {"pipeline": "logs", "roles": ["broker"], "storage": {"volumes": volumes}}}),
        )
        .unwrap()
    }

    fn live() -> StatefulSet {
        serde_json::from_value(
            json!({"metadata": {}, "spec": {"selector": {}, "template": {}, "volumeClaimTemplates": [
            {"metadata": {"name": "data-0"}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}}]}}),
        )
        .unwrap()
    }

    #[test]
    fn disks_that_exist_stay_as_they_are() {
        let (same, refusals) = effective(pool(&json!([{"id": 0, "size": "1Gi"}])), Some(&live()));
        assert!(refusals.is_empty());
        let (grown, refusals) =
            effective(pool(&json!([{"id": 0, "size": "2Gi"}, {"id": 1, "size": "1Gi"}])), Some(&live()));
        assert_eq!(grown.spec.storage, same.spec.storage);
        let fields: Vec<_> = refusals.iter().map(|refusal| (refusal.field.as_str(), refusal.value.as_str())).collect();
        assert_eq!(fields, [("spec.storage.volumes[0].size", "2Gi"), ("spec.storage.volumes[1].id", "1")]);
    }

    #[test]
    fn a_new_pool_gets_the_disks_it_asks_for() {
        let wanted = pool(&json!([{"id": 0, "size": "2Gi"}]));
        assert_eq!(effective(wanted.clone(), None), (wanted, vec![]));
    }
}
