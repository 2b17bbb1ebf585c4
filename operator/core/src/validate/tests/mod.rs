//! Objects beside one another: pipelines, pools, consumers, whole installations.

mod consumer;
mod consumer_raw;
mod consumer_stores;
mod installation;
mod pipeline;
mod pool;

use kafkapipelines_crds::{Consumer, KafkaNodePool, LogPipeline, LogPipelineStatus};
use serde_json::{Value, json};

use super::pipeline::PipelineInput;
use crate::identity::{self, Identity, Remembered};
use crate::refusal::Refusal;

fn object<K: serde::de::DeserializeOwned>(kind: &str, name: &str, spec: &Value) -> K {
    let metadata = json!({"name": name, "namespace": "kafka", "uid": "u"});
    let object = json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec});
    serde_json::from_value(object).unwrap()
}

fn merged(mut base: Value, more: Value) -> Value {
    match (&mut base, more) {
        (Value::Object(base), Value::Object(more)) => {
            for (key, value) in more {
                let old = base.remove(&key).unwrap_or(Value::Null);
                base.insert(key, merged(old, value));
            }
        }
        (base, more) => *base = more,
    }
    base
}

fn logs(more: Value) -> LogPipeline {
    let listeners = json!([{"name": "plain", "port": 9092, "type": "internal", "tls": false}]);
    object("LogPipeline", "logs", &merged(json!({"kafka": {"version": "4.3.1", "listeners": listeners}}), more))
}

fn nodes(name: &str, role: &str, more: Value) -> KafkaNodePool {
    let spec = json!({"pipeline": "logs", "roles": [role], "storage": {"volumes": [{"id": 0, "size": "1Gi"}]}});
    object("KafkaNodePool", name, &merged(spec, more))
}

fn pools() -> Vec<KafkaNodePool> {
    vec![nodes("controller", "controller", json!({})), nodes("broker", "broker", json!({}))]
}

fn reader(name: &str, more: Value) -> Consumer {
    let spec = json!({"pipeline": "logs", "topics": ["logs"], "deadLetter": {"topic": "logs-dlq"},
        "sinks": [{"name": "store", "victoriaLogs": {"endpoint": "http://vl:9428"}}]});
    object("Consumer", name, &merged(spec, more))
}

fn identity_of(pipeline: &LogPipeline, pools: &[KafkaNodePool]) -> Identity {
    identity::settle(pipeline, &LogPipelineStatus::default(), pools, &Remembered::default())
}

fn refusals_of(object: &LogPipeline, pools: &[KafkaNodePool]) -> Vec<Refusal> {
    let identity = identity_of(object, pools);
    super::pipeline::pipeline(&PipelineInput { object, pools, identity: &identity }).err().unwrap_or_default()
}

fn said(found: &[Refusal]) -> Vec<(&str, &str, &str)> {
    found.iter().map(|r| (r.reason, r.field.as_str(), r.value.as_str())).collect()
}
