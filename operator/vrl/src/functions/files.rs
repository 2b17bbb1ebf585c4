//! Functions that read a file while they are compiled. Programs are not trusted with the operator's files, and members have none of
//! their own, so Vector would not start with such a call.

use vrl::compiler::function::{Compiled, Error, Example, FunctionCompileContext, closure};
use vrl::compiler::prelude::ArgumentList;
use vrl::compiler::{Function, Parameter, TypeState};
use vrl::value::Value;

/// The functions, each with the argument that names a file.
const READERS: [(&str, &str); 4] = [
    ("encode_proto", "desc_file"),
    ("parse_etld", "psl"),
    ("parse_groks", "alias_sources"),
    ("parse_proto", "desc_file"),
];

/// A function that is refused when it is told to read a file.
#[derive(Debug)]
pub(super) struct WithoutFile {
    function: Box<dyn Function>,
    argument: &'static str,
}

impl WithoutFile {
    /// The function, guarded if it is one that reads files.
    pub(super) fn wrap(function: Box<dyn Function>) -> Box<dyn Function> {
        match READERS.iter().find(|(name, _)| *name == function.identifier()) {
            Some((_, argument)) => Box::new(Self { function, argument }),
            None => function,
        }
    }
}

impl Function for WithoutFile {
    fn identifier(&self) -> &'static str {
        self.function.identifier()
    }

    fn usage(&self) -> &'static str {
        self.function.usage()
    }

    fn category(&self) -> &'static str {
        self.function.category()
    }

    fn return_kind(&self) -> u16 {
        self.function.return_kind()
    }

    fn examples(&self) -> &'static [Example] {
        self.function.examples()
    }

    fn parameters(&self) -> &'static [Parameter] {
        self.function.parameters()
    }

    fn pure(&self) -> bool {
        self.function.pure()
    }

    fn closure(&self) -> Option<closure::Definition> {
        self.function.closure()
    }

    fn compile(&self, state: &TypeState, ctx: &mut FunctionCompileContext, arguments: ArgumentList) -> Compiled {
        match arguments.optional(self.argument) {
            None => self.function.compile(state, ctx, arguments),
            Some(path) => Err(Error::InvalidArgument {
                keyword: self.argument,
                value: path.resolve_constant(state).unwrap_or(Value::Null),
                error: "the members of a consumer have no such file to read",
            }
            .into()),
        }
    }
}
