//! One replica writes at a time: how the Lease is taken, renewed, lost and given up.

use std::time::Duration;

use crate::double::{Double, Step, api, refused, step, unanswered};
use http::Method;
use kafkapipelines_operator::io::lease_guard::{self, LeaseGuard};
use kafkapipelines_operator::runtime::lease::{Election, Settings};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/operators/leases";
const LEASE: &str = "/apis/coordination.k8s.io/v1/namespaces/operators/leases/operator";
const DURATION: Duration = Duration::from_secs(15);

fn lease(holder: &str, version: u32) -> Value {
    json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": "operator", "namespace": "operators", "resourceVersion": version.to_string()},
        "spec": {"holderIdentity": holder, "leaseDurationSeconds": 14, "leaseTransitions": 4},
    })
}

fn get(holder: &str, version: u32) -> Step {
    step(Method::GET, LEASE, lease(holder, version))
}

fn put(version: u32) -> Step {
    step(Method::PUT, LEASE, lease("me", version))
}

fn election(steps: Vec<Step>) -> (Election, LeaseGuard, Double) {
    let (client, double) = api(steps);
    let (hold, guard) = lease_guard::pair();
    let settings = Settings {
        namespace: "operators".to_owned(),
        name: "operator".to_owned(),
        identity: "me".to_owned(),
        duration: DURATION,
    };
    (Election::new(client, settings, hold), guard, double)
}

/// Acquires the lease, or fails when the double has.
async fn acquire(election: &mut Election) {
    tokio::time::timeout(DURATION * 3, election.acquire()).await.expect("not acquired");
}

#[tokio::test(start_paused = true)]
async fn the_first_replica_creates_the_lease_and_may_write_for_two_thirds_of_it() {
    let steps = vec![refused(Method::GET, LEASE, 404, "NotFound"), step(Method::POST, LEASES, lease("me", 1))];
    let (mut election, guard, double) = election(steps);
    assert_eq!(guard.valid_until(), None);
    acquire(&mut election).await;
    assert_eq!(guard.remaining(), DURATION * 2 / 3);
    drop(election);
    assert_eq!(guard.valid_until(), None, "nobody renews it any more");
    let seen = double.seen().await;
    assert_eq!(seen[1].body["spec"]["holderIdentity"], "me");
    assert_eq!(seen[1].body["spec"]["leaseDurationSeconds"], 15);
}

#[tokio::test(start_paused = true)]
async fn a_candidate_waits_while_the_holder_renews_and_takes_over_when_it_is_silent() {
    let mut steps = vec![get("other", 1), get("other", 2)];
    // Asked every 1.9 s: at the ninth time the same, more than its 14 s have passed.
    steps.extend((0..9).map(|_| get("other", 3)));
    steps.push(put(4));
    let (mut election, guard, double) = election(steps);
    let began = Instant::now();
    acquire(&mut election).await;
    assert!(began.elapsed() > DURATION && began.elapsed() < DURATION * 3 / 2, "{:?}", began.elapsed());
    assert!(guard.valid_until().is_some());
    drop(election);
    let last = double.seen().await.pop().unwrap().body;
    assert_eq!(last["metadata"]["resourceVersion"], "3", "only that version may be replaced");
    assert_eq!(last["spec"]["leaseTransitions"], 5);
}

#[tokio::test(start_paused = true)]
async fn a_released_lease_and_one_of_our_own_name_are_taken_at_once() {
    for holder in ["", "me"] {
        let (mut election, guard, double) = election(vec![get(holder, 7), put(8)]);
        let began = Instant::now();
        acquire(&mut election).await;
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert!(guard.valid_until().is_some());
        drop(election);
        double.seen().await;
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_candidates_the_slower_waits() {
    let steps = vec![get("", 7), refused(Method::PUT, LEASE, 409, "Conflict"), get("other", 8), get("", 9), put(10)];
    let (mut election, guard, double) = election(steps);
    acquire(&mut election).await;
    assert!(guard.valid_until().is_some());
    drop(election);
    double.seen().await;
}

#[tokio::test(start_paused = true)]
async fn the_holder_renews_without_asking_and_gives_the_lease_up_when_it_is_told() {
    let (mut election, guard, double) = election(vec![get("", 1), put(2), put(3), put(4), put(5)]);
    acquire(&mut election).await;
    let release = CancellationToken::new();
    let keeping = tokio::spawn(election.keep(release.clone()));
    let mut shortest = DURATION;
    for _ in 0..22 {
        tokio::time::advance(Duration::from_millis(500)).await;
        shortest = shortest.min(guard.remaining());
    }
    assert!(shortest > DURATION / 4, "no gap: {shortest:?}");
    release.cancel();
    keeping.await.unwrap().unwrap();
    assert_eq!(guard.valid_until(), None);
    let seen = double.seen().await;
    assert_eq!(seen[3].body["metadata"]["resourceVersion"], "3");
    assert_eq!(seen[4].body["spec"].get("holderIdentity"), None);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_another_took_ends_all_writing() {
    let steps = vec![get("", 1), put(2), refused(Method::PUT, LEASE, 409, "Conflict"), get("other", 3)];
    let (mut election, guard, double) = election(steps);
    acquire(&mut election).await;
    let lost = election.keep(CancellationToken::new()).await.unwrap_err();
    assert_eq!(guard.valid_until(), None);
    assert_eq!(lost.to_string(), "lost the lease operators/operator");
    double.seen().await;
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_cannot_be_renewed_ends_all_writing_before_another_may_start() {
    let steps = vec![get("", 1), put(2), unanswered(Method::PUT, LEASE)];
    let (mut election, guard, double) = election(steps);
    acquire(&mut election).await;
    let acquired = Instant::now();
    let keeping = tokio::spawn(election.keep(CancellationToken::new()));
    while guard.valid_until().is_some() {
        tokio::time::advance(Duration::from_millis(100)).await;
    }
    assert!(acquired.elapsed() <= DURATION * 2 / 3 + Duration::from_millis(100), "{:?}", acquired.elapsed());
    let ended = tokio::time::timeout(DURATION, keeping).await.expect("it says so");
    ended.unwrap().unwrap_err();
    drop(guard);
    double.seen().await;
}

#[tokio::test(start_paused = true)]
async fn a_short_failure_of_the_api_server_loses_nothing() {
    let steps = vec![
        get("", 1),
        put(2),
        refused(Method::PUT, LEASE, 500, "InternalError"),
        refused(Method::GET, LEASE, 500, "InternalError"),
        get("me", 2),
        put(3),
        put(4),
    ];
    let (mut election, guard, double) = election(steps);
    acquire(&mut election).await;
    let release = CancellationToken::new();
    let keeping = tokio::spawn(election.keep(release.clone()));
    for _ in 0..80 {
        tokio::time::advance(Duration::from_millis(100)).await;
        assert!(guard.valid_until().is_some());
    }
    release.cancel();
    keeping.await.unwrap().unwrap();
    double.seen().await;
}
