//! What is written in VRL in transforms of one's own.

use kafkapipelines_crds::{Fields, RawSpec};
use serde_json::Value;

use super::super::programs::said;
use super::type_of;
use crate::program::Vrl;
use crate::refusal::Refusal;

/// The mistakes in all programs and conditions.
pub(super) fn refusals(raw: &RawSpec, vrl: Vrl) -> Vec<Refusal> {
    let of = |(id, fields): (&String, &Fields)| of_transform(&format!("spec.raw.transforms.{id}"), fields, vrl);
    raw.transforms.iter().flat_map(of).collect()
}

fn of_transform(path: &str, fields: &Fields, vrl: Vrl) -> Vec<Refusal> {
    let type_ = type_of(fields);
    if type_ == "remap" {
        let source = fields.get("source").and_then(Value::as_str);
        return source.map(|source| said(&format!("{path}.source"), &(vrl.program)(source))).unwrap_or_default();
    }
    let conditions = conditions(type_, fields);
    conditions.iter().flat_map(|(field, text)| said(&format!("{path}.{field}"), &(vrl.condition)(text))).collect()
}

/// The conditions of a transform that are written in VRL.
fn conditions<'a>(type_: &str, fields: &'a Fields) -> Vec<(String, &'a str)> {
    let one = |field: &str| fields.get(field).map(|value| (field.to_owned(), value));
    let written: Vec<_> = match type_ {
        "filter" => one("condition").into_iter().collect(),
        "sample" | "throttle" => one("exclude").into_iter().collect(),
        "route" => {
            let routes = fields.get("route").and_then(Value::as_object).into_iter().flatten();
            routes.map(|(name, condition)| (format!("route.{name}"), condition)).collect()
        }
        "exclusive_route" => {
            let routes = fields.get("routes").and_then(Value::as_array).into_iter().flatten().enumerate();
            routes
                .filter_map(|(at, route)| Some((format!("routes[{at}].condition"), route.get("condition")?)))
                .collect()
        }
        _ => Vec::new(),
    };
    written.into_iter().filter_map(|(field, value)| Some((field, vrl_of(value)?))).collect()
}

/// A condition is a text, or an object that says how it is written.
fn vrl_of(condition: &Value) -> Option<&str> {
    condition.as_str().or_else(|| condition.get("source")?.as_str().filter(|_| condition["type"] == "vrl"))
}
