//! The newest report on each object: written by a controller that looks at what has no watch, read by the one that writes the status.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use kafkapipelines_core::cluster::report::Report;
use kafkapipelines_core::consumer_health::report::ConsumerReport;
use kafkapipelines_core::consumer_replay::report::ReplayReport;
use kafkapipelines_core::consumer_seek::record::SeekReport;

type Key = (String, String);
type Listener = Box<dyn Fn(&str, &str) + Send + Sync>;

/// The newest report on each object, by namespace and name: on pipelines' Kafka, if nothing else is said. Cheap to clone.
#[derive(Clone, Default)]
pub struct Reports<R = Report>(Arc<Inner<R>>);

#[derive(Default)]
struct Inner<R> {
    reports: Mutex<HashMap<Key, Arc<R>>>,
    listeners: RwLock<Vec<Listener>>,
}

/// What is left for the status of Consumers. Cheap to clone.
#[derive(Clone, Default)]
pub struct ConsumerReports {
    /// How they do.
    pub health: Reports<ConsumerReport>,
    /// What became of the replay of their dead letters.
    pub replay: Reports<ReplayReport>,
    /// What became of the seek of their groups.
    pub seek: Reports<SeekReport>,
}

impl<R: PartialEq> Reports<R> {
    /// The newest report; none before there was a look.
    pub fn get(&self, namespace: &str, name: &str) -> Option<Arc<R>> {
        self.lock().get(&(namespace.to_owned(), name.to_owned())).cloned()
    }

    /// Keeps a report, and tells the listeners if it differs from the one before.
    pub fn set(&self, namespace: &str, name: &str, report: R) {
        let report = Arc::new(report);
        let before = self.lock().insert((namespace.to_owned(), name.to_owned()), Arc::clone(&report));
        if before.as_ref() != Some(&report) {
            let listeners = self.0.listeners.read().unwrap_or_else(PoisonError::into_inner);
            listeners.iter().for_each(|listener| listener(namespace, name));
        }
    }

    /// The object is gone.
    pub fn forget(&self, namespace: &str, name: &str) {
        self.lock().remove(&(namespace.to_owned(), name.to_owned()));
    }

    /// Calls `listener` with namespace and name of each object whose report changes. It must not block.
    pub fn on_change(&self, listener: impl Fn(&str, &str) + Send + Sync + 'static) {
        self.0.listeners.write().unwrap_or_else(PoisonError::into_inner).push(Box::new(listener));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Arc<R>>> {
        self.0.reports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_report_that_differs_is_told() {
        let (reports, told) = (Reports::default(), Arc::new(Mutex::new(Vec::new())));
        let heard = Arc::clone(&told);
        reports.on_change(move |namespace, name| heard.lock().unwrap().push(format!("{namespace}/{name}")));
        let busy = || Report { busy: true, ..Report::default() };
        for report in [Report::default(), Report::default(), busy(), busy()] {
            reports.set("kafka", "logs", report);
        }
        assert_eq!(*told.lock().unwrap(), ["kafka/logs", "kafka/logs"]);
        assert_eq!(reports.get("kafka", "logs").as_deref(), Some(&busy()));
        reports.forget("kafka", "logs");
        assert_eq!(reports.get("kafka", "logs"), None);
    }
}
