//! The steps that a line passes on its way to a store.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// One step of the chain.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TransformSpec {
    /// Name; appears in Vector's metrics and in the dead letters' headers.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-zA-Z][a-zA-Z0-9_-]*$"))]
    pub name: String,
    /// A program in VRL (Vector Remap Language) that changes the line.
    pub remap: RemapSpec,
}

/// A VRL program.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RemapSpec {
    /// The program. The line is in `.message`; a runtime error or `abort` sends it to the dead-letter topic.
    #[schemars(length(min = 1, max = 65536))]
    #[x_kube(validation = Rule::new("self.trim() != ''").message("the VRL program is blank"))]
    pub source: String,
}
