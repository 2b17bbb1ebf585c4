//! Files of YAML or JSON documents.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use k8s_openapi::api::core::v1::ConfigMap;
use serde_json::Value;

/// The documents of a file, those of a `List` one by one; empty documents are left out.
pub fn read(path: &Path) -> Result<Vec<Value>> {
    let text = if path == Path::new("-") { standard_input()? } else { fs::read_to_string(path)? };
    parse(&text)
}

/// The ConfigMap that the document is, if it is one.
pub(crate) fn config_map(object: &Value) -> Option<ConfigMap> {
    let is_one = object["kind"] == "ConfigMap" && object["apiVersion"] == "v1";
    is_one.then(|| serde_json::from_value(object.clone()).ok()).flatten()
}

fn standard_input() -> Result<String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

fn parse(text: &str) -> Result<Vec<Value>> {
    let mut objects = Vec::new();
    for document in serde_saphyr::from_multiple::<Value>(text)? {
        match document {
            Value::Null => {}
            Value::Object(mut list) if list.get("kind").is_some_and(|kind| kind == "List") => {
                let items = list.remove("items").context("a List has items")?;
                objects.extend(serde_json::from_value::<Vec<Value>>(items).context("the items of a List are a list")?);
            }
            other => objects.push(other),
        }
    }
    ensure!(objects.iter().all(|object| object["kind"].is_string()), "every document must be an object with a kind");
    Ok(objects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_opened_and_empty_documents_skipped() {
        let text = "---\nkind: A\n---\n---\nkind: List\nitems: [{kind: B}, {kind: C}]\n---\n# nothing\n";
        let kinds: Vec<Value> = parse(text).unwrap().iter().map(|object| object["kind"].clone()).collect();
        assert_eq!(kinds, ["A", "B", "C"]);
    }

    #[test]
    fn what_is_no_object_is_unreadable() {
        assert!(parse("just text").is_err());
        assert!(parse("a: [").is_err());
        assert!(parse("kind: A\nkind: B").is_err());
        assert!(parse("kind: List\nitems: 1").is_err());
    }
}
