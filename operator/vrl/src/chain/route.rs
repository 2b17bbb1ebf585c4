//! `route` and `exclusive_route`: conditions say which way an event goes.

use super::Event;
use super::condition::Condition;

/// The way of events that no condition holds for.
const UNMATCHED: &str = "_unmatched";

pub(super) struct Route {
    routes: Vec<(String, Condition)>,
    /// An event goes the first way alone, not each that is open to it.
    first_only: bool,
    /// Events without a way have an output.
    keeps_unmatched: bool,
}

impl Route {
    pub(super) fn to_all(routes: Vec<(String, Condition)>, keeps_unmatched: bool) -> Self {
        Self { routes, first_only: false, keeps_unmatched }
    }

    pub(super) fn to_first(routes: Vec<(String, Condition)>) -> Self {
        Self { routes, first_only: true, keeps_unmatched: true }
    }

    /// The names of its outputs, by number.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let routes = self.routes.iter().map(|(name, _)| name.as_str());
        routes.chain(self.keeps_unmatched.then_some(UNMATCHED))
    }

    pub(super) fn take(&mut self, mut event: Event) -> Vec<(usize, Event)> {
        let mut ways = Vec::new();
        for (number, (_, condition)) in self.routes.iter_mut().enumerate() {
            if condition.holds(&mut event) {
                ways.push(number);
                if self.first_only {
                    break;
                }
            }
        }
        if ways.is_empty() && self.keeps_unmatched {
            ways.push(self.routes.len());
        }
        ways.into_iter().map(|way| (way, event.clone())).collect()
    }
}
