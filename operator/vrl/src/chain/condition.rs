//! A condition: whether an event is meant.

use vrl::compiler::Program;
use vrl::compiler::runtime::Runtime;
use vrl::value::Value;

use super::{ChainError, Event, file};
use crate::compile_condition;
use crate::functions::Functions;

pub(super) struct Condition {
    program: Program,
    runtime: Runtime,
}

impl Condition {
    pub(super) fn of(id: &str, condition: &file::Condition, functions: &Functions) -> Result<Self, ChainError> {
        let text = condition.program();
        let compiled = compile_condition(text, functions).map_err(|found| ChainError::program(id, text, found))?;
        Ok(Self { program: compiled.program, runtime: Runtime::default() })
    }

    /// A condition that fails does not hold. It cannot change the event: the compiler sees to that.
    pub(super) fn holds(&mut self, event: &mut Event) -> bool {
        matches!(event.run(&self.program, &mut self.runtime), Ok(Value::Boolean(true)))
    }
}
