//! An event on its way: its fields, and its metadata beside them.

use std::sync::LazyLock;

use vrl::compiler::runtime::{Runtime, RuntimeResult};
use vrl::compiler::{Program, TargetValueRef, TimeZone};
use vrl::value::{ObjectMap, Secrets, Value};

/// Field of a line that no program has taken apart.
pub(super) const MESSAGE: &str = "message";

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What a sink encodes: an object. Text is kept byte for byte.
    pub fields: Value,
    /// What programs see as `%`.
    pub metadata: Value,
}

impl Event {
    pub(super) fn of(fields: ObjectMap) -> Self {
        Self { fields: Value::Object(fields), metadata: Value::Object(ObjectMap::new()) }
    }

    /// The events that a program's `.` stands for: an array is one for each item, and what is no object becomes the message of one.
    pub(super) fn fan_out(self) -> Vec<Self> {
        let Self { fields, metadata } = self;
        let event = |fields| Self { fields: as_object(fields), metadata: metadata.clone() };
        match fields {
            Value::Array(items) => items.into_iter().map(event).collect(),
            fields => vec![Self { fields: as_object(fields), metadata }],
        }
    }

    /// Runs a program on the event.
    pub(super) fn run(&mut self, program: &Program, runtime: &mut Runtime) -> RuntimeResult {
        let mut secrets = Secrets::default();
        let mut target =
            TargetValueRef { value: &mut self.fields, metadata: &mut self.metadata, secrets: &mut secrets };
        let result = runtime.resolve(&mut target, program, &UTC);
        runtime.clear();
        result
    }
}

/// The members' containers know no other zone.
static UTC: LazyLock<TimeZone> = LazyLock::new(|| TimeZone::parse("UTC").unwrap_or_default());

fn as_object(fields: Value) -> Value {
    match fields {
        object @ Value::Object(_) => object,
        other => Value::Object(ObjectMap::from([(MESSAGE.into(), other)])),
    }
}
