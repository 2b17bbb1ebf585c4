//! Nobody commits anything.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use kafkapipelines_e2e::audit::{AuditLog, Request};
use kafkapipelines_e2e::cluster::ArgoCd;
use kafkapipelines_e2e::installation::NAMESPACE;

use super::applications::{ALL, Application};
use super::bed::Bed;
use super::watch::Event;

/// Argo CD compares everything four times in it.
const QUIET: Duration = Duration::from_mins(1);

pub fn nothing_is_written(bed: &Bed) -> Result<()> {
    AuditLog::await_settled(&bed.cluster, writes)?;
    let (log, mark) = (AuditLog::from_now(&bed.cluster)?, bed.applications.watch.now());
    let disturbed = bed.applications.watch.within(QUIET, |events| {
        let stirred = events[mark..].iter().find(|event| !is_well(event));
        stirred.map(|event| format!("{}: {}", event.name(), Application::of(event)))
    })?;
    assert_eq!(disturbed, None);
    assert_eq!(writes(&log)?, [""; 0]);
    let events = bed.applications.watch.since(mark);
    let compared: BTreeSet<_> = events.iter().map(Event::name).collect();
    assert_eq!(compared, ALL.into_iter().collect(), "every application was compared with Git in that time");
    Ok(())
}

fn is_well(event: &Event) -> bool {
    let application = Application::of(event);
    application.sync() == "Synced" && application.health() == "Healthy"
}

/// What the operator and Argo CD have asked to be changed, their own notebooks aside: the operator's Lease, and the time of
/// the last comparison that Argo CD notes in its Applications.
fn writes(log: &AuditLog) -> Result<Vec<String>> {
    let operator = format!("system:serviceaccount:{NAMESPACE}:kafkapipelines-operator");
    let of_operator = log.requests_of(&operator)?.into_iter().filter(|request| !request.is_about_lease());
    let of_argo = log.requests_of(ArgoCd::USER)?.into_iter().filter(|request| request.resource != "applications");
    Ok(of_operator.chain(of_argo).filter(Request::is_write).map(|request| request.to_string()).collect())
}
