//! What was asked for, by an annotation of the Consumer.

use jiff::Timestamp;
use kafkapipelines_crds::Consumer;
use serde::{Deserialize, Serialize};

use crate::labels::REPLAY;
use crate::refusal::Refusal;
use crate::request_annotation;

/// A replay of dead letters that somebody asked for. While the annotation is there it goes on; without it, it is cancelled.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Request {
    /// When it was asked for, which is its name: it is carried out once.
    pub id: Timestamp,
    /// Dead letters that were written before are left where they are. Default: none are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Whether they are only counted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

impl Request {
    /// What the Consumer's annotation asks for.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(consumer: &Consumer) -> Result<Option<Self>, Refusal> {
        let way_out = "`kubectl kafkapipelines consumer replay` writes it, and without it nothing is replayed";
        request_annotation::read(consumer, REPLAY, "InvalidReplay", way_out)
    }

    /// The value of the annotation.
    pub fn annotation(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(annotation: Option<&str>) -> Result<Option<Request>, Refusal> {
        let annotations = annotation.map(|text| json!({REPLAY: text}));
        let consumer = json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "Consumer",
            "metadata": {"name": "drain", "annotations": annotations},
            "spec": {"pipeline": "logs", "topics": ["a"], "sinks": [], "deadLetter": {"topic": "dead"}}});
        Request::of(&serde_json::from_value(consumer).unwrap())
    }

    #[test]
    fn what_was_written_is_read() {
        let id = "2026-01-01T12:00:00Z".parse().unwrap();
        for request in [
            Request { id, since: None, dry_run: false },
            Request { id, since: Some(Timestamp::UNIX_EPOCH), dry_run: true },
        ] {
            assert_eq!(read(Some(&request.annotation())), Ok(Some(request)));
        }
        assert_eq!(read(None), Ok(None));
    }

    #[test]
    fn what_cannot_be_read_is_refused_as_a_whole() {
        for text in ["", "yes", "{}", r#"{"id": "yesterday"}"#, r#"{"id": "2026-01-01T12:00:00Z", "sinse": "2h"}"#] {
            let refusal = read(Some(text)).unwrap_err();
            assert_eq!(refusal.reason, "InvalidReplay", "{text}");
            assert!(refusal.to_string().starts_with("metadata.annotations[kafkapipelines.io/replay]: "), "{refusal}");
        }
    }
}
