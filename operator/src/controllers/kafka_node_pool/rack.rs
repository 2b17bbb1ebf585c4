//! Tells Pods their rack where the API server has not copied the label of the Kubernetes node to them.

use k8s_openapi::api::core::v1::Node;
use kafkapipelines_core::labels;
use kube::ResourceExt as _;
use kube::api::Api;

use super::super::pod_annotation;
use super::{Error, KafkaNodePoolController, View};
use crate::io::error::Call;

impl KafkaNodePoolController {
    /// Annotates every bound Pod of the pool that does not know its rack; its start script waits for that.
    pub(super) async fn tell_racks(&self, view: &View<'_>) -> Result<(), Error> {
        let Some(key) = view.rack_key() else { return Ok(()) };
        let namespace = view.object.namespace().unwrap_or_default();
        for pod in view.nodes(None).into_iter().filter_map(|node| node.pod) {
            if let (None, Some(host), false) = (&pod.rack, &pod.bound_to, pod.terminating) {
                let rack = self.rack_of(host, key).await?;
                pod_annotation::write(&self.io, &namespace, &pod.name, (labels::RACK, &rack)).await?;
            }
        }
        Ok(())
    }

    async fn rack_of(&self, host: &str, key: &str) -> Result<String, Error> {
        let call = Call { verb: "get", kind: "Node".to_owned(), namespace: String::new(), name: host.to_owned() };
        let nodes = Api::<Node>::all(self.io.api.client());
        let node = self.io.api.read(call, async { nodes.get_metadata(host).await }).await?;
        node.labels().get(key).cloned().ok_or_else(|| Error::NoRack { host: host.to_owned(), key: key.to_owned() })
    }
}
