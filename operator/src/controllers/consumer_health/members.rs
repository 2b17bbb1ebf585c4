//! What the members' own metrics tell.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kafkapipelines_core::consumer_health::counters::{self, Counters};
use kafkapipelines_core::consumer_health::delivery::{Course, Troubles};
use kafkapipelines_core::consumer_health::loss::{self, Lost};
use kafkapipelines_crds::{ConsumerSpec, LossStatus};
use kube::ResourceExt as _;

use super::super::http::Http;

/// Pages that are read at a time.
const AT_A_TIME: usize = 8;
/// Looks at which a page could not be read before it is told: a Pod that stops goes first.
const PATIENCE: u32 = 4;

/// A Pod that serves.
#[derive(Clone, Debug)]
pub(super) struct Member {
    uid: String,
    name: String,
    address: String,
    began: Option<Timestamp>,
}

/// What is remembered of one member.
#[derive(Default)]
struct Known {
    counters: Option<Counters>,
    courses: BTreeMap<String, Course>,
    unread: u32,
}

/// What is remembered of all members, by the uids of their Pods.
#[derive(Default)]
pub(super) struct Memory {
    known: BTreeMap<String, Known>,
    /// Somebody looked before: a member that is not known is new.
    looked: bool,
}

/// What was counted since the last look.
#[derive(Default)]
pub(super) struct Counted {
    pub(super) lost: Lost,
    pub(super) troubles: Troubles,
    /// Pods whose metrics cannot be read.
    pub(super) unread: Vec<String>,
    /// A sink stands still, and it takes another look to say that something is wrong.
    pub(super) undecided: bool,
}

impl Member {
    /// None where the Pod has no address yet.
    pub(super) fn of(pod: &Pod) -> Option<Self> {
        let status = pod.status.as_ref()?;
        let running =
            status.container_statuses.iter().flatten().find_map(|container| container.state.as_ref()?.running.as_ref());
        Some(Self {
            uid: pod.uid()?,
            name: pod.name_any(),
            address: status.pod_ip.clone()?,
            began: running.and_then(|running| Some(running.started_at.as_ref()?.0)),
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn uid(&self) -> &str {
        &self.uid
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }
}

/// Reads the pages of all members, and what they say since the last time. `told` is the loss that is told, `acknowledged` the time up to
/// which somebody knows of losses.
pub(super) async fn look(
    http: &Http,
    members: &[Member],
    spec: &ConsumerSpec,
    memory: &mut Memory,
    (told, acknowledged): (Option<&LossStatus>, Option<Timestamp>),
) -> Counted {
    let page = |member: Member| {
        let http = http.clone();
        async move {
            let page = http.metrics(&member.address).await;
            (member, page)
        }
    };
    let pages: Vec<_> = stream::iter(members.to_vec()).map(page).buffer_unordered(AT_A_TIME).collect().await;
    let mut counted = Counted::default();
    for (member, page) in pages {
        let is_new = memory.looked && !memory.known.contains_key(&member.uid);
        let known = memory.known.entry(member.uid.clone()).or_default();
        match page {
            Ok(page) => {
                let now = counters::read(&page, spec);
                let untold =
                    if is_new { now.discarded.clone() } else { loss::untold(&now, member.began, told, acknowledged) };
                counted.add(known, now, untold);
            }
            Err(error) => {
                tracing::debug!(pod = member.name, %error, "cannot read the metrics of a member");
                known.unread = known.unread.saturating_add(1);
                if known.unread >= PATIENCE {
                    counted.unread.push(member.name.clone());
                }
            }
        }
    }
    counted.unread.sort();
    let there: BTreeSet<_> = members.iter().map(|member| &member.uid).collect();
    memory.known.retain(|uid, _| there.contains(uid));
    memory.looked = true;
    counted
}

impl Counted {
    /// `untold` is what counts as lost where the member was not known.
    fn add(&mut self, known: &mut Known, now: Counters, untold: Lost) {
        known.unread = 0;
        let lost = match &known.counters {
            None => untold,
            Some(before) => {
                let since = now.since(before);
                for (sink, counted) in &since.sinks {
                    let course = known.courses.entry(sink.clone()).or_default();
                    let trouble = course.note(counted);
                    self.undecided |= course.is_undecided();
                    self.troubles.entry(sink.clone()).or_default().extend(trouble);
                }
                since.discarded
            }
        };
        for (component, lines) in lost {
            *self.lost.entry(component).or_default() += lines;
        }
        known.counters = Some(now);
    }
}
