//! Every watch of the operator, once for each scope.

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{ConfigMap, PersistentVolumeClaim, Pod, Secret, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::{Ingress, NetworkPolicy};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kafkapipelines_core::labels;
use kafkapipelines_crds::{Consumer, KafkaNodePool, LogPipeline};
use kube::Client;
use kube::core::PartialObjectMeta;
use tokio::task::JoinSet;

use super::metrics::Metrics;
use super::watch::{self, Scope, Watchable, Watched};

/// What is watched: the users' objects and own Secrets, Pods and workloads in full, other children as metadata.
#[derive(Clone)]
pub struct Watches {
    /// All LogPipelines.
    pub pipelines: Watched<LogPipeline>,
    /// All KafkaNodePools.
    pub pools: Watched<KafkaNodePool>,
    /// All Consumers.
    pub consumers: Watched<Consumer>,
    /// Own Secrets.
    pub secrets: Watched<Secret>,
    /// Own Pods.
    pub pods: Watched<Pod>,
    /// Own StatefulSets.
    pub stateful_sets: Watched<StatefulSet>,
    /// Own Deployments.
    pub deployments: Watched<Deployment>,
    /// Own ConfigMaps.
    pub config_maps: Watched<PartialObjectMeta<ConfigMap>>,
    /// Own Services.
    pub services: Watched<PartialObjectMeta<Service>>,
    /// Own Ingresses.
    pub ingresses: Watched<PartialObjectMeta<Ingress>>,
    /// Own PodDisruptionBudgets.
    pub disruption_budgets: Watched<PartialObjectMeta<PodDisruptionBudget>>,
    /// Own NetworkPolicies.
    pub network_policies: Watched<PartialObjectMeta<NetworkPolicy>>,
    /// Own ServiceAccounts.
    pub service_accounts: Watched<PartialObjectMeta<ServiceAccount>>,
    /// Own PersistentVolumeClaims.
    pub claims: Watched<PartialObjectMeta<PersistentVolumeClaim>>,
}

impl Watches {
    /// Starts all watches of `scope` as tasks of `tasks`.
    pub fn start(client: &Client, scope: &Scope, metrics: &Metrics, tasks: &mut JoinSet<()>) -> Self {
        let mut starter = Starter { client, scope, metrics, tasks };
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
        }
    }

    /// The kinds whose store has not yet held all objects: none when the operator may act.
    pub fn unsynced(&self) -> Vec<String> {
        let Self { pipelines, pools, consumers, secrets, pods, stateful_sets, deployments, .. } = self;
        let Self { config_maps, services, ingresses, disruption_budgets, .. } = self;
        let Self { network_policies, service_accounts, claims, .. } = self;
        [
            waiting_for(pipelines),
            waiting_for(pools),
            waiting_for(consumers),
            waiting_for(secrets),
            waiting_for(pods),
            waiting_for(stateful_sets),
            waiting_for(deployments),
            waiting_for(config_maps),
            waiting_for(services),
            waiting_for(ingresses),
            waiting_for(disruption_budgets),
            waiting_for(network_policies),
            waiting_for(service_accounts),
            waiting_for(claims),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn waiting_for<K: Watchable>(watched: &Watched<K>) -> Option<String> {
    (!watched.is_synced()).then(|| K::kind(&()).into_owned())
}

struct Starter<'a> {
    client: &'a Client,
    scope: &'a Scope,
    metrics: &'a Metrics,
    tasks: &'a mut JoinSet<()>,
}

impl Starter<'_> {
    fn roots<K: Watchable>(&mut self) -> Watched<K> {
        let (watched, task) = watch::roots(self.client.clone(), self.scope, self.metrics.clone());
        self.tasks.spawn(task);
        watched
    }

    fn children<K: Watchable>(&mut self) -> Watched<K> {
        let own = format!("{}={}", labels::MANAGED_BY, labels::MANAGER);
        let (watched, task) = watch::children(self.client.clone(), self.scope, &own, self.metrics.clone());
        self.tasks.spawn(task);
        watched
    }
}
