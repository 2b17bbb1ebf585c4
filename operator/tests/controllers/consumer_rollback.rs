//! Members that do not become ready in time, and the way back.

use serde_json::{Value, json};

use crate::consumer::{Bed, CHILD, authority, config_map, consumer, pipeline, ready, replicas};
use crate::memory_api::MemoryApi;

const NEW: &str = "logs-drain-new";

/// Asks for an image that is not there, and waits until the Deployment does.
async fn ask_for(bed: &Bed, tag: &str) {
    bed.api.edit("consumers", "drain", |consumer| consumer["spec"]["vector"] = json!({"image": {"tag": tag}}));
    bed.api.until(tag, |api| image(api).ends_with(tag)).await;
}

/// Plays the Deployment's controller and the kubelet: the image of the one new member cannot be pulled, for too long.
fn miss_the_deadline(api: &MemoryApi) {
    let deployment = api.get("deployments", CHILD).unwrap();
    let mut pod = deployment["spec"]["template"].clone();
    pod["metadata"]["name"] = json!(NEW);
    let waiting = json!({"name": "vector", "ready": false, "restartCount": 0, "image": "", "imageID": "",
        "state": {"waiting": {"reason": "ImagePullBackOff"}}});
    pod["status"] = json!({"containerStatuses": [waiting]});
    api.put("pods", pod);
    let exceeded = json!({"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"});
    let status = json!({"observedGeneration": deployment["metadata"]["generation"], "replicas": 3, "updatedReplicas": 1,
        "availableReplicas": 2, "conditions": [exceeded]});
    api.edit("deployments", CHILD, |deployment| deployment["status"] = status);
}

fn image(api: &MemoryApi) -> String {
    let deployment = api.get("deployments", CHILD).unwrap();
    deployment["spec"]["template"]["spec"]["containers"][0]["image"].as_str().unwrap().to_owned()
}

fn status(api: &MemoryApi) -> Value {
    api.get("consumers", "drain").unwrap()["status"].clone()
}

#[tokio::test(start_paused = true)]
async fn members_are_brought_back_and_stay_so_until_the_spec_asks_for_something_else() {
    let bed = Bed::running().await;
    let good = config_map(&bed.api);
    assert!(good.ends_with(status(&bed.api)["lastGood"]["revision"].as_str().unwrap()), "{good}");

    ask_for(&bed, "none").await;
    let bad = config_map(&bed.api);
    bed.api.writes();
    miss_the_deadline(&bed.api);
    bed.api.until("the last good revision", |api| config_map(api) == good).await;
    let writes = bed.api.writes();
    let place = |path: &str| writes.iter().position(|write| write.contains(path)).unwrap();
    assert!(place("consumers/drain/status") < place("deployments/"), "written down before it is done: {writes:?}");
    bed.until_ready_is("False", "RolledBack").await;
    assert!(ready(&bed.api).contains("logs-drain-new: ImagePullBackOff"), "{}", ready(&bed.api));
    assert!(bad.ends_with(status(&bed.api)["rolledBack"]["revision"].as_str().unwrap()), "{bad}");

    bed.api.remove("pods", NEW);
    bed.api.edit("consumers", "drain", |consumer| consumer["spec"]["replicas"] = json!(3));
    bed.api.until("3 members", |api| replicas(api) == Some(3)).await;
    bed.run_members(3);
    bed.until_ready_is("False", "RolledBack").await;
    assert_eq!((config_map(&bed.api), bed.api.get("configmaps", &bad).is_some()), (good.clone(), true));

    ask_for(&bed, "0.57.1").await;
    bed.api.until("another try", |api| status(api)["rolledBack"].is_null()).await;
    assert!(bed.api.get("configmaps", &good).is_some(), "there is something to go back to");
    bed.run_members(3);
    bed.until_ready_is("True", "AllMembersReady").await;
    assert!(config_map(&bed.api).ends_with(status(&bed.api)["lastGood"]["revision"].as_str().unwrap()));
    bed.api
        .until("old files are gone", |api| [&good, &bad].iter().all(|name| api.get("configmaps", name).is_none()))
        .await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_brought_back_where_a_person_decides() {
    let bed = Bed::running().await;
    bed.api.edit("consumers", "drain", |consumer| consumer["spec"]["rollback"] = json!({"onFailure": "Manual"}));
    ask_for(&bed, "none").await;
    miss_the_deadline(&bed.api);
    bed.until_ready_is("False", "DeadlineExceeded").await;
    assert!(ready(&bed.api).contains("5m: logs-drain-new: ImagePullBackOff"), "{}", ready(&bed.api));
    assert!(image(&bed.api).ends_with("none"));
    bed.api.edit("consumers", "drain", |consumer| consumer["spec"]["rollback"] = json!({"onFailure": "Automatic"}));
    bed.until_ready_is("False", "RolledBack").await;
    bed.api.until("the last good revision", |api| !image(api).ends_with("none")).await;
}

#[tokio::test(start_paused = true)]
async fn the_first_revision_stays_for_there_is_nothing_to_go_back_to() {
    let bed = Bed::new(&[consumer(), pipeline(), authority()]);
    bed.until_ready_is("False", "RolloutInProgress").await;
    miss_the_deadline(&bed.api);
    bed.until_ready_is("False", "DeadlineExceeded").await;
    assert!(status(&bed.api)["rolledBack"].is_null() && status(&bed.api)["lastGood"].is_null());
}
