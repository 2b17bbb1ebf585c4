//! How a consumer reaches the Kafka of its pipeline.

use std::cmp::Reverse;

use kafkapipelines_crds::{AuthenticationType, ListenerSpec, ListenerType, LogPipeline};
use kube::ResourceExt;

use crate::build::listeners;

/// The listener that a consumer connects to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Bootstrap {
    /// `host:port`.
    pub servers: String,
    /// What the listener asks of its clients.
    pub security: Security,
}

/// What a listener asks of its clients; the later the better.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Security {
    /// Nothing.
    Plain,
    /// TLS: they trust the cluster CA.
    Tls,
    /// TLS, and a certificate of their own.
    MutualTls,
}

impl Bootstrap {
    /// The internal listener that asks the most of a consumer, and of several the first; `None` when there is none that it can use.
    /// It has no password, and where authorization is on it may do nothing unless it proves who it is.
    pub fn of(pipeline: &LogPipeline) -> Option<Self> {
        let kafka = &pipeline.spec.kafka;
        let is_enough = |security: Security| kafka.authorization.is_none() || security == Security::MutualTls;
        let internal = kafka.listeners.iter().filter(|listener| listener.type_ == ListenerType::Internal);
        let ways = internal.filter_map(|listener| Some((Security::of(listener)?, listener)));
        let (security, listener) =
            ways.filter(|(security, _)| is_enough(*security)).min_by_key(|(security, _)| Reverse(*security))?;
        let namespace = pipeline.namespace().unwrap_or_default();
        Some(Self { servers: listeners::bootstrap_address(&pipeline.name_any(), &namespace, listener), security })
    }
}

impl Security {
    /// Whether the consumer trusts the cluster CA.
    pub fn has_tls(self) -> bool {
        self != Self::Plain
    }

    /// Whether the consumer needs a certificate of its own.
    pub fn needs_certificate(self) -> bool {
        self == Self::MutualTls
    }

    /// `None` where clients have passwords.
    fn of(listener: &ListenerSpec) -> Option<Self> {
        match listener.authentication.as_ref().map(|authentication| authentication.type_) {
            Some(AuthenticationType::Tls) => Some(Self::MutualTls),
            Some(AuthenticationType::ScramSha512) => None,
            None if listener.tls => Some(Self::Tls),
            None => Some(Self::Plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn bootstrap(listeners: &[&Value], authorization: &Value) -> Option<(u16, Security)> {
        let pipeline = json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "LogPipeline", "metadata": {"name": "logs", "namespace": "kafka"},
            "spec": {"kafka": {"version": "4.3.1", "listeners": listeners, "authorization": authorization}}});
        let bootstrap = Bootstrap::of(&serde_json::from_value(pipeline).unwrap())?;
        let port = bootstrap.servers.strip_prefix("logs-kafka-bootstrap.kafka.svc:").unwrap();
        Some((port.parse().unwrap(), bootstrap.security))
    }

    #[test]
    fn the_listener_that_asks_the_most_is_chosen() {
        let listener = |port: u16, type_: &str, tls: bool, authentication: &Value| json!({"name": format!("a{port}"), "port": port, "type": type_, "tls": tls, "authentication": authentication});
        let none = Value::Null;
        let (by_tls, by_password) = (json!({"type": "tls"}), json!({"type": "scram-sha-512"}));
        let plain = &listener(9092, "internal", false, &none);
        let (tls, other_tls) = (&listener(9093, "internal", true, &none), &listener(9099, "internal", true, &none));
        let (mutual, scram) =
            (&listener(9094, "internal", true, &by_tls), &listener(9095, "internal", true, &by_password));
        let outside = &listener(9096, "ingress", true, &by_tls);
        for (listeners, off, on) in [
            (vec![outside, plain, tls, other_tls, scram], Some((9093, Security::Tls)), None),
            (vec![outside, plain, scram], Some((9092, Security::Plain)), None),
            (vec![plain, tls, mutual], Some((9094, Security::MutualTls)), Some((9094, Security::MutualTls))),
            (vec![scram], None, None),
            (vec![outside], None, None),
        ] {
            assert_eq!(bootstrap(&listeners, &none), off, "{listeners:?}");
            assert_eq!(bootstrap(&listeners, &json!({"type": "simple"})), on, "{listeners:?} with authorization");
        }
    }
}
