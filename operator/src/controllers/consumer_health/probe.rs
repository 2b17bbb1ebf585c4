//! What a store says to the operator itself, while it takes no lines: the members' metrics have its status code alone.

use std::collections::BTreeMap;
use std::time::Duration;

use kafkapipelines_core::consumer_health::delivery::{Answer, Troubles};
use kafkapipelines_crds::{ConsumerSpec, SinkKind, SinkSpec};
use tokio::time::Instant;

use super::super::http::Http;

/// A store is asked no more often.
const PAUSE: Duration = Duration::from_mins(1);

/// What stores said, while they take nothing.
#[derive(Default)]
pub(super) struct Memory {
    asked: BTreeMap<String, Instant>,
    pub(super) answers: BTreeMap<String, Answer>,
}

impl Memory {
    /// Asks the stores that are in trouble, and forgets what the others said.
    pub(super) async fn look(&mut self, http: &Http, spec: &ConsumerSpec, troubles: &Troubles) {
        let blocked = |sink: &String| troubles.get(sink).is_some_and(|troubles| !troubles.is_empty());
        self.asked.retain(|sink, _| blocked(sink));
        self.answers.retain(|sink, _| blocked(sink));
        for sink in spec.sinks.iter().filter(|sink| blocked(&sink.name)) {
            let rests = self.asked.get(&sink.name).is_some_and(|asked| asked.elapsed() < PAUSE);
            let Some(url) = url(sink).filter(|_| !rests) else { continue };
            self.asked.insert(sink.name.clone(), Instant::now());
            match http.probe(&url).await {
                Ok((status, beginning)) => self.note(&sink.name, Answer::new(status, &beginning)),
                Err(error) => tracing::debug!(sink = sink.name, %error, "the store does not answer"),
            }
        }
    }

    /// A store may say the time, or count: only another status code is news.
    fn note(&mut self, sink: &str, answer: Answer) {
        if self.answers.get(sink).is_none_or(|before| before.status != answer.status) {
            self.answers.insert(sink.to_owned(), answer);
        }
    }
}

/// Where lines would be sent, if a request without lines does no harm there and needs no secret.
fn url(sink: &SinkSpec) -> Option<String> {
    match sink.kind()? {
        SinkKind::VictoriaLogs(store) if store.auth.is_none() && store.endpoint.starts_with("http://") => {
            Some(format!("{}/insert/jsonline", store.endpoint.trim_end_matches('/')))
        }
        _ => None,
    }
}
