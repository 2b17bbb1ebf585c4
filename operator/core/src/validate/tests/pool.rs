use serde_json::json;

use super::{identity_of, logs, nodes, pools, said};
use crate::validate::pipeline::{PipelineInput, pipeline};
use crate::validate::pool::pool;
use crate::validate::{NODE_IDS_PENDING, is_waiting};

#[test]
fn one_bad_pool_harms_no_other_and_its_nodes_still_count() {
    let bad = nodes("b2", "broker", json!({"jvm": {"heap": "50%"}}));
    let pools = [pools(), vec![bad.clone()]].concat();
    let (object, identity) = (logs(json!({})), identity_of(&logs(json!({})), &pools));
    let input = PipelineInput { object: &object, pools: &pools, identity: &identity };
    let good = pipeline(&input).unwrap();
    assert_eq!(good.pools.iter().map(|pool| pool.name.as_str()).collect::<Vec<_>>(), ["broker", "controller"]);
    assert_eq!(good.refused.iter().map(|pool| pool.name.as_str()).collect::<Vec<_>>(), ["b2"]);
    assert_eq!(good.brokers().len(), 6);
    assert_eq!(said(&pool(&bad, &input).unwrap_err()), [("InvalidHeap", "spec.jvm.heap", "50%")]);
}

#[test]
fn a_pool_without_node_ids_waits() {
    let (object, pools) = (logs(json!({})), pools());
    let identity = identity_of(&object, &pools[..1]);
    let input = PipelineInput { object: &object, pools: &pools, identity: &identity };
    assert_eq!(pipeline(&input).unwrap().pools.len(), 1);
    let refusals = pool(&pools[1], &input).unwrap_err();
    assert_eq!(refusals[0].reason, NODE_IDS_PENDING);
    assert!(is_waiting(&refusals));
}

#[test]
fn each_error_of_a_pool_names_field_value_and_way_out() {
    let long = "b".repeat(41);
    for (name, spec, reason, field, value, way_out) in [
        ("broker", json!({"nodeIdBase": 500}), "NodeIdBaseContradicts", "spec.nodeIdBase", "500", "set it to 0"),
        (long.as_str(), json!({}), "NameTooLong", "metadata.name", long.as_str(), "shorter"),
        (
            "broker",
            json!({"resources": {"limits": {"memory": "64Mi"}}}),
            "MemoryTooSmall",
            "spec.resources.limits[memory]",
            "64Mi",
            "256Mi",
        ),
        (
            "broker",
            json!({"template": {"metadata": {"labels": {"app.kubernetes.io/name": "x"}}}}),
            "ReservedKey",
            "spec.template.metadata.labels[app.kubernetes.io/name]",
            "x",
            "another prefix",
        ),
    ] {
        let object = logs(json!({}));
        let identity = identity_of(&object, &[nodes(name, "broker", json!({}))]);
        let pools = [nodes(name, "broker", spec)];
        let refusals =
            pool(&pools[0], &PipelineInput { object: &object, pools: &pools, identity: &identity }).unwrap_err();
        assert_eq!(said(&refusals), [(reason, field, value)]);
        assert!(refusals[0].message.contains(way_out), "{}", refusals[0]);
    }
}

#[test]
fn pools_whose_node_ids_overlap_are_both_refused() {
    let pools = [nodes("a", "broker", json!({"nodeIdBase": 0})), nodes("b", "broker", json!({"nodeIdBase": 2}))];
    let object = logs(json!({}));
    let identity = identity_of(&object, &pools);
    let input = PipelineInput { object: &object, pools: &pools, identity: &identity };
    for (own, range, other) in [(&pools[0], "0-2", "2-4 of the pool b"), (&pools[1], "2-4", "0-2 of the pool a")] {
        let refusals = pool(own, &input).unwrap_err();
        assert_eq!(said(&refusals), [("NodeIdsOverlap", "spec.nodeIdBase", range)]);
        assert!(refusals[0].message.contains(other), "{}", refusals[0]);
    }
}
