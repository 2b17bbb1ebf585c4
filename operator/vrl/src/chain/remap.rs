//! `remap`: a program changes the event, or drops it.

use vrl::compiler::runtime::{Runtime, Terminate};
use vrl::compiler::{ExpressionError, Program};
use vrl::diagnostic::{DiagnosticMessage as _, Note};
use vrl::path;
use vrl::value::{ObjectMap, Value};

use super::{ChainError, Event, file};
use crate::functions::Functions;
use crate::{closed, compile};

/// Numbers of its outputs.
const KEPT: usize = 0;
const DROPPED: usize = 1;

pub(super) struct Remap {
    id: String,
    program: Program,
    runtime: Runtime,
    drop_on_error: bool,
    drop_on_abort: bool,
    reroute_dropped: bool,
}

impl Remap {
    pub(super) fn of(id: &str, remap: &file::Remap, functions: &Functions) -> Result<Self, ChainError> {
        let compiled = compile(&remap.source, functions, closed(&[]));
        Ok(Self {
            id: id.to_owned(),
            program: compiled.map_err(|found| ChainError::program(id, &remap.source, found))?.program,
            runtime: Runtime::default(),
            drop_on_error: remap.drop_on_error,
            drop_on_abort: remap.drop_on_abort,
            reroute_dropped: remap.reroute_dropped,
        })
    }

    /// Whether what it drops has an output.
    pub(super) fn reroutes(&self) -> bool {
        self.reroute_dropped
    }

    pub(super) fn take(&mut self, mut event: Event) -> Vec<(usize, Event)> {
        let info = self.program.info();
        let original = (info.fallible || info.abortable).then(|| event.clone());
        let (reason, error, drops) = match event.run(&self.program, &mut self.runtime) {
            Ok(_) => return event.fan_out().into_iter().map(|event| (KEPT, event)).collect(),
            Err(Terminate::Error(error)) => ("error", error, self.drop_on_error),
            Err(Terminate::Abort(error)) => ("abort", error, self.drop_on_abort),
        };
        // A program that cannot fail fails where it calls what only Vector has.
        let mut original = original.unwrap_or(event);
        match (drops, self.reroute_dropped) {
            (false, _) => vec![(KEPT, original)],
            (true, false) => Vec::new(),
            (true, true) => {
                original.fields.insert(path!("metadata", "dropped"), self.annotation(reason, &error));
                vec![(DROPPED, original)]
            }
        }
    }

    /// What Vector adds to an event that was dropped.
    fn annotation(&self, reason: &str, error: &ExpressionError) -> Value {
        let own = |note: &Note| matches!(note, Note::UserErrorMessage(_)).then(|| note.to_string());
        let message = error.notes().iter().find_map(own).unwrap_or_else(|| error.to_string());
        Value::Object(ObjectMap::from([
            ("reason".into(), reason.into()),
            ("message".into(), message.into()),
            ("component_id".into(), self.id.as_str().into()),
            ("component_type".into(), "remap".into()),
            ("component_kind".into(), "transform".into()),
        ]))
    }
}
