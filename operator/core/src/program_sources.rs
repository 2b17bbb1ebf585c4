//! Programs that users keep in ConfigMaps. They are put into the spec before anything else looks at it, so that a program is judged, tested and
//! rendered the same wherever it is written.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::ConfigMap;
use kafkapipelines_crds::{ConfigMapKey, Consumer, ConsumerSpec, TransformSpec};
use kube::ResourceExt as _;

use crate::labels;
use crate::refusal::Refusal;

/// Reason: the ConfigMap of a program, or its key, is not there (yet). Waits for it rather than for a correction.
pub const PROGRAM_NOT_FOUND: &str = "ProgramNotFound";

/// Bytes of a program, as in the schema.
const MOST_BYTES: usize = 65_536;
/// Bytes of all programs of a consumer from ConfigMaps: they become one ConfigMap, which has 1 MiB at most.
const MOST_BYTES_TOGETHER: usize = 524_288;

/// What ConfigMaps of one namespace hold, by their names.
pub type ConfigMaps = BTreeMap<String, BTreeMap<String, String>>;

/// Names of the ConfigMaps that hold programs of the spec.
pub fn named(spec: &ConsumerSpec) -> BTreeSet<&str> {
    spec.transforms.iter().filter_map(from).map(|key| key.name.as_str()).collect()
}

/// What those of `config_maps` hold that may be used: users say so by a label.
pub fn usable<'a>(config_maps: impl IntoIterator<Item = &'a ConfigMap>) -> ConfigMaps {
    let is_usable = |map: &&ConfigMap| map.labels().get(labels::PROGRAMS).is_some_and(|value| value == "true");
    let usable = config_maps.into_iter().filter(is_usable);
    usable.map(|map| (map.name_any(), map.data.clone().unwrap_or_default())).collect()
}

/// The consumer with each program in `source`, wherever it was written.
///
/// # Errors
/// A refusal for each program that cannot be used: with [`PROGRAM_NOT_FOUND`] where it is not there.
pub fn resolved(object: &Consumer, config_maps: &ConfigMaps) -> Result<Consumer, Vec<Refusal>> {
    let (mut object, mut refusals, mut bytes) = (object.clone(), Vec::new(), 0);
    for transform in &mut object.spec.transforms {
        let Some(key) = from(transform) else { continue };
        match program(key, config_maps) {
            Ok(program) => {
                bytes += program.len();
                let source = Some(program.to_owned());
                transform.remap.iter_mut().for_each(|remap| remap.source.clone_from(&source));
            }
            Err((reason, message)) => refusals.push(refusal(reason, transform, key, message)),
        }
    }
    if bytes > MOST_BYTES_TOGETHER {
        let message = format!("programs from ConfigMaps have at most {MOST_BYTES_TOGETHER} bytes, all together");
        refusals.push(Refusal::new("ProgramTooLarge", "spec.transforms", format!("{bytes} bytes"), message));
    }
    if refusals.is_empty() { Ok(object) } else { Err(refusals) }
}

/// Whether a program is in a ConfigMap that was not looked at.
pub fn is_unresolved(spec: &ConsumerSpec) -> bool {
    let mut remaps = spec.transforms.iter().filter_map(|transform| transform.remap.as_ref());
    remaps.any(|remap| remap.source.is_none())
}

fn from(transform: &TransformSpec) -> Option<&ConfigMapKey> {
    Some(&transform.remap.as_ref()?.source_from.as_ref()?.config_map_key_ref)
}

fn program<'a>(key: &ConfigMapKey, config_maps: &'a ConfigMaps) -> Result<&'a str, (&'static str, String)> {
    let label = format!("{}: \"true\"", labels::PROGRAMS);
    let unseen = || {
        format!(
            "there is no ConfigMap of this name with the label {label}: create it, or give it the label, without which the operator does not see it"
        )
    };
    let map = config_maps.get(&key.name).ok_or_else(|| (PROGRAM_NOT_FOUND, unseen()))?;
    let missing = || (PROGRAM_NOT_FOUND, "the ConfigMap has no such key: add it, or correct the name".to_owned());
    match map.get(&key.key).ok_or_else(missing)? {
        program if program.trim().is_empty() => Err(("BlankProgram", "the program is blank: write one".to_owned())),
        program if program.len() > MOST_BYTES => {
            Err(("ProgramTooLarge", format!("a program has at most {MOST_BYTES} bytes: make two transforms of it")))
        }
        program => Ok(program),
    }
}

