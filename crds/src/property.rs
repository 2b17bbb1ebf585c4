//! Values of Kafka properties.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Kafka properties as people write them.
pub type Properties = BTreeMap<String, PropertyValue>;

/// A value of a Kafka property: numbers stay numbers, everything else is a string.
///
/// Kubernetes' own `IntOrString` has 32 bits, and thirty days are 2592000000 ms.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(untagged)]
pub enum PropertyValue {
    /// A whole number.
    Number(i64),
    /// Anything else.
    Text(String),
}

impl fmt::Display for PropertyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_in_milliseconds_is_a_number() {
        let properties: Properties =
            serde_json::from_str(r#"{"retention.ms": 2592000000, "compression.type": "lz4"}"#).unwrap();
        assert_eq!(properties["retention.ms"], PropertyValue::Number(2_592_000_000));
        assert_eq!(properties["compression.type"].to_string(), "lz4");
    }
}
