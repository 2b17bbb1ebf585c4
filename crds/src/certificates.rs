//! Certificate authorities and the certificates they issue.

use k8s_openapi::api::core::v1::LocalObjectReference;
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// How long certificates live, and where the certificate authorities come from.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificatesSpec {
    /// The authority that signs the certificates of the Kafka nodes; clients trust it.
    #[serde(default, rename = "clusterCA")]
    pub cluster_ca: CaSpec,
    /// The authority that signs the certificates of Kafka clients; the nodes trust it.
    #[serde(default, rename = "clientsCA")]
    pub clients_ca: CaSpec,
    /// The certificates of the Kafka nodes themselves.
    #[serde(default)]
    pub nodes: NodeCertificatesSpec,
    /// The certificates of users with `authentication.type: tls`, and of consumers.
    #[serde(default)]
    pub users: UserCertificatesSpec,
}

/// A certificate authority: made and renewed by the operator, or a Secret of yours.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!(has(self.secretRef) && has(self.issuerRef))").message("give secretRef or issuerRef, not both"))]
#[x_kube(validation = Rule::new("duration(self.renewBefore) < duration(self.duration)")
    .message("renewBefore must be shorter than duration").field_path(".renewBefore"))]
pub struct CaSpec {
    /// How long the authority's certificate is valid, for example `8760h`. Default: 8760h (one year).
    #[serde(default = "one_year")]
    #[schemars(schema_with = "crate::schema::duration")]
    pub duration: String,
    /// How long before its end the certificate is renewed, with the same key. Default: 720h (30 days).
    #[serde(default = "thirty_days")]
    #[schemars(schema_with = "crate::schema::duration")]
    pub renew_before: String,
    /// A Secret of your own in the same namespace with `ca.crt` (PEM, one or more certificates) and `ca.key` (PKCS#8 PEM).
    /// Then the operator creates and renews no authority; it signs with yours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
    /// A cert-manager issuer. Not supported yet: the pipeline reports it in its conditions and waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_ref: Option<IssuerReference>,
}

impl Default for CaSpec {
    fn default() -> Self {
        Self { duration: one_year(), renew_before: thirty_days(), secret_ref: None, issuer_ref: None }
    }
}

/// A reference to a cert-manager issuer, in cert-manager's words.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IssuerReference {
    /// Name of the issuer.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// `Issuer` or `ClusterIssuer`. Default: `Issuer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63), extend("default" = "Issuer"))]
    pub kind: Option<String>,
    /// API group of the issuer. Default: `cert-manager.io`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), extend("default" = "cert-manager.io"))]
    pub group: Option<String>,
}

/// Validity of the nodes' certificates.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("duration(self.renewBefore) < duration(self.duration)")
    .message("renewBefore must be shorter than duration").field_path(".renewBefore"))]
pub struct NodeCertificatesSpec {
    /// How long a node's certificate is valid. Default: 2160h (90 days).
    #[serde(default = "ninety_days")]
    #[schemars(schema_with = "crate::schema::duration")]
    pub duration: String,
    /// How long before its end a node's certificate is renewed. Default: 720h (30 days).
    #[serde(default = "thirty_days")]
    #[schemars(schema_with = "crate::schema::duration")]
    pub renew_before: String,
}

impl Default for NodeCertificatesSpec {
    fn default() -> Self {
        Self { duration: ninety_days(), renew_before: thirty_days() }
    }
}

/// Validity of the users' certificates.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("duration(self.renewBefore) < duration(self.duration)")
    .message("renewBefore must be shorter than duration").field_path(".renewBefore"))]
pub struct UserCertificatesSpec {
    /// How long a user's certificate is valid, but never longer than the clients CA. Default: 8760h (one year).
    #[serde(default = "one_year")]
    #[schemars(schema_with = "crate::schema::duration")]
    pub duration: String,
    /// How long before its end a user's certificate is replaced in its Secret. Default: 720h (30 days).
    #[serde(default = "thirty_days")]
    #[schemars(schema_with = "crate::schema::duration")]
    pub renew_before: String,
}

impl Default for UserCertificatesSpec {
    fn default() -> Self {
        Self { duration: one_year(), renew_before: thirty_days() }
    }
}

fn one_year() -> String {
    "8760h".to_owned()
}

fn ninety_days() -> String {
    "2160h".to_owned()
}

fn thirty_days() -> String {
    "720h".to_owned()
}
