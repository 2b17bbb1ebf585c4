use kafkapipelines_crds::{BrokerHost, PullPolicy, RackSpec};

use super::fixtures::{pool, reference};
use crate::build::restart_hash;
use crate::pipeline::Pipeline;

/// Hashes of the pools `controller` and `broker`.
fn hashes(pipeline: &Pipeline) -> (String, String) {
    (restart_hash(pipeline, pool(pipeline, "controller")), restart_hash(pipeline, pool(pipeline, "broker")))
}

fn after(change: impl FnOnce(&mut Pipeline)) -> (String, String) {
    let mut pipeline = reference();
    change(&mut pipeline);
    hashes(&pipeline)
}

fn edit_pool(pipeline: &mut Pipeline, name: &str, edit: impl FnOnce(&mut crate::pool::Pool)) {
    edit(pipeline.pools.iter_mut().find(|pool| pool.name == name).unwrap());
}

#[test]
fn what_comes_and_goes_restarts_nobody() {
    let before = hashes(&reference());
    let scale = |name: &'static str, replicas| after(|p| edit_pool(p, name, |pool| pool.spec.replicas = replicas));
    assert_eq!(scale("broker", 5), before);
    assert_eq!(scale("broker", 1), before);
    assert_eq!(scale("controller", 5), before);
    assert_eq!(scale("controller", 0), before);
    let added = after(|pipeline| {
        let mut more = pool(pipeline, "broker").clone();
        (more.name, more.base) = ("more".to_owned(), 1000);
        pipeline.pools.push(more);
    });
    assert_eq!(added, before);
    assert_eq!(after(|pipeline| pipeline.spec.topics.clear()), before);
    assert_eq!(after(|pipeline| pipeline.metadata_version = "4.3".to_owned()), before);
    assert_eq!(after(|pipeline| pipeline.initial_voters.clear()), before);
}

#[test]
fn what_kafka_changes_while_it_runs_restarts_nobody() {
    let before = hashes(&reference());
    for key in ["log.retention.ms", "num.io.threads", "min.insync.replicas"] {
        assert_eq!(after(|pipeline| drop(pipeline.config.insert(key.to_owned(), "2".to_owned()))), before, "{key}");
    }
}

#[test]
fn scaling_restarts_nobody_where_defaults_follow_the_number_of_brokers() {
    let of = |brokers| {
        after(|pipeline| {
            pipeline.config.clear();
            edit_pool(pipeline, "broker", |pool| pool.spec.replicas = brokers);
        })
    };
    assert_eq!(of(1), of(3));
}

#[test]
fn what_every_node_reads_restarts_every_node() {
    type Change = fn(&mut Pipeline);
    let changes: [(&str, Change); 6] = [
        ("config", |p| drop(p.config.insert("queued.max.requests".to_owned(), "7".to_owned()))),
        ("image", |p| p.spec.kafka.image.tag = Some("3.9.0-patched".to_owned())),
        ("pull policy", |p| p.spec.kafka.image.pull_policy = Some(PullPolicy::Always)),
        ("version", |p| p.version = "4.3.1".parse().unwrap()),
        ("listener protocol", |p| p.spec.kafka.listeners[0].tls = true),
        ("listener name", |p| p.spec.kafka.listeners[0].name = "other".to_owned()),
    ];
    let before = hashes(&reference());
    for (what, change) in changes {
        let now = after(change);
        assert!(now.0 != before.0 && now.1 != before.1, "{what}");
    }
}

#[test]
fn what_only_brokers_read_restarts_brokers_alone() {
    type Change = fn(&mut Pipeline);
    let host = || BrokerHost { broker: 3, host: "broker-3.my-kafka.com".to_owned() };
    let add_host: Box<dyn Fn(&mut Pipeline)> =
        Box::new(move |p| p.spec.kafka.listeners[2].ingress.as_mut().unwrap().broker_hosts.push(host()));
    let changes: [(&str, Change); 4] = [
        ("listener port", |p| p.spec.kafka.listeners[0].port = 9099),
        ("advertised port", |p| p.spec.kafka.listeners[2].advertised_port = Some(8443)),
        ("rack", |p| p.spec.kafka.rack = Some(RackSpec { topology_key: "zone".to_owned() })),
        ("disk", |p| {
            edit_pool(p, "broker", |pool| {
                let mut more = pool.spec.storage.volumes[0].clone();
                (more.id, more.kraft_metadata) = (1, None);
                pool.spec.storage.volumes.push(more);
            });
        }),
    ];
    let before = hashes(&reference());
    let all = changes.into_iter().map(|(what, change)| (what, after(change)));
    for (what, now) in all.chain([("broker host", after(add_host))]) {
        assert_eq!(now.0, before.0, "{what}: controllers");
        assert_ne!(now.1, before.1, "{what}: brokers");
    }
}

#[test]
fn what_only_a_pool_reads_restarts_that_pool_alone() {
    let before = hashes(&reference());
    let heap = after(|p| edit_pool(p, "controller", |pool| pool.spec.jvm.heap = Some("512Mi".to_owned())));
    let option = after(|p| edit_pool(p, "controller", |pool| pool.spec.jvm.options.push("-XX:+UseZGC".to_owned())));
    let grace = after(|p| {
        edit_pool(p, "controller", |pool| pool.spec.template.spec.termination_grace_period_seconds = Some(60));
    });
    for now in [heap, option, grace] {
        assert_ne!(now.0, before.0);
        assert_eq!(now.1, before.1);
    }
}

#[test]
fn the_size_of_a_claim_and_the_order_of_hosts_restart_nobody() {
    let before = hashes(&reference());
    let grown = after(|p| edit_pool(p, "broker", |pool| pool.spec.storage.volumes[0].size.0 = "200Gi".to_owned()));
    let turned = after(|p| p.spec.kafka.listeners[2].ingress.as_mut().unwrap().broker_hosts.reverse());
    assert_eq!(grown, before);
    assert_eq!(turned, before);
}
