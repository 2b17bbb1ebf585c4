//! What holds for every schema of the API: documented, bounded, small, with its defaults inside.

use kafkapipelines_crds::{Consumer, Definition, KafkaNodePool, LogPipeline, definitions};
use kube::core::cel::apply_defaults;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// Client-side apply keeps the whole object in an annotation, and Kubernetes allows 262,144 bytes of annotations.
const MOST_BYTES: usize = 200_000;

fn schema(definition: &Definition) -> &Value {
    &definition.manifest["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
}

/// Calls `visit` with the path and the schema of every field, list item and map value below `node`.
fn walk(path: &str, node: &Value, visit: &mut impl FnMut(&str, &Value)) {
    for (name, property) in node["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        visit(&path, property);
        walk(&path, property, visit);
    }
    for (key, mark) in [("items", "[]"), ("additionalProperties", "{}")] {
        if let Some(inner) = node.get(key) {
            let path = format!("{path}{mark}");
            visit(&path, inner);
            walk(&path, inner, visit);
        }
    }
}

/// Paths of all schemas in all kinds for which `flawed` is true.
fn flaws(flawed: impl Fn(&str, &Value) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for definition in definitions() {
        walk(&definition.plural, schema(&definition), &mut |path, node| {
            if flawed(path, node) {
                found.push(path.to_owned());
            }
        });
    }
    found
}

#[test]
fn every_field_is_documented() {
    let is_field = |path: &str| !path.ends_with("[]") && !path.ends_with("{}");
    let undocumented = flaws(|path, node| is_field(path) && node["description"].as_str().is_none_or(str::is_empty));
    assert_eq!(undocumented, Vec::<String>::new());
}

#[test]
fn every_string_list_and_map_is_bounded() {
    let bounded = |node: &Value, keys: &[&str]| keys.iter().any(|key| node.get(key).is_some());
    let unbounded = flaws(|_, node| match node["type"].as_str() {
        Some("string") => !bounded(node, &["maxLength", "enum", "format"]),
        Some("array") => !bounded(node, &["maxItems"]),
        Some("object") => node.get("additionalProperties").is_some() && !bounded(node, &["maxProperties"]),
        Some(_) => false,
        None => !bounded(node, &["maxLength"]),
    });
    assert_eq!(unbounded, Vec::<String>::new());
}

#[test]
fn every_definition_fits_into_an_annotation() {
    for definition in definitions() {
        let bytes = definition.manifest.to_string().len();
        assert!(bytes < MOST_BYTES, "{} has {bytes} bytes", definition.plural);
    }
}

#[test]
fn nothing_is_null_or_an_empty_list() {
    fn check(path: &str, value: &Value) {
        match value {
            Value::Null => panic!("{path} is null"),
            Value::Array(items) if items.is_empty() => panic!("{path} is an empty list"),
            Value::Array(items) => items.iter().for_each(|item| check(path, item)),
            Value::Object(map) => map.iter().for_each(|(key, inner)| check(&format!("{path}.{key}"), inner)),
            _ => {}
        }
    }
    for definition in definitions() {
        check(&definition.plural, &definition.manifest);
    }
}

/// Else the first wave of an Argo CD installation fails once, and the next comes minutes later.
#[test]
fn argo_cd_does_not_wait_for_the_health_of_a_definition() {
    for definition in definitions() {
        let ignored = &definition.manifest["metadata"]["annotations"]["argocd.argoproj.io/ignore-healthcheck"];
        assert_eq!(ignored, "true", "{}", definition.plural);
    }
}

/// What Rust fills in for fields that are left out, the API server must have filled in before.
#[test]
fn the_schema_knows_every_default() {
    fn check<T: DeserializeOwned + Serialize>(definition: &Definition, document: &Value) {
        let read: T = serde_json::from_value(document.clone()).unwrap();
        let written = serde_json::to_value(read).unwrap();
        assert_eq!(stored(definition, &written)["spec"], stored(definition, document)["spec"], "{}", definition.plural);
    }
    let definitions = definitions();
    let installation = include_str!("../../examples/log-aggregator.yaml");
    for document in serde_saphyr::from_multiple::<Value>(installation).unwrap() {
        let plural = format!("{}s", document["kind"].as_str().unwrap().to_lowercase());
        let definition = definitions.iter().find(|definition| definition.plural == plural).unwrap();
        match plural.as_str() {
            "consumers" => check::<Consumer>(definition, &document),
            "kafkanodepools" => check::<KafkaNodePool>(definition, &document),
            "logpipelines" => check::<LogPipeline>(definition, &document),
            other => panic!("{other} is no kind of this API"),
        }
    }
}

/// The object as the API server would keep it.
fn stored(definition: &Definition, document: &Value) -> Value {
    // One call does not look into an object that it has just filled in.
    let filled_in = apply_defaults(schema(definition), document);
    apply_defaults(schema(definition), &filled_in)
}

/// A doc comment that promises a value (``Default: `earliest`.``) and the schema say the same.
#[test]
fn documented_defaults_are_those_of_the_schema() {
    // Values that depend on another field, so that the operator fills them in.
    let by_operator = ["image", "image.repository", "image.tag"];
    let differing = flaws(|path, node| {
        let Some(promised) = promised_default(node) else { return false };
        let literal = serde_json::from_str(promised).unwrap_or_else(|_| json!(promised));
        !by_operator.iter().any(|suffix| path.ends_with(suffix)) && node.get("default") != Some(&literal)
    });
    assert_eq!(differing, Vec::<String>::new());
}

/// The literal in backticks right after `Default: `.
fn promised_default(node: &Value) -> Option<&str> {
    let (_, rest) = node["description"].as_str()?.split_once("Default: `")?;
    rest.split_once('`').map(|(literal, _)| literal)
}

/// What makes `kubectl get kafkapipelines` print all kinds, and `kubectl get kafkapipeline NAME` one pipeline.
#[test]
fn kubectl_finds_the_kinds_by_their_names() {
    let short = |plural: &str| match plural {
        "consumers" => json!(["lc"]),
        "kafkanodepools" => json!(["knp"]),
        _ => json!(["lp", "kafkapipeline", "kafkapipelines"]),
    };
    for definition in definitions() {
        let names = &definition.manifest["spec"]["names"];
        assert_eq!(names["categories"], json!(["kafkapipelines"]), "{}", definition.plural);
        assert_eq!(names["shortNames"], short(&definition.plural), "{}", definition.plural);
    }
}
