//! Who may do what, and who can prove who they are.

use kafkapipelines_crds::LogPipelineSpec;

use crate::names;
use crate::refusal::Refusal;

/// What is wrong with who may do what in the pipeline of this name.
pub(super) fn refusals(pipeline: &str, spec: &LogPipelineSpec) -> Vec<Refusal> {
    let nodes = names::node_common_name(pipeline);
    let message = "the nodes are called so, and they may do everything: choose another name";
    let refuse = |user: &String| Refusal::new("ReservedUser", format!("spec.users[{user}].name"), user, message);
    spec.users.iter().map(|user| &user.name).filter(|name| **name == nodes).map(refuse).collect()
}

/// What works, but not well.
pub(super) fn warnings(spec: &LogPipelineSpec) -> Vec<Refusal> {
    shared_authority(spec).into_iter().chain(open_listeners(spec)).collect()
}

fn shared_authority(spec: &LogPipelineSpec) -> Option<Refusal> {
    let certificates = &spec.certificates;
    let of_clients = certificates.clients_ca.secret_ref.as_ref()?;
    let message = "the nodes' own ports trust what the cluster CA signs, so each client could connect to them as well: give clients an authority of their own";
    let warning =
        || Refusal::new("SharedAuthority", "spec.certificates.clientsCA.secretRef", &of_clients.name, message);
    (certificates.cluster_ca.secret_ref.as_ref() == Some(of_clients)).then(warning)
}

fn open_listeners(spec: &LogPipelineSpec) -> Vec<Refusal> {
    if spec.kafka.authorization.is_none() {
        return Vec::new();
    }
    let open = spec.kafka.listeners.iter().filter(|listener| listener.authentication.is_none());
    let warn = |name: &String| {
        let message = "its clients cannot prove who they are, and with authorization they may do nothing: say authentication, or remove it";
        Refusal::new("ListenerWithoutAuthentication", format!("spec.kafka.listeners[{name}]"), name, message)
    };
    open.map(|listener| warn(&listener.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn spec(authorization: &Value) -> LogPipelineSpec {
        let user = |name: &str| json!({"name": name, "authentication": {"type": "tls"}});
        serde_json::from_value(json!({"users": [user("logs-kafka"), user("kafka")], "kafka": {"version": "4.3.1",
            "authorization": authorization, "listeners": [
            {"name": "plain", "port": 9092, "type": "internal", "tls": false},
            {"name": "tls", "port": 9093, "type": "internal", "tls": true, "authentication": {"type": "tls"}}]}}))
        .unwrap()
    }

    #[test]
    fn a_user_is_never_called_like_the_nodes() {
        let found = |pipeline: &str| {
            refusals(pipeline, &spec(&Value::Null)).into_iter().map(|r| (r.reason, r.field)).collect::<Vec<_>>()
        };
        assert_eq!(found("logs"), [("ReservedUser", "spec.users[logs-kafka].name".to_owned())]);
        assert_eq!(found("other"), []);
    }

    #[test]
    fn one_authority_for_nodes_and_clients_is_a_warning() {
        let found = |cluster: &str, clients: Value| {
            let mut spec = spec(&Value::Null);
            let secrets = json!({"clusterCA": {"secretRef": {"name": cluster}}, "clientsCA": {"secretRef": clients}});
            spec.certificates = serde_json::from_value(secrets).unwrap();
            warnings(&spec).into_iter().map(|r| (r.reason, r.value)).collect::<Vec<_>>()
        };
        assert_eq!(found("ours", json!({"name": "ours"})), [("SharedAuthority", "ours".to_owned())]);
        assert_eq!(found("ours", json!({"name": "theirs"})), []);
        assert_eq!(found("ours", Value::Null), []);
    }

    #[test]
    fn a_listener_whose_clients_may_do_nothing_is_a_warning() {
        let found = |authorization: Value| {
            warnings(&spec(&authorization)).into_iter().map(|r| (r.reason, r.value)).collect::<Vec<_>>()
        };
        assert_eq!(found(json!({"type": "simple"})), [("ListenerWithoutAuthentication", "plain".to_owned())]);
        assert_eq!(found(Value::Null), []);
    }
}
