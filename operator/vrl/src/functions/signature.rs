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
    pub accepts: Option<fn(&ArgumentList, &TypeState) -> Accepted>,
}

/// Whether arguments are accepted, or why not.
pub(super) type Accepted = Result<(), Box<dyn DiagnosticMessage>>;

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
        if let Some(accepts) = self.accepts {
            accepts(&arguments, state)?;
        }
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
