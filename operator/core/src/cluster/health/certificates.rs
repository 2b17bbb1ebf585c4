//! Certificates that end.

use jiff::{SignedDuration, Timestamp};

use super::named;
use crate::conditions::{CERTIFICATES_VALID, Finding};

/// How long before its end a certificate is told of that the operator cannot renew.
const AHEAD: SignedDuration = SignedDuration::from_hours(30 * 24);

/// When the certificates of a Secret end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Expiry {
    /// Name of the Secret.
    pub secret: String,
    /// When the first of them ends.
    pub at: Timestamp,
    /// Whether it is not the operator who renews them.
    pub by_user: bool,
}

/// The condition, where a certificate has ended, or will and it is a person who renews it.
pub fn finding(expiries: &[Expiry], now: Timestamp) -> Option<Finding> {
    let of = |ends: &dyn Fn(&Expiry) -> bool| -> Vec<_> {
        expiries.iter().filter(|expiry| ends(expiry)).map(|expiry| format!("Secret {}", expiry.secret)).collect()
    };
    let bad = |reason: &str, what: &str, which: &[String]| {
        (!which.is_empty())
            .then(|| Finding::new(CERTIFICATES_VALID, false, reason, format!("{what}: {}", named(which))))
    };
    let expired = of(&|expiry| expiry.at <= now);
    let expiring = of(&|expiry| expiry.by_user && expiry.at.duration_since(now) <= AHEAD);
    bad("CertificateExpired", "certificates that have expired", &expired)
        .or_else(|| bad("CertificateExpiring", "certificates of your own that end within 30 days", &expiring))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_is_told_and_what_will_only_where_a_person_renews_it() {
        let day = |days: i64| Timestamp::from_second(days * 86_400).unwrap();
        let reason = |at: Timestamp, by_user: bool| {
            let expiry = Expiry { secret: "logs-cluster-ca-cert".to_owned(), at, by_user };
            finding(&[expiry], day(100)).map(|finding| finding.reason)
        };
        for (at, by_user, expected) in [
            (day(99), false, Some("CertificateExpired")),
            (day(100), true, Some("CertificateExpired")),
            (day(101), false, None),
            (day(130), true, Some("CertificateExpiring")),
            (day(131), true, None),
        ] {
            assert_eq!(reason(at, by_user).as_deref(), expected, "{at} {by_user}");
        }
    }
}
