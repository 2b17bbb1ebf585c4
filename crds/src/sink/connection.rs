//! How Vector proves who it is to a store, and whom it trusts.
#![allow(clippy::struct_field_names)] // a field that names a Secret ends with From, as in Kubernetes

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// Credentials, in Secrets of the same namespace. They are mounted into the members, and never copied. Vector reads them at its start:
/// restart the members after a change (`kubectl rollout restart deployment`).
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.basicFrom), has(self.bearerFrom), has(self.apiKeyFrom)].filter(k, k).size() == 1")
    .message("give one of basicFrom, bearerFrom and apiKeyFrom").reason(Reason::FieldValueRequired))]
pub struct SinkAuth {
    /// A Secret with the keys `username` and `password`, such as one of type `kubernetes.io/basic-auth`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basic_from: Option<SecretName>,
    /// A token that is sent as `Authorization: Bearer …`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bearer_from: Option<SecretKey>,
    /// A key that is sent as `Authorization: ApiKey …`; for Elasticsearch the encoded one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_from: Option<SecretKey>,
}

/// TLS towards a store.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SinkTls {
    /// Certificates of the authorities to trust (PEM), in a Secret. Default: those of the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_from: Option<SecretKey>,
}

/// A Secret of the same namespace.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretName {
    /// Name of the Secret.
    #[schemars(schema_with = "crate::schema::host")]
    pub name: String,
}

/// A key of a Secret of the same namespace.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretKey {
    /// Name of the Secret.
    #[schemars(schema_with = "crate::schema::host")]
    pub name: String,
    /// Key in it.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[A-Za-z0-9_-][A-Za-z0-9._-]*$"))]
    pub key: String,
}