fn refusal(reason: &'static str, transform: &TransformSpec, key: &ConfigMapKey, message: String) -> Refusal {
    let field = format!("spec.transforms[{}].remap.sourceFrom.configMapKeyRef", transform.name);
    Refusal::new(reason, field, format!("{}/{}", key.name, key.key), message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn consumer(keys: &[(&str, &str)]) -> Consumer {
        let transform = |(at, (name, key)): (usize, &(&str, &str))| {
            let from = json!({"configMapKeyRef": {"name": name, "key": key}});
            json!({"name": format!("t{at}"), "remap": {"sourceFrom": from}})
        };
        let written = json!({"name": "written", "remap": {"source": ".a = 1"}});
        let transforms: Vec<_> = keys.iter().enumerate().map(transform).chain([written]).collect();
        serde_json::from_value(json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "Consumer", "metadata": {"name": "a"},
            "spec": {"pipeline": "logs", "topics": ["a"], "deadLetter": {"topic": "dead"}, "transforms": transforms, "sinks": []}}))
        .unwrap()
    }

    fn config_map(name: &str, labels: &Value, data: &Value) -> ConfigMap {
        serde_json::from_value(json!({"metadata": {"name": name, "labels": labels}, "data": data})).unwrap()
    }

    fn maps() -> ConfigMaps {
        let labelled = json!({"kafkapipelines.io/programs": "true"});
        let large = "a".repeat(MOST_BYTES + 1);
        let data = json!({"a.vrl": ".b = 2\n", "blank": " \n", "large": large, "full": large[1..]});
        usable(&[
            config_map("programs", &labelled, &data),
            config_map("others", &json!({"kafkapipelines.io/programs": "false"}), &json!({"a.vrl": ".c = 3"})),
        ])
    }

    #[test]
    fn a_program_is_put_where_the_spec_names_it() {
        let object = consumer(&[("programs", "a.vrl")]);
        assert_eq!(named(&object.spec), BTreeSet::from(["programs"]));
        assert!(is_unresolved(&object.spec));
        let resolved = resolved(&object, &maps()).unwrap();
        let sources: Vec<_> =
            resolved.spec.transforms.iter().map(|t| t.remap.as_ref().unwrap().source.as_deref().unwrap()).collect();
        assert_eq!(sources, [".b = 2\n", ".a = 1"]);
        assert!(!is_unresolved(&resolved.spec));
    }

    #[test]
    fn each_program_that_cannot_be_used_is_told_with_the_way_out() {
        for (name, key, reason, way_out) in [
            ("missing", "a.vrl", PROGRAM_NOT_FOUND, "the label kafkapipelines.io/programs: \"true\""),
            ("others", "a.vrl", PROGRAM_NOT_FOUND, "give it the label"),
            ("programs", "b.vrl", PROGRAM_NOT_FOUND, "no such key"),
            ("programs", "blank", "BlankProgram", "write one"),
            ("programs", "large", "ProgramTooLarge", "at most 65536 bytes"),
        ] {
            let refusals = resolved(&consumer(&[("programs", "a.vrl"), (name, key)]), &maps()).unwrap_err();
            assert_eq!(refusals.len(), 1, "{refusals:?}");
            assert_eq!((refusals[0].reason, refusals[0].value.as_str()), (reason, format!("{name}/{key}").as_str()));
            assert_eq!(refusals[0].field, "spec.transforms[t1].remap.sourceFrom.configMapKeyRef");
            assert!(refusals[0].message.contains(way_out), "{}", refusals[0]);
        }
    }

    #[test]
    fn all_programs_fit_into_one_config_map() {
        assert!(resolved(&consumer(&[("programs", "full"); 8]), &maps()).is_ok());
        let refusals = resolved(&consumer(&[("programs", "full"); 9]), &maps()).unwrap_err();
        assert_eq!((refusals[0].reason, refusals[0].value.as_str()), ("ProgramTooLarge", "589824 bytes"));
    }
}
