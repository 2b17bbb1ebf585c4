//! What became of each item of a request.

use std::collections::BTreeMap;

use kafka_protocol::protocol::StrBytes;

use crate::code::Code;
use crate::error::KafkaError;

/// What became of each item that was asked for; never fewer or more than these.
pub type Outcomes<K, V = ()> = BTreeMap<K, Result<V, KafkaError>>;

/// One item of an answer: its value, or its error.
pub(super) fn outcome<V>(value: V, code: i16, message: Option<&StrBytes>) -> Result<V, KafkaError> {
    KafkaError::of(code, message.map(StrBytes::as_str)).map_or(Ok(value), Err)
}

/// The outcomes of what was asked for: an item that the answer does not mention has failed, one that was not asked for is no outcome.
pub(super) fn complete<K: Ord, V>(asked: impl IntoIterator<Item = K>, mut answered: Outcomes<K, V>) -> Outcomes<K, V> {
    let mut take = |key: K| {
        let outcome = answered.remove(&key).unwrap_or_else(|| Err(unmentioned()));
        (key, outcome)
    };
    asked.into_iter().map(&mut take).collect()
}

fn unmentioned() -> KafkaError {
    KafkaError { code: Code::UNKNOWN_SERVER_ERROR, message: Some("the answer does not mention it".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_of_what_was_asked_for() {
        let answered = Outcomes::from([("a", Ok(1)), ("stranger", Ok(2))]);
        assert_eq!(complete(["a", "b"], answered), Outcomes::from([("a", Ok(1)), ("b", Err(unmentioned()))]));
    }
}
