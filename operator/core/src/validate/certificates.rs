//! Certificate authorities and lifetimes.

use std::time::Duration;

use kafkapipelines_crds::{CaSpec, CertificatesSpec};

use crate::names;
use crate::refusal::Refusal;

/// Shorter lives leave no time to bring a renewal everywhere, and to restart nodes one by one where that is needed.
const SHORTEST: Duration = Duration::from_hours(1);
/// Time that a renewal must have to be everywhere.
const LATEST_RENEWAL: Duration = Duration::from_mins(5);

/// What is wrong with the certificates of the pipeline called `pipeline`.
pub(super) fn refusals(pipeline: &str, spec: &CertificatesSpec) -> Vec<Refusal> {
    let mut refusals = authority(pipeline, "spec.certificates.clusterCA", &spec.cluster_ca);
    refusals.extend(authority(pipeline, "spec.certificates.clientsCA", &spec.clients_ca));
    refusals.extend(lifetime("spec.certificates.nodes", &spec.nodes.duration, &spec.nodes.renew_before));
    refusals.extend(lifetime("spec.certificates.users", &spec.users.duration, &spec.users.renew_before));
    refusals
}

fn authority(pipeline: &str, field: &str, spec: &CaSpec) -> Vec<Refusal> {
    let issuer = spec.issuer_ref.as_ref().map(|issuer| {
        let message = "cert-manager issuers are not supported yet: give secretRef, or remove the field and the operator makes an authority";
        Refusal::new("IssuerRefNotSupported", format!("{field}.issuerRef"), &issuer.name, message)
    });
    let secret = spec.secret_ref.as_ref().and_then(|secret| own_secret(pipeline, field, &secret.name));
    issuer.into_iter().chain(secret).chain(lifetime(field, &spec.duration, &spec.renew_before)).collect()
}

fn own_secret(pipeline: &str, field: &str, name: &str) -> Option<Refusal> {
    let field = format!("{field}.secretRef.name");
    let operators: [fn(&str) -> String; 4] =
        [names::cluster_ca_cert, names::cluster_ca_key, names::clients_ca_cert, names::clients_ca_key];
    if name.is_empty() {
        let message = "name a Secret with ca.crt and ca.key in this namespace, or remove secretRef";
        return Some(Refusal::new("InvalidSecretRef", field, "\"\"", message));
    }
    let message = "the operator writes the Secret of this name itself: give yours another name";
    operators
        .iter()
        .any(|operators| operators(pipeline) == name)
        .then(|| Refusal::new("InvalidSecretRef", field, name, message))
}

fn lifetime(field: &str, duration: &str, renew_before: &str) -> Option<Refusal> {
    let refuse = |name: &str, value: &str, message: &str| {
        Some(Refusal::new("InvalidDuration", format!("{field}.{name}"), value, message))
    };
    let unreadable = "write it in hours, minutes and seconds, for example 8760h or 1h30m";
    let Some(life) = parse(duration) else { return refuse("duration", duration, unreadable) };
    let Some(lead) = parse(renew_before) else { return refuse("renewBefore", renew_before, unreadable) };
    if life < SHORTEST {
        return refuse(
            "duration",
            duration,
            "too short to bring its renewal everywhere before it ends: set it to 1h or more",
        );
    }
    if lead < LATEST_RENEWAL {
        return refuse(
            "renewBefore",
            renew_before,
            "too late for a renewal to be everywhere before the end: set it to 5m or more",
        );
    }
    let message = format!("must be shorter than duration ({duration}): set it to a third of it");
    if lead < life { None } else { refuse("renewBefore", renew_before, &message) }
}

fn parse(duration: &str) -> Option<Duration> {
    duration.parse::<kube::core::Duration>().ok().filter(|duration| !duration.is_negative()).map(Duration::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(spec: serde_json::Value) -> Vec<Refusal> {
        refusals("logs", &serde_json::from_value(spec).unwrap())
    }

    #[test]
    fn each_error_names_field_value_and_way_out() {
        for (spec, reason, field, value, way_out) in [
            (
                json!({"clusterCA": {"issuerRef": {"name": "le"}}}),
                "IssuerRefNotSupported",
                "clusterCA.issuerRef",
                "le",
                "secretRef",
            ),
            (
                json!({"clientsCA": {"secretRef": {"name": "logs-clients-ca"}}}),
                "InvalidSecretRef",
                "clientsCA.secretRef.name",
                "logs-clients-ca",
                "another name",
            ),
            (
                json!({"clusterCA": {"secretRef": {"name": ""}}}),
                "InvalidSecretRef",
                "clusterCA.secretRef.name",
                "\"\"",
                "ca.key",
            ),
            (
                json!({"nodes": {"duration": "90d", "renewBefore": "5m"}}),
                "InvalidDuration",
                "nodes.duration",
                "90d",
                "1h30m",
            ),
            (json!({"nodes": {"duration": "30m"}}), "InvalidDuration", "nodes.duration", "30m", "1h or more"),
            (json!({"nodes": {"renewBefore": "0s"}}), "InvalidDuration", "nodes.renewBefore", "0s", "5m or more"),
            (json!({"users": {"duration": "5m"}}), "InvalidDuration", "users.duration", "5m", "1h or more"),
            (json!({"clusterCA": {"duration": "24h"}}), "InvalidDuration", "clusterCA.renewBefore", "720h", "third"),
        ] {
            let found = found(spec);
            let said: Vec<_> = found.iter().map(|r| (r.reason, r.field.clone(), r.value.as_str())).collect();
            assert_eq!(said, [(reason, format!("spec.certificates.{field}"), value)]);
            assert!(found[0].message.contains(way_out), "{}", found[0]);
        }
    }

    #[test]
    fn defaults_and_own_authorities_are_accepted() {
        assert_eq!(found(json!({})), []);
        assert_eq!(
            found(
                json!({"clusterCA": {"secretRef": {"name": "corporate-ca"}}, "nodes": {"duration": "1h", "renewBefore": "59m"}})
            ),
            []
        );
    }
}
