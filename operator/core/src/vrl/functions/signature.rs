//! A function as the compiler sees it, without the function.

use vrl::compiler::function::{Compiled, Example, FunctionCompileContext};
use vrl::compiler::prelude::{ArgumentList, DiagnosticMessage};
use vrl::compiler::{Context, Function, FunctionExpression, Parameter, Resolved, TypeDef, TypeState};

/// Name, parameters and type of a function: enough to compile a call of it, which cannot be run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signature {
    pub name: &'static str,
    pub parameters: &'static [Parameter],
    /// What a call of it gives, and whether it can fail.
    pub returns: fn() -> TypeDef,
    /// What the function asks of its arguments besides their kinds.
    pub accepts: fn(&ArgumentList, &TypeState) -> Result<(), Box<dyn DiagnosticMessage>>,
}

/// For functions that ask for no more than the kinds of their parameters.
pub(super) fn anything(_: &ArgumentList, _: &TypeState) -> Result<(), Box<dyn DiagnosticMessage>> {
    Ok(())
}

impl Signature {
    pub(super) fn boxed(self) -> Box<dyn Function> {
        Box::new(self)
    }
}

impl Function for Signature {
    fn identifier(&self) -> &'static str {
        self.name
    }

    fn usage(&self) -> &'static str {
        ""
    }

    fn category(&self) -> &'static str {
        ""
    }

    fn return_kind(&self) -> u16 {
        0
    }

    fn examples(&self) -> &'static [Example] {
        &[]
    }

    fn parameters(&self) -> &'static [Parameter] {
        self.parameters
    }

    fn compile(&self, state: &TypeState, _: &mut FunctionCompileContext, arguments: ArgumentList) -> Compiled {
        (self.accepts)(&arguments, state)?;
        Ok(self.as_expr())
    }
}

impl FunctionExpression for Signature {
    fn resolve(&self, _: &mut Context) -> Resolved {
        Err(format!("{} runs in Vector only", self.name).into())
    }

    fn type_def(&self, _: &TypeState) -> TypeDef {
        (self.returns)()
    }
}
