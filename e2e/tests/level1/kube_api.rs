//! The administrator's requests, in JSON.

use anyhow::{Context as _, Result};
use http::{Method, Request};
use kafkapipelines_e2e::cluster::Cluster;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::Status;
use kube::{Client, Config, Error};
use serde_json::{Value, json};

/// Plural and API prefix of every kind that the operator makes.
pub const CHILDREN: [(&str, &str); 9] = [
    ("configmaps", "/api/v1"),
    ("deployments", "/apis/apps/v1"),
    ("ingresses", "/apis/networking.k8s.io/v1"),
    ("networkpolicies", "/apis/networking.k8s.io/v1"),
    ("poddisruptionbudgets", "/apis/policy/v1"),
    ("secrets", "/api/v1"),
    ("serviceaccounts", "/api/v1"),
    ("services", "/api/v1"),
    ("statefulsets", "/apis/apps/v1"),
];

const OWN: &str = "/apis/kafkapipelines.io/v1alpha1";

/// One namespace, as the administrator sees it.
#[derive(Clone)]
pub struct KubeApi {
    client: Client,
    namespace: String,
}

/// The API server's answer; an error only where it gave none.
pub type Answer = Result<Result<Value, Box<Status>>>;

impl KubeApi {
    pub async fn connect(cluster: &Cluster, namespace: &str) -> Result<Self> {
        let kubeconfig = Kubeconfig::read_from(cluster.kubeconfig())?;
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
        Ok(Self { client: Client::try_from(config)?, namespace: namespace.to_owned() })
    }

    /// The path of a kind, given as its plural, in this namespace.
    pub fn path(&self, plural: &str) -> String {
        let known = CHILDREN.iter().find(|(kind, _)| *kind == plural).map(|(_, prefix)| *prefix);
        let core = ["pods", "persistentvolumeclaims"].contains(&plural);
        let prefix = known.unwrap_or(if core { "/api/v1" } else { OWN });
        format!("{prefix}/namespaces/{}/{plural}", self.namespace)
    }

    pub async fn send(&self, method: Method, path: &str, kind: &str, body: &Value) -> Answer {
        let request = Request::builder().method(method).uri(path).header("Content-Type", kind);
        match self.client.request(request.body(serde_json::to_vec(body)?)?).await {
            Ok(answer) => Ok(Ok(answer)),
            Err(Error::Api(status)) => Ok(Err(status)),
            Err(error) => Err(error.into()),
        }
    }

    /// Server-side apply of a document of our own kinds.
    pub async fn apply(&self, document: &Value) -> Answer {
        let mut document = document.clone();
        document["metadata"]["namespace"] = json!(self.namespace);
        let plural = format!("{}s", document["kind"].as_str().unwrap_or_default().to_lowercase());
        let name = document["metadata"]["name"].as_str().context("a name")?;
        let query = "fieldManager=user&force=true&fieldValidation=Strict";
        let path = format!("{}/{name}?{query}", self.path(&plural));
        self.send(Method::PATCH, &path, "application/apply-patch+yaml", &document).await
    }

    /// Creates an object of any kind that [`Self::path`] knows.
    pub async fn create(&self, plural: &str, object: &Value) -> Result<Value> {
        Ok(self.send(Method::POST, &self.path(plural), "application/json", object).await??)
    }

    pub async fn merge(&self, plural: &str, name: &str, patch: &Value) -> Result<Value> {
        self.change(plural, name, "application/merge-patch+json", patch).await
    }

    /// A JSON patch (RFC 6902), for parts of lists.
    pub async fn edit(&self, plural: &str, name: &str, patch: &Value) -> Result<Value> {
        self.change(plural, name, "application/json-patch+json", patch).await
    }

    pub async fn get(&self, plural: &str, name: &str) -> Result<Option<Value>> {
        let path = format!("{}/{name}", self.path(plural));
        match self.send(Method::GET, &path, "application/json", &json!(null)).await? {
            Ok(object) => Ok(Some(object)),
            Err(status) if status.code == 404 => Ok(None),
            Err(status) => Err(status.into()),
        }
    }

    /// All objects of a kind; `selector` may be empty.
    pub async fn list(&self, plural: &str, selector: &str) -> Result<Vec<Value>> {
        let path = format!("{}?labelSelector={selector}", self.path(plural));
        let mut list = self.send(Method::GET, &path, "application/json", &json!(null)).await??;
        serde_json::from_value(list["items"].take()).context("a list")
    }

    pub async fn delete(&self, plural: &str, name: &str) -> Result<()> {
        let path = format!("{}/{name}", self.path(plural));
        let answer = self.send(Method::DELETE, &path, "application/json", &json!({})).await?;
        answer.with_context(|| format!("delete {plural} {name}"))?;
        Ok(())
    }

    async fn change(&self, plural: &str, name: &str, kind: &str, body: &Value) -> Result<Value> {
        let path = format!("{}/{name}", self.path(plural));
        let answer = self.send(Method::PATCH, &path, kind, body).await?;
        answer.with_context(|| format!("patch {plural} {name}"))
    }
}
