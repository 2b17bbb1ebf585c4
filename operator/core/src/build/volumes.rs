//! Volumes of a node: its disks, its configuration and certificates, a scratch directory.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    ConfigMapVolumeSource, DownwardAPIVolumeFile, DownwardAPIVolumeSource, EmptyDirVolumeSource, ObjectFieldSelector,
    PersistentVolumeClaim, PersistentVolumeClaimSpec, SecretVolumeSource, Volume, VolumeMount,
    VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kafkapipelines_crds::VolumeSpec;

use super::paths;
use crate::labels::{self, Labels};
use crate::names;
use crate::pipeline::Pipeline;
use crate::pool::Pool;

/// For the Pod's group alone, since private keys are among the files.
const GROUP_MAY_READ: i32 = 0o440;

/// Claims of each node. They tell whose data they hold, for they may outlive pipeline and pool.
pub fn claim_templates(pipeline: &Pipeline, pool: &Pool) -> Vec<PersistentVolumeClaim> {
    pool.spec.storage.volumes.iter().map(|volume| claim_template(pipeline, pool, volume)).collect()
}

fn claim_template(pipeline: &Pipeline, pool: &Pool, volume: &VolumeSpec) -> PersistentVolumeClaim {
    let annotations =
        [(labels::CLUSTER_ID, pipeline.cluster_id.clone()), (labels::NODE_ID_BASE, pool.base.to_string())];
    let mut labels = labels::pool(&pool.pipeline, &pool.name, &pool.roles);
    // Argo CD that tracks by this label would prune a claim that outlived its owner.
    labels.remove(labels::INSTANCE);
    let size = BTreeMap::from([("storage".to_owned(), volume.size.clone())]);
    PersistentVolumeClaim {
        metadata: ObjectMeta {
            name: Some(names::claim_template(volume.id)),
            labels: Some(labels),
            annotations: Some(Labels::from(annotations.map(|(key, value)| (key.to_owned(), value)))),
            ..ObjectMeta::default()
        },
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
            resources: Some(VolumeResourceRequirements {
                requests: Some(size),
                ..VolumeResourceRequirements::default()
            }),
            storage_class_name: volume.class_name.clone(),
            ..PersistentVolumeClaimSpec::default()
        }),
        ..PersistentVolumeClaim::default()
    }
}

/// Volumes of the Pod besides its claims.
pub fn volumes(pipeline: &Pipeline, pool: &Pool) -> Vec<Volume> {
    let config = ConfigMapVolumeSource {
        name: names::pool_config(&pool.pipeline, &pool.name),
        default_mode: Some(GROUP_MAY_READ),
        ..ConfigMapVolumeSource::default()
    };
    let certificates = SecretVolumeSource {
        secret_name: Some(names::pool_certificates(&pool.pipeline, &pool.name)),
        default_mode: Some(GROUP_MAY_READ),
        ..SecretVolumeSource::default()
    };
    let mut volumes = vec![
        Volume { name: "config".to_owned(), config_map: Some(config), ..Volume::default() },
        Volume { name: "certificates".to_owned(), secret: Some(certificates), ..Volume::default() },
        Volume { name: "scratch".to_owned(), empty_dir: Some(EmptyDirVolumeSource::default()), ..Volume::default() },
    ];
    volumes.extend(topology_key(pipeline, pool).map(rack));
    volumes
}

/// Where the container sees its volumes.
pub fn mounts(pipeline: &Pipeline, pool: &Pool) -> Vec<VolumeMount> {
    let disks = pool.spec.storage.volumes.iter().map(|volume| VolumeMount {
        name: names::claim_template(volume.id),
        mount_path: paths::volume(volume),
        ..VolumeMount::default()
    });
    let scratch =
        VolumeMount { name: "scratch".to_owned(), mount_path: paths::SCRATCH.to_owned(), ..VolumeMount::default() };
    let mut mounts = vec![read_only("config", paths::CONFIG), read_only("certificates", paths::CERTIFICATES), scratch];
    mounts.extend(topology_key(pipeline, pool).map(|_| read_only("rack", paths::RACK)));
    mounts.extend(disks);
    mounts
}

/// Only brokers have a rack.
fn topology_key<'a>(pipeline: &'a Pipeline, pool: &Pool) -> Option<&'a str> {
    let rack = pipeline.spec.kafka.rack.as_ref().filter(|_| pool.is_broker());
    rack.map(|rack| rack.topology_key.as_str())
}

/// What the Pod knows of its rack: a label that newer API servers copy from the Kubernetes node, and the operator's annotation.
fn rack(topology_key: &str) -> Volume {
    let file = |path: &str, field: String| DownwardAPIVolumeFile {
        path: path.to_owned(),
        field_ref: Some(ObjectFieldSelector { field_path: field, ..ObjectFieldSelector::default() }),
        ..DownwardAPIVolumeFile::default()
    };
    let items = vec![
        file("label", format!("metadata.labels['{topology_key}']")),
        file("annotation", format!("metadata.annotations['{}']", labels::RACK)),
    ];
    let source = DownwardAPIVolumeSource { items: Some(items), ..DownwardAPIVolumeSource::default() };
    Volume { name: "rack".to_owned(), downward_api: Some(source), ..Volume::default() }
}

fn read_only(name: &str, path: &str) -> VolumeMount {
    VolumeMount { name: name.to_owned(), mount_path: path.to_owned(), read_only: Some(true), ..VolumeMount::default() }
}
