//! Schemas of values that several fields share: names, quantities, durations, Kafka properties.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::json;

const FIELD_NAME: &str = r"^[A-Za-z0-9_.@-]+$";
const ENDPOINT: &str = r"^https?://[A-Za-z0-9.\-\[\]:]+(/[^?#\s]*)?$";

/// A Kubernetes quantity such as `100Gi`: checked when it is created, so that later comparisons cannot fail.
pub(crate) fn quantity(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "maxLength": 32,
        "pattern": r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$",
    })
}

/// A map of resource name to quantity; both numbers and strings, as in a Pod.
pub(crate) fn quantities(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 16,
        "additionalProperties": {
            "x-kubernetes-int-or-string": true,
            "maxLength": 32,
            "pattern": r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$",
        },
    })
}

/// A duration in Go's notation such as `8760h` or `1h30m`, hours the largest unit.
pub(crate) fn duration(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "maxLength": 32,
        "pattern": r"^([0-9]+(\.[0-9]+)?(s|m|h))+$",
    })
}

/// A host name as an Ingress takes it: lower case, labels of letters, digits and dashes.
pub(crate) fn host(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "minLength": 1,
        "maxLength": 253,
        "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    })
}

/// A host name with `{nodeId}` in one of its labels.
pub(crate) fn host_template(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "minLength": 1,
        "maxLength": 253,
        "pattern": r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)*([a-z0-9][-a-z0-9]*)?\{nodeId\}([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    })
}

/// Conditions with the bounds that Kubernetes itself gives them.
pub(crate) fn conditions(generator: &mut SchemaGenerator) -> Schema {
    let mut condition = Condition::json_schema(generator);
    for (field, limit) in [("type", 316), ("reason", 1024), ("message", 32768)] {
        if let Some(property) = condition.pointer_mut(&format!("/properties/{field}")) {
            property["maxLength"] = json!(limit);
        }
    }
    if let Some(status) = condition.pointer_mut("/properties/status") {
        status["enum"] = json!(["True", "False", "Unknown"]);
    }
    json_schema!({"type": "array", "maxItems": 16, "items": condition})
}

/// An object with values of any kind.
pub(crate) fn anything(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "object", "maxProperties": 64, "x-kubernetes-preserve-unknown-fields": true})
}

/// Components of Vector by their ids.
pub(crate) fn raw_components(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 16,
        "additionalProperties": {"type": "object", "maxProperties": 64, "x-kubernetes-preserve-unknown-fields": true},
    })
}

/// A map of Kafka property to number or string.
pub(crate) fn properties(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 256,
        "additionalProperties": {"x-kubernetes-int-or-string": true, "maxLength": 4096},
    })
}

/// A map of librdkafka property to number or string; there are fewer than 40.
pub(crate) fn librdkafka_properties(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 40,
        "additionalProperties": {"x-kubernetes-int-or-string": true, "maxLength": 256},
    })
}

/// Name of a field of a line; a dot goes into a nested one.
pub(crate) fn field_name(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "minLength": 1, "maxLength": 128, "pattern": FIELD_NAME})
}

/// Names of fields of a line.
pub(crate) fn field_names(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "maxItems": 32,
        "items": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": FIELD_NAME},
    })
}

/// A condition in VRL.
pub(crate) fn condition(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "minLength": 1, "maxLength": 8192})
}

/// Base URL of a store: no query, no user.
pub(crate) fn endpoint(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "minLength": 1, "maxLength": 2048, "pattern": ENDPOINT})
}

/// Base URLs of a store.
pub(crate) fn endpoints(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "minItems": 1,
        "maxItems": 16,
        "items": {"type": "string", "minLength": 1, "maxLength": 2048, "pattern": ENDPOINT},
    })
}

/// A part of the name of a data stream.
pub(crate) fn data_stream_part(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "minLength": 1, "maxLength": 80, "pattern": "^[a-z0-9][a-z0-9._]*$"})
}
