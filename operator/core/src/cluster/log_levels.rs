//! Levels of the nodes' loggers: those of the logging file, and over them those of `spec.kafka.logLevels`.
//!
//! A node forgets what it was told when it ends. Only loggers that exist can be told a level: those that the file names, and those of
//! code that has run. A level holds for all loggers below its own, up to the next that has a level.

use std::collections::{BTreeMap, BTreeSet};

use kafkapipelines_crds::LogLevel;

use super::configs::{Change, Settings};
use crate::build::logging::Logging;
use crate::conditions::{Finding, WARNING};
use crate::pipeline::Pipeline;

/// Reason: no node has the logger.
pub const UNKNOWN: &str = "LoggerUnknown";
const ROOT: &str = "root";

/// The levels that are said, by logger.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Levels(BTreeMap<String, &'static str>);

impl Levels {
    /// Of the nodes of a pipeline.
    pub fn wanted(pipeline: &Pipeline) -> Self {
        let file = Logging::of(pipeline.version).levels().into_iter().map(|(name, level)| (name.to_owned(), level));
        let spec = pipeline.spec.kafka.log_levels.iter().map(|(name, level)| (name.clone(), word(*level)));
        Self(file.chain(spec).collect())
    }

    /// What is to be changed at a node, whose loggers are as `actual` says.
    pub fn plan(&self, actual: &Settings) -> BTreeMap<String, Change> {
        let differs = |(name, value): (&String, Option<&str>)| {
            let wanted = self.level(name)?;
            (value != Some(wanted)).then(|| (name.clone(), Change::Set(wanted.to_owned())))
        };
        actual.iter().map(|(name, setting)| (name, setting.value.as_deref())).filter_map(differs).collect()
    }

    /// The level of a logger: its own, or that of the nearest above it.
    fn level(&self, logger: &str) -> Option<&'static str> {
        let above = std::iter::successors(Some(logger), |name| name.rsplit_once('.').map(|(above, _)| above));
        above.chain([ROOT]).find_map(|name| self.0.get(name).copied())
    }
}

/// What people are told of loggers that none of the nodes has, where the nodes' loggers are `known`.
pub fn unknown(pipeline: &Pipeline, known: &BTreeSet<String>) -> Option<Finding> {
    let named = pipeline.spec.kafka.log_levels.keys().filter(|name| !known.contains(*name));
    let named: Vec<_> = named.map(|name| format!("spec.kafka.logLevels[{name}]")).collect();
    let message = format!("{}: no node has this logger, or not yet: correct the name", named.join(", "));
    (!named.is_empty()).then(|| Finding::new(WARNING, true, UNKNOWN, message))
}

fn word(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Fatal => "FATAL",
        LogLevel::Error => "ERROR",
        LogLevel::Warn => "WARN",
        LogLevel::Info => "INFO",
        LogLevel::Debug => "DEBUG",
        LogLevel::Trace => "TRACE",
    }
}

#[cfg(test)]
mod tests {
    use super::super::configs::{Setting, Source};
    use super::*;
    use crate::build::tests::fixtures::reference;

    fn pipeline(levels: &[(&str, LogLevel)]) -> Pipeline {
        let mut pipeline = reference();
        pipeline.spec.kafka.log_levels = levels.iter().map(|(name, level)| ((*name).to_owned(), *level)).collect();
        pipeline
    }

    fn changes(levels: &[(&str, LogLevel)], actual: &[(&str, &str)]) -> Vec<String> {
        let setting = |level: &str| Setting {
            value: Some(level.to_owned()),
            source: Source::Logger,
            sensitive: false,
            read_only: false,
        };
        let actual = actual.iter().map(|(name, level)| ((*name).to_owned(), setting(level))).collect();
        let said = |(name, change)| if let Change::Set(level) = change { format!("{name}={level}") } else { name };
        Levels::wanted(&pipeline(levels)).plan(&actual).into_iter().map(said).collect()
    }

    /// Levels of the spec, of the node, and what is sent.
    type Case<'a> = (&'a [(&'a str, LogLevel)], &'a [(&'a str, &'a str)], &'a [&'a str]);

    #[test]
    fn a_node_is_told_what_differs_from_the_file_and_the_spec() {
        use LogLevel::{Debug, Error, Warn};
        let fresh =
            [("root", "INFO"), ("kafka", "INFO"), ("kafka.request.logger", "WARN"), ("kafka.server.KafkaApis", "INFO")];
        let cases: [Case<'_>; 7] = [
            (&[], &fresh, &[]),
            (&[("kafka.request.logger", Debug)], &fresh, &["kafka.request.logger=DEBUG"]),
            (&[], &[("kafka.request.logger", "DEBUG")], &["kafka.request.logger=WARN"]),
            (
                &[("root", Error)],
                &[("root", "INFO"), ("io.netty", "INFO"), ("kafka", "INFO")],
                &["io.netty=ERROR", "root=ERROR"],
            ),
            (
                &[("kafka", Warn)],
                &[("kafka.log.LogManager", "INFO"), ("kafka.server.KafkaApis", "INFO")],
                &["kafka.log.LogManager=WARN"],
            ),
            (&[("no.such.logger", Debug)], &fresh, &[]),
            (&[("kafka.log", Debug)], &[("kafka.logger", "INFO")], &[]),
        ];
        for (levels, actual, expected) in cases {
            assert_eq!(changes(levels, actual), expected, "{levels:?} {actual:?}");
        }
    }

    #[test]
    fn a_logger_that_no_node_has_is_told_by_name() {
        let pipeline = pipeline(&[("kafka.request.logger", LogLevel::Debug), ("no.such.logger", LogLevel::Debug)]);
        let known = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let finding = unknown(&pipeline, &known(&["kafka.request.logger"])).unwrap();
        assert!(
            finding.message.contains("spec.kafka.logLevels[no.such.logger]") && !finding.message.contains("request")
        );
        assert_eq!(unknown(&pipeline, &known(&["kafka.request.logger", "no.such.logger"])), None);
    }
}
