//! `kubectl kafkapipelines consumer test`: the tests of consumers, and what becomes of a sample of lines.

use std::process::ExitCode;

use anyhow::Result;
use kafkapipelines_vrl::VRL;
use kube::ResourceExt as _;

use super::found::{self, Found};
use super::report::{self, Report, TestResult};
use super::{REFUSED, UNREADABLE, sample};
use crate::args::{ConsumerTestArgs, Output};
use crate::terminal;

/// Runs the tests of all consumers of the files, and passes the sample through their transforms. The exit code is 0 when all tests pass,
/// 1 when one fails or a consumer is refused, 2 when a file cannot be read.
pub fn run(args: &ConsumerTestArgs) -> Result<ExitCode> {
    let mut files = found::read(&args.files, args.name.as_deref())?;
    let sample = args.sample.as_deref().map(sample::read).transpose();
    files.unreadable.extend(sample.as_ref().err().map(|error| format!("{error:#}")));
    let sample = sample.ok().flatten();
    let reports = files.consumers.iter().map(|found| of(found, sample.as_deref()));
    let reports = reports.collect::<Result<Vec<_>>>()?;
    files.unreadable.iter().for_each(|error| anstream::eprintln!("{error}"));
    let text = match args.output {
        Output::Text => report::text(&reports),
        Output::Json => format!("{}\n", serde_json::to_string_pretty(&reports)?),
    };
    terminal::print(&text)?;
    let code = match () {
        () if !files.unreadable.is_empty() => UNREADABLE,
        () if reports.iter().all(Report::is_good) => 0,
        () => REFUSED,
    };
    Ok(ExitCode::from(code))
}

fn of(found: &Found, sample: Option<&[Vec<u8>]>) -> Result<Report> {
    let (object, problems) = (&found.object, found.problems.clone());
    let mut report = Report {
        file: found.file.clone(),
        namespace: object.namespace().unwrap_or_default(),
        name: object.name_any(),
        problems,
        tests: Vec::new(),
        sample: None,
    };
    if !report.problems.is_empty() {
        return Ok(report);
    }
    let file = found.chain_file()?;
    let failures = (VRL.tests)(&file, &object.spec);
    let result = |name: &String| {
        let failure = failures.iter().find(|failure| failure.test == *name);
        TestResult {
            name: name.clone(),
            passed: failure.is_none(),
            line: failure.map(|failure| failure.line.clone()),
            difference: failure.map(|failure| failure.difference.clone()),
        }
    };
    report.tests = object.spec.tests.iter().map(|test| result(&test.name)).collect();
    let topic = object.spec.topics.first().map(String::as_str).unwrap_or_default();
    report.sample = sample.map(|sample| sample::pass(&file, topic, sample)).transpose()?;
    Ok(report)
}
