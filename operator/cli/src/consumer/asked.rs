//! What a person asks the operator for once, by an annotation of the Consumer: it is joined, followed to its end, or cancelled.

use anyhow::{Context as _, Result, bail};
use kafkapipelines_crds::Consumer;
use kube::ResourceExt as _;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use super::follow::{Progress, Seen, follow};
use crate::cluster::Scope;
use crate::terminal;

/// Who writes annotations.
const MANAGER: &str = "kubectl-kafkapipelines";

/// What the status tells of it.
pub(super) trait Asked: Clone {
    /// What a person calls it.
    const NAME: &'static str;
    /// The annotation.
    const ANNOTATION: &'static str;

    /// The newest one, done or under way.
    fn recorded(consumer: &Consumer) -> Option<&Self>;
    /// The one that the annotation asks for, as long as nothing is told of it; one that changes nothing is none. `dry_runs`: with those, too.
    fn wanted(consumer: &Consumer, dry_runs: bool) -> Option<Self>;
    /// Its name.
    fn id(&self) -> &str;
    /// Whether nothing more will happen.
    fn is_over(&self) -> bool;
    /// How far it is.
    fn line(&self, consumer: &Consumer) -> String;
}

/// The consumer, which must be there.
pub(super) async fn consumer(scope: &Scope, name: &str) -> Result<Consumer> {
    let found = scope.get::<Consumer>(name).await?;
    found.with_context(|| format!("there is no Consumer {name} in {}", scope.place()))
}

/// What is being done, or was asked for and not taken up yet.
pub(super) fn under_way<T: Asked>(consumer: &Consumer) -> Option<T> {
    let recorded = T::recorded(consumer);
    if let Some(recorded) = recorded.filter(|recorded| !recorded.is_over()) {
        return Some(recorded.clone());
    }
    T::wanted(consumer, false).filter(|wanted| recorded.is_none_or(|recorded| recorded.id() != wanted.id()))
}

/// Asks for it, and follows it to its end.
pub(super) async fn carry_out<T: Asked>(scope: &Scope, name: &str, id: &str, request: &str) -> Result<T> {
    annotate::<T>(scope, name, Some(request)).await?;
    to_the_end(scope, name, id).await
}

/// Follows it to its end.
pub(super) async fn to_the_end<T: Asked>(scope: &Scope, name: &str, id: &str) -> Result<T> {
    let mut progress = Progress::default();
    follow(scope, name, |consumer| see(consumer, id, &mut progress)).await
}

/// Ends what is under way, for without the annotation none goes on. Its end; none if it had not begun.
pub(super) async fn cancel<T: Asked>(scope: &Scope, found: &Consumer) -> Result<Option<T>> {
    let name = found.name_any();
    let Some(it) = under_way::<T>(found) else { bail!("no {} of the Consumer {name} is under way", T::NAME) };
    annotate::<T>(scope, &name, None).await?;
    if T::recorded(found).is_none_or(|recorded| recorded.id() != it.id()) {
        terminal::print("cancelled before it began\n")?;
        return Ok(None);
    }
    to_the_end(scope, &name, it.id()).await.map(Some)
}

fn see<T: Asked>(consumer: &Consumer, id: &str, progress: &mut Progress) -> Result<Seen<T>> {
    let Some(recorded) = T::recorded(consumer).filter(|recorded| recorded.id() == id) else {
        let is_other = T::wanted(consumer, true).is_some_and(|wanted| wanted.id() != id);
        return if is_other { bail!("something else was asked for meanwhile") } else { Ok(Seen::Nothing) };
    };
    if recorded.is_over() {
        return Ok(Seen::Over(recorded.clone()));
    }
    progress.show(&recorded.line(consumer))?;
    Ok(Seen::UnderWay)
}

/// Sets the annotation; without a value it is removed.
async fn annotate<T: Asked>(scope: &Scope, name: &str, value: Option<&str>) -> Result<()> {
    let patch = json!({"metadata": {"annotations": {T::ANNOTATION: value}}});
    let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
    let patched = scope.api::<Consumer>().patch(name, &params, &Patch::Merge(patch)).await;
    patched
        .map(drop)
        .with_context(|| format!("cannot annotate the Consumer {name}: that takes the right to patch consumers"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafkapipelines_core::labels::SEEK;
    use kafkapipelines_crds::{SeekPhase, SeekStatus};

    const AT: &str = "2026-01-02T12:00:00Z";

    fn status(id: &str, phase: SeekPhase) -> SeekStatus {
        SeekStatus { id: id.to_owned(), phase, ..SeekStatus::default() }
    }

    fn consumer(annotation: Option<&str>, seek: Option<&SeekStatus>) -> Consumer {
        let annotations = annotation.map(|text| json!({SEEK: text}));
        serde_json::from_value(json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "Consumer",
            "metadata": {"name": "drain", "annotations": annotations}, "status": {"seek": seek},
            "spec": {"pipeline": "logs", "topics": ["a"], "sinks": [], "deadLetter": {"topic": "dead"}}}))
        .unwrap()
    }

    #[test]
    fn what_is_under_way_is_joined_and_what_is_over_is_not() {
        let asked = format!(r#"{{"id": "{AT}", "to": "earliest"}}"#);
        let dry = format!(r#"{{"id": "{AT}", "to": "earliest", "dryRun": true}}"#);
        for (annotation, recorded, expected) in [
            (None, None, None),
            (Some(&asked), None, Some(AT)),
            (Some(&dry), None, None),
            (Some(&asked), Some((AT, SeekPhase::Done)), None),
            (Some(&asked), Some((AT, SeekPhase::Failed)), None),
            (Some(&asked), Some((AT, SeekPhase::Stopping)), Some(AT)),
            (Some(&asked), Some(("before", SeekPhase::Done)), Some(AT)),
            (Some(&asked), Some(("before", SeekPhase::Setting)), Some("before")),
            (None, Some(("before", SeekPhase::Pending)), Some("before")),
        ] {
            let recorded = recorded.map(|(id, phase)| status(id, phase));
            let found = under_way::<SeekStatus>(&consumer(annotation.map(String::as_str), recorded.as_ref()));
            assert_eq!(found.as_ref().map(SeekStatus::id), expected, "{annotation:?} {recorded:?}");
        }
    }

    #[test]
    fn each_step_is_told_and_its_end_is_one() {
        let mut progress = Progress::default();
        let mut sees = |phase, id| match see::<SeekStatus>(&consumer(None, Some(&status(AT, phase))), id, &mut progress)
        {
            Ok(Seen::Nothing) => "nothing",
            Ok(Seen::UnderWay) => "under way",
            Ok(Seen::Over(_)) => "over",
            Err(_) => "another",
        };
        assert_eq!(sees(SeekPhase::Done, "another"), "nothing");
        assert_eq!(sees(SeekPhase::Setting, AT), "under way");
        assert_eq!(sees(SeekPhase::Failed, AT), "over");
        for dry_run in [true, false] {
            let replaced = format!(r#"{{"id": "{AT}", "to": "latest", "dryRun": {dry_run}}}"#);
            assert!(see::<SeekStatus>(&consumer(Some(&replaced), None), "another", &mut progress).is_err());
        }
    }
}
