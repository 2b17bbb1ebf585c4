//! `spec.tests` of a Consumer, judged with its spec: what fails is refused before anything is applied.

use kafkapipelines_crds::Consumer;
use kube::ResourceExt as _;

use crate::program::Vrl;
use crate::program_sources::is_unresolved;
use crate::refusal::Refusal;
use crate::vector::{self, Bootstrap, Security};

/// Reason: a test does not get what it expects.
pub const TEST_FAILED: &str = "TestFailed";

/// The tests that fail. The transforms must be good. Without all programs nothing can be said.
pub(super) fn refusals(object: &Consumer, vrl: Vrl) -> Vec<Refusal> {
    if object.spec.tests.is_empty() || is_unresolved(&object.spec) {
        return Vec::new();
    }
    // Where Kafka is does not change what transforms do.
    let nowhere = Bootstrap { servers: "kafka:9092".to_owned(), security: Security::Plain };
    let file = vector::render_chain(&object.name_any(), &object.spec, &nowhere);
    let failures = file.map(|file| (vrl.tests)(&file, &object.spec)).unwrap_or_default();
    let refusal = |failure: crate::program::TestFailure| {
        Refusal::new(TEST_FAILED, format!("spec.tests[{}]", failure.test), failure.line, failure.difference)
    };
    failures.into_iter().map(refusal).collect()
}
