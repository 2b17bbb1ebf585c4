//! What waits before a sink.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What waits before each sink. Kafka is the buffer for longer outages: when this one is full, reading stops.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BufferSpec {
    /// `memory`, which keeps the promise: a line counts as delivered once the store has it. Default: `memory`.
    #[serde(default, rename = "type")]
    pub type_: BufferType,
    /// Lines. More need more memory. Default: 500.
    #[serde(default = "five_hundred")]
    #[schemars(range(min = 1, max = 100_000))]
    pub max_events: u32,
}

impl Default for BufferSpec {
    fn default() -> Self {
        Self { type_: BufferType::Memory, max_events: five_hundred() }
    }
}

/// Where lines wait.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BufferType {
    /// In memory.
    #[default]
    Memory,
}

fn five_hundred() -> u32 {
    500
}
