//! `now()` by a clock that is set: what a program says of a line does not depend on when it is run.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use jiff::Timestamp;
use vrl::compiler::function::{Compiled, Example, FunctionCompileContext};
use vrl::compiler::prelude::{ArgumentList, kind};
use vrl::compiler::{Context, Function, FunctionExpression, Resolved, TypeDef, TypeState};
use vrl::value::Value;

use crate::functions;

/// Nanoseconds since 1970, which last until 2262.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock(Arc<AtomicI64>);

impl Clock {
    pub(super) fn set(&self, now: Timestamp) {
        self.0.store(i64::try_from(now.as_nanosecond()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    /// All functions, with this clock behind `now`.
    pub(super) fn functions(&self) -> Vec<Box<dyn Function>> {
        let mut functions = functions::all();
        functions.retain(|function| function.identifier() != self.identifier());
        functions.push(Box::new(self.clone()));
        functions
    }
}

/// A time as VRL has it.
pub(super) fn time(at: Timestamp) -> Value {
    Value::Timestamp(SystemTime::from(at).into())
}

impl Function for Clock {
    fn identifier(&self) -> &'static str {
        "now"
    }

    fn usage(&self) -> &'static str {
        ""
    }

    fn category(&self) -> &'static str {
        ""
    }

    fn return_kind(&self) -> u16 {
        kind::TIMESTAMP
    }

    fn examples(&self) -> &'static [Example] {
        &[]
    }

    fn compile(&self, _: &TypeState, _: &mut FunctionCompileContext, _: ArgumentList) -> Compiled {
        Ok(self.clone().as_expr())
    }
}

impl FunctionExpression for Clock {
    fn resolve(&self, _: &mut Context) -> Resolved {
        let nanoseconds = i128::from(self.0.load(Ordering::Relaxed));
        Ok(time(Timestamp::from_nanosecond(nanoseconds).unwrap_or(Timestamp::UNIX_EPOCH)))
    }

    fn type_def(&self, _: &TypeState) -> TypeDef {
        TypeDef::timestamp()
    }
}
