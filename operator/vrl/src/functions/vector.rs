//! The functions that Vector adds to VRL: event metadata, enrichment tables, its own metrics, dnstap.

use std::collections::BTreeMap;

use vrl::compiler::function::Error;
use vrl::compiler::prelude::{ArgumentList, Collection, Expression, Field, Kind, Parameter, kind};
use vrl::compiler::{Function, TypeDef, TypeState};
use vrl::value::Value;

use super::signature::{Accepted, Signature};

/// What Vector 0.57 adds.
pub(super) fn signatures() -> impl Iterator<Item = Box<dyn Function>> {
    event().into_iter().chain(tables()).chain(metrics()).map(Signature::boxed)
}

const KEY: Parameter = Parameter::required("key", kind::BYTES, "");

fn event() -> [Signature; 5] {
    const TARGET: Parameter = Parameter::required("target", kind::ANY, "");
    const MEANING: Parameter = Parameter::required("meaning", kind::BYTES, "");
    const SECRET: Parameter = Parameter::required("secret", kind::BYTES, "");
    const VALUE: Parameter = Parameter::required("value", kind::BYTES, "");
    const LOWERCASE: Parameter = Parameter::optional("lowercase_hostnames", kind::BOOLEAN, "");
    let nothing = || TypeDef::null().impure();
    let secret = || TypeDef::bytes().or_null();
    let record = || TypeDef::object(Collection::any()).fallible();
    [
        Signature {
            name: "set_semantic_meaning",
            parameters: &[TARGET, MEANING],
            returns: nothing,
            accepts: Some(a_meaning),
        },
        Signature { name: "get_secret", parameters: &[KEY], returns: secret, accepts: None },
        Signature { name: "set_secret", parameters: &[KEY, SECRET], returns: nothing, accepts: None },
        Signature { name: "remove_secret", parameters: &[KEY], returns: nothing, accepts: None },
        Signature { name: "parse_dnstap", parameters: &[VALUE, LOWERCASE], returns: record, accepts: None },
    ]
}

fn a_meaning(arguments: &ArgumentList, state: &TypeState) -> Accepted {
    arguments.required_query("target")?;
    arguments.required_literal("meaning", state)?;
    Ok(())
}

fn tables() -> [Signature; 2] {
    const PARAMETERS: &[Parameter] = &[
        Parameter::required("table", kind::BYTES, ""),
        Parameter::required("condition", kind::OBJECT, ""),
        Parameter::optional("select", kind::ARRAY, ""),
        Parameter::optional("case_sensitive", kind::BOOLEAN, ""),
        Parameter::optional("wildcard", kind::BYTES, ""),
    ];
    let row = || TypeDef::object(Collection::any()).fallible();
    let rows = || TypeDef::array(Collection::from_unknown(Kind::object(Collection::any()))).fallible();
    [
        Signature {
            name: "get_enrichment_table_record",
            parameters: PARAMETERS,
            returns: row,
            accepts: Some(no_table),
        },
        Signature {
            name: "find_enrichment_table_records",
            parameters: PARAMETERS,
            returns: rows,
            accepts: Some(no_table),
        },
    ]
}

/// The file of a consumer declares no enrichment tables, so there is none that could be named.
fn no_table(arguments: &ArgumentList, state: &TypeState) -> Accepted {
    arguments.required_enum("table", &[], state)?;
    Ok(())
}

fn metrics() -> [Signature; 3] {
    const TAGS: Parameter = Parameter::optional("tags", kind::OBJECT, "");
    const FUNCTION: Parameter = Parameter::required("function", kind::BYTES, "");
    let one = || TypeDef::object(metric()).or_null();
    // Vector says so of what is an array.
    let some = || TypeDef::object(Collection::from_unknown(Kind::object(metric())));
    let number = || TypeDef::float().or_null();
    let (get, find, sum) = ("get_vector_metric", "find_vector_metrics", "aggregate_vector_metrics");
    [
        Signature { name: get, parameters: &[KEY, TAGS], returns: one, accepts: Some(text_tags) },
        Signature { name: find, parameters: &[KEY, TAGS], returns: some, accepts: Some(text_tags) },
        Signature { name: sum, parameters: &[FUNCTION, KEY, TAGS], returns: number, accepts: Some(an_aggregate) },
    ]
}

fn metric() -> BTreeMap<Field, Kind> {
    BTreeMap::from([
        ("name".into(), Kind::bytes()),
        ("tags".into(), Kind::any_object()),
        ("type".into(), Kind::bytes()),
        ("kind".into(), Kind::bytes()),
        ("value".into(), Kind::float().or_null()),
    ])
}

fn an_aggregate(arguments: &ArgumentList, state: &TypeState) -> Accepted {
    arguments.required_enum("function", &["sum", "avg", "min", "max"].map(Value::from), state)?;
    text_tags(arguments, state)
}

fn text_tags(arguments: &ArgumentList, state: &TypeState) -> Accepted {
    let tags = arguments.optional_object("tags")?.unwrap_or_default();
    match tags.values().find(|tag| *tag.type_def(state).kind() != Kind::bytes()) {
        None => Ok(()),
        Some(tag) => Err(Error::InvalidArgument {
            keyword: "tags.value",
            value: tag.resolve_constant(state).unwrap_or(Value::Null),
            error: "Tag values must be strings",
        }
        .into()),
    }
}
