//! Whether Kafka would take a value: its type, its range, its alternatives.

use super::catalogue::{Entry, Type};

/// What is wrong with the value, and what would be right.
pub(super) fn check(entry: &Entry, value: &str) -> Result<(), String> {
    if value.contains(['\n', '\r']) {
        return Err("a value is one line: remove the line breaks".to_owned());
    }
    if value.contains("${") {
        return Err("references by ${…} are not resolved: write the value itself".to_owned());
    }
    match entry.type_ {
        Type::Boolean if !["true", "false"].contains(&value.to_ascii_lowercase().as_str()) => {
            Err("must be \"true\" or \"false\"".to_owned())
        }
        Type::Short => whole::<i16>(entry, value),
        Type::Int => whole::<i32>(entry, value),
        Type::Long => whole::<i64>(entry, value),
        Type::Double => number(entry, value),
        Type::Text if !one_of(entry.valid, value) => Err(format!("must be one of {}", spoken(entry.valid))),
        Type::List if !value.split(',').all(|item| one_of(entry.valid, item.trim())) => {
            Err(format!("must be a list of {}, separated by commas", spoken(entry.valid)))
        }
        _ => Ok(()),
    }
}

/// The one form in which Kafka tells a value, whichever way it was written.
pub(super) fn canonical(type_: Type, value: &str) -> String {
    let value = value.trim();
    match type_ {
        Type::Boolean => value.to_ascii_lowercase(),
        Type::Short | Type::Int | Type::Long => {
            value.parse::<i64>().map_or(value.to_owned(), |number| number.to_string())
        }
        Type::Double => value.parse::<f64>().map_or(value.to_owned(), |number| number.to_string()),
        Type::List => value.split(',').map(str::trim).collect::<Vec<_>>().join(","),
        Type::Text | Type::Password | Type::Class | Type::Internal => value.to_owned(),
    }
}

fn whole<T: std::str::FromStr>(entry: &Entry, value: &str) -> Result<(), String> {
    if value.parse::<T>().is_err() {
        let bits = size_of::<T>() * 8;
        return Err(format!("must be a whole number of {bits} bits, without unit"));
    }
    number(entry, value)
}

fn number(entry: &Entry, value: &str) -> Result<(), String> {
    let number = value.parse::<f64>().map_err(|_| "must be a number, without unit".to_owned())?;
    if entry.valid.is_empty() || entry.valid.split('|').any(|range| is_within(range, number)) {
        return Ok(());
    }
    Err(format!("must be {}", entry.valid.split('|').map(spoken_range).collect::<Vec<_>>().join(" or ")))
}

fn is_within(range: &str, number: f64) -> bool {
    let bound = |text: &str, open: f64| text.parse().unwrap_or(open);
    match range.split_once("..") {
        Some((low, high)) => number >= bound(low, f64::NEG_INFINITY) && number <= bound(high, f64::INFINITY),
        None => range.parse() == Ok(number),
    }
}

fn one_of(valid: &str, value: &str) -> bool {
    valid.is_empty() || valid.split('|').any(|alternative| alternative == value)
}

fn spoken(valid: &str) -> String {
    valid.replace('|', ", ")
}

fn spoken_range(range: &str) -> String {
    match range.split_once("..") {
        Some((low, "")) => format!("at least {low}"),
        Some((low, high)) => format!("between {low} and {high}"),
        None => range.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ways_to_write_a_value_are_one_to_kafka() {
        for (type_, written, told) in [
            (Type::Boolean, "TRUE", "true"),
            (Type::Int, "+007", "7"),
            (Type::Long, "2592000000", "2592000000"),
            (Type::Double, "0.50", "0.5"),
            (Type::List, "compact, delete", "compact,delete"),
            (Type::Text, " producer ", "producer"),
        ] {
            assert_eq!(canonical(type_, written), told);
        }
        assert_eq!(canonical(Type::Double, "1.0"), canonical(Type::Double, "1"));
    }
}
