//! What a pipeline settles once and never changes: cluster id, node ids of its pools, first voters.
//!
//! They are written to the status before anything is created from them. A pipeline that is made anew over kept claims
//! finds them again on the claims.

use std::collections::{BTreeMap, BTreeSet};

use kafkapipelines_crds::{
    ControllerQuorumStatus, KafkaNodePool, KafkaSpec, LogPipeline, LogPipelineStatus, NodePoolStatus, Role,
    VersionStatus,
};
use kube::ResourceExt;

use crate::kafka_version::KafkaVersion;
use crate::{cluster_id, labels, node_ids};

/// The settled identity of a pipeline.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Identity {
    /// Cluster id.
    pub cluster_id: String,
    /// `metadata.version` with which new disks are formatted: that of the cluster.
    pub metadata_version: String,
    /// Lowest node id of every pool, by name.
    pub bases: BTreeMap<String, i32>,
    /// Node ids of the first voters, ascending; empty until there is a controller.
    pub initial_voters: Vec<i32>,
}

/// What claims of an earlier life say.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Remembered {
    /// Cluster id on the claims.
    pub cluster_id: Option<String>,
    /// Lowest node id of every pool that has claims.
    pub bases: BTreeMap<String, i32>,
    /// Node ids of controllers that have claims.
    pub controllers: BTreeSet<i32>,
}

/// Reads the claims of a pipeline.
pub fn remember<'a, C: ResourceExt + 'a>(claims: impl IntoIterator<Item = &'a C>) -> Remembered {
    let mut remembered = Remembered::default();
    for claim in claims {
        let annotation = |key: &str| claim.annotations().get(key);
        remembered.cluster_id = remembered.cluster_id.or_else(|| annotation(labels::CLUSTER_ID).cloned());
        if let (Some(pool), Some(base)) =
            (claim.labels().get(labels::POOL), annotation(labels::NODE_ID_BASE).and_then(|b| b.parse().ok()))
        {
            remembered.bases.insert(pool.clone(), base);
        }
        if claim.labels().contains_key(labels::ROLE_CONTROLLER) {
            remembered.controllers.extend(claim.name_any().rsplit('-').next().and_then(|id| id.parse::<i32>().ok()));
        }
    }
    remembered
}

/// The identity recorded so far in `status`, completed from the claims and by new assignments.
pub fn settle(
    pipeline: &LogPipeline,
    status: &LogPipelineStatus,
    pools: &[KafkaNodePool],
    remembered: &Remembered,
) -> Identity {
    let recorded = recorded(status).unwrap_or_default();
    let of_claims = || remembered.cluster_id.clone();
    let cluster_id = status
        .cluster_id
        .clone()
        .or_else(of_claims)
        .unwrap_or_else(|| cluster_id::cluster_id(&pipeline.uid().unwrap_or_default()));
    let bases = bases(&status.node_pools, pools, remembered);
    let initial_voters = if recorded.initial_voters.is_empty() {
        first_voters(pools, &bases, remembered)
    } else {
        recorded.initial_voters
    };
    let metadata_version = Some(recorded.metadata_version).filter(|version| !version.is_empty());
    let metadata_version = metadata_version.unwrap_or_else(|| wanted_metadata_version(&pipeline.spec.kafka));
    Identity { cluster_id, metadata_version, bases, initial_voters }
}

/// The identity as far as the status has it; children are built from this and nothing else.
pub fn recorded(status: &LogPipelineStatus) -> Option<Identity> {
    Some(Identity {
        cluster_id: status.cluster_id.clone()?,
        metadata_version: status.version.as_ref().and_then(|version| version.metadata.clone()).unwrap_or_default(),
        bases: status.node_pools.iter().map(|pool| (pool.name.clone(), pool.node_id_base)).collect(),
        initial_voters: status
            .controller_quorum
            .as_ref()
            .map(|quorum| quorum.initial_voters.clone())
            .unwrap_or_default(),
    })
}

