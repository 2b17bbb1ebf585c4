//! Following the three kinds by watches.

use std::fmt::Debug;
use std::hash::Hash;

use anyhow::{Context as _, Result};
use futures::stream::{self, Stream, StreamExt as _};
use kafkapipelines_crds::{Consumer, KafkaNodePool, LogPipeline};
use kube::Api;
use kube::Resource;
use kube::runtime::reflector::{self, Store};
use kube::runtime::watcher::Event;
use kube::runtime::{WatchStreamExt as _, watcher};
use serde::de::DeserializeOwned;

use crate::cluster::Scope;
use crate::overview::Objects;

const KINDS: usize = 3;
/// Changes that arrived together are shown together.
const MOST_AT_ONCE: usize = 1000;

/// Calls `show` with all objects at the beginning and after every change. Ends only by an error at the beginning,
/// or by one of `show`; a connection lost later is made again.
pub async fn run(scope: &Scope, mut show: impl FnMut(Objects) -> Result<()>) -> Result<()> {
    let (pipelines, pipeline_events) = follow::<LogPipeline>(scope.api());
    let (pools, pool_events) = follow::<KafkaNodePool>(scope.api());
    let (consumers, consumer_events) = follow::<Consumer>(scope.api());
    let events = stream::select_all([pipeline_events.boxed(), pool_events.boxed(), consumer_events.boxed()]);
    let mut batches = events.ready_chunks(MOST_AT_ONCE);
    let mut listed = 0;
    while let Some(batch) = batches.next().await {
        for event in batch {
            match event {
                Ok(Progress::Listed) => listed += 1,
                Ok(Progress::Changed) => {}
                Err(error) if listed < KINDS => return Err(error).context("the API server cannot be asked"),
                // The watcher tries again with backoff.
                Err(error) => anstream::eprintln!("connection lost: {error}"),
            }
        }
        if listed >= KINDS {
            show(Objects { pipelines: owned(&pipelines), pools: owned(&pools), consumers: owned(&consumers) })?;
        }
    }
    Ok(())
}

enum Progress {
    Listed,
    Changed,
}

fn follow<K>(api: Api<K>) -> (Store<K>, impl Stream<Item = Result<Progress, watcher::Error>>)
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
    K::DynamicType: Eq + Hash,
{
    let (store, writer) = reflector::store();
    let events = watcher(api, watcher::Config::default()).default_backoff().reflect(writer);
    let progress = events.map(|event| {
        event.map(|event| if matches!(event, Event::InitDone) { Progress::Listed } else { Progress::Changed })
    });
    (store, progress)
}

fn owned<K>(store: &Store<K>) -> Vec<K>
where
    K: Resource<DynamicType = ()> + Clone + 'static,
    K::DynamicType: Eq + Hash + Clone,
{
    store.state().iter().map(|object| K::clone(object)).collect()
}
