//! Three nodes in three zones: spread, racks, closed ports, drains.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use kafkapipelines_e2e::cluster::{Cluster, step};
use kafkapipelines_e2e::image::{Image, kafka::Version};
use kafkapipelines_e2e::installation::{NAMESPACE, Operator, PIPELINE, Pipeline, SMALL, example, remove_namespace};

use super::bed::{READY_WITHIN, cluster_with, pod};
use super::pod_watch::PodWatch;

const ZONES: &str = "zones";
/// More of the overlay's list of patches.
const RACK: &str = r"  - target: {kind: LogPipeline}
    patch: |-
      apiVersion: kafkapipelines.io/v1alpha1
      kind: LogPipeline
      metadata: {name: any}
      spec: {kafka: {rack: {topologyKey: topology.kubernetes.io/zone}}}
";
/// Six Kafka nodes and three Kubernetes nodes.
const NEEDED_KIB: u64 = 8 << 20;
const STRANGER: &str = "
apiVersion: v1
kind: Pod
metadata: {name: stranger, namespace: default}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: probe, image: {{image}}}]
";

#[test]
fn nodes_spread_over_zones_strangers_stay_out_and_drains_take_one_at_a_time() -> Result<()> {
    if free_kib()? < NEEDED_KIB {
        println!("three nodes are left out: this machine has less than {} GiB to spare", NEEDED_KIB >> 20);
        return Ok(());
    }
    let cluster = cluster_with(3, &[Version::V3_9_0])?;
    for namespace in [NAMESPACE, ZONES] {
        remove_namespace(&cluster, namespace)?;
    }
    let pipeline = step("six nodes in three zones", || install(&cluster))?;
    roles_spread_over_zones_and_brokers_know_theirs(&cluster, &pipeline)?;
    step("closed ports", || strangers_reach_the_listeners_only(&cluster, &pipeline))?;
    step("two drains at once", || drains_take_one_node_of_a_role_at_a_time(&cluster, &pipeline))?;
    remove_namespace(&cluster, ZONES)?;
    remove_namespace(&cluster, "kafkapipelines")
}

/// One operator for all namespaces: the other tests have one that may act in its own only.
fn install(cluster: &Cluster) -> Result<Pipeline> {
    Operator::install_cluster_wide(cluster)?;
    cluster.kubectl(["create", "namespace", ZONES])?;
    cluster.kubectl(["label", "namespace", ZONES, "pod-security.kubernetes.io/enforce=restricted"])?;
    let pipeline = Pipeline::new(cluster, ZONES, PIPELINE);
    pipeline.apply(&example(), &format!("namespace: {ZONES}\n{SMALL}{RACK}"))?;
    pipeline.await_ready(READY_WITHIN)?;
    Ok(pipeline)
}

fn roles_spread_over_zones_and_brokers_know_theirs(cluster: &Cluster, pipeline: &Pipeline) -> Result<()> {
    let versions = ["bin/kafka-broker-api-versions.sh", "--bootstrap-server", "localhost:9092"];
    let brokers = pipeline.exec(&pod("broker", 0), &versions)?;
    for (pool, first) in [("broker", 0), ("controller", 9000)] {
        let zones = (first..first + 3).map(|id| zone(cluster, pipeline, &pod(pool, id))).collect::<Result<Vec<_>>>()?;
        assert_eq!(zones.iter().collect::<BTreeSet<_>>().len(), 3, "{pool}: {zones:?}");
        for (id, zone) in zones.iter().enumerate().filter(|_| pool == "broker") {
            assert!(brokers.contains(&format!("(id: {id} rack: {zone})")), "broker {id} is in zone {zone}: {brokers}");
        }
    }
    Ok(())
}

fn zone(cluster: &Cluster, pipeline: &Pipeline, pod: &str) -> Result<String> {
    let object = pipeline.object("pod", pod)?;
    let node = object["spec"]["nodeName"].as_str().context("the Pod is bound")?;
    let node = cluster.nodes().iter().find(|known| known.name() == node).context("the node is known")?;
    Ok(node.zone().to_owned())
}

fn strangers_reach_the_listeners_only(cluster: &Cluster, pipeline: &Pipeline) -> Result<()> {
    cluster.kubectl(["delete", "pod", "stranger", "--ignore-not-found"])?;
    cluster.kubectl_program().apply(&STRANGER.replace("{{image}}", &Image::Probe.reference()))?;
    cluster.kubectl(["wait", "pod", "stranger", "--for=condition=Ready", "--timeout=60s"])?;
    for (pool, id, port, open) in [
        ("broker", 0, 9092, true),
        ("broker", 1, 9093, true),
        ("broker", 0, 9091, false),
        ("broker", 0, 9404, false),
        ("controller", 9000, 9090, false),
        ("controller", 9000, 9404, false),
    ] {
        let object = pipeline.object("pod", &pod(pool, id))?;
        let address = object["status"]["podIP"].as_str().context("the Pod has an address")?;
        let connect = format!("nc -w 2 {address} {port} </dev/null");
        let connected = cluster.kubectl(["exec", "stranger", "--", "sh", "-c", &connect]);
        assert_eq!(connected.is_ok(), open, "{pool} {id} port {port}: {connected:?}");
    }
    cluster.kubectl(["delete", "pod", "stranger"]).map(drop)
}

/// Two Kubernetes nodes at once: the second Kafka Pod of a role has to wait until the first is ready elsewhere.
fn drains_take_one_node_of_a_role_at_a_time(cluster: &Cluster, pipeline: &Pipeline) -> Result<()> {
    let watch = PodWatch::start(pipeline)?;
    let drain = ["drain", "node-2", "node-3", "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=400s"];
    cluster.kubectl(drain)?;
    pipeline.await_ready(READY_WITHIN)?;
    cluster.kubectl(["uncordon", "node-2", "node-3"])?;
    let history = watch.history()?;
    assert!(history.replaced.len() >= 4, "two brokers and two controllers move: {:?}", history.replaced);
    for pool in ["broker", "controller"] {
        assert_eq!(history.taken_too_early(&format!("{PIPELINE}-{pool}-")), []);
    }
    Ok(())
}

fn free_kib() -> Result<u64> {
    let memory = std::fs::read_to_string("/proc/meminfo")?;
    let free = memory.lines().find_map(|line| line.strip_prefix("MemAvailable:")).context("MemAvailable")?;
    Ok(free.trim_end_matches("kB").trim().parse()?)
}
