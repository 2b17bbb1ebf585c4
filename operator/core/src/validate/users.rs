//! Users of a pipeline: their names, passwords and quotas, and whether a listener lets them in.

use std::collections::BTreeSet;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kafkapipelines_crds::{AuthenticationType, LogPipelineSpec, QuotasSpec, UserSpec};

use crate::cluster::quotas::byte_rate;
use crate::names;
use crate::refusal::Refusal;

/// What the Secrets of pools with certificates end with.
const POOL_CERTIFICATES: &str = "-certs";

/// What is wrong with the users and the default quotas of the pipeline called `pipeline`.
pub(super) fn refusals(pipeline: &str, spec: &LogPipelineSpec) -> Vec<Refusal> {
    let mut seen = BTreeSet::new();
    let mut refusals = Vec::new();
    for user in &spec.users {
        refusals.extend(name(pipeline, user, seen.insert(&user.name)));
        refusals.extend(password_secret(pipeline, &spec.users, user));
        let field = format!("spec.users[{}].quotas", user.name);
        refusals.extend(user.quotas.iter().flat_map(|quotas| rates(&field, quotas)));
    }
    refusals.extend(spec.kafka.default_quotas.iter().flat_map(|quotas| rates("spec.kafka.defaultQuotas", quotas)));
    refusals
}

/// What works, but not as one may think.
pub(super) fn warnings(spec: &LogPipelineSpec) -> Vec<Refusal> {
    let by_type = [AuthenticationType::Tls, AuthenticationType::ScramSha512];
    by_type.into_iter().filter_map(|by| locked_out(spec, by)).chain(unrestricted(spec)).collect()
}

fn name(pipeline: &str, user: &UserSpec, is_first: bool) -> Option<Refusal> {
    let UserSpec { name, .. } = user;
    let refuse = |reason, message: &str| Some(Refusal::new(reason, format!("spec.users[{name}].name"), name, message));
    if !is_first {
        return refuse("DuplicateUser", "the user is listed twice: remove one of them");
    }
    if name.starts_with(names::CONSUMER_USER) {
        return refuse("ReservedUser", "consumers' own users are called so: choose another name");
    }
    let secret = names::user(pipeline, name);
    let of_authorities = [names::cluster_ca_cert, names::cluster_ca_key, names::clients_ca_cert, names::clients_ca_key];
    if of_authorities.iter().any(|of| of(pipeline) == secret) || name.ends_with(POOL_CERTIFICATES) {
        let message = format!("its Secret would be {secret}, which the operator needs for itself: choose another name");
        return refuse("ReservedUser", &message);
    }
    None
}

fn password_secret(pipeline: &str, users: &[UserSpec], user: &UserSpec) -> Option<Refusal> {
    let from = user.authentication.password_from.as_ref()?;
    let field = format!("spec.users[{}].authentication.passwordFrom", user.name);
    if from.name.is_empty() || from.key.is_empty() {
        let message =
            "name a Secret of this namespace and a key of it, or remove passwordFrom and the operator makes a password";
        return Some(Refusal::new("InvalidPasswordFrom", field, "\"\"", message));
    }
    let message = "the operator writes the Secret of this name itself: give yours another name";
    let is_ours = users.iter().any(|user| names::user(pipeline, &user.name) == from.name);
    is_ours.then(|| Refusal::new("InvalidPasswordFrom", format!("{field}.name"), &from.name, message))
}

fn rates(field: &str, quotas: &QuotasSpec) -> Vec<Refusal> {
    let bad = |(name, rate): (&str, &Option<Quantity>)| {
        let rate = rate.as_ref().filter(|rate| byte_rate(rate).is_none())?;
        let message = "is no number of bytes of one or more: write for example 10Mi, or remove the field for no bound";
        Some(Refusal::new("InvalidQuota", format!("{field}.{name}"), &rate.0, message))
    };
    let rates = [("producerByteRate", &quotas.producer_byte_rate), ("consumerByteRate", &quotas.consumer_byte_rate)];
    rates.into_iter().filter_map(bad).collect()
}

fn locked_out(spec: &LogPipelineSpec, by: AuthenticationType) -> Option<Refusal> {
    let users: Vec<_> = spec.users.iter().filter(|user| user.authentication.type_ == by).collect();
    let asks = |asked: AuthenticationType| {
        let mut asking = spec.kafka.listeners.iter().filter_map(|listener| listener.authentication.as_ref());
        asking.any(|authentication| authentication.type_ == asked)
    };
    let word = match by {
        AuthenticationType::Tls => "tls",
        AuthenticationType::ScramSha512 => "scram-sha-512",
    };
    let message = format!(
        "no listener has authentication.type {word}, so Kafka knows none of these users when they come: give one to a listener of spec.kafka.listeners"
    );
    let names: Vec<_> = users.iter().map(|user| user.name.as_str()).collect();
    (!users.is_empty() && !asks(by)).then(|| Refusal::new("UsersLockedOut", "spec.users", names.join(", "), message))
}

