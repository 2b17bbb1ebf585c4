//! Members that serve, and are not in their group.
//!
//! A Vector whose session ends while its lines wait for an answer, as when Kafka is away for longer than the session lasts, may stay out of its
//! group for ever, though it is healthy (seen with 0.57.0). Made anew it begins where its group has committed, so nothing is lost.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use kafkapipelines_kafka::calls::groups::Group;
use tokio::time::Instant;

use super::members::Member;

/// So long a member may be missing from a group whose partitions are shared out: to join it takes seconds.
const PATIENCE: Duration = Duration::from_mins(1);

/// Since when members are missing, by the uids of their Pods.
#[derive(Default)]
pub(super) struct Absences(BTreeMap<String, Instant>);

impl Absences {
    /// Notes who is in the group now, and returns a member that has been missing for too long. Where there is nothing that it may read, as while no
    /// topic matches a pattern, a member joins no group.
    pub(super) fn note(&mut self, members: &[Member], group: &Group, may_read: bool) -> Option<Member> {
        // Their number counts as well: where addresses are translated, nobody is where Kafka sees them.
        if !may_read || !group.is_settled() || group.members.len() >= members.len() {
            self.0.clear();
            return None;
        }
        let missing: Vec<_> = members.iter().filter(|member| !is_in(group, member)).collect();
        self.0.retain(|uid, _| missing.iter().any(|member| member.uid() == uid));
        for member in &missing {
            self.0.entry(member.uid().to_owned()).or_insert_with(Instant::now);
        }
        let too_long = |member: &&&Member| self.0.get(member.uid()).is_some_and(|since| since.elapsed() >= PATIENCE);
        missing.iter().find(too_long).map(|member| (*member).clone())
    }
}

/// Kafka writes addresses as Java does: after a slash, and those of IPv6 in full.
fn is_in(group: &Group, member: &Member) -> bool {
    let address = |text: &str| text.trim_start_matches('/').parse::<IpAddr>().ok();
    let own = address(member.address());
    own.is_none() || group.members.iter().any(|other| address(&other.host) == own)
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Pod;
    use kafkapipelines_kafka::calls::groups::Member as GroupMember;
    use serde_json::json;
    use tokio::time::advance;

    use super::*;

    fn member(name: &str, address: &str) -> Member {
        let pod: Pod =
            serde_json::from_value(json!({"metadata": {"name": name, "uid": name}, "status": {"podIP": address}}))
                .unwrap();
        Member::of(&pod).unwrap()
    }

    fn group(state: &str, hosts: &[&str]) -> Group {
        let member = |host: &&str| GroupMember {
            id: (*host).to_owned(),
            client_id: "vector".to_owned(),
            host: (*host).to_owned(),
            partitions: 1,
        };
        Group { state: state.to_owned(), members: hosts.iter().map(member).collect() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_member_that_is_missing_for_a_minute_is_found() {
        let members = [member("a", "10.0.0.1"), member("b", "fd00::5")];
        let without_b = group("Stable", &["/10.0.0.1"]);
        let mut absences = Absences::default();
        assert!(absences.note(&members, &without_b, true).is_none());
        advance(PATIENCE).await;
        assert_eq!(absences.note(&members, &without_b, true).unwrap().name(), "b");
        let nobody = group("Empty", &[]);
        assert_eq!(absences.note(&members, &nobody, true).unwrap().name(), "b", "the other is missing since now");
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_missing_where_there_is_nothing_to_read() {
        let (members, nobody) = ([member("a", "10.0.0.1")], group("Empty", &[]));
        let mut absences = Absences::default();
        absences.note(&members, &nobody, false);
        advance(PATIENCE).await;
        assert!(absences.note(&members, &nobody, false).is_none());
        assert!(absences.note(&members, &nobody, true).is_none(), "it is missing since now");
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_back_in_between_is_not_missing() {
        let members = [member("a", "10.0.0.1"), member("b", "fd00::5")];
        let without_b = group("Stable", &["/10.0.0.1"]);
        for back in [
            group("Stable", &["/10.0.0.1", "/fd00:0:0:0:0:0:0:5"]),
            group("Stable", &["/fd00:0:0:0:0:0:0:5"]),
            group("PreparingRebalance", &["/10.0.0.1"]),
            group("Stable", &["/192.0.2.1", "/192.0.2.1"]),
        ] {
            let mut absences = Absences::default();
            absences.note(&members, &without_b, true);
            advance(PATIENCE).await;
            assert!(absences.note(&members, &back, true).is_none());
            assert!(absences.note(&members, &without_b, true).is_none(), "{back:?}");
        }
    }
}
