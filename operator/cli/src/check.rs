//! `kubectl kafkapipelines check`: manifests judged offline, as the API server and the operator would.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use kafkapipelines_core::refusal::Refusal;
use kafkapipelines_core::validate::installation::{self, Installation};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::admission::Admission;
use crate::args::{CheckArgs, Output};
use crate::judgement::{Judgement, Outcome, render};
use crate::problem::Problem;
use crate::{documents, terminal};

/// Prints a judgement on every document. The exit code is 0 when all are accepted or skipped, 1 when one is refused,
/// 2 when one cannot be read.
pub fn run(args: &CheckArgs) -> Result<ExitCode> {
    let judgements = judge(&args.files.iter().map(|path| (shown(path), documents::read(path))).collect::<Vec<_>>())?;
    let text = match args.output {
        Output::Text => render(&judgements),
        Output::Json => format!("{}\n", serde_json::to_string_pretty(&judgements)?),
    };
    terminal::print(&text)?;
    Ok(ExitCode::from(exit_code(&judgements)))
}

pub(crate) fn shown(path: &Path) -> String {
    if path == Path::new("-") { "(standard input)".to_owned() } else { path.display().to_string() }
}

fn exit_code(judgements: &[Judgement]) -> u8 {
    let any = |outcome| judgements.iter().any(|judgement| judgement.outcome == outcome);
    match () {
        () if any(Outcome::Unreadable) => 2,
        () if any(Outcome::Refused) => 1,
        () => 0,
    }
}

/// A judgement on every document of every file; files that cannot be read come with their error.
pub fn judge(files: &[(String, Result<Vec<Value>>)]) -> Result<Vec<Judgement>> {
    let admission = Admission::new()?;
    let mut judgements = Vec::new();
    let mut accepted = Installation::default();
    for (file, documents) in files {
        match documents {
            Err(error) => judgements.push(Judgement::unreadable(file, &format!("{error:#}"))),
            Ok(documents) => {
                judgements.extend(documents.iter().map(|object| admit(&admission, file, object, &mut accepted)));
            }
        }
    }
    ask_operator(&accepted, &mut judgements);
    Ok(judgements)
}

/// What the API server says. An object that it accepts is collected for the operator.
fn admit(admission: &Admission, file: &str, object: &Value, accepted: &mut Installation) -> Judgement {
    accepted.config_maps.extend(documents::config_map(object));
    if !Admission::concerns(object) {
        return Judgement::skipped(file, object);
    }
    let mut problems = admission.review(object, None);
    if problems.is_empty() {
        problems.extend(collect(object, accepted).err().map(|error| Problem::new("", error.to_string())));
    }
    Judgement::of(file, object, problems)
}

fn collect(object: &Value, accepted: &mut Installation) -> serde_json::Result<()> {
    fn push<T: DeserializeOwned>(object: &Value, list: &mut Vec<T>) -> serde_json::Result<()> {
        list.push(T::deserialize(object)?);
        Ok(())
    }
    match object["kind"].as_str() {
        Some("LogPipeline") => push(object, &mut accepted.pipelines),
        Some("KafkaNodePool") => push(object, &mut accepted.pools),
        _ => push(object, &mut accepted.consumers),
    }
}

/// What the operator says, added to the judgements on the same objects.
fn ask_operator(accepted: &Installation, judgements: &mut [Judgement]) {
    for verdict in installation::installation(accepted, kafkapipelines_vrl::VRL) {
        let same =
            judgements.iter_mut().filter(|judgement| judgement.is_on(verdict.kind, &verdict.namespace, &verdict.name));
        for judgement in same {
            judgement.refuse(verdict.refusals.iter().map(problem));
            judgement.warnings.extend(verdict.warnings.iter().map(problem));
            judgement.notes.extend(verdict.notes.iter().cloned());
        }
    }
}

pub(crate) fn problem(refusal: &Refusal) -> Problem {
    let Refusal { field, value, message, .. } = refusal;
    Problem::new(field, if value.is_empty() { message.clone() } else { format!("{value}: {message}") })
}
