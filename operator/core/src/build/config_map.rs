//! The ConfigMap of a pool: scripts, logging, and a file for each node.

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use super::logging::Logging;
use super::{metadata, properties, start_script};
use crate::names;
use crate::pipeline::Pipeline;
use crate::pool::Pool;

/// The ConfigMap `<pipeline>-<pool>-config`.
pub fn config_map(pipeline: &Pipeline, pool: &Pool, owner: &OwnerReference) -> ConfigMap {
    let logging = Logging::of(pipeline.version);
    let nodes = pool
        .nodes()
        .map(|node| (format!("server-{}.properties", node.id), properties::server_properties(pipeline, pool, &node)));
    let files = [
        (start_script::START_KEY.to_owned(), start_script::START.to_owned()),
        (start_script::READY_KEY.to_owned(), start_script::READY.to_owned()),
        (start_script::VARIABLES_KEY.to_owned(), start_script::variables(pipeline, pool)),
        (logging.key.to_owned(), logging.text.to_owned()),
    ];
    ConfigMap {
        metadata: metadata::of_pool(pool, owner, names::pool_config(&pool.pipeline, &pool.name)),
        data: Some(files.into_iter().chain(nodes).collect()),
        ..ConfigMap::default()
    }
}
