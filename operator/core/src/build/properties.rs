//! `server.properties`: one file a node, in commented sections, each sorted by key.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use kafkapipelines_crds::{ListenerSpec, Role};

use super::{authorization, defaults, listener_security, listeners, paths};
use crate::kafka_config::{self, Update};
use crate::names::{self, CONTROLLER_LISTENER, REPLICATION_LISTENER};
use crate::node::Node;
use crate::pipeline::Pipeline;
use crate::pool::Pool;

/// Keys with their values.
pub type Properties = BTreeMap<String, String>;
type Section = (&'static str, Properties);

const OWN_LISTENERS: [&str; 2] = [CONTROLLER_LISTENER, REPLICATION_LISTENER];

const NODE: &str = "This node and its peers: differs from node to node, or changes as nodes come and go.";
const LISTENERS: &str = "Listeners.";
const AUTHORIZATION: &str = "Who may do what.";
const DISKS: &str = "Disks.";
const RACK: &str = "Rack, from the environment that the start script prepares.";
const DEFAULTS: &str = "Safe where the pipeline says nothing.";
const USER: &str = "From the pipeline's spec.kafka.config.";

/// The file of a node.
pub fn server_properties(pipeline: &Pipeline, pool: &Pool, node: &Node) -> String {
    let mut sections = vec![(NODE, of_node(pipeline, pool, node))];
    sections.extend(own(pipeline, pool));
    sections.push((DEFAULTS, defaults::silent(pipeline)));
    sections.push((USER, of_user(pipeline, |update| update != Update::Live)));
    render(&sections)
}

/// What all nodes of the pool have alike, whatever other nodes there are: a change needs a restart.
pub fn shared_properties(pipeline: &Pipeline, pool: &Pool) -> String {
    let mut sections = own(pipeline, pool);
    sections.push((USER, of_user(pipeline, |update| update == Update::AtStart)));
    render(&sections)
}

fn own(pipeline: &Pipeline, pool: &Pool) -> Vec<Section> {
    vec![
        (LISTENERS, of_listeners(pipeline, pool)),
        (AUTHORIZATION, authorization::properties(pipeline)),
        (DISKS, of_disks(pool)),
        (RACK, of_rack(pipeline, pool)),
    ]
}

/// Keys that the operator owns are never taken from the user.
fn of_user(pipeline: &Pipeline, is_said: impl Fn(Update) -> bool) -> Properties {
    let said =
        pipeline.config.iter().filter(|(key, _)| !kafka_config::is_owned(key) && is_said(kafka_config::update(key)));
    said.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn of_node(pipeline: &Pipeline, pool: &Pool, node: &Node) -> Properties {
    let controllers = pipeline.controllers();
    let quorum = controllers.iter().map(|peer| address(&pod_dns(pipeline, peer), names::CONTROLLER_PORT));
    let mut properties = of([
        ("node.id", node.id.to_string()),
        ("advertised.listeners", joined(advertised(pipeline, node))),
        ("controller.quorum.bootstrap.servers", joined(quorum)),
    ]);
    properties.extend(key_stores(pipeline, pool, node));
    properties
}

/// Where each listener of the node finds key and certificate.
pub fn key_stores(pipeline: &Pipeline, pool: &Pool, node: &Node) -> Properties {
    let path = format!("{}/{}", paths::CERTIFICATES, paths::keystore_key(node.id));
    let setting = |name: String| listener_security::setting(&name, "ssl.keystore.location");
    tls_listeners(pipeline, pool).into_iter().map(|name| (setting(name), path.clone())).collect()
}

/// Addresses told to others, for the listeners that the node has.
fn advertised(pipeline: &Pipeline, node: &Node) -> Vec<String> {
    let own =
        own_listeners(&node.roles).into_iter().map(|(name, port)| (name.to_owned(), pod_dns(pipeline, node), port));
    let clients = client_listeners(pipeline, &node.roles).iter().map(|listener| {
        let (host, port) = listeners::advertised(pipeline, listener, node);
        (listeners::kafka_name(listener), host, port)
    });
    own.chain(clients).map(|(name, host, port)| format!("{name}://{}", address(&host, port))).collect()
}

fn of_listeners(pipeline: &Pipeline, pool: &Pool) -> Properties {
    let own = own_listeners(&pool.roles).into_iter().map(|(name, port)| format!("{name}://:{port}"));
    let clients = client_listeners(pipeline, &pool.roles)
        .iter()
        .map(|listener| format!("{}://:{}", listeners::kafka_name(listener), listener.port));
    let mut properties = of([
        ("process.roles", joined(pool.roles.iter().map(|role| role_name(*role)))),
        ("listeners", joined(own.chain(clients))),
        ("listener.security.protocol.map", protocols(pipeline)),
        ("controller.listener.names", CONTROLLER_LISTENER.to_owned()),
        ("inter.broker.listener.name", REPLICATION_LISTENER.to_owned()),
    ]);
    properties.extend(OWN_LISTENERS.iter().flat_map(|name| listener_security::of_nodes(name)));
    let clients = client_listeners(pipeline, &pool.roles).iter().filter(|listener| listener.tls);
    properties.extend(clients.flat_map(|listener| listener_security::of_clients(pipeline, listener)));
    properties
}

/// Also of the listeners that a node lacks: brokers speak to controllers by the controller listener's settings.
fn protocols(pipeline: &Pipeline) -> String {
    let own = OWN_LISTENERS.map(|name| format!("{name}:SSL"));
    let of_clients =
        |listener| format!("{}:{}", listeners::kafka_name(listener), listener_security::protocol(listener));
    let clients = pipeline.listeners().iter().map(of_clients);
    joined(own.into_iter().chain(clients))
}

/// Listeners with a key store: the operator's own, on every node, and on brokers those of clients that speak TLS.
fn tls_listeners(pipeline: &Pipeline, pool: &Pool) -> Vec<String> {
    let own = OWN_LISTENERS.map(str::to_owned);
    let clients = client_listeners(pipeline, &pool.roles).iter().filter(|listener| listener.tls);
    own.into_iter().chain(clients.map(listeners::kafka_name)).collect()
}

fn own_listeners(roles: &[Role]) -> Vec<(&'static str, i32)> {
    let listener = |role: &Role| match role {
        Role::Controller => (CONTROLLER_LISTENER, names::CONTROLLER_PORT),
        Role::Broker => (REPLICATION_LISTENER, names::REPLICATION_PORT),
    };
    roles.iter().map(listener).collect()
}

/// Clients speak to brokers only.
fn client_listeners<'a>(pipeline: &'a Pipeline, roles: &[Role]) -> &'a [ListenerSpec] {
    if roles.contains(&Role::Broker) { pipeline.listeners() } else { &[] }
}

