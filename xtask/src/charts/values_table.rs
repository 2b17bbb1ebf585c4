//! The table of a chart's values: names and defaults from values.yaml, meanings from its comments, types from the schema.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use serde_json::{Map, Value};

use super::comments::{Comment, comments};
use crate::api_reference::{bounds, cell, code, type_of};

/// Defaults that are longer are better read in values.yaml.
const LONGEST_DEFAULT: usize = 60;

/// The table as Markdown.
///
/// # Errors
/// When a value has no comment, or is in one of the two files alone.
pub(super) fn render(values: &str, schema: &Value) -> Result<String> {
    let mut table = Table { schema, comments: comments(values), rows: Vec::new(), problems: Vec::new() };
    table.collect("", schema, &serde_saphyr::from_str(values)?);
    ensure!(table.problems.is_empty(), "{}", table.problems.join("; "));
    table.rows.sort_by_key(|(place, _)| *place);
    let rows: String = table.rows.into_iter().map(|(_, row)| row).collect();
    Ok(format!("\n| Value | Type | Default | Meaning |\n|---|---|---|---|\n{rows}"))
}

struct Table<'a> {
    schema: &'a Value,
    comments: Vec<Comment>,
    /// Each with its place in values.yaml.
    rows: Vec<(usize, String)>,
    problems: Vec<String>,
}

impl Table<'_> {
    fn collect(&mut self, parent: &str, schema: &Value, values: &Value) {
        let (empty, no_values) = (Map::new(), Map::new());
        let properties = schema["properties"].as_object().unwrap_or(&empty);
        let values = values.as_object().unwrap_or(&no_values);
        for name in properties.keys().chain(values.keys()).collect::<BTreeSet<_>>() {
            let path = if parent.is_empty() { name.clone() } else { format!("{parent}.{name}") };
            match (properties.get(name), values.get(name)) {
                // Helm's own, for charts that have this one below them.
                (Some(_), None) if path == "global" => {}
                (Some(property), Some(value)) if is_group(property) => self.collect(&path, property, value),
                (Some(property), Some(value)) => self.row(&path, property, value),
                (Some(_), None) => {
                    self.problems.push(format!("{path} is in values.schema.json and not in values.yaml"));
                }
                (None, _) => self.problems.push(format!("{path} is in values.yaml and not in values.schema.json")),
            }
        }
    }

    fn row(&mut self, path: &str, property: &Value, value: &Value) {
        let Some(place) = self.comments.iter().position(|comment| comment.path == path) else {
            self.problems.push(format!("{path} has no comment in values.yaml"));
            return;
        };
        let meaning = cell(&self.comments[place].text);
        let row = format!("| {} | {} | {} | {meaning} |\n", code(path), self.type_cell(property), default_cell(value));
        self.rows.push((place, row));
    }

    fn type_cell(&self, property: &Value) -> String {
        let referred =
            property["$ref"].as_str().and_then(|reference| self.schema.pointer(reference.trim_start_matches('#')));
        let property = referred.unwrap_or(property);
        if let Some(title) = property["title"].as_str() {
            return title.to_owned();
        }
        // A pattern is for Helm; whoever misses it is told.
        let bounds = if property.get("pattern").is_none() { bounds(property) } else { String::new() };
        if bounds.is_empty() { type_of(property) } else { format!("{}: {bounds}", type_of(property)) }
    }
}

/// Whether the values inside are told one by one; a type with a title is documented elsewhere.
fn is_group(property: &Value) -> bool {
    property.get("properties").is_some() && property.get("title").is_none()
}

fn default_cell(value: &Value) -> String {
    let default = value.to_string();
    if default.len() > LONGEST_DEFAULT { "see values.yaml".to_owned() } else { code(&cell(&default)) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({
            "properties": {
                "image": {"type": "object", "properties": {"tag": {"type": "string", "maxLength": 1}}},
                "scope": {"$ref": "#/definitions/scope"},
                "global": {"type": "object"},
            },
            "definitions": {"scope": {"type": "string", "enum": ["One", "All"]}},
        })
    }

    #[test]
    fn a_row_has_default_type_and_meaning_in_the_order_of_the_file() {
        let table = render("# Where.\nscope: One\nimage:\n  # Which.\n  tag: a\n", &schema()).unwrap();
        let rows: Vec<&str> = table.lines().skip(3).collect();
        let scope = "| `scope` | string: `One`, `All` | `\"One\"` | Where. |";
        assert_eq!(rows, [scope, "| `image.tag` | string: at most 1 characters | `\"a\"` | Which. |"]);
    }

    #[test]
    fn a_value_needs_a_comment_and_a_place_in_both_files() {
        for (values, problem) in [
            ("scope: One\nimage:\n  # Which.\n  tag: a\n", "scope has no comment"),
            ("# Where.\nscope: One\n", "image is in values.schema.json and not in values.yaml"),
            (
                "# Where.\nscope: One\nimage:\n  # Which.\n  tag: a\n  # New.\n  new: 1\n",
                "image.new is in values.yaml and not",
            ),
        ] {
            let error = render(values, &schema()).unwrap_err().to_string();
            assert!(error.starts_with(problem), "{error}");
        }
    }
}
