//! The judgement on one object.

use kafkapipelines_core::refusal::Refusal;
use kafkapipelines_core::validate::installation::{self, Installation, Verdict};
use kube::api::DynamicObject;
use kube::core::Status;
use kube::core::admission::{AdmissionRequest, AdmissionResponse, Operation};
use serde::de::DeserializeOwned;

/// What the API server does with an object that is refused.
const UNPROCESSABLE: u16 = 422;

/// The answer to a request. Programs are compiled, so it may take seconds.
pub(super) fn answer(request: &AdmissionRequest<DynamicObject>) -> AdmissionResponse {
    let mut response = AdmissionResponse::from(request);
    let Some(verdict) = changed(request).and_then(judge) else { return response };
    response.warnings = (!verdict.warnings.is_empty()).then(|| sentences(&verdict.warnings));
    if !verdict.refusals.is_empty() {
        let message = sentences(&verdict.refusals).join("; ");
        response.allowed = false;
        response.result = Status::failure(&message, "Invalid").with_code(UNPROCESSABLE);
    }
    response
}

/// The object, if what its user says in it is new. Labels, finalizers and the end of an object are nobody's mistake, and an object
/// that was accepted when the rules were others can still be worked with.
fn changed(request: &AdmissionRequest<DynamicObject>) -> Option<&DynamicObject> {
    let object = request.object.as_ref()?;
    let spec = |object: &DynamicObject| object.data.get("spec").cloned();
    let is_same = request.old_object.as_ref().is_some_and(|old| spec(old) == spec(object));
    let is_written = matches!(request.operation, Operation::Create | Operation::Update);
    (is_written && !is_same && object.metadata.deletion_timestamp.is_none()).then_some(object)
}

/// Nothing where the object cannot be read: the API server has judged its form by the schema.
fn judge(object: &DynamicObject) -> Option<Verdict> {
    let mut alone = Installation::default();
    match object.types.as_ref()?.kind.as_str() {
        "LogPipeline" => alone.pipelines.push(read(object)?),
        "KafkaNodePool" => alone.pools.push(read(object)?),
        "Consumer" => alone.consumers.push(read(object)?),
        _ => return None,
    }
    installation::installation(&alone, kafkapipelines_vrl::VRL).pop()
}

fn read<T: DeserializeOwned>(object: &DynamicObject) -> Option<T> {
    serde_json::from_value(serde_json::to_value(object).ok()?).ok()
}

fn sentences(refusals: &[Refusal]) -> Vec<String> {
    refusals.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn consumer(program: &str) -> Value {
        json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "Consumer",
            "metadata": {"name": "drain", "namespace": "kafka"},
            "spec": {"pipeline": "logs", "topics": ["a"], "deadLetter": {"topic": "dead"},
                "transforms": [{"name": "parse", "remap": {"source": program}}],
                "sinks": [{"name": "store", "victoriaLogs": {"endpoint": "http://vl:9428"}}]}})
    }

    fn ask(operation: &str, object: &Value, old: &Value) -> AdmissionResponse {
        let kind = json!({"group": "kafkapipelines.io", "version": "v1alpha1", "kind": "Consumer"});
        let resource = json!({"group": "kafkapipelines.io", "version": "v1alpha1", "resource": "consumers"});
        let request = json!({"uid": "1", "kind": kind, "resource": resource, "name": "drain", "operation": operation,
            "userInfo": {}, "object": object, "oldObject": old, "dryRun": false});
        answer(&serde_json::from_value(request).unwrap())
    }

    #[test]
    fn a_broken_program_is_refused_with_its_place_and_a_good_one_passes_without_its_pipeline() {
        let refused = ask("CREATE", &consumer(".a = parse_json(.message)"), &Value::Null);
        assert!(!refused.allowed && refused.result.code == 422, "{refused:?}");
        let message = refused.result.message;
        assert!(message.contains("spec.transforms[parse].remap.source") && message.contains("line 1"), "{message}");
        assert!(ask("CREATE", &consumer(". = parse_json!(.message)"), &Value::Null).allowed);
    }

    #[test]
    fn what_was_not_changed_is_not_judged() {
        let broken = consumer(".a = parse_json(.message)");
        assert!(ask("UPDATE", &broken, &broken).allowed, "a label, perhaps");
        assert!(!ask("UPDATE", &broken, &consumer(". = {}")).allowed);
        assert!(ask("DELETE", &Value::Null, &broken).allowed);
        let mut going = broken.clone();
        going["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        assert!(ask("UPDATE", &going, &consumer(". = {}")).allowed);
    }
}
