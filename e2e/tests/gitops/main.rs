//! The product as the real Argo CD brings it from a Git repository, with the files of `argocd/` as they stand. Real nodes, real Kafka.
//!
//! One installation is enough for all of it, so the second test is a story: each step begins where the one before ended.

mod applications;
mod bad_commits;
mod bed;
mod deletion;
mod quiet;
mod scaling;
mod upgrade;
mod watch;
mod waves;

use std::path::Path;

use anyhow::Result;
use kafkapipelines_e2e::cluster::{ArgoCd, Places, step};

#[test]
fn health_checks_say_what_their_tests_say() -> Result<()> {
    let checks = Path::new(env!("CARGO_MANIFEST_DIR")).join("../argocd/health");
    println!("{}", ArgoCd::test_health_checks(&Places::from_env()?, &checks)?.trim());
    Ok(())
}

#[test]
fn git_alone_installs_changes_and_removes_everything() -> Result<()> {
    let bed = bed::Bed::start()?;
    step("each wave waits for the one before", || waves::each_waits_for_the_one_before(&bed))?;
    step("nothing is written while nothing changes", || quiet::nothing_is_written(&bed))?;
    step("a bad commit stops one application", || bad_commits::each_stops_one_application(&bed))?;
    step("scaling by hand stays", || scaling::by_hand_stays(&bed))?;
    step("an upgrade leaves Kafka alone", || upgrade::leaves_kafka_alone(&bed))?;
    step("deletion goes backwards", || deletion::goes_backwards(&bed))?;
    bed.clear()
}
