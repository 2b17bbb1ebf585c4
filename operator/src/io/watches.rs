//! Every watch of the operator, once for each scope.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::join_all;
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{ConfigMap, PersistentVolumeClaim, Pod, Secret, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::{Ingress, NetworkPolicy};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kafkapipelines_core::child::Child;
use kafkapipelines_core::labels;
use kafkapipelines_crds::{Consumer, KafkaNodePool, LogPipeline};
use kube::Client;
use kube::api::ObjectMeta;
use kube::core::PartialObjectMeta;
use tokio::task::JoinSet;

use super::metrics::Metrics;
use super::watch::{self, Scope, Syncing, Watchable, Watched};

/// What is watched: the users' objects and programs, own Secrets, Pods and workloads in full, other children as metadata.
#[derive(Clone)]
pub struct Watches {
    /// All LogPipelines.
    pub pipelines: Watched<LogPipeline>,
    /// All KafkaNodePools.
    pub pools: Watched<KafkaNodePool>,
    /// All Consumers.
    pub consumers: Watched<Consumer>,
    /// Own `Secrets`.
    pub secrets: Watched<Secret>,
    /// Own `Pods`.
    pub pods: Watched<Pod>,
    /// Own `StatefulSets`.
    pub stateful_sets: Watched<StatefulSet>,
    /// Own `Deployments`.
    pub deployments: Watched<Deployment>,
    /// Own `ConfigMaps`.
    pub config_maps: Watched<PartialObjectMeta<ConfigMap>>,
    /// Own `Services`.
    pub services: Watched<PartialObjectMeta<Service>>,
    /// Own `Ingresses`.
    pub ingresses: Watched<PartialObjectMeta<Ingress>>,
    /// Own `PodDisruptionBudgets`.
    pub disruption_budgets: Watched<PartialObjectMeta<PodDisruptionBudget>>,
    /// Own `NetworkPolicies`.
    pub network_policies: Watched<PartialObjectMeta<NetworkPolicy>>,
    /// Own `ServiceAccounts`.
    pub service_accounts: Watched<PartialObjectMeta<ServiceAccount>>,
    /// Own `PersistentVolumeClaims`.
    pub claims: Watched<PartialObjectMeta<PersistentVolumeClaim>>,
    /// The users' `ConfigMaps` that hold programs of consumers, by their label.
    pub programs: Watched<ConfigMap>,
    all: Arc<[Box<dyn Syncing>]>,
}

impl Watches {
    /// Starts all watches of `scope` as tasks of `tasks`.
    pub fn start(client: &Client, scope: &Scope, metrics: &Metrics, tasks: &mut JoinSet<()>) -> Self {
        let mut starter = Starter { client, scope, metrics, tasks, started: Vec::new() };
        Self {
            pipelines: starter.roots(),
            pools: starter.roots(),
            consumers: starter.roots(),
            secrets: starter.children(),
            pods: starter.children(),
            stateful_sets: starter.children(),
            deployments: starter.children(),
            config_maps: starter.children(),
            services: starter.children(),
            ingresses: starter.children(),
            disruption_budgets: starter.children(),
            network_policies: starter.children(),
            service_accounts: starter.children(),
            claims: starter.children(),
            programs: starter.labelled(labels::PROGRAMS, "true"),
            all: starter.started.into(),
        }
    }

    /// The metadata of the live object that `child` is the intent for, if the watch shows one.
    pub fn metadata(&self, child: &Child) -> Option<ObjectMeta> {
        let Child { gvk, namespace, name, .. } = child;
        match gvk.kind.as_str() {
            "Secret" => metadata_of(&self.secrets, namespace, name),
            "StatefulSet" => metadata_of(&self.stateful_sets, namespace, name),
            "Deployment" => metadata_of(&self.deployments, namespace, name),
            "ConfigMap" => metadata_of(&self.config_maps, namespace, name),
            "Service" => metadata_of(&self.services, namespace, name),
            "Ingress" => metadata_of(&self.ingresses, namespace, name),
            "PodDisruptionBudget" => metadata_of(&self.disruption_budgets, namespace, name),
            "NetworkPolicy" => metadata_of(&self.network_policies, namespace, name),
            "ServiceAccount" => metadata_of(&self.service_accounts, namespace, name),
            _ => None,
        }
    }

    /// The kinds whose store has not yet held all objects: none when the operator may act.
    pub fn unsynced(&self) -> Vec<String> {
        self.all
            .iter()
            .filter(|watched| watched.synced().now_or_never().is_none())
            .map(|watched| watched.kind())
            .collect()
    }

    /// Ends when all stores have held all objects.
    pub async fn synced(&self) {
        join_all(self.all.iter().map(|watched| watched.synced())).await;
    }
}

fn metadata_of<K: Watchable>(watched: &Watched<K>, namespace: &str, name: &str) -> Option<ObjectMeta> {
    watched.get(namespace, name).map(|object| object.meta().clone())
}

struct Starter<'a> {
    client: &'a Client,
    scope: &'a Scope,
    metrics: &'a Metrics,
    tasks: &'a mut JoinSet<()>,
    started: Vec<Box<dyn Syncing>>,
}

impl Starter<'_> {
    fn roots<K: Watchable>(&mut self) -> Watched<K> {
        let (watched, task) = watch::roots(self.client.clone(), self.scope, self.metrics.clone());
        self.tasks.spawn(task);
        self.started.push(Box::new(watched.clone()));
        watched
    }

    fn children<K: Watchable>(&mut self) -> Watched<K> {
        self.labelled(labels::MANAGED_BY, labels::MANAGER)
    }

    fn labelled<K: Watchable>(&mut self, label: &str, value: &str) -> Watched<K> {
        let selector = format!("{label}={value}");
        let (watched, task) = watch::labelled(self.client.clone(), self.scope, &selector, self.metrics.clone());
        self.tasks.spawn(task);
        self.started.push(Box::new(watched.clone()));
        watched
    }
}
