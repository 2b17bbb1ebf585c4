//! Annotations of Pods, which their `StatefulSets` make and the operator adds to.

use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;

use crate::io::error::Call;
use crate::io::{Error, Io};

/// Writes one annotation, by key and value.
pub(super) async fn write(io: &Io, namespace: &str, pod: &str, (key, value): (&str, &str)) -> Result<(), Error> {
    let call = Call { verb: "patch", kind: "Pod".to_owned(), namespace: namespace.to_owned(), name: pod.to_owned() };
    let pods = Api::<Pod>::namespaced(io.api.client(), namespace);
    let patch = Patch::Merge(json!({"metadata": {"annotations": {key: value}}}));
    let params = PatchParams::default();
    io.api.write(call, async { pods.patch_metadata(pod, &params, &patch).await }).await?;
    Ok(())
}