fn unrestricted(spec: &LogPipelineSpec) -> Option<Refusal> {
    let names: Vec<_> = spec.users.iter().map(|user| user.name.as_str()).collect();
    let message = "without spec.kafka.authorization everybody may do everything: access is not applied, and who is taken off the list comes in with a certificate until it ends. Set authorization: {type: simple}";
    (!names.is_empty() && spec.kafka.authorization.is_none())
        .then(|| Refusal::new("UsersUnrestricted", "spec.users", names.join(", "), message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn spec(users: &Value, kafka: &Value) -> LogPipelineSpec {
        let mut whole =
            json!({"version": "4.3.1", "listeners": [{"name": "tls", "port": 9093, "type": "internal", "tls": true}]});
        whole.as_object_mut().unwrap().extend(kafka.as_object().unwrap().clone());
        serde_json::from_value(json!({"kafka": whole, "users": users})).unwrap()
    }

    fn user(name: &str, type_: &str, more: &Value) -> Value {
        let mut user = json!({"name": name, "authentication": {"type": type_}});
        user.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        user
    }

    #[test]
    fn each_error_names_field_value_and_way_out() {
        let tls = |name: &str| user(name, "tls", &json!({}));
        let from = |name: &str| json!({"authentication": {"type": "scram-sha-512", "passwordFrom": {"name": name, "key": "p"}}});
        for (users, reason, field, value, way_out) in [
            (json!([tls("shop"), tls("shop")]), "DuplicateUser", "shop].name", "shop", "remove one"),
            (
                json!([tls("consumer-vector")]),
                "ReservedUser",
                "consumer-vector].name",
                "consumer-vector",
                "another name",
            ),
            (json!([tls("clients-ca")]), "ReservedUser", "clients-ca].name", "clients-ca", "logs-clients-ca"),
            (json!([tls("broker-certs")]), "ReservedUser", "broker-certs].name", "broker-certs", "logs-broker-certs"),
            (
                json!([user("shop", "scram-sha-512", &from("logs-till")), tls("till")]),
                "InvalidPasswordFrom",
                "shop].authentication.passwordFrom.name",
                "logs-till",
                "another name",
            ),
            (
                json!([user("shop", "scram-sha-512", &from(""))]),
                "InvalidPasswordFrom",
                "shop].authentication.passwordFrom",
                "\"\"",
                "remove passwordFrom",
            ),
            (
                json!([user(
                    "shop",
                    "tls",
                    &json!({"quotas": {"producerByteRate": "900m", "consumerByteRate": "1Ki"}})
                )]),
                "InvalidQuota",
                "shop].quotas.producerByteRate",
                "900m",
                "10Mi",
            ),
        ] {
            let found = refusals("logs", &spec(&users, &json!({})));
            let said: Vec<_> = found.iter().map(|r| (r.reason, r.field.clone(), r.value.as_str())).collect();
            assert_eq!(said, [(reason, format!("spec.users[{field}"), value)]);
            assert!(found[0].message.contains(way_out), "{}", found[0]);
        }
        let default = refusals("logs", &spec(&json!([]), &json!({"defaultQuotas": {"consumerByteRate": "much"}})));
        assert_eq!(default[0].field, "spec.kafka.defaultQuotas.consumerByteRate");
    }

    #[test]
    fn users_that_no_listener_knows_and_that_nothing_bounds_are_warned_of() {
        let users = json!([user("shop", "tls", &json!({})), user("till", "scram-sha-512", &json!({}))]);
        let listeners =
            json!([{"name": "tls", "port": 9093, "type": "internal", "tls": true, "authentication": {"type": "tls"}}]);
        let kafka = json!({"listeners": listeners, "authorization": {"type": "simple"}});
        let said = |spec: &LogPipelineSpec| {
            warnings(spec).iter().map(|warning| (warning.reason, warning.value.clone())).collect::<Vec<_>>()
        };
        assert_eq!(said(&spec(&users, &kafka)), [("UsersLockedOut", "till".to_owned())]);
        assert_eq!(
            said(&spec(&users, &json!({}))),
            [
                ("UsersLockedOut", "shop".to_owned()),
                ("UsersLockedOut", "till".to_owned()),
                ("UsersUnrestricted", "shop, till".to_owned())
            ]
        );
        assert_eq!(said(&spec(&json!([]), &json!({}))), []);
    }
}
