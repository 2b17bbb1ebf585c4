use serde_json::{Value, json};

use super::fixtures::{children, combined, pool, reference};
use crate::build::{logging::Logging, properties::server_properties, start_script};
use crate::child::Child;
use crate::labels;
use crate::pipeline::Pipeline;

#[test]
fn the_reference_installation() {
    snapshots("reference", &reference(), &["server-0.properties", "server-9000.properties"]);
}

#[test]
fn combined_roles_jbod_racks_and_template() {
    snapshots("combined", &combined(), &["server-1.properties"]);
}

/// One snapshot for each child, and one for each text of a ConfigMap that is worth reading.
fn snapshots(name: &str, pipeline: &Pipeline, files: &[&str]) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path(format!("snapshots/{name}"));
    settings.bind(|| children(pipeline).iter().for_each(|child| snapshot(child, files)));
}

fn snapshot(child: &Child, files: &[&str]) {
    let id = format!("{}-{}", child.gvk.kind, child.name);
    let mut outline = child.intent.clone();
    if let Some(data) = child.intent.get("data").and_then(Value::as_object) {
        for key in files.iter().chain(&[start_script::VARIABLES_KEY]).filter(|key| data.contains_key(**key)) {
            insta::assert_snapshot!(format!("{id}-{key}"), data[*key].as_str().unwrap());
        }
        outline["data"] = json!(data.keys().collect::<Vec<_>>());
    }
    insta::assert_yaml_snapshot!(id, outline);
}

#[test]
fn a_stateful_set_is_the_last_child_of_its_pool() {
    let pipeline = combined();
    assert_eq!(children(&pipeline).last().unwrap().gvk.kind, "StatefulSet");
}

#[test]
fn children_go_with_an_owner_and_what_may_stay_has_no_label_to_be_pruned_by() {
    for child in children(&reference()) {
        let owners = child.intent["metadata"]["ownerReferences"].as_array().unwrap();
        assert!(owners.iter().any(|owner| owner["controller"] == true), "{} {}", child.gvk.kind, child.name);
        for claim in child.intent["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten() {
            let labels = &claim["metadata"]["labels"];
            assert!(labels[labels::INSTANCE].is_null() && labels[labels::MANAGED_BY].is_string(), "{labels}");
        }
    }
}

#[test]
fn no_two_children_share_kind_and_name() {
    for pipeline in [reference(), combined()] {
        let mut ids: Vec<_> = children(&pipeline).into_iter().map(|child| (child.gvk.kind, child.name)).collect();
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }
}

#[test]
fn nothing_is_null_or_empty_but_where_emptiness_means_something() {
    for child in children(&reference()).into_iter().chain(children(&combined())) {
        assert_eq!(empty_fields(&child), Vec::<String>::new(), "{} {}", child.gvk.kind, child.name);
    }
}

fn empty_fields(child: &Child) -> Vec<String> {
    let mut found = Vec::new();
    collect_empty(&child.intent, "", &mut found);
    // An emptyDir without limits; all namespaces.
    found.retain(|path| !path.ends_with("/emptyDir") && !path.ends_with("/namespaceSelector"));
    found
}

fn collect_empty(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Null => found.push(path.to_owned()),
        Value::Object(fields) if fields.is_empty() => found.push(path.to_owned()),
        Value::Array(items) if items.is_empty() => found.push(path.to_owned()),
        Value::Object(fields) => fields.iter().for_each(|(key, v)| collect_empty(v, &format!("{path}/{key}"), found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, v)| collect_empty(v, &format!("{path}/{i}"), found));
        }
        _ => {}
    }
}

#[test]
fn a_key_is_written_once() {
    let mut pipeline = combined();
    pipeline.config.insert("listener.name.edge.ssl.keystore.location".to_owned(), "/mine".to_owned());
    let pool = pool(&pipeline, "node");
    let text = server_properties(&pipeline, pool, &pool.nodes().next().unwrap());
    let mut keys: Vec<_> = text.lines().filter_map(|line| line.split_once('=')).map(|(key, _)| key).collect();
    let all = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), all);
    assert!(text.contains("\nnode.id=0\n") && text.contains("\nbroker.rack=${env:KAFKA_RACK}\n"), "{text}");
    assert!(text.contains("\nmin.insync.replicas=1\n"), "the user's value wins over a default");
}

#[test]
fn without_racks_nothing_speaks_of_a_rack() {
    let pipeline = reference();
    for child in children(&pipeline).iter().filter(|child| child.gvk.kind == "StatefulSet") {
        assert!(!child.intent.to_string().contains("rack"));
    }
    let broker = pool(&pipeline, "broker");
    assert!(!server_properties(&pipeline, broker, &broker.nodes().next().unwrap()).contains("rack"));
}

#[test]
fn defaults_fit_the_number_of_brokers() {
    for (brokers, factor, in_sync) in [(1, 1, 1), (2, 2, 1), (3, 3, 2), (9, 3, 2)] {
        let mut pipeline = reference();
        pipeline.config.clear();
        pipeline.pools[1].spec.replicas = brokers;
        let defaults = crate::build::defaults::silent(&pipeline);
        assert_eq!(defaults["default.replication.factor"], factor.to_string());
        assert_eq!(defaults["min.insync.replicas"], in_sync.to_string());
        assert_eq!(defaults["transaction.state.log.min.isr"], in_sync.to_string());
    }
}

#[test]
fn min_isr_follows_the_users_replication_factor() {
    let mut pipeline = reference();
    pipeline.config = [("default.replication.factor".to_owned(), "2".to_owned())].into();
    let defaults = crate::build::defaults::silent(&pipeline);
    assert_eq!(defaults["min.insync.replicas"], "1");
    assert!(!defaults.contains_key("default.replication.factor"));
}

#[test]
fn kafka_4_gets_a_yaml_file_with_a_list_of_loggers() {
    let logging = Logging::of("4.3.1".parse().unwrap());
    let file: Value = serde_saphyr::from_str(logging.text).unwrap();
    assert!(file["Configuration"]["Loggers"]["Logger"].is_array());
    assert_eq!(logging.jvm_option(), "-Dlog4j2.configurationFile=/etc/kafka-config/log4j2.yaml");
    assert_eq!(Logging::of("3.9.2".parse().unwrap()).key, "log4j.properties");
}
