//! `cargo xtask bench`: how quick, how small and how quiet the operator is, against a real API server.
//!
//! Requests and times are those of the API server's audit log. The operator is the static release build that its image holds.

mod guard;
mod run;
mod table;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;
use kafkapipelines_e2e::cluster::{Cluster, Places};
use kafkapipelines_e2e::image::operator;
use kafkapipelines_e2e::operator_process;

use run::{Run, Workload};
use table::{Row, Table};

#[derive(Args)]
pub(crate) struct Arguments {
    /// 500 pipelines as well: some minutes more.
    #[arg(long)]
    full: bool,
    /// Only what a consumer's guard costs, on the Vector that `E2E_VECTOR_BIN` names: some minutes.
    #[arg(long, conflicts_with = "full")]
    guard: bool,
}

/// Where benchmarks run.
struct Bench {
    cluster: Cluster,
    program: PathBuf,
}

/// How often the start is measured; the middle one counts.
const STARTS: usize = 5;

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if arguments.guard {
        return guard::run();
    }
    let cluster = Cluster::level1(&Places::from_env()?)?;
    operator_process::install_definitions(&cluster)?;
    let bench = Bench { cluster, program: operator::build_binary(operator::Profile::Release)? };
    let mut table = Table::default();
    reference(&bench, &mut table)?;
    twenty(&bench, &mut table)?;
    many(&bench, &mut table, arguments.full)?;
    println!("{table}");
    Ok(())
}

/// The reference installation: children, memory, start.
fn reference(bench: &Bench, table: &mut Table) -> Result<()> {
    let mut run = Run::begin(bench, 1)?;
    let workload = run.apply()?;
    table.add(
        Row::new("reference installation: last document applied → all children created")
            .seconds(workload.after_last, 0.5)
            .requests(&workload.requests),
    );
    let memory = run.resident_memory()?;
    table.add(Row::new("reference installation: resident memory").megabytes(memory, Some(30.0)));
    let mut starts = (0..STARTS).map(|_| run.restart()).collect::<Result<Vec<_>>>()?;
    starts.sort_by_key(|start| start.ready);
    let middle = &starts[STARTS / 2];
    table.add(Row::new("start → ready, warm API server").seconds(middle.ready, 0.5).requests(&middle.requests));
    table.note(format!(
        "the reference installation took {} writes; Strimzi 1.0.0 took 54 for its cluster",
        workload.writes()
    ));
    Ok(())
}

fn twenty(bench: &Bench, table: &mut Table) -> Result<()> {
    let Workload { after_first, after_last, requests } = Run::begin(bench, 20)?.apply()?;
    table.add(
        Row::new("20 pipelines at once: first document applied → all children created")
            .seconds(after_first, 5.0)
            .requests(&requests),
    );
    table.add(Row::new("20 pipelines at once: last document applied → all children created").seconds(after_last, 5.0));
    let ratio = 72.0 / after_first.as_secs_f64();
    table.note(format!("20 pipelines at once: Strimzi 1.0.0 took 72 s, {ratio:.1} times as long"));
    Ok(())
}

/// Memory for many pipelines, and what is sent while they wait for their Pods.
fn many(bench: &Bench, table: &mut Table, full: bool) -> Result<()> {
    let fifty = measure_many(bench, table, 50, Some(60.0))?;
    if full {
        let all = measure_many(bench, table, 500, None)?;
        let each = (all - fifty) / 450.0;
        table.note(format!(
            "each further pipeline takes {each:.2} MB; {:.2} at 50, {:.2} at 500",
            fifty / 50.0,
            all / 500.0
        ));
    }
    Ok(())
}

fn measure_many(bench: &Bench, table: &mut Table, pipelines: usize, goal: Option<f64>) -> Result<f64> {
    let mut run = Run::begin(bench, pipelines)?;
    let workload = run.apply()?;
    let name = format!("{pipelines} pipelines: first document applied → all children created");
    table.add(Row::new(name).seconds_without_goal(workload.after_first).requests(&workload.requests));
    let memory = run.resident_memory()?;
    table.add(Row::new(format!("{pipelines} pipelines: resident memory")).megabytes(memory, goal));
    let quiet = run.requests_within(Duration::from_secs(30))?;
    let name = format!("{pipelines} pipelines that wait for their Pods: requests in 30 s, Lease and watches aside");
    table.add(Row::new(name).count(quiet.len(), 0).requests(&quiet));
    Ok(memory)
}

/// Says what is done and how long it took, for those who wait.
fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let began = Instant::now();
    let done = work()?;
    eprintln!("{what}: {:.1} s", began.elapsed().as_secs_f64());
    Ok(done)
}
