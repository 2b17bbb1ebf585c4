//! The consumers of files, each judged like by `check`, but for its tests.

use std::path::PathBuf;

use anyhow::Result;
use kafkapipelines_core::program_sources::PROGRAM_NOT_FOUND;
use kafkapipelines_core::refusal::Refusal;
use kafkapipelines_core::topic_selection::TopicSelection;
use kafkapipelines_core::validate::installation::{self, Installation};
use kafkapipelines_core::vector::{self, Bootstrap, Security};
use kafkapipelines_crds::{Consumer, LogPipeline};
use kafkapipelines_vrl::VRL;
use kube::ResourceExt as _;
use serde_json::Value;

use crate::admission::Admission;
use crate::problem::Problem;
use crate::{check, documents};

/// A consumer of a file.
pub(super) struct Found {
    /// The file, as it was given.
    pub file: String,
    pub object: Consumer,
    /// Its pipeline, when that is among the documents.
    pub pipeline: Option<LogPipeline>,
    /// What it reads, by the consumers beside it.
    topics: TopicSelection,
    /// Why API server or operator would refuse it.
    pub problems: Vec<Problem>,
}

/// What is in the files.
#[derive(Default)]
pub(super) struct Files {
    pub consumers: Vec<Found>,
    /// What cannot be read, with the reason.
    pub unreadable: Vec<String>,
}

/// Reads files; with a name, the consumers of that name.
pub(super) fn read(paths: &[PathBuf], name: Option<&str>) -> Result<Files> {
    let admission = Admission::new()?;
    let mut files = Files::default();
    let mut beside = Installation::default();
    for path in paths {
        let file = check::shown(path);
        match documents::read(path) {
            Ok(documents) => documents.iter().for_each(|object| {
                sort(&admission, &file, object, &mut files, &mut beside);
            }),
            Err(error) => files.unreadable.push(format!("{file}: {error:#}")),
        }
    }
    files.consumers.retain(|found| name.is_none_or(|name| found.object.name_any() == name));
    for found in &mut files.consumers {
        found.meet(&beside);
    }
    if files.consumers.is_empty() && files.unreadable.is_empty() {
        files.unreadable.push("there is no Consumer of this name in the files".to_owned());
    }
    Ok(files)
}

fn sort(admission: &Admission, file: &str, object: &Value, files: &mut Files, beside: &mut Installation) {
    beside.config_maps.extend(documents::config_map(object));
    if !Admission::concerns(object) {
        return;
    }
    match object["kind"].as_str() {
        Some("LogPipeline") => beside.pipelines.extend(serde_json::from_value::<LogPipeline>(object.clone())),
        Some("Consumer") => match serde_json::from_value::<Consumer>(object.clone()) {
            Ok(consumer) => {
                let (problems, topics) = (admission.review(object, None), TopicSelection::of(&consumer.spec, []));
                beside.consumers.push(consumer.clone());
                files.consumers.push(Found {
                    file: file.to_owned(),
                    object: consumer,
                    pipeline: None,
                    topics,
                    problems,
                });
            }
            Err(error) => {
                let problems = admission.review(object, None).into_iter().map(|problem| problem.to_string());
                let said = problems.chain([error.to_string()]).next().unwrap_or_default();
                files.unreadable.push(format!("{file}: {said}"));
            }
        },
        _ => {}
    }
}

impl Found {
    /// Finds its pipeline and its programs, and asks the operator's rules, but for the tests.
    fn meet(&mut self, beside: &Installation) {
        match beside.resolved(&self.object) {
            Ok(resolved) => self.object = resolved,
            Err(refusals) => self.problems.extend(refusals.into_iter().map(unusable)),
        }
        let is_beside = |other: &&Consumer| {
            other.spec.pipeline == self.object.spec.pipeline && other.namespace() == self.object.namespace()
        };
        let writers = beside.consumers.iter().filter(is_beside).map(|other| &other.spec);
        self.topics = TopicSelection::of(&self.object.spec, writers);
        let is_its = |pipeline: &&LogPipeline| {
            pipeline.name_any() == self.object.spec.pipeline && pipeline.namespace() == self.object.namespace()
        };
        self.pipeline = beside.pipelines.iter().find(is_its).cloned();
        let mut untested = self.object.clone();
        untested.spec.tests.clear();
        let pipelines = self.pipeline.iter().cloned().collect();
        let all = Installation {
            pipelines,
            consumers: vec![untested],
            config_maps: beside.config_maps.clone(),
            ..Installation::default()
        };
        let verdicts = installation::installation(&all, VRL).into_iter().filter(|verdict| verdict.kind == "Consumer");
        if self.problems.is_empty() {
            self.problems.extend(verdicts.flat_map(|verdict| verdict.refusals).map(|refusal| check::problem(&refusal)));
        }
    }

    /// How it reaches Kafka: as its pipeline says, or without TLS at the usual address of one.
    pub(super) fn bootstrap(&self) -> Bootstrap {
        let unknown = || {
            let namespace = self.object.namespace().unwrap_or_else(|| "default".to_owned());
            let servers = format!("{}-kafka-bootstrap.{namespace}.svc:9092", self.object.spec.pipeline);
            Bootstrap { servers, security: Security::Plain }
        };
        self.pipeline.as_ref().and_then(Bootstrap::of).unwrap_or_else(unknown)
    }

    /// What its tests run through: its Vector file without `spec.raw`, which changes nothing of the chain.
    pub(super) fn chain_file(&self) -> Result<String> {
        Ok(vector::render_chain(&self.object.name_any(), &self.object.spec, &self.bootstrap())?)
    }

    /// Its Vector file.
    pub(super) fn vector_file(&self) -> Result<String> {
        Ok(vector::render_reading(&self.object.name_any(), &self.object.spec, &self.topics, &self.bootstrap())?)
    }
}

/// Here a program is looked for in the files, and not in a cluster.
fn unusable(mut refusal: Refusal) -> Problem {
    if refusal.reason == PROGRAM_NOT_FOUND {
        refusal.message.push_str(". If it is in another file, give that with -f too");
    }
    check::problem(&refusal)
}
