//! What the API server would say of an object, without one: its schema, fields it does not know, its CEL rules.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow};
use jsonschema::Validator as Structure;
use kafkapipelines_crds::{GROUP, VERSION, definitions};
use kube::core::cel::Validator as Rules;
use serde_json::{Value, json};

use crate::kubernetes_keywords;
use crate::problem::{self, Problem};

/// The schemas of all kinds, ready to judge objects.
pub struct Admission {
    kinds: BTreeMap<String, Kind>,
    rules: Rules,
}

struct Kind {
    schema: Value,
    structure: Structure,
}

impl Admission {
    /// Compiles the schemas of the custom resource definitions.
    pub fn new() -> Result<Self> {
        let mut kinds = BTreeMap::new();
        for definition in definitions() {
            let schema = definition.manifest["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone();
            let kind = definition.manifest["spec"]["names"]["kind"].as_str().context("a definition names its kind")?;
            let structure = kubernetes_keywords::enforce(jsonschema::options())
                .build(&strict_root(&schema))
                .map_err(|error| anyhow!("the schema of {kind} cannot be compiled: {error}"))?;
            kinds.insert(kind.to_owned(), Kind { schema, structure });
        }
        Ok(Self { kinds, rules: Rules::new() })
    }

    /// Whether the object is of this API. Objects of other versions of the group are, for they are refused.
    pub fn concerns(object: &Value) -> bool {
        object["apiVersion"]
            .as_str()
            .and_then(|version| version.split_once('/'))
            .is_some_and(|(group, _)| group == GROUP)
    }

    /// Everything for which the API server would refuse to create the object, or to put it in the place of `old`.
    /// Empty: it is accepted. As on the API server, the CEL rules are asked only about an object of the right structure.
    pub fn review(&self, object: &Value, old: Option<&Value>) -> Vec<Problem> {
        let kind = match self.kind(object) {
            Ok(kind) => kind,
            Err(problem) => return vec![problem],
        };
        let structural: Vec<Problem> =
            kind.structure.iter_errors(object).flat_map(|error| problem::structural(&error)).collect();
        if !structural.is_empty() {
            return structural;
        }
        match self.rules.validate(&kind.schema, object, old) {
            Ok(()) => Vec::new(),
            Err(errors) => errors.into_iter().map(|error| Problem::new(error.field_path, error.message)).collect(),
        }
    }

    fn kind(&self, object: &Value) -> Result<&Kind, Problem> {
        let supported = format!("{GROUP}/{VERSION}");
        if object["apiVersion"] != supported.as_str() {
            return Err(Problem::unsupported("apiVersion", &object["apiVersion"], [supported.as_str()]));
        }
        let kind = object["kind"].as_str().and_then(|name| self.kinds.get(name));
        kind.ok_or_else(|| Problem::unsupported("kind", &object["kind"], self.kinds.keys().map(String::as_str)))
    }
}

/// The schema of a whole object: what every object has beside `spec` and `status`, and nothing that no schema names.
fn strict_root(schema: &Value) -> Value {
    let mut root = schema.clone();
    refuse_unknown(&mut root);
    root["properties"]["apiVersion"] = json!({"type": "string"});
    root["properties"]["kind"] = json!({"type": "string"});
    root["properties"]["metadata"] = json!({"type": "object", "required": ["name"]});
    root["required"] = json!(["metadata", "spec"]);
    root
}

fn refuse_unknown(schema: &mut Value) {
    let Value::Object(node) = schema else { return };
    let keeps_unknown = node.get("x-kubernetes-preserve-unknown-fields") == Some(&json!(true));
    if let Some(Value::Object(properties)) = node.get_mut("properties") {
        properties.values_mut().for_each(refuse_unknown);
        node.entry("additionalProperties").or_insert(json!(keeps_unknown));
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = node.get_mut(key) {
            refuse_unknown(inner);
        }
    }
}