/// The `metadata.version` that the spec asks for, or the newest of its Kafka version.
pub fn wanted_metadata_version(kafka: &KafkaSpec) -> String {
    let newest =
        || kafka.version.parse::<KafkaVersion>().map(KafkaVersion::default_metadata_version).unwrap_or_default();
    kafka.metadata_version.clone().unwrap_or_else(newest)
}

/// Names of pools that no status gives node ids yet.
pub fn newcomers(status: &LogPipelineStatus, pools: &[KafkaNodePool]) -> BTreeSet<String> {
    let is_known = |name: &String| status.node_pools.iter().any(|pool| pool.name == *name);
    pools.iter().map(ResourceExt::name_any).filter(|name| !is_known(name)).collect()
}

impl Identity {
    /// The status with this identity on record.
    pub fn record(&self, status: LogPipelineStatus) -> LogPipelineStatus {
        let running = status.version.as_ref().and_then(|version| version.running.clone());
        let voters = status.controller_quorum.as_ref().map(|quorum| quorum.voters.clone()).unwrap_or_default();
        LogPipelineStatus {
            cluster_id: Some(self.cluster_id.clone()),
            version: Some(VersionStatus { running, metadata: Some(self.metadata_version.clone()) }),
            node_pools: self.node_pools(),
            controller_quorum: self.controller_quorum(voters),
            ..status
        }
    }

    /// The form in which a pipeline's status keeps it.
    pub fn node_pools(&self) -> Vec<NodePoolStatus> {
        self.bases.iter().map(|(name, base)| NodePoolStatus { name: name.clone(), node_id_base: *base }).collect()
    }

    /// The form in which a pipeline's status keeps the first voters, beside those of now.
    pub fn controller_quorum(&self, voters: Vec<i32>) -> Option<ControllerQuorumStatus> {
        let initial_voters = self.initial_voters.clone();
        (!initial_voters.is_empty()).then_some(ControllerQuorumStatus { initial_voters, voters })
    }
}

fn bases(recorded: &[NodePoolStatus], pools: &[KafkaNodePool], remembered: &Remembered) -> BTreeMap<String, i32> {
    let of = |pool: &KafkaNodePool| {
        let name = pool.name_any();
        let by_pipeline = recorded.iter().find(|entry| entry.name == name).map(|entry| entry.node_id_base);
        let by_pool = pool.status.as_ref().and_then(|status| status.node_id_base);
        by_pipeline.or(by_pool).or(pool.spec.node_id_base).or_else(|| remembered.bases.get(&name).copied())
    };
    let names: Vec<_> = pools.iter().map(|pool| (pool.name_any(), of(pool))).collect();
    let present = names.iter().zip(pools).map(|((name, base), pool)| node_ids::Request {
        pool: name,
        roles: &pool.spec.roles,
        base: *base,
    });
    // A pool that is gone keeps its ids: its claims may still be there, and it may come back.
    let gone = recorded.iter().filter(|entry| !names.iter().any(|(name, _)| *name == entry.name));
    let gone = gone.map(|entry| node_ids::Request { pool: &entry.name, roles: &[], base: Some(entry.node_id_base) });
    node_ids::assign(&present.chain(gone).collect::<Vec<_>>())
}

