//! `reduce`: events of a group become one.

use std::collections::BTreeMap;

use vrl::path::OwnedValuePath;
use vrl::value::Value;

use super::condition::Condition;
use super::file::{self, Field, Strategy};
use super::{ChainError, Event};
use crate::functions::Functions;

type Strategies = BTreeMap<Field, Strategy>;

pub(super) struct Reduce {
    group_by: Vec<Field>,
    strategies: Strategies,
    starts_when: Option<Condition>,
    ends_when: Option<Condition>,
    max_events: usize,
    groups: BTreeMap<String, Group>,
}

/// The events of a group until now.
struct Group {
    event: Event,
    count: usize,
}

impl Reduce {
    pub(super) fn of(id: &str, reduce: file::Reduce, functions: &Functions) -> Result<Self, ChainError> {
        let condition =
            |condition: Option<file::Condition>| condition.map(|c| Condition::of(id, &c, functions)).transpose();
        Ok(Self {
            group_by: reduce.group_by,
            strategies: reduce.merge_strategies,
            starts_when: condition(reduce.starts_when)?,
            ends_when: condition(reduce.ends_when)?,
            max_events: reduce.max_events.unwrap_or(usize::MAX),
            groups: BTreeMap::new(),
        })
    }

    /// The groups that end with this event.
    pub(super) fn take(&mut self, mut event: Event) -> Vec<Event> {
        let key = self.key(&event);
        let starts = self.starts_when.as_mut().is_some_and(|condition| condition.holds(&mut event));
        let ends = self.ends_when.as_mut().is_some_and(|condition| condition.holds(&mut event));
        let before = starts.then(|| self.groups.remove(&key)).flatten();
        let group = match self.groups.remove(&key) {
            None => Group { event: first(event, &self.strategies), count: 1 },
            Some(group) => group.with(&event, &self.strategies),
        };
        let mut ended: Vec<_> = before.into_iter().map(|group| group.event).collect();
        if ends || group.count >= self.max_events {
            ended.push(group.event);
        } else {
            self.groups.insert(key, group);
        }
        ended
    }

    pub(super) fn finish(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.groups).into_values().map(|group| group.event).collect()
    }

    fn key(&self, event: &Event) -> String {
        format!("{:?}", self.group_by.iter().map(|field| event.fields.get(&field.0)).collect::<Vec<_>>())
    }
}

impl Group {
    fn with(mut self, event: &Event, strategies: &Strategies) -> Self {
        merge(&mut self.event.fields, &event.fields, &OwnedValuePath::root(), strategies);
        Self { event: self.event, count: self.count + 1 }
    }
}

/// The first event of a group: what becomes an array is one already.
fn first(mut event: Event, strategies: &Strategies) -> Event {
    for (field, strategy) in strategies {
        if matches!(strategy, Strategy::Array | Strategy::FlatUnique)
            && let Some(value) = event.fields.get_mut(&field.0)
        {
            let only = value.clone();
            *value = match (strategy, only) {
                (Strategy::FlatUnique, items @ Value::Array(_)) => items,
                (_, only) => Value::Array(vec![only]),
            };
        }
    }
    event
}

/// Adds the fields of another event, those of objects by their paths.
fn merge(all: &mut Value, next: &Value, path: &OwnedValuePath, strategies: &Strategies) {
    let (Value::Object(all), Value::Object(next)) = (all, next) else { return };
    for (name, value) in next {
        let path = path.with_field_appended(name);
        let strategy = strategies.get(&Field(path.clone())).copied();
        if let (Some(inner @ Value::Object(_)), Value::Object(_), None) = (all.get_mut(name), value, strategy) {
            merge(inner, value, &path, strategies);
            continue;
        }
        if let (Value::Timestamp(_), None) = (value, strategy) {
            all.insert(format!("{name}_end").into(), value.clone());
        }
        match all.get_mut(name) {
            Some(known) => combine(known, value, strategy.unwrap_or_else(|| default_of(value))),
            None => drop(all.insert(name.clone(), value.clone())),
        }
    }
}

fn default_of(value: &Value) -> Strategy {
    if matches!(value, Value::Integer(_) | Value::Float(_)) { Strategy::Sum } else { Strategy::Discard }
}

/// Puts one more value to those that there were.
fn combine(known: &mut Value, next: &Value, strategy: Strategy) {
    let is_longer = |next: &Value, known: &Value| match (next, known) {
        (Value::Array(next), Value::Array(known)) => next.len() > known.len(),
        _ => false,
    };
    match strategy {
        Strategy::Retain => *known = next.clone(),
        Strategy::Sum => *known = sum(known, next),
        Strategy::Max if is_greater(next, known) => *known = next.clone(),
        Strategy::Min if is_greater(known, next) => *known = next.clone(),
        Strategy::LongestArray if is_longer(next, known) => *known = next.clone(),
        Strategy::ShortestArray if is_longer(known, next) => *known = next.clone(),
        Strategy::Discard | Strategy::Max | Strategy::Min | Strategy::LongestArray | Strategy::ShortestArray => {}
        Strategy::Array => append(known, [next.clone()]),
        Strategy::FlatUnique => {
            let items = if let Value::Array(items) = next { items.clone() } else { vec![next.clone()] };
            let is_new = |item: &Value| known.as_array().is_none_or(|known| !known.contains(item));
            let new: Vec<_> = items.into_iter().filter(is_new).collect();
            append(known, new);
        }
        Strategy::Concat => *known = concat(known, next, " "),
        Strategy::ConcatNewline => *known = concat(known, next, "\n"),
        Strategy::ConcatRaw => *known = concat(known, next, ""),
    }
}

fn append(known: &mut Value, items: impl IntoIterator<Item = Value>) {
    if let Value::Array(known) = known {
        known.extend(items);
    }
}

fn concat(known: &Value, next: &Value, between: &str) -> Value {
    match (known, next) {
        (Value::Bytes(known), Value::Bytes(next)) => Value::Bytes([known, between.as_bytes(), next].concat().into()),
        (Value::Array(known), Value::Array(next)) => Value::Array([known.as_slice(), next].concat()),
        (known, _) => known.clone(),
    }
}

fn sum(known: &Value, next: &Value) -> Value {
    match (known, next) {
        (Value::Integer(known), Value::Integer(next)) => Value::Integer(known.wrapping_add(*next)),
        (known, next) => match (float(known), float(next)) {
            (Some(known), Some(next)) => Value::from_f64_or_zero(known + next),
            _ => known.clone(),
        },
    }
}

fn is_greater(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Timestamp(a), Value::Timestamp(b)) => a > b,
        (a, b) => float(a).zip(float(b)).is_some_and(|(a, b)| a > b),
    }
}

#[allow(clippy::cast_precision_loss)] // as Vector does
fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) => Some(number.into_inner()),
        _ => None,
    }
}
