//! One transform, compiled.

use super::condition::Condition;
use super::dedupe::Dedupe;
use super::file::Transform;
use super::reduce::Reduce;
use super::remap::Remap;
use super::route::Route;
use super::{ChainError, Event};
use crate::functions::Functions;

/// One transform.
pub(super) struct Step {
    id: String,
    work: Work,
}

enum Work {
    Remap(Box<Remap>),
    Filter(Box<Condition>),
    Route(Route),
    Dedupe(Dedupe),
    Reduce(Box<Reduce>),
    /// What drops by time or by chance lets everything pass.
    Pass,
}

impl Step {
    pub(super) fn of(id: &str, transform: Transform, functions: &Functions) -> Result<Self, ChainError> {
        let condition = |condition| Condition::of(id, condition, functions);
        let work = match transform {
            Transform::Remap(remap) => Work::Remap(Box::new(Remap::of(id, &remap, functions)?)),
            Transform::Filter { condition: keep } => Work::Filter(Box::new(condition(&keep)?)),
            Transform::Route(route) => {
                let routes = route.route.iter().map(|(name, is)| Ok((name.clone(), condition(is)?)));
                Work::Route(Route::to_all(routes.collect::<Result<_, _>>()?, route.reroute_unmatched))
            }
            Transform::ExclusiveRoute { routes } => {
                let routes = routes.iter().map(|route| Ok((route.name.clone(), condition(&route.condition)?)));
                Work::Route(Route::to_first(routes.collect::<Result<_, _>>()?))
            }
            Transform::Dedupe(dedupe) => Work::Dedupe(Dedupe::of(dedupe)),
            Transform::Reduce(reduce) => Work::Reduce(Box::new(Reduce::of(id, reduce, functions)?)),
            Transform::Throttle {} | Transform::Sample {} => Work::Pass,
        };
        Ok(Self { id: id.to_owned(), work })
    }

    /// The names of its outputs, by number.
    pub(super) fn outputs(&self) -> Vec<String> {
        let id = &self.id;
        match &self.work {
            Work::Remap(remap) if remap.reroutes() => vec![id.clone(), format!("{id}.dropped")],
            Work::Route(route) => route.names().map(|name| format!("{id}.{name}")).collect(),
            _ => vec![id.clone()],
        }
    }

    /// What it gives for an event, each with the number of the output.
    pub(super) fn take(&mut self, mut event: Event) -> Vec<(usize, Event)> {
        match &mut self.work {
            Work::Remap(remap) => remap.take(event),
            Work::Filter(keep) => keep.holds(&mut event).then_some((0, event)).into_iter().collect(),
            Work::Route(route) => route.take(event),
            Work::Dedupe(dedupe) => dedupe.is_new(&event).then_some((0, event)).into_iter().collect(),
            Work::Reduce(reduce) => reduce.take(event).into_iter().map(|event| (0, event)).collect(),
            Work::Pass => vec![(0, event)],
        }
    }

    pub(super) fn forget(&mut self) {
        match &mut self.work {
            Work::Dedupe(dedupe) => dedupe.forget(),
            Work::Reduce(reduce) => drop(reduce.finish()),
            _ => {}
        }
    }

    /// What it still holds.
    pub(super) fn finish(&mut self) -> Vec<(usize, Event)> {
        match &mut self.work {
            Work::Reduce(reduce) => reduce.finish().into_iter().map(|event| (0, event)).collect(),
            _ => Vec::new(),
        }
    }
}
