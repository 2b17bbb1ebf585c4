//! Offsets of a consumer's group are moved: lines are read again, and none is skipped unless a person agrees.

use std::process::Output;

use anyhow::{Result, ensure};
use kafkapipelines_e2e::cluster::until;
use serde_json::json;

use crate::consumer_bed::{CONSUMER, ConsumerBed, SOON};

const WAITING: usize = 200;

pub fn lines_are_read_again(bed: &ConsumerBed) -> Result<()> {
    until("all lines are committed", SOON, || {
        let plan = seek(bed, &["--to", "latest", "--dry-run"])?;
        Ok(plan.status.success() && said(&plan).contains(" 0 lines skipped"))
    })?;
    a_plan_changes_nothing(bed)?;
    what_cannot_be_is_refused(bed)?;
    one_that_waits_is_cancelled(bed)?;
    all_are_read_again_though_the_operator_is_killed(bed)?;
    members_start_again_though_the_spec_is_refused_meanwhile(bed)?;
    none_is_skipped_unless_a_person_agrees(bed)
}

fn what_cannot_be_is_refused(bed: &ConsumerBed) -> Result<()> {
    for (arguments, why) in [
        (&["--to", "2999-01-01"][..], "is in the future"),
        (&["--to", "tomorrow"], "neither earliest, latest, loss"),
        (&["--to", "earliest", "--topic", "other"], "does not read other"),
        (&["--cancel"], "no seek of the Consumer"),
    ] {
        let refused = seek(bed, arguments)?;
        ensure!(!refused.status.success() && said(&refused).contains(why), "{arguments:?}: {}", said(&refused));
    }
    Ok(())
}

fn one_that_waits_is_cancelled(bed: &ConsumerBed) -> Result<()> {
    let members = bed.member_uids()?;
    suspend(bed, true)?;
    let waiting = bed.plugin(&["seek", CONSUMER, "--to", "2h", "--yes"])?.spawn()?;
    until("the seek waits", SOON, || {
        let message = bed.consumer()?["status"]["seek"]["message"].to_string();
        Ok(phase(bed)? == "Pending" && message.contains("suspension"))
    })?;
    let cancelled = seek(bed, &["--cancel"])?;
    ensure!(cancelled.status.success() && said(&cancelled).contains("nothing was moved"), "{}", said(&cancelled));
    ensure!(!waiting.wait_with_output()?.status.success() && phase(bed)? == "Failed");
    suspend(bed, false)?;
    ensure!(bed.member_uids()? == members, "nobody was stopped");
    Ok(())
}

fn suspend(bed: &ConsumerBed, suspend: bool) -> Result<()> {
    let patch = json!({"spec": {"suspend": suspend}}).to_string();
    bed.pipeline.kubectl(&["patch", "logpipeline", bed.pipeline.name(), "--type=merge", "--patch", &patch]).map(drop)
}

/// Whether it sets offsets or fails depends on how far it is.
fn members_start_again_though_the_spec_is_refused_meanwhile(bed: &ConsumerBed) -> Result<()> {
    let (transforms, members) = (bed.consumer()?["spec"]["transforms"].clone(), bed.member_uids()?);
    let command = bed.plugin(&["seek", CONSUMER, "--to", "earliest"])?.spawn()?;
    until("members stop", SOON, || Ok(bed.member_uids()? != members))?;
    let bad = json!([{"name": "parse", "remap": {"source": ". = parse_json(.message)"}}]);
    bed.patch_consumer(&json!({"spec": {"transforms": bad}}))?;
    let ended = command.wait_with_output()?;
    eprintln!("{}", said(&ended));
    ensure!(["Done", "Failed"].contains(&phase(bed)?.as_str()), "{}", phase(bed)?);
    bed.members_are_ready(1)?;
    ensure!(
        bed.consumer_says("Ready", "False", "E103")? && bed.member_uids()? != members,
        "the last good revision runs"
    );
    bed.patch_consumer(&json!({"spec": {"transforms": transforms}}))?;
    until("the spec is good again", SOON, || bed.consumer_says("Ready", "True", ""))
}

fn a_plan_changes_nothing(bed: &ConsumerBed) -> Result<()> {
    let (stored, members) = (bed.store().stored()?, bed.member_uids()?);
    let plan = seek(bed, &["--to", "earliest", "--topic", "lines", "--dry-run"])?;
    let told = said(&plan);
    ensure!(plan.status.success() && told.contains("lines-") && told.contains("nothing was changed"), "{told}");
    ensure!(number(&told, " lines again") >= stored.distinct, "{told}");
    ensure!(phase(bed)? == "Planned" && bed.member_uids()? == members, "a plan stops nobody");
    ensure!(bed.store().stored()?.duplicates == stored.duplicates, "a plan moves nothing");
    Ok(())
}

fn all_are_read_again_though_the_operator_is_killed(bed: &ConsumerBed) -> Result<()> {
    let (before, members) = (bed.store().stored()?, bed.member_uids()?);
    let command = bed.plugin(&["seek", CONSUMER, "--to", "earliest"])?.spawn()?;
    until("members stop", SOON, || Ok(["Stopping", "Setting"].contains(&phase(bed)?.as_str())))?;
    bed.kill_operator()?;
    let ended = command.wait_with_output()?;
    ensure!(ended.status.success(), "{}", said(&ended));
    eprintln!("{}", said(&ended));
    ensure!(phase(bed)? == "Done" && bed.member_uids()? != members, "other members read on");
    until("the store has all lines once more", SOON, || {
        Ok(bed.store().stored()?.duplicates >= before.duplicates + before.distinct)
    })?;
    until("nothing counts as lost", SOON, || bed.consumer_says("NoLoss", "True", ""))
}

fn none_is_skipped_unless_a_person_agrees(bed: &ConsumerBed) -> Result<()> {
    bed.store().pull("503")?;
    bed.load.write(WAITING)?;
    until("lines wait", SOON, || {
        let told = said(&seek(bed, &["--to", "latest", "--dry-run"])?);
        Ok(number(&told, " lines skipped") >= WAITING)
    })?;
    let refused = seek(bed, &["--to", "latest"])?;
    ensure!(!refused.status.success() && said(&refused).contains("To agree: --yes"), "{}", said(&refused));
    bed.store().pull("none")?;
    bed.lines_arrive(1)?;
    bed.members_are_ready(1)
}

pub(super) fn seek(bed: &ConsumerBed, arguments: &[&str]) -> Result<Output> {
    Ok(bed.plugin(&[&["seek", CONSUMER], arguments].concat())?.output()?)
}

pub(super) fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned()).concat()
}

fn phase(bed: &ConsumerBed) -> Result<String> {
    Ok(bed.consumer()?["status"]["seek"]["phase"].as_str().unwrap_or_default().to_owned())
}

/// The number before some words.
fn number(told: &str, words: &str) -> usize {
    let before = told.split(words).next().unwrap_or_default();
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}
