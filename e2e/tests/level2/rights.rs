//! Least privilege where Kafka runs. That no right is unused is shown at level 1, where each is made use of in seconds.

use anyhow::Result;
use kafkapipelines_e2e::installation::NAMESPACE;
use kafkapipelines_e2e::rights;

use super::bed::reference;

/// Whatever the tests before this one have done to the reference installation.
#[test]
fn the_operator_asks_for_nothing_that_is_not_granted() -> Result<()> {
    let bed = reference()?;
    let granted = rights::granted_to(&bed.cluster, NAMESPACE, "kafkapipelines-operator")?;
    let asked = bed.log.requests_of(&bed.operator.user())?;
    assert!(!asked.is_empty());
    let missing = rights::compare(&granted, &asked).missing;
    assert!(missing.is_empty(), "{missing:#?}");
    Ok(())
}
