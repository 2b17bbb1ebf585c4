//! New members that cannot start, and the way back to those that could.

use anyhow::{Context as _, Result, ensure};
use kafkapipelines_e2e::cluster::until;
use serde_json::json;

use crate::consumer_bed::{CONSUMER, ConsumerBed, SOON};

pub fn members_are_brought_back(bed: &ConsumerBed) -> Result<()> {
    until("the first revision is good", SOON, || Ok(last_good(bed).is_ok()))?;
    let good = last_good(bed)?;
    let missing = json!({"image": {"tag": "none", "pullPolicy": "Never"}});
    bed.patch_consumer(&json!({"spec": {"vector": missing, "rollback": {"deadline": "10s"}}}))?;
    bed.lines_arrive(100)?;
    let told = format!("the members run {good} again");
    until("the consumer says that it was brought back", SOON, || bed.consumer_says("Ready", "False", &told))?;
    ensure!(bed.consumer_says("Ready", "False", "ErrImageNeverPull")?, "it is told what the new member said");
    until("the Deployment has the good revision", SOON, || Ok(file_of_new_members(bed)?.ends_with(&good)))?;
    bed.members_are_ready(1)?;
    bed.lines_arrive(100)?;

    let again = json!({"metadata": {"annotations": {"example.com/again": "1"}}});
    bed.patch_consumer(&json!({"spec": {"vector": {"image": null}, "rollback": null, "template": again}}))?;
    until("the next revision is good", SOON, || Ok(last_good(bed)? != good))?;
    bed.members_are_ready(1)?;
    ensure!(file_of_new_members(bed)?.ends_with(&last_good(bed)?));
    bed.lines_arrive(100)
}

fn last_good(bed: &ConsumerBed) -> Result<String> {
    let revision = bed.consumer()?["status"]["lastGood"]["revision"].as_str().map(str::to_owned);
    revision.context("no revision was good yet")
}

/// Name of the ConfigMap with their Vector file.
fn file_of_new_members(bed: &ConsumerBed) -> Result<String> {
    let deployment = bed.pipeline.object("deployment", &format!("small-{CONSUMER}"))?;
    let name = deployment["spec"]["template"]["spec"]["volumes"][0]["configMap"]["name"].as_str().map(str::to_owned);
    name.context("the Deployment names no ConfigMap")
}
