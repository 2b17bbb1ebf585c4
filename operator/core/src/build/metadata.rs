//! Metadata that all children have alike.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use crate::labels::{self, Labels};
use crate::pipeline::Pipeline;
use crate::pool::Pool;

/// Metadata of a child of the pipeline.
pub fn of_pipeline(pipeline: &Pipeline, owner: &OwnerReference, name: String) -> ObjectMeta {
    metadata(&pipeline.namespace, owner, name, labels::pipeline(&pipeline.name))
}

/// Metadata of a child of a pool.
pub fn of_pool(pool: &Pool, owner: &OwnerReference, name: String) -> ObjectMeta {
    metadata(&pool.namespace, owner, name, labels::pool(&pool.pipeline, &pool.name, &pool.roles))
}

fn metadata(namespace: &str, owner: &OwnerReference, name: String, labels: Labels) -> ObjectMeta {
    ObjectMeta {
        name: Some(name),
        namespace: Some(namespace.to_owned()),
        labels: Some(labels),
        owner_references: Some(vec![owner.clone()]),
        ..ObjectMeta::default()
    }
}
