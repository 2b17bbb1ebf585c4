//! The Secrets that a gateway's spec names: they are the user's, and mounted or read as they are.

use k8s_openapi::api::core::v1::{EnvVar, EnvVarSource, SecretKeySelector};
use kafkapipelines_crds::{GatewayHttp, GatewaySpec};

use super::ports;

/// A Secret that must be there before the Pods start.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NeededSecret {
    /// The field that names it.
    pub field: &'static str,
    /// Its name.
    pub name: String,
    /// The keys that it must have.
    pub keys: [&'static str; 2],
}

/// Keys of a Secret of type `kubernetes.io/basic-auth`.
const BASIC: [&str; 2] = ["username", "password"];

/// All Secrets that the spec names.
pub fn needed(spec: &GatewaySpec) -> Vec<NeededSecret> {
    let tls = spec.syslog.as_ref().and_then(|syslog| syslog.tls.as_ref()).map(|tls| NeededSecret {
        field: "spec.gateway.syslog.tls.secretRef.name",
        name: tls.secret_ref.name.clone(),
        keys: [super::TLS_CERTIFICATE, super::TLS_KEY],
    });
    let basic = |field, http: &Option<GatewayHttp>| {
        let name = http.as_ref()?.authentication.as_ref()?.secret_ref.name.clone();
        Some(NeededSecret { field, name, keys: BASIC })
    };
    let http = basic("spec.gateway.http.authentication.secretRef.name", &spec.http);
    let loki = basic("spec.gateway.loki.authentication.secretRef.name", &spec.loki);
    [tls, http, loki].into_iter().flatten().collect()
}

/// Names of the variables with user and password of a protocol.
pub(super) fn variables(protocol: &str) -> [String; 2] {
    BASIC.map(|key| format!("{protocol}_{key}").to_uppercase())
}

/// The environment of the Pods.
pub(super) fn environment(spec: &GatewaySpec) -> Vec<EnvVar> {
    let of = |(protocol, http): (&str, &Option<GatewayHttp>)| {
        let authentication = http.as_ref().and_then(|http| http.authentication.as_ref());
        let name = authentication.map(|authentication| authentication.secret_ref.name.clone());
        let pairs = name.map(|name| {
            BASIC.into_iter().zip(variables(protocol)).map(move |(key, variable)| from_secret(variable, &name, key))
        });
        pairs.into_iter().flatten().collect::<Vec<_>>()
    };
    [(ports::HTTP, &spec.http), (ports::LOKI, &spec.loki)].into_iter().flat_map(of).collect()
}

fn from_secret(variable: String, secret: &str, key: &str) -> EnvVar {
    let selector = SecretKeySelector { name: secret.to_owned(), key: key.to_owned(), optional: None };
    let source = EnvVarSource { secret_key_ref: Some(selector), ..EnvVarSource::default() };
    EnvVar { name: variable, value_from: Some(source), ..EnvVar::default() }
}
