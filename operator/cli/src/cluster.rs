//! Reading the three kinds from the API server.

use std::future::Future;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use k8s_openapi::NamespaceResourceScope;
use kafkapipelines_crds::GROUP;
use kube::api::ListParams;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config, Resource};
use serde::de::DeserializeOwned;

use crate::args::{ClusterArgs, StatusArgs};
use crate::overview::Objects;

const DEADLINE: Duration = Duration::from_secs(20);

/// A cluster, and the part of it to look at.
pub struct Scope {
    client: Client,
    /// Absent: all namespaces.
    namespace: Option<String>,
}

impl Scope {
    /// Reads the kubeconfig; nothing is asked of the cluster yet.
    pub async fn new(args: &StatusArgs) -> Result<Self> {
        let one = Self::of_one_namespace(&args.cluster).await?;
        Ok(Self { namespace: one.namespace.filter(|_| !args.all_namespaces), ..one })
    }

    /// The same, in one namespace.
    pub async fn of_one_namespace(args: &ClusterArgs) -> Result<Self> {
        let config = config(args).await.context("no usable kubeconfig")?;
        let namespace = args.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
        Ok(Self { client: Client::try_from(config)?, namespace: Some(namespace) })
    }

    /// Where is looked, for people.
    pub fn place(&self) -> String {
        self.namespace.as_ref().map_or_else(|| "any namespace".to_owned(), |namespace| format!("namespace {namespace}"))
    }

    /// The objects of one kind.
    pub fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        match &self.namespace {
            Some(namespace) => Api::namespaced(self.client.clone(), namespace),
            None => Api::all(self.client.clone()),
        }
    }

    /// All objects of the three kinds as they are now.
    pub async fn objects(&self) -> Result<Objects> {
        let lists = async { tokio::try_join!(self.list(), self.list(), self.list()) };
        let (pipelines, pools, consumers) = within_deadline(lists).await?;
        Ok(Objects { pipelines, pools, consumers })
    }

    /// One object, if there is one.
    pub async fn get<K>(&self, name: &str) -> Result<Option<K>>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Clone + DeserializeOwned + std::fmt::Debug,
    {
        let api = self.api::<K>();
        within_deadline(async { api.get_opt(name).await.map_err(explain) }).await
    }

    async fn list<K>(&self) -> Result<Vec<K>>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Clone + DeserializeOwned + std::fmt::Debug,
    {
        self.api().list(&ListParams::default()).await.map(|list| list.items).map_err(explain)
    }
}

async fn config(args: &ClusterArgs) -> Result<Config> {
    let options = KubeConfigOptions { context: args.context.clone(), ..KubeConfigOptions::default() };
    Ok(match &args.kubeconfig {
        Some(path) => Config::from_custom_kubeconfig(Kubeconfig::read_from(path)?, &options).await?,
        None if args.context.is_some() => Config::from_kubeconfig(&options).await?,
        None => Config::infer().await?,
    })
}

async fn within_deadline<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(DEADLINE, work).await {
        Ok(result) => result,
        Err(_) => bail!("the API server did not answer within {} s", DEADLINE.as_secs()),
    }
}

fn explain(error: kube::Error) -> anyhow::Error {
    match error {
        kube::Error::Api(status) if status.code == 404 => {
            anyhow!(
                "this cluster does not know {GROUP}: install the custom resource definitions (kubectl apply -k crds/yaml)"
            )
        }
        error => anyhow!(error).context("the API server cannot be asked"),
    }
}
