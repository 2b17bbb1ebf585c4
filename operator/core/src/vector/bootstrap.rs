//! How a consumer reaches the Kafka of its pipeline.

use kafkapipelines_crds::{ListenerSpec, ListenerType, LogPipeline};
use kube::ResourceExt;

use crate::build::listeners;

/// The listener that a consumer connects to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Bootstrap {
    /// `host:port`.
    pub servers: String,
    /// Whether the listener speaks TLS; then the consumer trusts the cluster CA.
    pub tls: bool,
}

impl Bootstrap {
    /// The first internal listener with TLS, else the first without; `None` when the pipeline has no internal listener.
    pub fn of(pipeline: &LogPipeline) -> Option<Self> {
        let is_internal = |listener: &&ListenerSpec| listener.type_ == ListenerType::Internal;
        let mut internal = pipeline.spec.kafka.listeners.iter().filter(is_internal);
        let first = internal.clone().next()?;
        let listener = internal.find(|listener| listener.tls).unwrap_or(first);
        let namespace = pipeline.namespace().unwrap_or_default();
        let servers = listeners::bootstrap_address(&pipeline.name_any(), &namespace, listener);
        Some(Self { servers, tls: listener.tls })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn bootstrap(listeners: &Value) -> Option<Bootstrap> {
        let pipeline = json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "LogPipeline",
            "metadata": {"name": "logs", "namespace": "kafka"}, "spec": {"kafka": {"version": "4.3.1", "listeners": listeners}}});
        Bootstrap::of(&serde_json::from_value(pipeline).unwrap())
    }

    #[test]
    fn tls_inside_the_cluster_is_preferred() {
        let plain = json!({"name": "plain", "port": 9092, "type": "internal", "tls": false});
        let tls = json!({"name": "tls", "port": 9093, "type": "internal", "tls": true});
        let outside = json!({"name": "external", "port": 9094, "type": "ingress", "tls": true});
        let at =
            |port: u16, tls: bool| Some(Bootstrap { servers: format!("logs-kafka-bootstrap.kafka.svc:{port}"), tls });
        assert_eq!(bootstrap(&json!([outside, plain, tls])), at(9093, true));
        assert_eq!(bootstrap(&json!([outside, plain])), at(9092, false));
        assert_eq!(bootstrap(&json!([outside])), None);
    }
}
