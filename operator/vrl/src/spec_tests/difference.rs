//! How an event differs from the fields that are expected of it.

use kafkapipelines_crds::Fields;
use serde_json::Value as Json;

use crate::mistake::one_line;

/// Bytes of a value that are shown.
const VALUE_BYTES: usize = 100;
/// Differences that are told.
const TOLD: usize = 3;

/// One sentence for each field that is not as expected.
pub(super) fn of(expected: &Fields, event: &Json) -> Vec<String> {
    let mut differences = Vec::new();
    for (name, value) in expected {
        compare(name, value, event.get(name), &mut differences);
    }
    differences
}

/// The first differences, and how many there are besides.
pub(super) fn told(differences: &[String]) -> String {
    let more = differences.len().saturating_sub(TOLD);
    let told = differences[..differences.len() - more].join("; ");
    if more > 0 { format!("{told}; and {more} more") } else { told }
}

/// A value as JSON, cut.
pub(super) fn shown(value: &Json) -> String {
    one_line(&value.to_string(), VALUE_BYTES)
}

/// Text in quotation marks, cut.
pub(super) fn quoted(text: &str) -> String {
    shown(&Json::from(text))
}

fn compare(path: &str, expected: &Json, got: Option<&Json>, differences: &mut Vec<String>) {
    match (expected, got) {
        (Json::Null, None) => {}
        (Json::Object(expected), Some(Json::Object(got))) => {
            for (name, value) in expected {
                compare(&format!("{path}.{name}"), value, got.get(name), differences);
            }
        }
        (Json::Array(expected), Some(Json::Array(got))) if expected.len() == got.len() => {
            for (index, (value, got)) in expected.iter().zip(got).enumerate() {
                compare(&format!("{path}[{index}]"), value, Some(got), differences);
            }
        }
        (expected, Some(got)) if is_same(expected, got) => {}
        (expected, got) => {
            let got = got.map_or_else(|| "nothing".to_owned(), shown);
            differences.push(format!("{path}: expected {}, got {got}", shown(expected)));
        }
    }
}

/// `5` and `5.0` are one number: YAML and the API server make one of the other.
fn is_same(expected: &Json, got: &Json) -> bool {
    expected == got || expected.as_f64().zip(got.as_f64()).is_some_and(|(a, b)| a.total_cmp(&b).is_eq())
}
