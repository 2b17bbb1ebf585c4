//! By which listener a user comes to Kafka.

use kafkapipelines_crds::{AuthenticationType, ListenerSpec, ListenerType};

use crate::build::listeners;
use crate::pipeline::Pipeline;

/// The listener that a user is told of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reach {
    /// `host:port`.
    pub servers: String,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// How clients prove who they are, if they must.
    pub authentication: Option<AuthenticationType>,
}

/// The listener for a user who proves who it is in this way: one that asks for just that, inside the cluster rather than from outside;
/// else one that asks for nothing, with TLS if there is one. `None` where every listener asks for something else.
pub fn reach(pipeline: &Pipeline, by: AuthenticationType) -> Option<Reach> {
    let ranked = pipeline.listeners().iter().filter_map(|listener| Some((rank(listener, by)?, listener)));
    let (_, listener) = ranked.min_by_key(|(rank, _)| *rank)?;
    Some(Reach {
        servers: listeners::bootstrap_address(&pipeline.name, &pipeline.namespace, listener),
        tls: listener.tls,
        authentication: authentication(listener),
    })
}

/// The lower, the better.
fn rank(listener: &ListenerSpec, by: AuthenticationType) -> Option<u8> {
    let is_internal = listener.type_ == ListenerType::Internal;
    match authentication(listener) {
        Some(asked) if asked == by => Some(u8::from(!is_internal)),
        Some(_) => None,
        None => Some(match (is_internal, listener.tls) {
            (true, true) => 2,
            (false, _) => 3,
            (true, false) => 4,
        }),
    }
}

fn authentication(listener: &ListenerSpec) -> Option<AuthenticationType> {
    listener.authentication.as_ref().map(|authentication| authentication.type_)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::tests::fixtures;
    use serde_json::{Value, json};

    fn listener(name: &str, port: u16, asks: Option<&str>) -> Value {
        let mut listener = json!({"name": name, "port": port, "type": "internal", "tls": name != "plain"});
        if let Some(asks) = asks {
            listener["authentication"] = json!({"type": asks});
        }
        if name.starts_with("ext") {
            listener["type"] = json!("ingress");
            listener["ingress"] = json!({"className": "nginx", "bootstrapHost": "k.example.com", "brokerHostTemplate": "b{nodeId}.example.com"});
        }
        listener
    }

    #[test]
    fn a_user_comes_by_the_listener_that_fits_best() {
        let plain = listener("plain", 9092, None);
        let open = listener("open", 9093, None);
        let ext = listener("ext", 9094, None);
        let ext_tls = listener("exttls", 9095, Some("tls"));
        let tls = listener("tls", 9096, Some("tls"));
        let scram = listener("scram", 9097, Some("scram-sha-512"));
        let inside = |port: u16| Some(format!("log-aggregator-kafka-kafka-bootstrap.kafka.svc:{port}"));
        for (listeners, servers) in [
            (vec![&plain, &open, &ext, &ext_tls, &scram, &tls], inside(9096)),
            (vec![&plain, &open, &ext, &ext_tls, &scram], Some("k.example.com:443".to_owned())),
            (vec![&plain, &ext, &open, &scram], inside(9093)),
            (vec![&plain, &ext], Some("k.example.com:443".to_owned())),
            (vec![&plain, &scram], inside(9092)),
            (vec![&scram], None),
        ] {
            let mut pipeline = fixtures::reference();
            pipeline.spec.kafka.listeners = serde_json::from_value(json!(listeners)).unwrap();
            assert_eq!(reach(&pipeline, AuthenticationType::Tls).map(|reach| reach.servers), servers);
        }
    }
}
