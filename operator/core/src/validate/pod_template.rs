//! What a user adds to Pods.

use std::collections::BTreeMap;

use kafkapipelines_crds::PodTemplateSpec;

use crate::refusal::Refusal;

const LONGEST_NAME: usize = 63;
const LONGEST_PREFIX: usize = 253;
/// Prefixes of keys that the operator writes and selects by.
const OWN: [&str; 2] = ["kafkapipelines.io", "app.kubernetes.io"];

/// What is wrong with the Pod template of an object.
pub(super) fn refusals(template: &PodTemplateSpec) -> Vec<Refusal> {
    let metadata = &template.metadata;
    let mut refusals = own_keys("labels", &metadata.labels);
    refusals.extend(own_keys("annotations", &metadata.annotations));
    refusals.extend(keys("spec.template.metadata.labels", &metadata.labels));
    refusals.extend(keys("spec.template.metadata.annotations", &metadata.annotations));
    refusals.extend(values("spec.template.metadata.labels", &metadata.labels));
    refusals.extend(keys("spec.template.spec.nodeSelector", &template.spec.node_selector));
    refusals.extend(values("spec.template.spec.nodeSelector", &template.spec.node_selector));
    refusals
}

fn own_keys(part: &str, map: &BTreeMap<String, String>) -> Vec<Refusal> {
    let is_own = |key: &str| {
        let prefix = key.split_once('/').map(|(prefix, _)| prefix);
        prefix.is_some_and(|prefix| OWN.iter().any(|own| prefix == *own || prefix.ends_with(&format!(".{own}"))))
    };
    let message = "keys under kafkapipelines.io/ and app.kubernetes.io/ are the operator's own: use another prefix";
    map.iter()
        .filter(|(key, _)| is_own(key))
        .map(|(key, value)| {
            Refusal::new("ReservedKey", format!("spec.template.metadata.{part}[{key}]"), value, message)
        })
        .collect()
}

fn keys(field: &str, map: &BTreeMap<String, String>) -> Vec<Refusal> {
    let is_key = |key: &str| match key.split_once('/') {
        Some((prefix, name)) => (1..=LONGEST_PREFIX).contains(&prefix.len()) && !name.is_empty() && is_word(name),
        None => !key.is_empty() && is_word(key),
    };
    let message = "Kubernetes takes no such key: a prefix and / if you like, then at most 63 letters, digits, dashes, dots and underscores";
    map.keys()
        .filter(|key| !is_key(key))
        .map(|key| Refusal::new("InvalidKey", format!("{field}[{key}]"), key, message))
        .collect()
}

fn values(field: &str, map: &BTreeMap<String, String>) -> Vec<Refusal> {
    let message = "Kubernetes takes no such label value: at most 63 letters, digits, dashes, dots and underscores, a letter or digit first and last";
    map.iter()
        .filter(|(_, value)| !is_word(value))
        .map(|(key, value)| Refusal::new("InvalidLabelValue", format!("{field}[{key}]"), value, message))
        .collect()
}

fn is_word(text: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || ['-', '_', '.'].contains(&c);
    let is_end = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    text.len() <= LONGEST_NAME
        && text.chars().all(is_inner)
        && is_end(text.chars().next())
        && is_end(text.chars().next_back())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_error_names_field_value_and_way_out() {
        for (template, reason, field, value, way_out) in [
            (
                json!({"metadata": {"labels": {"kafkapipelines.io/pool": "x"}}}),
                "ReservedKey",
                "metadata.labels[kafkapipelines.io/pool]",
                "x",
                "another prefix",
            ),
            (
                json!({"metadata": {"annotations": {"a.kafkapipelines.io/b": "x"}}}),
                "ReservedKey",
                "metadata.annotations[a.kafkapipelines.io/b]",
                "x",
                "another prefix",
            ),
            (
                json!({"metadata": {"labels": {"two words": "x"}}}),
                "InvalidKey",
                "metadata.labels[two words]",
                "two words",
                "letters",
            ),
            (
                json!({"metadata": {"labels": {"team": "log team"}}}),
                "InvalidLabelValue",
                "metadata.labels[team]",
                "log team",
                "63 letters",
            ),
            (
                json!({"spec": {"nodeSelector": {"disk": "ssd!"}}}),
                "InvalidLabelValue",
                "spec.nodeSelector[disk]",
                "ssd!",
                "63 letters",
            ),
        ] {
            let found = refusals(&serde_json::from_value(template).unwrap());
            let said: Vec<_> = found.iter().map(|r| (r.reason, r.field.clone(), r.value.as_str())).collect();
            assert_eq!(said, [(reason, format!("spec.template.{field}"), value)]);
            assert!(found[0].message.contains(way_out), "{}", found[0]);
        }
    }

    #[test]
    fn usual_keys_are_accepted() {
        let template = json!({"metadata": {"labels": {"team": "logs", "example.com/tier": ""}, "annotations": {"note": "two words"}},
            "spec": {"nodeSelector": {"topology.kubernetes.io/zone": "a"}}});
        assert_eq!(refusals(&serde_json::from_value(template).unwrap()), []);
    }
}
