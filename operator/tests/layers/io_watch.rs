//! Stores show what the watch said, and listeners hear of every change.

use std::sync::{Arc, Mutex};

use futures::stream;
use k8s_openapi::api::core::v1::ConfigMap;
use kafkapipelines_operator::io::metrics::Metrics;
use kafkapipelines_operator::io::watch::{Watched, follow, follow_guarded};
use kube::core::DeserializeGuard;
use kube::runtime::reflector::ObjectRef;
use kube::runtime::watcher::{Error, Event};
use serde_json::{Value, json};

type Guarded = Event<DeserializeGuard<ConfigMap>>;
type Heard = Arc<Mutex<Vec<(String, bool)>>>;

fn object(name: &str, data: Value) -> Value {
    json!({"metadata": {"name": name, "namespace": "logs", "resourceVersion": "1"}, "data": data})
}

fn good(name: &str, value: &str) -> ConfigMap {
    serde_json::from_value(object(name, json!({"key": value}))).unwrap()
}

fn guarded(name: &str, data: Value) -> DeserializeGuard<ConfigMap> {
    serde_json::from_value(object(name, data)).unwrap()
}

fn value(watched: &Watched<ConfigMap>, name: &str) -> Option<String> {
    watched.get("logs", name)?.data.as_ref()?.get("key").cloned()
}

/// Notes the name of each object that is told of, and whether it could be read.
fn listen(watched: &Watched<ConfigMap>) -> Heard {
    let heard = Heard::default();
    let noting = Arc::clone(&heard);
    watched.on_change(move |reference, object| {
        noting.lock().unwrap().push((reference.name.clone(), object.is_some()));
    });
    heard
}

fn names(heard: &Heard) -> Vec<String> {
    let mut names: Vec<_> = heard.lock().unwrap().iter().map(|(name, _)| name.clone()).collect();
    names.sort();
    names.dedup();
    names
}

#[tokio::test]
async fn after_a_gap_what_vanished_is_told_like_what_is_there() {
    let first =
        [Event::Init, Event::InitApply(good("stays", "1")), Event::InitApply(good("goes", "1")), Event::InitDone];
    let (watched, watch) = follow(stream::iter(first.map(Ok)), Metrics::default());
    let heard = listen(&watched);
    watch.await;
    assert_eq!(names(&heard), ["goes", "stays"]);

    let all = [
        Event::Init,
        Event::InitApply(good("goes", "1")),
        Event::InitDone,
        Event::Apply(good("stays", "1")),
        Event::Init,
        Event::InitApply(good("stays", "2")),
        Event::InitDone,
    ];
    let (watched, watch) = follow(stream::iter(all.map(Ok)), Metrics::default());
    let heard = listen(&watched);
    watch.await;
    assert_eq!((value(&watched, "goes"), value(&watched, "stays")), (None, Some("2".to_owned())));
    let last = heard.lock().unwrap().split_off(2);
    assert!(last.iter().any(|(name, _)| name == "goes"), "{last:?}");
}

#[tokio::test]
async fn a_listener_finds_the_store_as_it_is_told() {
    let events = [Event::Init, Event::InitDone, Event::Apply(good("a", "1")), Event::Delete(good("a", "1"))];
    let (watched, watch) = follow(stream::iter(events.map(Ok)), Metrics::default());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (noting, reading) = (Arc::clone(&seen), watched.clone());
    watched.on_change(move |reference, _| noting.lock().unwrap().push(value(&reading, &reference.name)));
    watch.await;
    assert_eq!(*seen.lock().unwrap(), [Some("1".to_owned()), None]);
}

#[tokio::test]
async fn an_object_that_cannot_be_read_is_set_apart_and_harms_no_other() {
    let bad = || guarded("bad", json!("not a map"));
    let events: Vec<Result<Guarded, Error>> = vec![
        Ok(Event::Init),
        Ok(Event::InitApply(bad())),
        Ok(Event::InitApply(guarded("good", json!({"key": "1"})))),
        Ok(Event::InitDone),
        Err(Error::NoResourceVersion),
        Ok(Event::Apply(guarded("good", json!({"key": "2"})))),
        Ok(Event::Apply(guarded("turns", json!({"key": "1"})))),
        Ok(Event::Apply(guarded("turns", json!(7)))),
    ];
    let (watched, watch) = follow_guarded(stream::iter(events), Metrics::default());
    let heard = listen(&watched);
    watch.await;
    assert_eq!((value(&watched, "bad"), value(&watched, "good")), (None, Some("2".to_owned())));
    assert_eq!(value(&watched, "turns"), Some("1".to_owned()), "the last version that could be read");
    let unreadable = |name: &str| watched.unreadable(&ObjectRef::new(name).within("logs"));
    assert!(unreadable("bad").unwrap().error.contains("not a map"));
    assert!(unreadable("turns").is_some() && unreadable("good").is_none());
    assert!(heard.lock().unwrap().contains(&("bad".to_owned(), false)));
}

#[tokio::test]
async fn an_unreadable_object_that_is_mended_or_deleted_is_forgotten() {
    let bad = |name| guarded(name, json!("not a map"));
    let events: Vec<Result<Guarded, Error>> = vec![
        Ok(Event::Apply(bad("mended"))),
        Ok(Event::Apply(guarded("mended", json!({"key": "1"})))),
        Ok(Event::Apply(bad("deleted"))),
        Ok(Event::Delete(bad("deleted"))),
        Ok(Event::Apply(guarded("turned", json!({"key": "1"})))),
        Ok(Event::Apply(bad("turned"))),
        Ok(Event::Delete(bad("turned"))),
    ];
    let (watched, watch) = follow_guarded(stream::iter(events), Metrics::default());
    let heard = listen(&watched);
    watch.await;
    assert!(watched.all_unreadable().is_empty());
    assert_eq!((value(&watched, "mended"), value(&watched, "turned")), (Some("1".to_owned()), None));
    let deleted = heard.lock().unwrap().iter().filter(|(name, _)| name == "deleted").count();
    assert_eq!(deleted, 2, "told when it came and when it went");
}

#[tokio::test]
async fn what_nobody_reads_is_not_kept() {
    let mut object = object("a", json!({}));
    object["metadata"]["managedFields"] = json!([{"manager": "kubectl"}]);
    object["metadata"]["annotations"] =
        json!({"kubectl.kubernetes.io/last-applied-configuration": "{}", "example.org/mine": "1"});
    let events = [Event::Apply(serde_json::from_value::<ConfigMap>(object).unwrap())];
    let (watched, watch) = follow(stream::iter(events.map(Ok)), Metrics::default());
    watch.await;
    let kept = watched.get("logs", "a").unwrap();
    assert!(kept.metadata.managed_fields.as_ref().is_none_or(Vec::is_empty));
    assert_eq!(json!(kept.metadata.annotations), json!({"example.org/mine": "1"}));
}