fn first_voters(pools: &[KafkaNodePool], bases: &BTreeMap<String, i32>, remembered: &Remembered) -> Vec<i32> {
    let controllers: BTreeSet<i32> = pools
        .iter()
        .filter(|pool| pool.spec.roles.contains(&Role::Controller))
        .filter_map(|pool| Some((*bases.get(&pool.name_any())?, pool.spec.replicas)))
        .flat_map(|(base, replicas)| base..base + replicas)
        .collect();
    let kept: Vec<_> = controllers.intersection(&remembered.controllers).copied().collect();
    if kept.is_empty() { controllers.into_iter().collect() } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::core::v1::PersistentVolumeClaim;
    use serde_json::json;

    fn pool(name: &str, role: &str) -> KafkaNodePool {
        serde_json::from_value(json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "KafkaNodePool", "metadata": {"name": name},
            "spec": {"pipeline": "logs", "replicas": 3, "roles": [role], "storage": {"volumes": [{"id": 0, "size": "1Gi"}]}}}))
        .unwrap()
    }

    fn pipeline(status: &serde_json::Value) -> LogPipeline {
        serde_json::from_value(json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "LogPipeline", "metadata": {"name": "logs", "uid": "u1"},
            "spec": {"kafka": {"version": "4.3.1", "listeners": []}}, "status": status}))
        .unwrap()
    }

    fn settled(status: &serde_json::Value, pools: &[KafkaNodePool], remembered: &Remembered) -> Identity {
        let pipeline = pipeline(status);
        settle(&pipeline, &pipeline.status.clone().unwrap_or_default(), pools, remembered)
    }

    fn claim(name: &str, pool: &str, base: &str, controller: bool) -> PersistentVolumeClaim {
        let mut labels = json!({"kafkapipelines.io/pool": pool});
        if controller {
            labels["kafkapipelines.io/role-controller"] = json!("true");
        }
        serde_json::from_value(json!({"metadata": {"name": name, "labels": labels,
            "annotations": {"kafkapipelines.io/cluster-id": "old", "kafkapipelines.io/node-id-base": base}}}))
        .unwrap()
    }

    #[test]
    fn a_new_pipeline_settles_on_the_names_of_its_pools() {
        let identity =
            settled(&json!({}), &[pool("controller", "controller"), pool("broker", "broker")], &Remembered::default());
        assert_eq!(identity.cluster_id, cluster_id::cluster_id("u1"));
        assert_eq!(identity.bases, BTreeMap::from([("broker".into(), 0), ("controller".into(), 9000)]));
        assert_eq!(identity.initial_voters, [9000, 9001, 9002]);
        assert_eq!(identity.metadata_version, "4.3");
    }

    #[test]
    fn what_is_recorded_stays() {
        let status = json!({"clusterId": "c", "version": {"metadata": "3.9-IV0"}, "nodePools": [{"name": "controller", "nodeIdBase": 500}], "controllerQuorum": {"initialVoters": [500]}});
        let identity = settled(&status, &[pool("controller", "controller")], &Remembered::default());
        assert_eq!(
            (identity.cluster_id.as_str(), identity.bases["controller"], identity.initial_voters),
            ("c", 500, vec![500])
        );
    }

    #[test]
    fn putting_it_on_record_keeps_what_was_seen() {
        let status = json!({"clusterId": "c", "version": {"running": "4.3.1", "metadata": "4.3"}, "controllerQuorum": {"initialVoters": [500], "voters": [500, 501]}});
        let status: LogPipelineStatus = serde_json::from_value(status).unwrap();
        assert_eq!(recorded(&status).unwrap().record(status.clone()), status);
    }

    #[test]
    fn a_pool_that_is_gone_keeps_its_ids() {
        let status = json!({"clusterId": "c", "nodePools": [{"name": "first", "nodeIdBase": 0}]});
        let identity = settled(&status, &[pool("second", "broker")], &Remembered::default());
        assert_eq!(identity.bases, BTreeMap::from([("first".into(), 0), ("second".into(), 1000)]));
    }

    #[test]
    fn a_pipeline_made_anew_finds_itself_on_kept_claims() {
        let claims = [
            claim("data-0-logs-controller-9001", "controller", "9001", true),
            claim("data-0-logs-z-1000", "z", "1000", false),
        ];
        let pools = [pool("controller", "controller"), pool("z", "broker"), pool("a", "broker")];
        let identity = settled(&json!({}), &pools, &remember(&claims));
        assert_eq!(identity.cluster_id, "old");
        assert_eq!(identity.bases, BTreeMap::from([("a".into(), 0), ("controller".into(), 9001), ("z".into(), 1000)]));
        assert_eq!(identity.initial_voters, [9001], "only disks that were formatted as voters are voters");
    }

    #[test]
    fn without_controllers_there_are_no_voters_yet() {
        let identity = settled(&json!({}), &[pool("broker", "broker")], &Remembered::default());
        assert!(identity.initial_voters.is_empty());
        assert_eq!(identity.controller_quorum(vec![]), None);
    }
}
