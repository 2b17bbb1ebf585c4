//! The custom resource definitions, as they are installed.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;
use serde_json::{Value, json};

use crate::{Consumer, KafkaNodePool, LogPipeline, bounds};

/// A custom resource definition with the name of the file it is kept in.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Plural of the kind; `crds/yaml/<plural>.yaml`.
    pub plural: String,
    /// The object.
    pub manifest: Value,
}

/// Argo CD calls a definition degraded in the moment before it is served, and looks again minutes later: it need not judge it.
const IGNORED_BY_ARGO_CD: &str = "argocd.argoproj.io/ignore-healthcheck";

/// The definitions of all kinds, bounded and without empty lists or nulls.
pub fn definitions() -> Vec<Definition> {
    [Consumer::crd(), KafkaNodePool::crd(), LogPipeline::crd()].iter().map(definition).collect()
}

fn definition(crd: &CustomResourceDefinition) -> Definition {
    let plural = crd.spec.names.plural.clone();
    let mut manifest = json!(crd);
    let labels = json!({"app.kubernetes.io/name": "kafkapipelines", "app.kubernetes.io/component": "crds"});
    manifest["metadata"]["labels"] = labels;
    manifest["metadata"]["annotations"] = json!({IGNORED_BY_ARGO_CD: "true"});
    if let Some(versions) = manifest["spec"]["versions"].as_array_mut() {
        for version in versions {
            bounds::tighten(&mut version["schema"]["openAPIV3Schema"]);
        }
    }
    drop_empty(&mut manifest);
    Definition { plural, manifest }
}

fn drop_empty(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(drop_empty);
            map.retain(|_, v| !v.is_null() && v.as_array().is_none_or(|items| !items.is_empty()));
        }
        Value::Array(items) => items.iter_mut().for_each(drop_empty),
        _ => {}
    }
}
