//! `dedupe`: of events that are alike, the first passes.

use std::collections::BTreeMap;

use super::Event;
use super::file::{self, DedupeFields, Field};

pub(super) struct Dedupe {
    fields: DedupeFields,
    room: usize,
    /// When each was seen last, counted in events.
    seen: BTreeMap<String, u64>,
    /// The same, the oldest first.
    by_age: BTreeMap<u64, String>,
    count: u64,
}

impl Dedupe {
    pub(super) fn of(dedupe: file::Dedupe) -> Self {
        let room = dedupe.cache.num_events.max(1);
        Self { fields: dedupe.fields, room, seen: BTreeMap::new(), by_age: BTreeMap::new(), count: 0 }
    }

    /// Whether no event like it was seen lately.
    pub(super) fn is_new(&mut self, event: &Event) -> bool {
        let identity = self.identity(event);
        self.count += 1;
        let before = self.seen.insert(identity.clone(), self.count);
        if let Some(before) = before {
            self.by_age.remove(&before);
        } else if self.seen.len() > self.room
            && let Some((_, oldest)) = self.by_age.pop_first()
        {
            self.seen.remove(&oldest);
        }
        self.by_age.insert(self.count, identity);
        before.is_none()
    }

    pub(super) fn forget(&mut self) {
        self.seen.clear();
        self.by_age.clear();
    }

    /// The values that count, with their types.
    fn identity(&self, event: &Event) -> String {
        let value = |field: &Field| event.fields.get(&field.0);
        match &self.fields {
            DedupeFields::Match(fields) => format!("{:?}", fields.iter().map(value).collect::<Vec<_>>()),
            DedupeFields::Ignore(ignored) => {
                let mut rest = event.fields.clone();
                for field in ignored {
                    rest.remove(&field.0, false);
                }
                format!("{rest:?}")
            }
        }
    }
}
