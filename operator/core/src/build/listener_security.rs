//! How a listener is secured: its protocol, how those who connect prove who they are, and by what name Kafka then knows them.

use kafkapipelines_crds::{AuthenticationType, ListenerSpec};

use super::properties::Properties;
use super::{listeners, paths};
use crate::names;
use crate::pipeline::Pipeline;

/// By the common name alone: that of users is their name, that of nodes is one for all.
const BY_COMMON_NAME: &str = "RULE:^CN=([^,]+).*$/$1/,DEFAULT";
const SCRAM_LOGIN: &str = "org.apache.kafka.common.security.scram.ScramLoginModule required;";

/// Kafka's security protocol of a client listener.
pub fn protocol(listener: &ListenerSpec) -> &'static str {
    match (listener.tls, authentication(listener)) {
        (true, Some(AuthenticationType::ScramSha512)) => "SASL_SSL",
        (true, _) => "SSL",
        (false, _) => "PLAINTEXT",
    }
}

/// Of a listener of the operator's own: nodes prove to one another who they are, by the cluster CA.
pub fn of_nodes(name: &str) -> Properties {
    let mut properties = mutual_tls(name, paths::TRUSTSTORE_KEY);
    // Without an authorizer too: while one is switched on, brokers that lack it pass the operator on to controllers that have it.
    properties.insert(setting(name, "ssl.principal.mapping.rules"), BY_COMMON_NAME.to_owned());
    properties
}

/// Of a client listener that speaks TLS.
pub fn of_clients(pipeline: &Pipeline, listener: &ListenerSpec) -> Properties {
    let name = listeners::kafka_name(listener);
    match authentication(listener) {
        Some(AuthenticationType::Tls) => {
            let mut properties = mutual_tls(&name, paths::CLIENTS_TRUSTSTORE_KEY);
            properties.insert(setting(&name, "ssl.principal.mapping.rules"), clients_by_common_name(pipeline));
            properties
        }
        Some(AuthenticationType::ScramSha512) => {
            let mut properties = tls_alone(&name);
            properties.insert(setting(&name, "sasl.enabled.mechanisms"), "SCRAM-SHA-512".to_owned());
            properties.insert(setting(&name, "scram-sha-512.sasl.jaas.config"), SCRAM_LOGIN.to_owned());
            properties
        }
        None => tls_alone(&name),
    }
}

/// A setting of one listener.
pub fn setting(listener: &str, setting: &str) -> String {
    format!("listener.name.{}.{setting}", listener.to_lowercase())
}

fn authentication(listener: &ListenerSpec) -> Option<AuthenticationType> {
    listener.authentication.as_ref().map(|authentication| authentication.type_)
}

/// Nodes are super users, so a client's certificate with their name, which a clients CA of the user's may have signed, is nobody's.
fn clients_by_common_name(pipeline: &Pipeline) -> String {
    let nodes = names::node_common_name(&pipeline.name);
    format!("RULE:^CN={nodes}(,.*)?$/ANONYMOUS/,{BY_COMMON_NAME}")
}

fn tls_alone(name: &str) -> Properties {
    Properties::from([
        (setting(name, "ssl.keystore.type"), "PEM".to_owned()),
        (setting(name, "ssl.client.auth"), "none".to_owned()),
    ])
}

fn mutual_tls(name: &str, trusted: &str) -> Properties {
    Properties::from([
        (setting(name, "ssl.keystore.type"), "PEM".to_owned()),
        (setting(name, "ssl.client.auth"), "required".to_owned()),
        (setting(name, "ssl.truststore.type"), "PEM".to_owned()),
        (setting(name, "ssl.truststore.location"), format!("{}/{trusted}", paths::CERTIFICATES)),
    ])
}
