//! Events: one for each change, none for a repetition. A failure to publish never fails a reconcile.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use kube::{Resource, ResourceExt as _};

use super::api_server::ApiServer;
use super::error::Call;

/// How many topics are remembered, before all are forgotten.
const MEMORY: usize = 16_384;

/// Something to tell about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// Normal, or a warning that somebody should act on.
    pub kind: EventType,
    /// What it is about, such as a condition's type: an Event is published when a topic's reason or note changes.
    pub topic: &'static str,
    /// One CamelCase word.
    pub reason: String,
    /// A sentence for people; never a secret.
    pub note: String,
}

/// Namespace, name and topic, and what was said last: reason and note.
type Said = HashMap<(String, String, &'static str), (String, String)>;

/// Publishes Events about the objects of one kind.
pub struct EventSink {
    api: ApiServer,
    reporter: Reporter,
    said: Mutex<Said>,
}

impl EventSink {
    /// Reports as `kafkapipelines-<kind>`, instance `instance`.
    pub fn new(api: ApiServer, instance: &str) -> Self {
        let reporter = Reporter { controller: api.field_manager(), instance: Some(instance.to_owned()) };
        Self { api, reporter, said: Mutex::default() }
    }

    /// Publishes `news` about `object`, unless the topic's reason and note are what was said last.
    pub async fn publish<K: Resource<DynamicType = ()>>(&self, object: &K, news: News) {
        if !self.is_new(object, &news) {
            return;
        }
        let event = Event {
            type_: news.kind,
            reason: news.reason,
            note: Some(news.note),
            action: news.topic.to_owned(),
            secondary: None,
        };
        let call = Call {
            verb: "create",
            kind: "Event".to_owned(),
            namespace: object.namespace().unwrap_or_default(),
            name: object.name_any(),
        };
        // A recorder of its own for each Event: a shared one would fold a new note into the series of an old one.
        let recorder = Recorder::new(self.api.client(), self.reporter.clone());
        let reference = object.object_ref(&());
        if let Err(error) = self.api.write(call, recorder.publish(&event, &reference)).await {
            tracing::warn!(%error, reason = event.reason, "event not published");
        }
    }

    /// Drops what was said about the object `namespace`/`name`.
    pub fn forget(&self, namespace: &str, name: &str) {
        self.lock()
            .retain(|(object_namespace, object_name, _), _| (&**object_namespace, &**object_name) != (namespace, name));
    }

    fn is_new<K: Resource<DynamicType = ()>>(&self, object: &K, news: &News) -> bool {
        let mut said = self.lock();
        if said.len() >= MEMORY {
            said.clear();
        }
        let key = (object.namespace().unwrap_or_default(), object.name_any(), news.topic);
        let now = (news.reason.clone(), news.note.clone());
        said.insert(key, now.clone()).is_none_or(|last| last != now)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