fn of_disks(pool: &Pool) -> Properties {
    let storage = &pool.spec.storage;
    of([
        ("log.dirs", joined(storage.volumes.iter().map(paths::log_dir))),
        ("metadata.log.dir", paths::metadata_log_dir(storage)),
    ])
}

fn of_rack(pipeline: &Pipeline, pool: &Pool) -> Properties {
    if pipeline.spec.kafka.rack.is_none() || !pool.is_broker() {
        return Properties::new();
    }
    of([
        ("config.providers", "env".to_owned()),
        ("config.providers.env.class", "org.apache.kafka.common.config.provider.EnvVarConfigProvider".to_owned()),
        // Nothing else of the environment may be read, whatever the configuration says.
        ("config.providers.env.param.allowlist.pattern", "^KAFKA_RACK$".to_owned()),
        ("broker.rack", "${env:KAFKA_RACK}".to_owned()),
    ])
}

fn role_name(role: Role) -> String {
    match role {
        Role::Controller => "controller",
        Role::Broker => "broker",
    }
    .to_owned()
}

fn pod_dns(pipeline: &Pipeline, node: &Node) -> String {
    listeners::pod_dns(pipeline, &node.pod)
}

fn address(host: &str, port: i32) -> String {
    format!("{host}:{port}")
}

fn joined(values: impl IntoIterator<Item = String>) -> String {
    values.into_iter().collect::<Vec<_>>().join(",")
}

fn of<const N: usize>(pairs: [(&str, String); N]) -> Properties {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn render(sections: &[Section]) -> String {
    let mut text = String::new();
    for (title, properties) in sections.iter().filter(|(_, properties)| !properties.is_empty()) {
        let separator = if text.is_empty() { "" } else { "\n" };
        let _ = writeln!(text, "{separator}# {title}");
        for (key, value) in properties {
            let _ = writeln!(text, "{key}={}", escaped(value));
        }
    }
    text
}

/// A value as `java.util.Properties` reads it back, from ISO 8859-1.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for (position, character) in value.chars().enumerate() {
        match character {
            '\\' => text.push_str(r"\\"),
            '\n' => text.push_str(r"\n"),
            '\r' => text.push_str(r"\r"),
            ' ' | '\t' if position == 0 => text.extend(['\\', character]),
            ' '..='~' | '\t' => text.push(character),
            other => other.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                let _ = write!(text, r"\u{unit:04x}");
            }),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_back_by_java() {
        for (value, expected) in [
            ("a=b:c#d", "a=b:c#d"),
            (" leading", r"\ leading"),
            (r"C:\kafka", r"C:\\kafka"),
            ("two\nlines", r"two\nlines"),
            ("naïve 😀", r"na\u00efve \ud83d\ude00"),
        ] {
            assert_eq!(escaped(value), expected);
        }
    }
}
